// What never changes in resources, escaped once.
#include "synth/internal/text.h"

namespace idun::synth {
namespace {

constexpr std::string_view kIcd = "urn:oid:1.2.752.116.1.1.1.1.3";
constexpr std::string_view kKva = "urn:oid:1.2.752.116.1.3.2.1.4";
constexpr std::string_view kAtc = "http://www.whocc.no/atc";
constexpr std::string_view kSct = "http://snomed.info/sct";
constexpr std::string_view kLoinc = "http://loinc.org";
constexpr std::string_view kObservationCategory = "http://terminology.hl7.org/CodeSystem/observation-category";

}  // namespace

Resources::Resources(const Lives& lives) : lives_(lives) {
    auto texts = std::make_unique<Texts>();
    const Codes& codes = lives.codes();
    for (const Coded& one : codes.diagnoses) texts->diagnoses.push_back(concept_of(kIcd, one.code, one.name));
    for (const Coded& one : codes.procedures) texts->procedures.push_back(concept_of(kKva, one.code, one.name));
    for (const Medicine& one : codes.medicines) {
        texts->medicines.push_back(concept_of(kAtc, one.key, one.name));
        texts->doses.push_back(in_quotes(one.dose));
    }
    for (const Coded& one : codes.vaccines) {
        texts->vaccines.push_back(concept_of(kAtc, one.code, one.name));
        texts->diseases.push_back(in_quotes(one.more));
    }
    for (const Coded& one : codes.allergies) {
        texts->allergies.push_back(concept_of(kSct, one.code, one.name, one.swedish));
        const std::size_t space = one.more.find(' ');
        texts->allergy_rest.push_back(
            R"(,"clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical","code":"active"}]},)"
            R"("verificationStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/allergyintolerance-verification","code":"confirmed"}]},"category":[)" +
            in_quotes(one.more.substr(0, space)) + R"(],"criticality":)" + in_quotes(one.more.substr(space + 1)));
    }
    const auto category = [](std::string_view code) {
        return R"({"coding":[{"system":)" + in_quotes(kObservationCategory) + R"(,"code":)" + in_quotes(code) + "}]}";
    };
    for (const Finding& one : codes.findings) {
        texts->findings.push_back(concept_of(kLoinc, one.code.code, one.code.name, one.code.swedish));
        texts->finding_categories.push_back(category(one.code.more));
        std::vector<std::string> answers;
        for (const std::string& answer : one.answers.texts) answers.push_back(in_quotes(answer));
        texts->answers.push_back(std::move(answers));
    }
    for (const Image& one : codes.images) {
        std::vector<std::string> wordings, narratives;
        for (const std::string& wording : one.findings.texts) {
            wordings.push_back(in_quotes(wording));
            narratives.push_back(narrative(one.name + ": " + wording));
        }
        texts->images.push_back(std::move(wordings));
        texts->image_narratives.push_back(std::move(narratives));
        texts->image_types.push_back(concept_of(kLoinc, "18748-4", "Diagnostic imaging study", one.name));
    }
    for (const Analyte& one : codes.analytes) {
        Texts::Measured measured;
        // LOINC's own displays are English: the Swedish name is the text.
        for (std::size_t laboratory = 0; laboratory < 2; ++laboratory)
            measured.code[laboratory] = R"({"coding":[{"system":)" + in_quotes(one.system) + R"(,"code":)" + in_quotes(one.as[laboratory].code) + R"(}],"text":)" +
                                        in_quotes(one.as[laboratory].name) + "}";
        for (std::size_t laboratory = 0; laboratory < 2; ++laboratory) {
            const auto plain = [](const std::string& text) {
                const std::string quoted = in_quotes(escaped_xhtml(text));
                return quoted.substr(1, quoted.size() - 2);
            };
            measured.name[laboratory] = plain(one.as[laboratory].name);
            measured.unit[laboratory] = plain(one.as[laboratory].unit);
        }
        const std::string& code = one.as[0].code;
        const bool vital = one.kind == AnalyteKind::vital || code == "29463-7" || code == "8867-4";
        measured.category = category(one.kind == AnalyteKind::lab ? "laboratory" : vital ? "vital-signs" : "exam");
        for (std::size_t unit = 0; unit < 2; ++unit) {
            const Measured& in = one.as[unit];
            measured.quantity[unit] = R"(,"unit":)" + in_quotes(in.unit) + R"(,"system":"http://unitsofmeasure.org","code":)" + in_quotes(in.unit) + "}";
            for (std::size_t sex = 0; sex < 2; ++sex) {
                std::string& range = measured.range[sex][unit];
                range = R"(,"referenceRange":[{"low":{"value":)";
                append_decimal(range, one.low[sex] * in.factor + in.offset, in.decimals);
                range += measured.quantity[unit] + R"(,"high":{"value":)";
                append_decimal(range, one.high[sex] * in.factor + in.offset, in.decimals);
                range += measured.quantity[unit] + "}]";
            }
        }
        texts->measured.push_back(std::move(measured));
    }
    for (const Unit& one : lives.providers().units())
        texts->units.push_back(R"({"reference":"Organization/)" + one.id + R"(","display":)" + in_quotes(one.name) + "}");
    for (const Provider& one : lives.providers().providers())
        texts->providers.push_back(R"({"reference":"Organization/)" + one.id + R"(","display":)" + in_quotes(one.name) + "}");
    for (const std::string& one : lives.modules().texts) texts->modules.push_back(in_quotes(one));
    texts_ = std::move(texts);
}

Resources::~Resources() = default;

}  // namespace idun::synth
