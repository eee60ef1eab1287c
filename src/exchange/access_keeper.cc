#include "exchange/access_keeper.h"

#include "base/log.h"

namespace idun::exchange {
namespace {

constexpr std::chrono::milliseconds kBetweenRounds{500};  // at the hub's own log: people are told at once
constexpr std::uint64_t kLooksBetweenPurges = 720;  // an hour

}  // namespace

AccessKeeper::AccessKeeper(AccessView& accesses, const Clock& clock, Metrics& metrics, const rights::RuleTable& rules,
                           std::chrono::milliseconds period)
    : accesses_(accesses),
      rules_(rules),
      period_(period),
      missing_(metrics.gauge("idun_log_entries_missing", "receipts of nodes whose entries have not been shipped in time")),
      unanswered_(metrics.gauge("idun_log_tickets_unanswered", "tickets that nothing has come of: no receipt, no entry, no refusal")),
      silent_(metrics.gauge("idun_logs_silent", "logs of nodes without a sign of life")),
      behind_(metrics.gauge("idun_logs_behind", "logs of nodes that have had more entries than they ship for a while")),
      faulty_(metrics.gauge("idun_logs_faulty", "logs of nodes that contradicted themselves or the hub")) {
    rounds_.emplace(RoundsOptions{.failing = "the list of accesses is not up to date",
                                  .again = "the list of accesses is up to date again",
                                  .about = {"of", "all logs"}},
                    clock, [this] { return round(); });
}

Result<std::chrono::milliseconds> AccessKeeper::round() {
    const auto now = std::chrono::steady_clock::now();
    if (now < next_look_) {
        TRY(accesses_.come_up_to_date());
    } else {
        next_look_ = now + period_;
        TRY(look());
        if (looks_++ % kLooksBetweenPurges == 0) purging_ = true;
    }
    if (!purging_) return kBetweenRounds;
    TRY_ASSIGN(const std::size_t gone, accesses_.purge(rules_));
    purging_ = gone > 0;
    return purging_ ? std::chrono::milliseconds(0) : kBetweenRounds;
}

Status AccessKeeper::look() {
    TRY_ASSIGN(const auto accounts, accesses_.accounts());
    double missing = 0, unanswered = 0, silent = 0, behind = 0, faulty = 0;
    for (const LogAccount& one : accounts) {
        missing += static_cast<double>(one.missing);
        unanswered += static_cast<double>(one.unanswered);
        silent += one.silent;
        behind += one.behind;
        faulty += !one.faults.empty();
    }
    missing_.set(missing);
    unanswered_.set(unanswered);
    silent_.set(silent);
    behind_.set(behind);
    faulty_.set(faulty);
    tell(accounts);
    return {};
}

void AccessKeeper::tell(const std::vector<LogAccount>& accounts) {
    for (const LogAccount& one : accounts) {
        const auto [known, fresh] = complete_.try_emplace(one.log_id, true);
        if (known->second == one.complete()) continue;
        known->second = one.complete();
        if (one.complete()) log::info("a node's log is accounted for again", {{"log", one.log_id}});
        else
            log::warn("a node's log is not accounted for", {{"log", one.log_id},
                                                             {"missing", std::to_string(one.missing)},
                                                             {"silent", one.silent ? "yes" : "no"},
                                                             {"behind", one.behind ? "yes" : "no"},
                                                             {"faults", std::to_string(one.faults.size())}});
    }
}

}  // namespace idun::exchange
