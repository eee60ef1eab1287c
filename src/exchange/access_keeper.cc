#include "exchange/access_keeper.h"

#include "base/log.h"

namespace idun::exchange {
namespace {

constexpr std::chrono::milliseconds kLook{500};  // at the hub's own log: people are told at once
constexpr std::uint64_t kRoundsBetweenPurges = 720;  // an hour

}  // namespace

AccessKeeper::AccessKeeper(AccessView& accesses, Metrics& metrics, const rights::RuleTable& rules,
                           std::chrono::milliseconds period)
    : accesses_(accesses),
      rules_(rules),
      period_(period),
      missing_(metrics.gauge("idun_log_entries_missing", "receipts of nodes whose entries have not been shipped in time")),
      unanswered_(metrics.gauge("idun_log_tickets_unanswered", "tickets that nothing has come of: no receipt, no entry, no refusal")),
      silent_(metrics.gauge("idun_logs_silent", "logs of nodes without a sign of life")),
      behind_(metrics.gauge("idun_logs_behind", "logs of nodes that have had more entries than they ship for a while")),
      faulty_(metrics.gauge("idun_logs_faulty", "logs of nodes that contradicted themselves or the hub")) {
    thread_ = std::thread([this] { run(); });
}

AccessKeeper::~AccessKeeper() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    woken_.notify_all();
    thread_.join();
}

void AccessKeeper::run() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        lock.unlock();
        if (const Status done = look(); !done)
            log::warn("the list of accesses is not up to date", {{"error", done.error().message}});
        lock.lock();
        woken_.wait_for(lock, kLook, [this] { return stopping_; });
    }
}

Status AccessKeeper::look() {
    const auto now = std::chrono::steady_clock::now();
    if (now < next_round_) return accesses_.come_up_to_date();
    next_round_ = now + period_;
    return round();
}

Status AccessKeeper::round() {
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
    if (rounds_++ % kRoundsBetweenPurges != 0) return {};
    for (std::size_t gone = 1; gone > 0;) {
        TRY_ASSIGN(gone, accesses_.purge(rules_));
    }
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
