#include "search/query.h"

#include <doctest/doctest.h>

#include "fhir/definitions.h"

namespace idun::search {
namespace {

using Parameters = std::vector<std::pair<std::string, std::string>>;

const SearchFields& fields() {
    static const SearchFields made(fhir::Definitions::r4());
    return made;
}

const SearchLimits kLimits{.base_url = "http://here/fhir"};

// The one clause of a query with one parameter.
Clause clause(std::string_view type, const std::string& name, const std::string& value) {
    const auto query = parse_search(fields(), type, {{name, value}}, kLimits);
    REQUIRE(query);
    REQUIRE(query->clauses.size() == 1);
    return query->clauses[0];
}

TEST_CASE("tokens") {
    using Form = TokenCriterion::Form;
    struct Case {
        const char* text;
        TokenCriterion expected;
    };
    const Case cases[] = {
        {"a", {Form::any_system, "", "a"}},
        {"s|a", {Form::exact, "s", "a"}},
        {"|a", {Form::no_system, "", "a"}},
        {"s|", {Form::any_code, "s", ""}},
        {"http://x/y|a b", {Form::exact, "http://x/y", "a b"}},
        {R"(s|a\|b)", {Form::exact, "s", "a|b"}},
        {R"(s|a\,b)", {Form::exact, "s", "a,b"}},
        {R"(s\\|\$)", {Form::exact, "s\\", "$"}},
    };
    for (const Case& c : cases) {
        CAPTURE(c.text);
        const Clause made = clause("Observation", "code", c.text);
        REQUIRE(made.tokens.size() == 1);
        CHECK(made.tokens[0] == c.expected);
    }
    CHECK(clause("Observation", "code", "a,s|b,|c").tokens.size() == 3);
}

TEST_CASE("references") {
    using Form = ReferenceCriterion::Form;
    struct Case {
        const char* name;
        const char* text;
        ReferenceCriterion expected;
    };
    const Case cases[] = {
        {"patient", "p", {Form::typed, "Patient", "p"}},
        {"patient", "Patient/p", {Form::typed, "Patient", "p"}},
        {"patient", "http://here/fhir/Patient/p", {Form::typed, "Patient", "p"}},
        {"subject", "p", {Form::any_type, "", "p"}},
        {"subject:Group", "p", {Form::typed, "Group", "p"}},
        {"subject", "Group/p", {Form::typed, "Group", "p"}},
        {"subject", "http://there/fhir/Patient/p", {Form::foreign, "", "http://there/fhir/Patient/p"}},
        {"subject", "urn:uuid:5", {Form::foreign, "", "urn:uuid:5"}},
    };
    for (const Case& c : cases) {
        CAPTURE(c.text);
        const Clause made = clause("Observation", c.name, c.text);
        REQUIRE(made.references.size() == 1);
        CHECK(made.references[0] == c.expected);
    }
    const Clause chained = clause("Observation", "patient.identifier", "s|v");
    CHECK(chained.kind == Clause::Kind::chained_identifier);
    CHECK(chained.tokens.at(0).system == "s");
}

TEST_CASE("every problem is reported, by name") {
    const auto query = parse_search(fields(), "Observation", {{"date", "x"}, {"code", "a"}, {"nope", "y"}, {"<script>", "z"}}, kLimits);
    REQUIRE(!query);
    REQUIRE(query.error().size() == 3);
    CHECK(query.error()[0].path == "date");
    CHECK(query.error()[1].path == "nope");
    CHECK(query.error()[2].path == "?");
}

TEST_CASE("bounds") {
    CHECK(!parse_search(fields(), "Observation", Parameters(51, {"code", "a"}), kLimits));
    std::string many = "a";
    for (int i = 0; i < 500; ++i) many += ",a";
    CHECK(!parse_search(fields(), "Observation", {{"code", many}}, kLimits));
    CHECK(!parse_search(fields(), "Observation", {{"code", std::string(3000, 'a')}}, kLimits));
}

TEST_CASE("which parameters each type has comes from the definitions") {
    struct Case {
        const char* type;
        const char* allowed;
    };
    const Case cases[] = {
        {"Patient", "_id, _lastUpdated, identifier, birthdate, _count, _sort, _summary, _total"},
        {"Observation",
         "_id, _lastUpdated, identifier, code, category, status, date, patient, patient.identifier, subject, "
         "subject.identifier, encounter, _count, _sort, _summary, _total"},
        {"Organization", "_id, _lastUpdated, identifier, type, _count, _sort, _summary, _total"},
        {"Binary", "_id, _lastUpdated, _count, _sort, _summary, _total"},
    };
    for (const Case& c : cases) CHECK(allowed_parameters(fields(), c.type) == c.allowed);
    CHECK(fields().find("MedicationRequest", "code") != nullptr);
    CHECK(fields().find("Immunization", "vaccine-code") != nullptr);
    CHECK(fields().find("ImagingStudy", "started") != nullptr);
    CHECK(fields().find("Nonsense", "code") == nullptr);
}

}  // namespace
}  // namespace idun::search
