#include "app/log_retention.h"

#include "base/log.h"
#include "exchange/log_policy.h"

namespace idun::app {

using std::chrono::milliseconds;

ledger::Options with_map_every(ledger::Options options, std::chrono::milliseconds every) {
    options.map_root_every = every;
    return options;
}

ledger::Options log_options(const rights::RuleTable& rules, const std::string& owner) {
    ledger::Options out;
    out.retention_of = [&rules, owner](const ledger::Access& access) {
        return static_cast<int>(exchange::policy_of(rules, access, owner).years);
    };
    return out;
}

std::unique_ptr<Rounds> keep_to_rules(ledger::Ledger& ledger, const rights::RuleTable& rules, const Clock& clock) {
    constexpr milliseconds kDay = std::chrono::hours(24);
    return std::make_unique<Rounds>(
        RoundsOptions{.failing = "what its time is up for is not forgotten",
                      .again = "what its time is up for is forgotten again",
                      .about = {"log", ledger.log_id()},
                      .retry_min = std::chrono::minutes(1),
                      .retry_max = std::chrono::hours(1)},
        clock, [&ledger, &rules, kDay]() -> Result<milliseconds> {
            const auto gone = ledger.forget_expired("retention " + rules.version);
            if (gone) log::info("the log's oldest entries can no longer be opened", {{"log", ledger.log_id()}});
            else if (gone.error().category != Category::not_found) return fail(gone.error());
            return kDay;
        });
}

}  // namespace idun::app
