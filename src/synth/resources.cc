#include "synth/resources.h"

#include <algorithm>

#include "json/writer.h"
#include "synth/internal/text.h"

namespace idun::synth {
namespace {

struct ContactWords {
    std::string_view code, display, swedish;
};
constexpr ContactWords kContacts[] = {{"AMB", "ambulatory", "Mottagningsbesök"}, {"VR", "virtual", "Distanskontakt"}, {"HH", "home health", "Hembesök"},
                                      {"EMER", "emergency", "Akutbesök"}, {"IMP", "inpatient encounter", "Vårdtillfälle"}};

std::string_view sop_class(std::string_view modality) {
    if (modality == "CT") return "1.2.840.10008.5.1.4.1.1.2";
    if (modality == "MR") return "1.2.840.10008.5.1.4.1.1.4";
    if (modality == "US") return "1.2.840.10008.5.1.4.1.1.6.1";
    if (modality == "MG") return "1.2.840.10008.5.1.4.1.1.1.2";
    if (modality == "IO") return "1.2.840.10008.5.1.4.1.1.1.3";
    return "1.2.840.10008.5.1.4.1.1.1.1";
}

}  // namespace

class Resources::Writer {
public:
    Writer(const Resources& resources, const Person& person, std::span<const Person> parish, const Life& life, Lines& lines)
        : texts_(*resources.texts_), lives_(resources.lives_), resources_(resources), person_(person), parish_(parish), life_(life), lines_(lines),
          key_(Chance::mixed(Chance::mixed(lives_.population().seed() + 77) ^ person.number)) {}

    void all() {
        last_day_.clear();
        for (const LastDay& one : last_days(life_, lives_.providers())) last_day_.push_back({one.provider, one.day, {}});
        for (Seen& seen : last_day_) {
            seen.patient = resources_.patient_id(person_, seen.provider);
            patient(seen);
        }
        for (std::size_t place = 0; place < life_.items.size(); ++place)
            if (life_.items[place].unit != kNowhere) one(place);
    }

private:
    struct Seen {
        std::uint16_t provider;
        Day last;
        std::string patient;  // id
    };

    std::uint16_t provider_of(const Item& item) const { return lives_.providers().units()[item.unit].provider; }
    const Seen& seen(const Item& item) const { return *std::ranges::find(last_day_, provider_of(item), &Seen::provider); }

    void id(std::size_t item) {
        append_base32(*out_, key_, 12);
        *out_ += '-';
        append_number(*out_, item);
    }
    void begin(std::string_view type, std::size_t item) {
        *out_ += R"({"resourceType":")";
        *out_ += type;
        *out_ += R"(","id":")";
        id(item);
        *out_ += '"';
        *out_ += kUnitTag;
        *out_ += lives_.providers().units()[life_.items[item].unit].id;
        *out_ += "\"}]}";
    }
    void patient_reference(std::string_view name, const Item& item) {
        *out_ += ",\"";
        *out_ += name;
        *out_ += R"(":{"reference":"Patient/)";
        *out_ += seen(item).patient;
        *out_ += "\"}";
    }
    // What names the report or document elsewhere: an identifier that stays when it is stored under another id.
    void identifier_of(std::size_t item) {
        *out_ += R"({"system":"urn:idun:synth:document","value":")";
        id(item);
        *out_ += "\"}";
    }
    // The European reports name the document that holds them; Composition and report of one item have one id.
    void composition_reference(std::size_t item) {
        *out_ += R"(,"extension":[{"url":"http://hl7.org/fhir/5.0/StructureDefinition/extension-DiagnosticReport.composition","valueReference":{"reference":"Composition/)";
        id(item);
        *out_ += R"("}}],"identifier":[)";
        identifier_of(item);
        *out_ += ']';
    }
    // A line of its own for the document that holds the report of the item; what is open before it is closed.
    void begin_composition(const Item& item, std::size_t place, std::string_view type, std::string_view title) {
        *out_ += "}\n";
        out_ = &lines_.of(provider_of(item));
        begin("Composition", place);
        *out_ += R"(,"extension":[{"url":"http://hl7.eu/fhir/extensions/StructureDefinition/composition-diagnosticReportReference","valueReference":{"reference":"DiagnosticReport/)";
        id(place);
        *out_ += R"("}}],"identifier":)";
        identifier_of(place);
        *out_ += R"(,"status":"final","type":)";
        *out_ += type;
        subject(item);
        time("date", item.day, item.minute);
        *out_ += R"(,"author":[)";
        unit_reference(item);
        *out_ += R"(],"title":")";
        *out_ += title;
        *out_ += R"(","custodian":)";
        unit_reference(item);
    }
    void subject(const Item& item) {
        patient_reference("subject", item);
        encounter(item);
    }
    void encounter(const Item& item) {
        if (item.encounter < 0) return;
        *out_ += R"(,"encounter":{"reference":"Encounter/)";
        id(static_cast<std::size_t>(item.encounter));
        *out_ += "\"}";
    }
    void time(std::string_view name, Day day, int minute) {
        *out_ += ",\"";
        *out_ += name;
        *out_ += "\":\"";
        append_time(*out_, day, minute);
        *out_ += '"';
    }
    void date(std::string_view name, Day day) {
        *out_ += ",\"";
        *out_ += name;
        *out_ += "\":\"";
        append_date(*out_, day);
        *out_ += '"';
    }
    void unit_reference(const Item& item) { *out_ += texts_.units[item.unit]; }
    void staff_reference(const Item& item) {
        *out_ += R"({"reference":"Practitioner/)";
        append_staff_id(*out_, item.unit, item.role, item.staff);
        *out_ += "\"}";
    }
    const std::string& wording(std::uint32_t text) const { return texts_.modules[text]; }

    void one(std::size_t place) {
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

    void patient(const Seen& seen) {
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
    void identifier(std::string_view system, std::string_view value, std::string_view use) {
        *out_ += R"({"use":")";
        *out_ += use;
        *out_ += R"(","system":")";
        *out_ += system;
        *out_ += R"(","value":")";
        *out_ += value;
        *out_ += "\"}";
    }
    void address() {
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

    void write_encounter(const Item& item, std::size_t place) {
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

    void write_condition(const Item& item, std::size_t place) {
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

    std::size_t laboratory(const Item& item) const { return lives_.providers().laboratory_variant(provider_of(item)); }
    void quantity(const Item& item, double value) {
        const Analyte& analyte = lives_.codes().analytes[item.place];
        const std::size_t variant = laboratory(item);
        const Measured& unit = analyte.as[variant];
        *out_ += R"({"value":)";
        append_decimal(*out_, value * unit.factor + unit.offset, unit.decimals);
        *out_ += texts_.measured[item.place].quantity[variant];
    }

    void write_measured(const Item& item, std::size_t place) {
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

    // The results of a report, each by `each(place, whether it is the first)`.
    template <typename Each>
    void results_of(const Item& report, std::size_t place, const Each& each) {
        int left = report.place;
        for (auto at = static_cast<std::size_t>(report.link); left > 0 && at < place; ++at) {
            const Item& result = life_.items[at];
            if (result.kind == ItemKind::lab && result.encounter == report.encounter) each(at, left-- == report.place);
        }
    }
    void result_references(const Item& report, std::size_t place) {
        results_of(report, place, [&](std::size_t at, bool first) {
            if (!first) *out_ += ',';
            *out_ += R"({"reference":"Observation/)";
            id(at);
            *out_ += "\"}";
        });
    }

    void write_lab_report(const Item& item, std::size_t place) {
        constexpr std::string_view kType = R"({"coding":[{"system":"http://loinc.org","code":"11502-2","display":"Laboratory report"}],"text":"Laboratoriesvar"})";
        begin("DiagnosticReport", place);
        composition_reference(place);
        *out_ += R"(,"status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0074","code":"LAB"}]}],"code":)";
        *out_ += kType;
        subject(item);
        time("effectiveDateTime", item.day, item.minute);
        *out_ += R"(,"performer":[)";
        unit_reference(item);
        *out_ += R"(],"result":[)";
        result_references(item, place);
        *out_ += ']';
        begin_composition(item, place, kType, "Laboratoriesvar");
        *out_ += R"(,"section":[{"title":"Resultat","code":{"coding":[{"system":"http://loinc.org","code":"26436-6"}]},)"
                 R"("text":{"status":"additional","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><ul>)";
        results_of(item, place, [&](std::size_t at, bool) {
            const Item& result = life_.items[at];
            const std::size_t variant = laboratory(result);
            const Measured& as = lives_.codes().analytes[result.place].as[variant];
            const Texts::Measured& measured = texts_.measured[result.place];
            *out_ += "<li>";
            *out_ += measured.name[variant];
            *out_ += ' ';
            append_decimal(*out_, result.value * as.factor + as.offset, as.decimals);
            *out_ += ' ';
            *out_ += measured.unit[variant];
            *out_ += "</li>";
        });
        *out_ += R"(</ul></div>"},"entry":[)";
        result_references(item, place);
        *out_ += "]}]";
    }

    void write_blood_pressure(const Item& item, std::size_t place) {
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

    void write_finding(const Item& item, std::size_t place) {
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

    // The sum is spread over the items, as evenly as whole numbers allow, from a place that the person gives.
    void write_answers(const Item& item, std::size_t place) {
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

    void write_prescription(const Item& item, std::size_t place) {
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

    void write_dispense(const Item& item, std::size_t place) {
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

    void write_immunization(const Item& item, std::size_t place) {
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

    void write_procedure(const Item& item, std::size_t place) {
        begin("Procedure", place);
        *out_ += R"(,"status":"completed","code":)";
        *out_ += texts_.procedures[item.place];
        subject(item);
        time("performedDateTime", item.day, item.minute);
        *out_ += R"(,"performer":[{"actor":)";
        staff_reference(item);
        *out_ += "}]";
    }

    // A DICOM UID made from a number of 64 bits (ISO/IEC 9834-8: 2.25 and a number).
    void uid(std::uint64_t number) {
        *out_ += "2.25.";
        append_number(*out_, number | 1ull << 63);
    }
    void write_imaging(const Item& item, std::size_t place) {
        const Image& image = lives_.codes().images[item.place];
        const std::uint64_t study = Chance::mixed(key_ + place * 1000);
        begin("ImagingStudy", place);
        *out_ += R"(,"identifier":[{"type":{"coding":[{"system":"http://dicom.nema.org/resources/ontology/DCM","code":"110180","display":"Study Instance UID"}]},"system":"urn:dicom:uid","value":"urn:oid:)";
        uid(study);
        *out_ += R"("}],"status":"available","modality":[{"system":"http://dicom.nema.org/resources/ontology/DCM","code":")";
        *out_ += image.modality;
        *out_ += "\"}]";
        subject(item);
        time("started", item.day, item.minute);
        *out_ += R"(,"numberOfSeries":)";
        append_number(*out_, static_cast<std::uint64_t>(image.series));
        *out_ += R"(,"numberOfInstances":)";
        append_number(*out_, static_cast<std::uint64_t>(image.series * image.instances));
        *out_ += R"(,"description":)";
        json::append_quoted(*out_, image.name);
        *out_ += R"(,"series":[)";
        for (int series = 0; series < image.series; ++series) {
            const std::uint64_t series_key = Chance::mixed(study + static_cast<std::uint64_t>(series) + 1);
            if (series > 0) *out_ += ',';
            *out_ += R"({"uid":")";
            uid(series_key);
            *out_ += R"(","number":)";
            append_number(*out_, static_cast<std::uint64_t>(series) + 1);
            *out_ += R"(,"modality":{"system":"http://dicom.nema.org/resources/ontology/DCM","code":")";
            *out_ += image.modality;
            *out_ += R"("},"numberOfInstances":)";
            append_number(*out_, static_cast<std::uint64_t>(image.instances));
            *out_ += R"(,"bodySite":{"system":"http://snomed.info/sct","code":")";
            *out_ += image.site_code;
            *out_ += R"(","display":")";
            *out_ += image.site;
            *out_ += R"("},"instance":[)";
            for (int instance = 0; instance < image.instances; ++instance) {
                if (instance > 0) *out_ += ',';
                *out_ += R"({"uid":")";
                uid(Chance::mixed(series_key + static_cast<std::uint64_t>(instance) + 1));
                *out_ += R"(","sopClass":{"system":"urn:ietf:rfc:3986","code":"urn:oid:)";
                *out_ += sop_class(image.modality);
                *out_ += R"("},"number":)";
                append_number(*out_, static_cast<std::uint64_t>(instance) + 1);
                *out_ += '}';
            }
            *out_ += "]}";
        }
        *out_ += ']';
    }
    void write_imaging_report(const Item& item, std::size_t place) {
        constexpr std::string_view kCategories =
            R"(,"category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0074","code":"RAD"}]},)"
            R"({"coding":[{"system":"http://loinc.org","code":"85430-7"}]},)"
            R"({"coding":[{"system":"http://hl7.eu/fhir/health-data-api/CodeSystem/eehrxf-document-priority-category-cs","code":"Medical-Imaging"}]}])";
        const std::string& says = texts_.images[item.place][item.text];
        begin("DiagnosticReport", place);
        composition_reference(place);
        *out_ += R"(,"status":"final")";
        *out_ += kCategories;
        *out_ += R"(,"code":)";
        *out_ += texts_.image_types[item.place];
        subject(item);
        time("effectiveDateTime", item.day, item.minute);
        *out_ += R"(,"performer":[)";
        unit_reference(item);
        *out_ += R"(],"imagingStudy":[{"reference":"ImagingStudy/)";
        id(static_cast<std::size_t>(item.link));
        *out_ += R"("}],"conclusion":)";
        *out_ += says;
        begin_composition(item, place, texts_.image_types[item.place], "Utlåtande");
        *out_ += kCategories;
        *out_ += R"(,"section":[{"title":"Undersökning","code":{"coding":[{"system":"http://loinc.org","code":"18726-0"}]},"text":)";
        *out_ += texts_.image_narratives[item.place][item.text];
        *out_ += R"(,"entry":[{"reference":"ImagingStudy/)";
        id(static_cast<std::size_t>(item.link));
        *out_ += "\"}]}";
        empty_section("Beställning", "55115-0");
        empty_section("Sjukhistoria", "11329-0");
        empty_section("Metod", "55111-9");
        *out_ += ']';
    }
    // One that the European report of images must have, and of which the synthetic one says nothing.
    void empty_section(std::string_view title, std::string_view code) {
        *out_ += R"(,{"title":")";
        *out_ += title;
        *out_ += R"(","code":{"coding":[{"system":"http://loinc.org","code":")";
        *out_ += code;
        *out_ += R"("}]},"text":{"status":"additional","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>Uppgift saknas.</p></div>"},)"
                 R"("emptyReason":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/list-empty-reason","code":"unavailable"}]}})";
    }

    void write_allergy(const Item& item, std::size_t place) {
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

    void write_document(const Item& item, std::size_t place, std::string_view type) {
        begin("DocumentReference", place);
        *out_ += R"(,"status":"current","type":)";
        *out_ += type;
        patient_reference("subject", item);
        time("date", item.day, item.minute);
        *out_ += R"(,"author":[)";
        staff_reference(item);
        *out_ += R"(],"custodian":)";
        unit_reference(item);
        *out_ += R"(,"content":[{"attachment":{"contentType":"text/plain; charset=utf-8","language":"sv","data":")";
        append_base64(*out_, lives_.modules().texts[item.text]);
        *out_ += R"("}}])";
        if (item.encounter < 0) return;
        *out_ += R"(,"context":{"encounter":[{"reference":"Encounter/)";
        id(static_cast<std::size_t>(item.encounter));
        *out_ += "\"}]}";
    }

    void write_discharge(const Item& item, std::size_t place) {
        begin("Composition", place);
        *out_ += R"(,"identifier":)";
        identifier_of(place);
        *out_ += R"(,"status":"final","type":{"coding":[{"system":"http://loinc.org","code":"34105-7","display":"Hospital Discharge summary"}],"text":"Epikris"})";
        subject(item);
        time("date", item.day, item.minute);
        *out_ += R"(,"author":[)";
        staff_reference(item);
        *out_ += R"(],"title":"Epikris","custodian":)";
        unit_reference(item);
        *out_ += R"(,"section":[{"title":"Vårdförlopp","code":{"coding":[{"system":"http://loinc.org","code":"8648-8","display":"Hospital course note"}]},"text":)";
        *out_ += narrative(lives_.modules().texts[item.text]);
        *out_ += "}]";
    }

    void write_referral(const Item& item, std::size_t place) {
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

    void write_guardian(const Item& item, std::size_t place) {
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

    const Texts& texts_;
    const Lives& lives_;
    const Resources& resources_;
    const Person& person_;
    std::span<const Person> parish_;
    const Life& life_;
    Lines& lines_;
    std::uint64_t key_;
    std::string* out_ = nullptr;
    std::vector<Seen> last_day_;
};

std::string Resources::patient_id(const Person& person, std::uint16_t provider) const {
    std::string out;
    append_base32(out, Chance::mixed(Chance::mixed(lives_.population().seed() * 3 + person.number) ^ (std::uint64_t(provider) << 40)), 12);
    return out;
}

void Resources::write(const Person& person, std::span<const Person> parish, const Life& life, Lines& out) const {
    Writer(*this, person, parish, life, out).all();
}

}  // namespace idun::synth
