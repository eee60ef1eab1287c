#include "gate/delay.h"

#include <fmt/format.h>

#include "fhir/category.h"
#include "records/outcome.h"
#include "search/date.h"

namespace idun::gate {
namespace {

// Why the delay is refused; "" when it is not.
std::string fault_of(json::Value resource, json::Value extension, const rights::RuleTable& rules, Instant now) {
    const auto until = search::interval_of(extension["valueDateTime"].text());
    if (!until) return "a delay for the patient needs an end: valueDateTime";
    if (until->from <= now.ms) return {};  // it is over
    if (!rules.delay_allowed) return "nothing is delayed for patients here";
    if (!rights::names(rules.delay_categories, fhir::to_string(fhir::category_of(resource))))
        return "entries of this category are not delayed for patients";
    if (Instant{until->from} - now > std::chrono::hours(24) * rules.delay_days_max)
        return fmt::format("a delay for the patient ends after {} days at the latest", rules.delay_days_max);
    return {};
}

void check(json::Value resource, const std::string& path, const rights::RuleTable& rules, Instant now,
           fhir::Issues& issues) {
    std::size_t place = 0;
    bool seen = false;
    for (const json::Value extension : resource["meta"]["extension"].elements()) {
        const std::string where = fmt::format("{}.meta.extension[{}]", path, place++);
        if (extension["url"].text() != records::kDelayUrl) continue;
        std::string fault = std::exchange(seen, true) ? "one delay for the patient is enough"
                                                      : fault_of(resource, extension, rules, now);
        if (!fault.empty())
            issues.push_back({fhir::Severity::error, fhir::IssueCode::business_rule, std::move(fault), where, 0, 0});
    }
}

}  // namespace

fhir::Issues check_delay(json::Value resource, const rights::RuleTable& rules, Instant now) {
    fhir::Issues issues;
    check(resource, std::string(resource["resourceType"].text()), rules, now, issues);
    if (resource["resourceType"].text() != "Bundle") return issues;
    std::size_t place = 0;
    for (const json::Value entry : resource["entry"].elements())
        check(entry["resource"], fmt::format("Bundle.entry[{}].resource", place++), rules, now, issues);
    return issues;
}

}  // namespace idun::gate
