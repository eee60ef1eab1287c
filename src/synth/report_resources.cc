// Reports and documents: laboratory, images, discharge, and the Composition that the European reports name.
#include "json/writer.h"
#include "synth/internal/resource_writer.h"

namespace idun::synth {
namespace {

std::string_view sop_class(std::string_view modality) {
    if (modality == "CT") return "1.2.840.10008.5.1.4.1.1.2";
    if (modality == "MR") return "1.2.840.10008.5.1.4.1.1.4";
    if (modality == "US") return "1.2.840.10008.5.1.4.1.1.6.1";
    if (modality == "MG") return "1.2.840.10008.5.1.4.1.1.1.2";
    if (modality == "IO") return "1.2.840.10008.5.1.4.1.1.1.3";
    return "1.2.840.10008.5.1.4.1.1.1.1";
}

}  // namespace

void Resources::Writer::identifier_of(std::size_t item) {
    *out_ += R"({"system":"urn:idun:synth:document","value":")";
    id(item);
    *out_ += "\"}";
}

void Resources::Writer::composition_reference(std::size_t item) {
    *out_ += R"(,"extension":[{"url":"http://hl7.org/fhir/5.0/StructureDefinition/extension-DiagnosticReport.composition","valueReference":{"reference":"Composition/)";
    id(item);
    *out_ += R"("}}],"identifier":[)";
    identifier_of(item);
    *out_ += ']';
}

void Resources::Writer::begin_composition(const Item& item, std::size_t place, std::string_view type, std::string_view title) {
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

void Resources::Writer::results_of(const Item& report, std::size_t place, FunctionRef<void(std::size_t at, bool first)> each) {
    int left = report.place;
    for (auto at = static_cast<std::size_t>(report.link); left > 0 && at < place; ++at) {
        const Item& result = life_.items[at];
        if (result.kind == ItemKind::lab && result.encounter == report.encounter) each(at, left-- == report.place);
    }
}

void Resources::Writer::result_references(const Item& report, std::size_t place) {
    results_of(report, place, [&](std::size_t at, bool first) {
        if (!first) *out_ += ',';
        *out_ += R"({"reference":"Observation/)";
        id(at);
        *out_ += "\"}";
    });
}

void Resources::Writer::write_lab_report(const Item& item, std::size_t place) {
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

void Resources::Writer::uid(std::uint64_t number) {
    *out_ += "2.25.";
    append_number(*out_, number | 1ull << 63);
}

void Resources::Writer::write_imaging(const Item& item, std::size_t place) {
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

void Resources::Writer::write_imaging_report(const Item& item, std::size_t place) {
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

void Resources::Writer::empty_section(std::string_view title, std::string_view code) {
    *out_ += R"(,{"title":")";
    *out_ += title;
    *out_ += R"(","code":{"coding":[{"system":"http://loinc.org","code":")";
    *out_ += code;
    *out_ += R"("}]},"text":{"status":"additional","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>Uppgift saknas.</p></div>"},)"
             R"("emptyReason":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/list-empty-reason","code":"unavailable"}]}})";
}

void Resources::Writer::write_document(const Item& item, std::size_t place, std::string_view type) {
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

void Resources::Writer::write_discharge(const Item& item, std::size_t place) {
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

}  // namespace idun::synth
