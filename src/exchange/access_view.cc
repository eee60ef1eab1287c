#include "exchange/access_view.h"

#include <iterator>

#include "exchange/issued_tickets.h"

namespace idun::exchange {
namespace {

constexpr std::size_t kPurgedAtOnce = 1000;

// Of what is withheld from her nothing is said, so neither that some of it did not come.
template <typename T>
Result<std::vector<T>> without_withheld(Result<std::vector<T>> all, const store::Snapshot& snapshot,
                                        const crypto::Pseudonym& person, Instant now) {
    TRY_ASSIGN(const auto withheld, withheld_of(snapshot, person, now));
    if (all && !withheld.empty())
        std::erase_if(*all, [&](const T& one) { return withheld.contains(gathering_withholding_key(person, one.request_id)); });
    return all;
}

}  // namespace

Result<Draft> AccessView::draft() const {
    TRY_ASSIGN(auto snapshot, store_.snapshot());
    return Draft(std::move(snapshot));
}

Result<std::vector<std::string>> AccessView::logs() const {
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    return known_logs(*snapshot);
}

Result<std::vector<LogAccount>> AccessView::accounts() {
    TRY(come_up_to_date());
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    return log_accounts(*snapshot, ledger_.log_id(), bounds_, expected_, clock_.now());
}

Result<std::vector<MissingEntry>> AccessView::missing(const crypto::Pseudonym& person, std::size_t count_max) {
    TRY(come_up_to_date());
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    return without_withheld(missing_about(*snapshot, person, bounds_, clock_.now(), count_max), *snapshot, person,
                            clock_.now());
}

Result<std::vector<UnansweredTicket>> AccessView::unanswered(const crypto::Pseudonym& person, std::size_t count_max) {
    TRY(come_up_to_date());
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    return without_withheld(unanswered_about(*snapshot, person, bounds_, clock_.now(), count_max), *snapshot, person,
                            clock_.now());
}

Result<std::vector<LogAccount>> AccessView::incomplete(const crypto::Pseudonym& person, const std::vector<std::string>& owners) const {
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    TRY_ASSIGN(const auto met, logs_about(*snapshot, person));
    std::set<std::string> all(owners.begin(), owners.end());
    for (const std::string& log_id : met) all.emplace(ledger::owner_of(log_id));
    std::vector<LogAccount> out;
    for (const std::string& owner : all) {
        TRY_ASSIGN(std::string newest, newest_log(owner));
        for (std::uint32_t place = 1; place <= ledger::place_of(newest); ++place) {
            TRY_ASSIGN(LogAccount one, log_account(*snapshot, ledger::log_id_of(owner, place), bounds_, expected_, clock_.now()));
            if (!one.complete() || one.clock) out.push_back(std::move(one));
        }
    }
    TRY_ASSIGN(auto closed, closed_of_hub(*snapshot));
    std::move(closed.begin(), closed.end(), std::back_inserter(out));
    return out;
}

Result<std::vector<LogAccount>> AccessView::closed_of_hub(const store::Snapshot& snapshot) const {
    std::vector<LogAccount> out;
    const std::string owner(ledger::owner_of(ledger_.log_id()));
    for (std::uint32_t place = 1; place < ledger::place_of(ledger_.log_id()); ++place) {
        TRY_ASSIGN(out.emplace_back(),
                   log_account(snapshot, ledger::log_id_of(owner, place), bounds_, expected_, clock_.now()));
    }
    return out;
}

Result<bool> AccessView::is_withheld(const LoggedEntry& one) const {
    TRY_ASSIGN(const Draft draft, this->draft());
    TRY_ASSIGN(const std::string key, withholding_key(draft, one, ledger_.log_id()));
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    TRY_ASSIGN(const auto withheld, withheld_of(*snapshot, *one.entry.access.person, clock_.now()));
    return withheld.contains(key);
}

Result<bool> AccessView::withholds_from(const crypto::Pseudonym& person) const {
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    TRY_ASSIGN(const auto withheld, withheld_of(*snapshot, person, clock_.now()));
    return !withheld.empty();
}

Result<bool> AccessView::is_withheld(const Seen& seen) const {
    return is_withheld({seen.receipt.log_id, {.index = seen.receipt.index, .hash = {}, .access = seen.access}});
}

Result<std::set<std::uint64_t>> AccessView::kept_closed(const crypto::Pseudonym& person, std::string_view log_id,
                                                        const std::vector<std::uint64_t>& indexes, const AccessFilter& filter) {
    TRY(come_up_to_date());
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    TRY_ASSIGN(const auto withheld, withheld_of(*snapshot, person, clock_.now()));
    std::set<std::uint64_t> out;
    const bool hides = filter.leaves_out_any();
    if (withheld.empty() && !hides) return out;
    const Draft draft(snapshot);
    TRY_ASSIGN(const LogProgress progress, progress_of(draft, log_id));
    JudgedParts judged;
    for (const std::uint64_t index : indexes) {
        TRY_ASSIGN(const auto entry, find_entry(draft, log_id, index));
        if (!entry || entry->entry.access.person != person) {
            // It could belong to what is withheld. Of what its time was up for here nobody can tell what it was.
            if (index >= progress.next || hides) out.insert(index);
            continue;
        }
        TRY_ASSIGN(const std::string key, withholding_key(draft, *entry, ledger_.log_id()));
        TRY_ASSIGN(const bool hidden, left_out(draft, *entry, filter, judged));
        if (hidden || withheld.contains(key)) out.insert(index);
    }
    return out;
}

Result<bool> AccessView::left_out(const LoggedEntry& one, const AccessFilter& filter, JudgedParts& judged) const {
    TRY_ASSIGN(const Draft draft, this->draft());
    return left_out(draft, one, filter, judged);
}

Result<bool> AccessView::left_out(const LoggedEntry& one, const AccessFilter& filter) const {
    JudgedParts judged;
    return left_out(one, filter, judged);
}

// Its parts are as hidden as the gathering: each would tell that there was one. So all of them count, also those that a list does not show.
Result<bool> AccessView::left_out(const Draft& draft, const LoggedEntry& one, const AccessFilter& filter, JudgedParts& judged) const {
    if (!filter.leaves_out_any()) return false;
    if (filter.leaves_out(one.entry.access, one.log_id)) return true;
    if (!one.entry.access.person) return false;
    TRY_ASSIGN(const bool part, is_part(draft, one.log_id, one.entry.index));
    if (!part && !is_gathering(one)) return false;
    TRY_ASSIGN(const auto categories, gathered_categories(draft, one.entry.access));
    if (filter.leaves_out(one.entry.access, ledger_.log_id())) return true;
    return parts_left_out(draft.snapshot(), one.entry.access, categories, filter, judged);
}

Status AccessView::withhold(const LoggedEntry& one, const Withholding& why) {
    const std::lock_guard lock(writing_);
    TRY_ASSIGN(Draft draft, this->draft());
    TRY_ASSIGN(const std::string key, withholding_key(draft, one, ledger_.log_id()));
    TRY(exchange::withhold(draft, *one.entry.access.person, key, why));
    TRY(store_.commit(draft.batch()));
    return {};
}

Status AccessView::lift(const LoggedEntry& one, std::string decision) {
    const std::lock_guard lock(writing_);
    TRY_ASSIGN(Draft draft, this->draft());
    TRY_ASSIGN(const std::string key, withholding_key(draft, one, ledger_.log_id()));
    TRY(exchange::lift(draft, key, clock_.now(), std::move(decision)));
    TRY(store_.commit(draft.batch()));
    return {};
}

Result<std::vector<Withholding>> AccessView::withheld(std::size_t count_max) const {
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    return withholdings(*snapshot, count_max);
}

Result<std::size_t> AccessView::purge(const rights::RuleTable& table) {
    TRY_ASSIGN(const auto ids, logs());
    std::size_t looked = 0;
    for (const std::string& id : ids) {
        const std::lock_guard lock(writing_);
        TRY_ASSIGN(Draft draft, this->draft());
        TRY_ASSIGN(const std::size_t count, purge_log(draft, table, id, clock_.now(), kPurgedAtOnce));
        if (count == 0) continue;
        TRY(store_.commit(draft.batch()));
        looked += count;
    }
    const std::lock_guard lock(writing_);
    TRY_ASSIGN(Draft draft, this->draft());
    TRY_ASSIGN(const std::size_t tickets, forget_unanswered(draft, clock_.now() - kept_for(table.log_years), kPurgedAtOnce));
    if (tickets > 0) TRY(store_.commit(draft.batch()));
    return looked + tickets;
}

Result<std::vector<PurgedByRule>> AccessView::purged() const {
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    return purged_by_rule(*snapshot);
}

}  // namespace idun::exchange
