#include "exchange/access_keeper.h"

#include <algorithm>
#include <limits>

#include "base/log.h"
#include "ledger/receipt.h"

namespace idun::exchange {
namespace {

constexpr std::chrono::milliseconds kBetweenRounds{500};  // at the hub's own log: people are told at once
constexpr std::uint64_t kLooksBetweenPurges = 720;  // an hour
constexpr std::size_t kProvidersShownMax = 2'000;

struct OpenFact {
    std::string_view fact;
    std::uint64_t count = 1;
    Instant since;
};

std::vector<OpenFact> open_facts(const LogAccount& one) {
    std::vector<OpenFact> out;
    if (one.missing > 0) out.push_back({"missing", one.missing, one.missing_since.value_or(Instant{0})});
    if (one.unanswered > 0) out.push_back({"unanswered", one.unanswered, one.unanswered_since.value_or(Instant{0})});
    if (one.silent) out.push_back({"silent", 1, one.silent_since.value_or(Instant{0})});
    if (one.behind) out.push_back({"behind", 1, one.progress.behind_since.value_or(Instant{0})});
    if (one.clock_wrong) out.push_back({"clock", 1, one.clock->first});
    if (one.faults.empty()) return out;
    Instant first = one.faults.front().first;
    for (const FaultSeen& seen : one.faults) first = std::min(first, seen.first);
    out.push_back({"faulty", 1, first});
    return out;
}

}  // namespace

AccessKeeper::AccessKeeper(AccessView& accesses, const Clock& clock, Metrics& metrics, const rights::RuleTable& rules,
                           std::chrono::milliseconds period)
    : accesses_(accesses),
      rules_(rules),
      period_(period),
      metrics_(metrics),
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
    show(accounts);
    tell(accounts);
    return {};
}

// What is open of a provider, in all its logs.
void AccessKeeper::show(const std::vector<LogAccount>& accounts) {
    std::map<std::pair<std::string, std::string>, OpenFact> now;
    for (const LogAccount& one : accounts)
        for (const OpenFact& fact : open_facts(one)) {
            const auto [at, fresh] = now.try_emplace({shown_as(ledger::owner_of(one.log_id)), std::string(fact.fact)}, fact);
            if (fresh) continue;
            at->second.count += fact.count;
            at->second.since = std::min(at->second.since, fact.since);
        }
    for (const auto& [key, fact] : now) {
        if (open_.contains(key)) continue;
        const Labels labels{{"provider", key.first}, {"fact", key.second}};
        open_.emplace(key, Open{&metrics_.gauge("idun_log_open", "what is not accounted for of a provider's logs: entries, tickets, logs", labels),
                                &metrics_.gauge("idun_log_open_since_timestamp_seconds", "since when; 0: it is not", labels)});
    }
    for (const auto& [key, gauges] : open_) {
        const auto fact = now.find(key);
        gauges.count->set(fact == now.end() ? 0 : static_cast<double>(fact->second.count));
        gauges.since->set(fact == now.end() ? 0 : static_cast<double>(fact->second.since.ms) / 1000);
    }
}

// More providers than that share one name.
std::string AccessKeeper::shown_as(std::string_view provider) {
    const auto known = providers_.find(provider);
    if (known != providers_.end()) return *known;
    return providers_.size() < kProvidersShownMax ? *providers_.emplace(provider).first : "others";
}

void AccessKeeper::tell(const std::vector<LogAccount>& accounts) {
    for (const LogAccount& one : accounts) {
        std::string open;
        Instant since = Instant{std::numeric_limits<std::int64_t>::max()};
        for (const OpenFact& fact : open_facts(one)) {
            open.append(open.empty() ? "" : " ").append(fact.fact);
            since = std::min(since, fact.since);
        }
        std::string& told = told_[one.log_id];
        if (told == open) continue;
        told = open;
        if (open.empty()) log::info("a node's log is accounted for again", {{"log", one.log_id}});
        else
            log::warn("a node's log is not accounted for", {{"log", one.log_id},
                                                             {"open", open},
                                                             {"since", to_iso(since)},
                                                             {"missing", std::to_string(one.missing)},
                                                             {"unanswered", std::to_string(one.unanswered)},
                                                             {"faults", std::to_string(one.faults.size())}});
    }
}

}  // namespace idun::exchange
