#include "fhir/definitions.h"

#include <doctest/doctest.h>

#include <set>
#include <string>

using namespace idun::fhir;

TEST_CASE("types are known by name") {
    const Definitions& r4 = Definitions::r4();
    CHECK(r4.resources().size() == 146);
    CHECK(r4.is_resource("Patient"));
    for (const char* name : {"Resource", "DomainResource", "HumanName", "patient", "Patien", "", "Patientt"}) {
        CAPTURE(name);
        CHECK_FALSE(r4.is_resource(name));
    }
    REQUIRE(r4.type("HumanName"));
    CHECK(r4.type("HumanName")->kind == TypeKind::complex);
    CHECK(r4.type("dateTime")->primitive == Primitive::date_time);
    CHECK(r4.type("id")->base->name == "string");
    CHECK(r4.type("Patient")->base->name == "DomainResource");
    CHECK(r4.type("Nothing") == nullptr);
}

TEST_CASE("elements carry what the check needs") {
    const Definitions& r4 = Definitions::r4();
    struct { const char* type; const char* property; const char* path; const char* value_type; int min; int max; } const cases[] = {
        {"Patient", "birthDate", "Patient.birthDate", "date", 0, 1},
        {"Patient", "name", "Patient.name", "HumanName", 0, kMany},
        {"Patient", "deceasedBoolean", "Patient.deceased[x]", "boolean", 0, 1},
        {"Patient", "deceasedDateTime", "Patient.deceased[x]", "dateTime", 0, 1},
        {"Patient", "id", "Patient.id", "id", 0, 1},
        {"HumanName", "id", "HumanName.id", "string", 0, 1},
        {"Extension", "url", "Extension.url", "uri", 1, 1},
        {"Extension", "valueAge", "Extension.value[x]", "Age", 0, 1},
        {"Observation", "status", "Observation.status", "code", 1, 1},
        {"Bundle", "entry", "Bundle.entry", "BackboneElement", 0, kMany},
        {"Timing", "repeat", "Timing.repeat", "Element", 0, 1},
        {"Narrative", "div", "Narrative.div", "xhtml", 1, 1},
    };
    for (const auto& c : cases) {
        CAPTURE(c.property);
        const Property* property = r4.type(c.type)->shape->find(c.property);
        REQUIRE(property);
        CHECK(property->element->path == c.path);
        CHECK(property->type->name == c.value_type);
        CHECK(property->element->min == c.min);
        CHECK(property->element->max == c.max);
    }
    const Shape* patient = r4.type("Patient")->shape;
    for (const char* name : {"deceased", "deceased[x]", "deceasedString", "resourceType", "birthdate", ""}) {
        CAPTURE(name);
        CHECK(patient->find(name) == nullptr);
    }
    CHECK(patient->find("gender")->element->required->contains("female"));
    CHECK_FALSE(patient->find("gender")->element->required->contains("kvinna"));
    CHECK(patient->find("link")->element->modifier);
    CHECK(patient->find("active")->element->summary);
    CHECK(patient->find("contained")->shape == nullptr);
    CHECK(patient->find("name")->shape == r4.type("HumanName")->shape);
    CHECK(patient->find("birthDate")->shape == r4.type("Element")->shape);
    CHECK(patient->find("contact")->shape->path == "Patient.contact");
    CHECK(patient->find("contact")->shape->find("relationship")->type->name == "CodeableConcept");
}

TEST_CASE("content references lead back") {
    const Shape* item = Definitions::r4().type("Questionnaire")->shape->find("item")->shape;
    const Property* again = item->find("item");
    REQUIRE(again);
    CHECK(again->type == nullptr);
    CHECK(again->shape == item);
    CHECK(again->element->max == kMany);
}

TEST_CASE("references list their targets") {
    const Property* subject = Definitions::r4().type("Encounter")->shape->find("subject");
    std::set<std::string_view> names;
    for (const Type* t : subject->typed->targets) names.insert(t->name);
    CHECK(names == std::set<std::string_view>{"Group", "Patient"});
    CHECK(Definitions::r4().type("Provenance")->shape->find("target")->typed->targets.empty());
}

TEST_CASE("codes of bindings know their system") {
    const ValueSet* set = Definitions::r4().value_set("http://hl7.org/fhir/ValueSet/condition-clinical");
    REQUIRE(set);
    CHECK(set->contains("http://terminology.hl7.org/CodeSystem/condition-clinical", "active"));
    CHECK_FALSE(set->contains("http://example.org", "active"));
    CHECK_FALSE(set->contains("http://terminology.hl7.org/CodeSystem/condition-clinical", "aktiv"));
    CHECK(Definitions::r4().value_set("http://hl7.org/fhir/ValueSet/none") == nullptr);
}

TEST_CASE("search parameters by type and code") {
    const Definitions& r4 = Definitions::r4();
    const SearchParameter* birthdate = r4.search_parameter("Patient", "birthdate");
    REQUIRE(birthdate);
    CHECK(birthdate->type == SearchType::date);
    CHECK(birthdate->expression.find("Patient.birthDate") != std::string_view::npos);
    CHECK(r4.search_parameter("Patient", "_lastUpdated") != nullptr);
    CHECK(r4.search_parameter("Binary", "_text") == nullptr);
    CHECK(r4.search_parameter("Patient", "_text") != nullptr);
    CHECK(r4.search_parameter("Patient", "nothing") == nullptr);
    CHECK(r4.search_parameter("Nothing", "_id") == nullptr);
    const SearchParameter* pair = r4.search_parameter("Observation", "code-value-quantity");
    REQUIRE(pair);
    REQUIRE(pair->components.size() == 2);
    CHECK(pair->components[1].expression == "value.as(Quantity)");
    CHECK(r4.search_parameter_by_url(pair->components[0].definition)->code == "code");
    CHECK(to_string(pair->type) == "composite");
    for (const Type* type : r4.resources()) {
        std::string_view last;
        for (const SearchParameter* p : r4.search_parameters(type->name)) {
            CAPTURE(type->name);
            CAPTURE(p->code);
            CHECK(p->code > last);
            last = p->code;
        }
    }
}

TEST_CASE("compartments name their parameters") {
    const Definitions& r4 = Definitions::r4();
    const auto observation = r4.compartment("Patient", "Observation");
    REQUIRE(observation);
    CHECK(std::set<std::string_view>(observation->begin(), observation->end()) == std::set<std::string_view>{"performer", "subject"});
    CHECK(r4.compartment("Patient", "Patient"));
    CHECK_FALSE(r4.compartment("Patient", "Organization"));
    CHECK_FALSE(r4.compartment("Nothing", "Observation"));
}

TEST_CASE("every property leads to an element of its shape") {
    for (const Type& type : Definitions::r4().types()) {
        REQUIRE(type.shape);
        for (const Property& property : type.shape->properties) {
            CAPTURE(property.name);
            const Property* found = type.shape->find(property.name);
            REQUIRE(found == &property);
            REQUIRE(&type.shape->elements[property.element->place] == property.element);
            REQUIRE((property.type != nullptr || property.shape != nullptr));
        }
    }
}
