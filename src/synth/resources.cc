#include "synth/resources.h"

#include <algorithm>

#include "json/writer.h"
#include "synth/internal/resource_writer.h"

namespace idun::synth {
namespace {

struct ContactWords {
    std::string_view code, display, swedish;
};
constexpr ContactWords kContacts[] = {{"AMB", "ambulatory", "Mottagningsbesök"}, {"VR", "virtual", "Distanskontakt"}, {"HH", "home health", "Hembesök"},
                                      {"EMER", "emergency", "Akutbesök"}, {"IMP", "inpatient encounter", "Vårdtillfälle"}};

}  // namespace

Resources::Writer::Writer(const Resources& resources, const Person& person, std::span<const Person> parish, const Life& life, Lines& lines)
    : texts_(*resources.texts_), lives_(resources.lives_), resources_(resources), person_(person), parish_(parish), life_(life), lines_(lines),
      key_(Chance::mixed(Chance::mixed(lives_.population().seed() + 77) ^ person.number)) {}

void Resources::Writer::all() {
    last_day_.clear();
    for (const LastDay& one : last_days(life_, lives_.providers())) last_day_.push_back({one.provider, one.day, {}});
    for (Seen& seen : last_day_) {
        seen.patient = resources_.patient_id(person_, seen.provider);
        patient(seen);
    }
    for (std::size_t place = 0; place < life_.items.size(); ++place)
        if (life_.items[place].unit != kNowhere) one(place);
}

void Resources::Writer::id(std::size_t item) {
    append_base32(*out_, key_, 12);
    *out_ += '-';
    append_number(*out_, item);
}

void Resources::Writer::begin(std::string_view type, std::size_t item) {
    *out_ += R"({"resourceType":")";
    *out_ += type;
    *out_ += R"(","id":")";
    id(item);
    *out_ += '"';
    *out_ += kUnitTag;
    *out_ += lives_.providers().units()[life_.items[item].unit].id;
    *out_ += "\"}]}";
}

void Resources::Writer::patient_reference(std::string_view name, const Item& item) {
    *out_ += ",\"";
    *out_ += name;
    *out_ += R"(":{"reference":"Patient/)";
    *out_ += seen(item).patient;
    *out_ += "\"}";
}

void Resources::Writer::subject(const Item& item) {
    patient_reference("subject", item);
    encounter(item);
}

void Resources::Writer::encounter(const Item& item) {
    if (item.encounter < 0) return;
    *out_ += R"(,"encounter":{"reference":"Encounter/)";
    id(static_cast<std::size_t>(item.encounter));
    *out_ += "\"}";
}

void Resources::Writer::time(std::string_view name, Day day, int minute) {
    *out_ += ",\"";
    *out_ += name;
    *out_ += "\":\"";
    append_time(*out_, day, minute);
    *out_ += '"';
}

void Resources::Writer::date(std::string_view name, Day day) {
    *out_ += ",\"";
    *out_ += name;
    *out_ += "\":\"";
    append_date(*out_, day);
    *out_ += '"';
}

void Resources::Writer::staff_reference(const Item& item) {
    *out_ += R"({"reference":"Practitioner/)";
    append_staff_id(*out_, item.unit, item.role, item.staff);
    *out_ += "\"}";
}

void Resources::Writer::one(std::size_t place) {
    const Item& item = life_.items[place];
    out_ = &lines_.of(provider_of(item));
    switch (item.kind) {
    case ItemKind::encounter: write_encounter(item, place); break;
    case ItemKind::condition: write_condition(item, place); break;
    case ItemKind::lab: case ItemKind::vital: case ItemKind::home: write_measured(item, place); break;
    case ItemKind::lab_report: write_lab_report(item, place); break;
    case ItemKind::blood_pressure: write_blood_pressure(item, place); break;
    case ItemKind::finding: write_finding(item, place); break;
    case ItemKind::answer: write_answers(item, place); break;
    case ItemKind::prescription: write_prescription(item, place); break;
    case ItemKind::dispense: write_dispense(item, place); break;
    case ItemKind::immunization: write_immunization(item, place); break;
    case ItemKind::procedure: write_procedure(item, place); break;
    case ItemKind::imaging: write_imaging(item, place); break;
    case ItemKind::imaging_report: write_imaging_report(item, place); break;
    case ItemKind::allergy: write_allergy(item, place); break;
    case ItemKind::note: write_document(item, place, R"({"coding":[{"system":"http://loinc.org","code":"11506-3","display":"Progress note"}],"text":"Journalanteckning"})"); break;
    case ItemKind::register_report: write_document(item, place, R"({"text":"Rapport till register"})"); break;
    case ItemKind::discharge: write_discharge(item, place); break;
    case ItemKind::referral: write_referral(item, place); break;
    case ItemKind::guardian: write_guardian(item, place); break;
    }
    *out_ += "}\n";
}

void Resources::Writer::patient(const Seen& seen) {
    out_ = &lines_.of(seen.provider);
    std::string& out = *out_;
    out += R"({"resourceType":"Patient","id":")";
    out += seen.patient;
    out += R"(","meta":{"profile":["http://hl7.se/fhir/ig/base/StructureDefinition/SEBasePatient"])";
    if (person_.protection == Protection::marked)
        out += R"(,"security":[{"system":"http://hl7.se/fhir/ig/base/CodeSystem/SecurityLabel","code":"sekretessmarkering"}])";
    if (person_.protection == Protection::hidden)
        out += R"(,"security":[{"system":"http://hl7.se/fhir/ig/base/CodeSystem/SecurityLabel","code":"skyddadFolkbokforing"}])";
    out += R"(},"identifier":[)";
    const Identities identities = person_.identities(seen.last);
    identifier(identities.official.system, identities.official.value, "official");
    if (!identities.old.value.empty()) {
        out += ',';
        identifier(identities.old.system, identities.old.value, "old");
    }
    out += R"(],"name":[{"use":"official","family":)";
    json::append_quoted(out, person_.family);
    out += R"(,"given":[)";
    json::append_quoted(out, person_.given);
    if (!person_.middle.empty()) {
        out += ',';
        json::append_quoted(out, person_.middle);
    }
    out += R"(]}],"gender":")";
    out += person_.woman() ? "female" : "male";
    out += '"';
    date("birthDate", person_.born());
    if (!person_.alive()) date("deceasedDateTime", person_.died);
    address();
    if (person_.stay != Stay::visitor && age_at(person_.born(), lives_.population().today()) >= 18) {
        out += R"(,"maritalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-MaritalStatus","code":")";
        out += person_.marital;
        out += "\"}]}";
    }
    out += R"(,"managingOrganization":)";
    out += texts_.providers[seen.provider];
    out += "}\n";
}

void Resources::Writer::identifier(std::string_view system, std::string_view value, std::string_view use) {
    *out_ += R"({"use":")";
    *out_ += use;
    *out_ += R"(","system":")";
    *out_ += system;
    *out_ += R"(","value":")";
    *out_ += value;
    *out_ += "\"}";
}

void Resources::Writer::address() {
    std::string& out = *out_;
    if (person_.stay == Stay::visitor) {
        out += R"(,"address":[{"use":"home","country":")";
        out += person_.country;
        out += "\"}]";
        return;
    }
    if (person_.protection != Protection::none) return;
    const Postcode& postcode = lives_.population().geography().municipalities()[person_.municipality].postcodes[person_.postcode];
    out += R"(,"address":[{"extension":[{"url":"http://hl7.se/fhir/ig/base/StructureDefinition/SEBaseAddressPersonExtension","valueCodeableConcept":{"coding":[)"
           R"({"system":"http://snomed.info/sct","version":"http://snomed.info/sct/45991000052106","code":"63381000052101","display":"folkbokföringsadress"}]}}],"use":"home","line":[")";
    out += lives_.population().street(person_);
    out += ' ';
    append_number(out, person_.house);
    out += R"("],"city":")";
    out += postcode.place;
    out += R"(","postalCode":")";
    out += postcode.code;
    out += R"(","country":"SE"}])";
}

void Resources::Writer::write_encounter(const Item& item, std::size_t place) {
    begin("Encounter", place);
    const ContactWords& words = kContacts[item.sub];
    *out_ += R"(,"status":"finished","class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":")";
    *out_ += words.code;
    *out_ += R"(","display":")";
    *out_ += words.display;
    *out_ += R"("},"type":[{"text":")";
    *out_ += words.swedish;
    *out_ += "\"}]";
    patient_reference("subject", item);
    *out_ += R"(,"participant":[{"individual":)";
    staff_reference(item);
    *out_ += R"(}],"period":{"start":")";
    append_time(*out_, item.day, item.minute);
    *out_ += R"(","end":")";
    const bool same_day = item.until == item.day;
    append_time(*out_, item.until, same_day ? std::min(item.minute + 30, 1439) : 14 * 60);
    *out_ += R"("},"reasonCode":[{"text":)";
    *out_ += wording(item.text);
    *out_ += R"(}],"serviceProvider":)";
    unit_reference(item);
}

void Resources::Writer::write_condition(const Item& item, std::size_t place) {
    begin("Condition", place);
    const bool ended = item.until != kNever;
    *out_ += R"(,"clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":")";
    *out_ += ended ? "resolved" : "active";
    *out_ += R"("}]},"verificationStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-ver-status","code":"confirmed"}]},)"
             R"("category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-category","code":")";
    *out_ += item.sub == 1 ? "encounter-diagnosis" : "problem-list-item";
    *out_ += R"("}]}],"code":)";
    *out_ += texts_.diagnoses[item.place];
    subject(item);
    date("onsetDateTime", item.day);
    if (ended) date("abatementDateTime", item.until);
    time("recordedDate", item.day, item.minute);
    *out_ += R"(,"recorder":)";
    staff_reference(item);
}

void Resources::Writer::quantity(const Item& item, double value) {
    const Analyte& analyte = lives_.codes().analytes[item.place];
    const std::size_t variant = laboratory(item);
    const Measured& unit = analyte.as[variant];
    *out_ += R"({"value":)";
    append_decimal(*out_, value * unit.factor + unit.offset, unit.decimals);
    *out_ += texts_.measured[item.place].quantity[variant];
}

void Resources::Writer::write_measured(const Item& item, std::size_t place) {
    begin("Observation", place);
    const Analyte& analyte = lives_.codes().analytes[item.place];
    const Texts::Measured& measured = texts_.measured[item.place];
    *out_ += R"(,"status":"final","category":[)";
    *out_ += measured.category;
    *out_ += R"(],"code":)";
    *out_ += measured.code[laboratory(item)];
    subject(item);
    time("effectiveDateTime", item.day, item.minute);
    *out_ += R"(,"performer":[)";
    if (item.kind == ItemKind::home) {
        *out_ += R"({"reference":"Patient/)";
        *out_ += seen(item).patient;
        *out_ += "\"}";
    } else {
        unit_reference(item);
    }
    *out_ += R"(],"valueQuantity":)";
    quantity(item, item.value);
    if (item.kind != ItemKind::lab) return;
    const std::size_t sex = person_.woman();
    if (item.value > analyte.high[sex] || item.value < analyte.low[sex]) {
        const bool high = item.value > analyte.high[sex];
        *out_ += R"(,"interpretation":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation","code":")";
        *out_ += high ? "H" : "L";
        *out_ += "\"}]}]";
    }
    *out_ += measured.range[sex][laboratory(item)];
}

void Resources::Writer::write_blood_pressure(const Item& item, std::size_t place) {
    begin("Observation", place);
    *out_ += R"(,"status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs"}]}],)"
             R"("code":{"coding":[{"system":"http://loinc.org","code":"85354-9"}],"text":"Blodtryck"})";
    subject(item);
    time("effectiveDateTime", item.day, item.minute);
    *out_ += R"(,"performer":[)";
    unit_reference(item);
    *out_ += R"(],"component":[{"code":{"coding":[{"system":"http://loinc.org","code":"8480-6"}],"text":"Systoliskt"},"valueQuantity":{"value":)";
    append_decimal(*out_, item.value, 0);
    *out_ += R"(,"unit":"mmHg","system":"http://unitsofmeasure.org","code":"mm[Hg]"}},)"
             R"({"code":{"coding":[{"system":"http://loinc.org","code":"8462-4"}],"text":"Diastoliskt"},"valueQuantity":{"value":)";
    append_decimal(*out_, item.value_2, 0);
    *out_ += R"(,"unit":"mmHg","system":"http://unitsofmeasure.org","code":"mm[Hg]"}}])";
}

void Resources::Writer::write_finding(const Item& item, std::size_t place) {
    begin("Observation", place);
    *out_ += R"(,"status":"final","category":[)";
    *out_ += texts_.finding_categories[item.place];
    *out_ += R"(],"code":)";
    *out_ += texts_.findings[item.place];
    subject(item);
    time("effectiveDateTime", item.day, item.minute);
    *out_ += R"(,"performer":[)";
    staff_reference(item);
    *out_ += R"(],"valueCodeableConcept":{"text":)";
    *out_ += texts_.answers[item.place][static_cast<std::size_t>(item.link)];
    *out_ += '}';
}

void Resources::Writer::write_answers(const Item& item, std::size_t place) {
    const Questionnaire& questionnaire = lives_.codes().questionnaires[item.place];
    begin("QuestionnaireResponse", place);
    *out_ += R"(,"questionnaire":")";
    *out_ += kQuestionnaires;
    *out_ += questionnaire.key;
    *out_ += R"(","status":"completed")";
    subject(item);
    time("authored", item.day, item.minute);
    patient_reference("author", item);
    patient_reference("source", item);
    *out_ += R"(,"item":[)";
    const auto items = static_cast<int>(questionnaire.items.size());
    for (int i = 0; i < items; ++i) {
        const int rotated = static_cast<int>((key_ + static_cast<std::uint64_t>(i)) % static_cast<std::uint64_t>(items));
        const int answer = item.link / items + (rotated < item.link % items ? 1 : 0);
        if (i > 0) *out_ += ',';
        *out_ += R"({"linkId":")";
        append_number(*out_, static_cast<std::uint64_t>(i) + 1);
        *out_ += R"(","answer":[{"valueInteger":)";
        append_number(*out_, static_cast<std::uint64_t>(answer));
        *out_ += "}]}";
    }
    *out_ += ']';
}

void Resources::Writer::write_prescription(const Item& item, std::size_t place) {
    begin("MedicationRequest", place);
    const bool ended = item.until <= lives_.population().today() || !person_.alive();
    *out_ += R"(,"identifier":[{"system":"urn:idun:synth:prescription","value":")";
    id(place);
    *out_ += R"("}],"status":")";
    *out_ += ended ? "completed" : "active";
    *out_ += R"(","intent":"order","medicationCodeableConcept":)";
    *out_ += texts_.medicines[item.place];
    subject(item);
    time("authoredOn", item.day, item.minute);
    *out_ += R"(,"requester":)";
    staff_reference(item);
    *out_ += R"(,"dosageInstruction":[{"text":)";
    *out_ += texts_.doses[item.place];
    *out_ += R"(}],"dispenseRequest":{"validityPeriod":{"start":")";
    append_date(*out_, item.day);
    *out_ += R"(","end":")";
    append_date(*out_, std::max(item.day, item.until));
    *out_ += "\"}}";
}

void Resources::Writer::write_dispense(const Item& item, std::size_t place) {
    const Medicine& medicine = lives_.codes().medicines[item.place];
    begin("MedicationDispense", place);
    *out_ += R"(,"extension":[{"url":"http://hl7.org/fhir/5.0/StructureDefinition/extension-MedicationDispense.recorded","valueDateTime":")";
    append_time(*out_, item.day, item.minute);
    *out_ += R"("}],"status":"completed","medicationCodeableConcept":)";
    *out_ += texts_.medicines[item.place];
    patient_reference("subject", item);
    *out_ += R"(,"performer":[{"actor":)";
    unit_reference(item);
    *out_ += R"(}],"authorizingPrescription":[{"type":"MedicationRequest","identifier":{"system":"urn:idun:synth:prescription","value":")";
    id(static_cast<std::size_t>(item.link));
    *out_ += R"("}}],"quantity":{"value":)";
    append_number(*out_, static_cast<std::uint64_t>(medicine.package_doses));
    *out_ += R"(,"unit":"doser"},"daysSupply":{"value":)";
    append_number(*out_, static_cast<std::uint64_t>(medicine.package_days));
    *out_ += R"(,"unit":"dagar","system":"http://unitsofmeasure.org","code":"d"})";
    time("whenHandedOver", item.day, item.minute);
    *out_ += R"(,"dosageInstruction":[{"text":)";
    *out_ += texts_.doses[item.place];
    *out_ += "}]";
}

void Resources::Writer::write_immunization(const Item& item, std::size_t place) {
    begin("Immunization", place);
    *out_ += R"(,"status":"completed","vaccineCode":)";
    *out_ += texts_.vaccines[item.place];
    patient_reference("patient", item);
    encounter(item);
    date("occurrenceDateTime", item.day);
    *out_ += R"(,"primarySource":true,"performer":[{"actor":)";
    unit_reference(item);
    *out_ += R"(}],"protocolApplied":[{"targetDisease":[{"text":)";
    *out_ += texts_.diseases[item.place];
    *out_ += R"(}],"doseNumberPositiveInt":)";
    append_number(*out_, static_cast<std::uint64_t>(item.link));
    *out_ += "}]";
}

void Resources::Writer::write_procedure(const Item& item, std::size_t place) {
    begin("Procedure", place);
    *out_ += R"(,"status":"completed","code":)";
    *out_ += texts_.procedures[item.place];
    subject(item);
    time("performedDateTime", item.day, item.minute);
    *out_ += R"(,"performer":[{"actor":)";
    staff_reference(item);
    *out_ += "}]";
}

void Resources::Writer::write_allergy(const Item& item, std::size_t place) {
    begin("AllergyIntolerance", place);
    *out_ += texts_.allergy_rest[item.place];
    *out_ += R"(,"code":)";
    *out_ += texts_.allergies[item.place];
    patient_reference("patient", item);
    encounter(item);
    time("recordedDate", item.day, item.minute);
    *out_ += R"(,"recorder":)";
    staff_reference(item);
}

void Resources::Writer::write_referral(const Item& item, std::size_t place) {
    begin("ServiceRequest", place);
    *out_ += R"(,"status":"active","intent":"order","code":{"text":)";
    *out_ += wording(item.text);
    *out_ += '}';
    subject(item);
    time("authoredOn", item.day, item.minute);
    *out_ += R"(,"requester":)";
    staff_reference(item);
    *out_ += R"(,"performerType":{"text":")";
    *out_ += to_string(static_cast<Service>(item.sub));
    *out_ += "\"}";
}

void Resources::Writer::write_guardian(const Item& item, std::size_t place) {
    const auto at = std::ranges::find(parish_, person_.guardians[item.place], &Person::number);
    begin("RelatedPerson", place);
    *out_ += R"(,"identifier":[)";
    IDUN_CHECK(at != parish_.end());
    identifier(at->system(item.day), at->value(item.day), "official");
    *out_ += R"(],"active":true)";
    patient_reference("patient", item);
    *out_ += R"(,"relationship":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-RoleCode","code":"GUARD","display":"guardian"}]}],"name":[{"family":)";
    json::append_quoted(*out_, at->family);
    *out_ += R"(,"given":[)";
    json::append_quoted(*out_, at->given);
    *out_ += "]}]";
}

std::string Resources::patient_id(const Person& person, std::uint16_t provider) const {
    std::string out;
    append_base32(out, Chance::mixed(Chance::mixed(lives_.population().seed() * 3 + person.number) ^ (std::uint64_t(provider) << 40)), 12);
    return out;
}

void Resources::write(const Person& person, std::span<const Person> parish, const Life& life, Lines& out) const {
    Writer(*this, person, parish, life, out).all();
}

}  // namespace idun::synth
