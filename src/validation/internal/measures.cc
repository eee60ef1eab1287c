// MeasureReports against their Measures (FHIR R4 §13.10).
#include <algorithm>
#include <vector>

#include "validation/internal/rules.h"

namespace idun::validation {

using fhir::IssueCode;
using json::Value;

namespace {

bool same_concept(Value a, Value b) {
    if (a["coding"].size() == 0 || b["coding"].size() == 0) return a["text"].is_string() && a["text"].text() == b["text"].text();
    for (const Value x : a["coding"].elements()) {
        for (const Value y : b["coding"].elements()) {
            if (x["code"].text() == y["code"].text() && x["system"].text() == y["system"].text()) return true;
        }
    }
    return false;
}

std::string_view scoring_of(Value measure, Value group) {
    for (const Value holder : {group, measure}) {
        for (const Value coding : holder["scoring"]["coding"].elements()) {
            if (coding["system"].text() == "http://terminology.hl7.org/CodeSystem/measure-scoring") return coding["code"].text();
        }
    }
    return {};
}

class Report {
public:
    Report(Run& run, Value report, Value measure) : run_(run), report_(report), measure_(measure) {}

    void judge() {
        if (report_["type"].text() == "data-collection") return;  // mrp-1
        const Value wanted = measure_["group"];
        const Value given = report_["group"];
        std::vector<bool> found(wanted.size());
        std::uint32_t place = 0;
        for (const Value group : given.elements()) {
            const Run::Inside inside(run_, "group", place++);
            if (!inside || !run_.spend()) return;
            // One group needs no name.
            std::size_t match = wanted.size();
            if (wanted.size() == 1 && given.size() == 1 && (!group["code"] || !wanted[std::size_t{0}]["code"])) match = 0;
            for (std::size_t i = 0; i < wanted.size() && match == wanted.size(); ++i) {
                if (same_concept(group["code"], wanted[i]["code"])) match = i;
            }
            if (match == wanted.size()) {
                if (wanted.size() > 0) run_.error(IssueCode::business_rule, group, "the measure has no group with this code");
                continue;
            }
            found[match] = true;
            this->group(group, wanted[match]);
        }
        for (std::size_t i = 0; i < found.size(); ++i) {
            if (!found[i] && complete()) run_.error(IssueCode::business_rule, report_, "a group of the measure is missing");
        }
    }

private:
    bool complete() const { return report_["status"].text() == "complete"; }

    void group(Value group, Value wanted) {
        populations(group, wanted);
        score(group, wanted);
        stratifiers(group, wanted);
    }

    void populations(Value group, Value wanted) {
        std::vector<bool> found(wanted["population"].size());
        std::uint32_t place = 0;
        for (const Value population : group["population"].elements()) {
            const Run::Inside inside(run_, "population", place++);
            if (population["subjectResults"] && report_["type"].text() != "subject-list") {
                run_.error(IssueCode::business_rule, population, "only a report of type subject-list lists subjects");
            }
            std::size_t match = found.size();
            for (std::size_t i = 0; i < found.size(); ++i) {
                if (same_concept(population["code"], wanted["population"][i]["code"])) match = i;
            }
            if (match < found.size()) found[match] = true;
            else if (!found.empty()) run_.error(IssueCode::business_rule, population, "the measure's group has no population with this code");
        }
        for (std::size_t i = 0; i < found.size(); ++i) {
            if (!found[i] && complete()) run_.error(IssueCode::business_rule, group, "a population of the measure's group is missing");
        }
    }

    void score(Value group, Value wanted) {
        const std::string_view scoring = scoring_of(measure_, wanted);
        const Value score = group["measureScore"];
        if (scoring == "cohort" && score) run_.error(IssueCode::business_rule, score, "a measure whose scoring is cohort has no score");
        if ((scoring == "proportion" || scoring == "ratio" || scoring == "continuous-variable") && !score && complete() && report_["type"].text() != "subject-list") {
            run_.warn(IssueCode::business_rule, group, "a measure whose scoring is {} has a score", scoring);
        }
        if (scoring == "proportion" && score["value"]) {
            const std::string_view text = score["value"].text();
            if (text.starts_with('-') || (text.size() > 0 && text[0] != '0' && text != "1" && !text.starts_with("1.0") && !text.starts_with("1e"))) {
                run_.error(IssueCode::business_rule, score, "the score of a proportion lies between 0 and 1");
            }
        }
    }

    void stratifiers(Value group, Value wanted) {
        std::vector<bool> found(wanted["stratifier"].size());
        std::uint32_t place = 0;
        for (const Value stratifier : group["stratifier"].elements()) {
            const Run::Inside inside(run_, "stratifier", place++);
            std::size_t match = found.size();
            for (const Value code : stratifier["code"].elements()) {
                for (std::size_t i = 0; i < found.size(); ++i) {
                    if (same_concept(code, wanted["stratifier"][i]["code"])) match = i;
                }
            }
            if (match < found.size()) found[match] = true;
            else run_.error(IssueCode::business_rule, stratifier, "the measure's group has no stratifier with this code");
        }
        for (std::size_t i = 0; i < found.size(); ++i) {
            if (!found[i] && complete()) run_.error(IssueCode::business_rule, group, "a stratifier of the measure's group is missing");
        }
    }

    Run& run_;
    Value report_;
    Value measure_;
};

}  // namespace

void judge_measure_report(Run& run, const Item& resource) {
    const Value canonical = resource.value["measure"];
    if (!canonical.is_string()) return;
    Value measure = canonical.text().starts_with('#') ? run.find(canonical.text()).resource : run.library().source().find("Measure", canonical.text());
    if (!measure) {
        run.report(fhir::Severity::information, IssueCode::not_found, canonical, "the measure is not at hand, so the report was not judged by it");
        return;
    }
    Report(run, resource.value, measure).judge();
}

void judge_measure(Run& run, const Item& resource) {
    const auto absolute = [](std::string_view canonical) { return canonical.find(':') != std::string_view::npos || canonical.starts_with('#'); };
    std::uint32_t place = 0;
    for (const Value library : resource.value["library"].elements()) {
        const Run::Inside inside(run, "library", place++);
        if (library.is_string() && !absolute(library.text())) run.error(IssueCode::invalid, library, "library must be an absolute address");
    }
    // CQL needs a library that defines it.
    const bool has_library = resource.value["library"].size() > 0;
    if (has_library) return;
    std::uint32_t group_place = 0;
    for (const Value group : resource.value["group"].elements()) {
        const Run::Inside in(run, "group", group_place++);
        for (const char* part : {"population", "stratifier"}) {
            std::uint32_t at = 0;
            for (const Value item : group[part].elements()) {
                const Run::Inside inside(run, part, at++);
                if (item["criteria"]["language"].text() == "text/cql" || item["criteria"]["language"].text() == "text/cql.identifier") {
                    run.error(IssueCode::invalid, item["criteria"], "the measure names no library that defines its CQL");
                }
            }
        }
    }
}

}  // namespace idun::validation
