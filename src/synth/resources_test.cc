// That what comes out is valid FHIR R4, by the program's own validator. The Swedish and European profiles are judged by test/judges/synth.
#include <doctest/doctest.h>

#include <filesystem>
#include <map>
#include <set>

#include "fhir/package.h"
#include "synth/country.h"
#include "terms/terms.h"
#include "validation/guides.h"

using namespace idun;
using namespace idun::synth;

namespace {

// Up to `each` lines of every resource type, from the people and from providers of each kind.
std::map<std::string, std::vector<std::string>> sample(const Country& sweden, std::uint64_t people, std::size_t each) {
    std::map<std::string, std::vector<std::string>> out;
    const auto take = [&](std::string_view text) {
        while (!text.empty()) {
            const auto line = text.substr(0, text.find('\n'));
            text.remove_prefix(line.size() + 1);
            const std::string type(line.substr(17, line.find('"', 17) - 17));
            if (out[type].size() < each) out[type].emplace_back(line);
        }
    };
    Worker worker(sweden);
    const Status done = worker.each(0, people, [&](const Person& person, std::span<const Person> parish, const Life& life) -> Status {
        const Lines& lines = worker.resources(person, parish, life);
        for (const std::uint16_t provider : lines.touched()) take(lines.text(provider));
        return {};
    });
    REQUIRE(done.has_value());
    Lines lines(sweden.providers().providers().size());
    sweden.resources().write_provider(0, lines);
    for (std::uint16_t unit = 0; unit < 3'000; unit += 10) sweden.resources().write_unit(unit, lines);
    take(lines.text(0));
    return out;
}

std::string first_error(const fhir::Issues& issues) {
    for (const fhir::Issue& issue : issues)
        if (issue.severity <= fhir::Severity::error) return issue.path + ": " + issue.text;
    return "";
}

}  // namespace

TEST_CASE("every kind of resource is valid R4") {
    const auto sweden = Country::make({.seed = 1, .people = 3'000});
    REQUIRE(sweden.has_value());
    fhir::PackageSet packages({fhir::Package::r4_core()});
    const terms::Terms terms(packages);
    const validation::Guides guides(packages, &terms);
    const auto resources = sample(**sweden, 600, 60);
    const std::set<std::string> expected = {"AllergyIntolerance", "Composition", "Condition", "DiagnosticReport", "DocumentReference", "Encounter", "ImagingStudy",
                                            "Immunization", "MedicationDispense", "MedicationRequest", "Observation", "Organization", "Patient", "Practitioner",
                                            "PractitionerRole", "Procedure", "Questionnaire", "QuestionnaireResponse", "RelatedPerson", "ServiceRequest"};
    std::set<std::string> found;
    std::size_t judged = 0;
    for (const auto& [type, lines] : resources) {
        found.insert(type);
        for (const std::string& line : lines) {
            const auto document = json::Document::parse(line);
            REQUIRE(document.has_value());
            validation::Options options;
            options.text = line;
            options.now = {ms_of((*sweden)->population().today(), 0)};
            const auto issues = guides.validator().validate(document->root(), options);
            ++judged;
            CHECK_MESSAGE(!fhir::has_errors(issues), type, " ", first_error(issues), "\n", line);
        }
    }
    CHECK(found == expected);
    CHECK(judged > 700);
}
