#include "gate/care_relation.h"

#include <algorithm>
#include <array>

#include "json/document.h"

namespace idun::gate {
namespace {

constexpr std::chrono::milliseconds kKept{60'000};
constexpr std::size_t kKeptMax = 10'000;
constexpr auto kDay = std::chrono::hours(24);

// States in which nothing is, was, or will be: of all three types.
constexpr std::array<std::string_view, 6> kNothing = {"cancelled", "entered-in-error", "noshow",
                                                      "proposed",  "unknown",          ""};

}  // namespace

Result<rights::Care> care_relation(const records::Records& records, const store::Snapshot& snapshot,
                                   std::string_view patient, Instant at, const rights::RuleTable& rules) {
    // Care that ended so long ago, and care that begins so soon, still counts.
    const Instant from = at - kDay * rules.care_known_days_before;
    const Instant to = at + kDay * rules.care_known_days_after;
    const records::Visible in_time = [&](const records::Touched& touched) {
        return touched.date && touched.date->first <= to && touched.date->second > from;
    };
    records::Selection selection;
    selection.types = {"Appointment", "Encounter", "EpisodeOfCare"};
    rights::Care care = rights::Care::none;
    TRY(records.scan_patient(snapshot, patient, selection, in_time, [&](const std::vector<records::Row>& rows) {
        for (const records::Row& row : rows) {
            if (row.touched.type == "Patient") continue;
            const auto document = json::Document::parse(*row.body);
            if (!document || std::ranges::find(kNothing, document->root()["status"].text()) != kNothing.end()) continue;
            care = rights::Care::known;
            return false;
        }
        return true;
    }));
    return care;
}

rights::Care CareRelations::of(const std::string& patient, const store::Snapshot& snapshot) {
    const Instant now = clock_.now();
    {
        const std::lock_guard lock(mutex_);
        const auto found = kept_.find(patient);
        if (found != kept_.end() && now < found->second.until) return found->second.care;
    }
    const auto care = care_relation(records_, snapshot, patient, now, rules_);
    if (!care) return rights::Care::none;
    const std::lock_guard lock(mutex_);
    if (kept_.size() >= kKeptMax) kept_.clear();
    kept_[patient] = {*care, now + kKept};
    return *care;
}

}  // namespace idun::gate
