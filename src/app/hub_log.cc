#include "app/hub_log.h"

#include "app/log_retention.h"
#include "app/role_keys.h"
#include "app/role_place.h"
#include "app/role_tables.h"
#include "crypto/merkle.h"
#include "exchange/access_view.h"
#include "http/client.h"
#include "ledger/set_back.h"
#include "witness/shown.h"

namespace idun::app {
namespace {

// What the hub's own key has signed, as witnesses and the store show it.
struct Shown {
    std::vector<std::string> notes;
    bool heard = false;  // a witness has told what it has
};

void ask_witnesses(const HubOptions& hub, Shown& shown) {
    http::Loop loop(1);
    http::Client client(loop, {.ca_file = hub.ca_file});
    for (const witness::AskedWitness& one : hub.cosigned_by) {
        const auto answer = client.fetch(witness::ask_shown(one.url, hub.id));
        if (!answer || answer->status != 200) continue;
        const auto checkpoints = witness::shown_checkpoints(answer->body);
        if (!checkpoints) continue;
        shown.heard = true;
        shown.notes.insert(shown.notes.end(), checkpoints->begin(), checkpoints->end());
    }
}

bool is_newer(const ledger::Checkpoint& one, const ledger::Checkpoint& other) {
    const auto a = ledger::place_of(one.log_id), b = ledger::place_of(other.log_id);
    return a != b ? a > b : one.size > other.size;
}

// The newest that is not in the log; nothing: all is.
Result<std::optional<ledger::Checkpoint>> lost(const ledger::Ledger& log, const Shown& shown,
                                               const crypto::KeySet& own) {
    std::optional<ledger::Checkpoint> out;
    for (const std::string& note : shown.notes) {
        TRY_ASSIGN(const auto back, ledger::set_back(log, note, own, "a witness"));
        const auto head = ledger::open_checkpoint(note, own);
        if (back && head && (!out || is_newer(*head, *out))) out = *head;
    }
    return out;
}

}  // namespace

Result<std::optional<ledger::Checkpoint>> listed_and_lost(const exchange::AccessView& accesses, const ledger::Ledger& log,
                                                          const std::string& newest) {
    using Lost = std::optional<ledger::Checkpoint>;
    if (ledger::place_of(newest) > ledger::place_of(log.log_id())) {
        TRY_ASSIGN(const exchange::LogProgress of_newest, accesses.progress(newest));
        if (of_newest.next > 0) return Lost(ledger::Checkpoint{newest, of_newest.next, {}});
    }
    TRY_ASSIGN(const exchange::LogProgress listed, accesses.progress(log.log_id()));
    if (listed.next <= log.size()) return Lost();
    return Lost(ledger::Checkpoint{log.log_id(), listed.next, {}});
}

std::string set_back_in_words(const ledger::Checkpoint& lost, const ledger::Ledger& log) {
    if (lost.log_id != log.log_id()) return "knows " + lost.log_id + ", which came after it";
    return "has " + std::to_string(lost.size) + " entries of it, and it has " + std::to_string(log.size());
}

Result<RenewedLog> renew_log(const HubOptions& hub, const Clock& clock, Random& random) {
    TRY_ASSIGN(const auto keys, RoleKeys::load(hub_keys(hub.folder, hub.id), clock, random));
    TRY_ASSIGN(const RoleLog now, current_log(hub.folder, hub.id));
    TRY_ASSIGN(const auto log, ledger::Ledger::open(now.folder, now.id, keys.key(), ledger::system_files(), clock,
                                                    nullptr, keys.log_options()));
    const Runtime runtime;
    TRY_ASSIGN(const auto store, open_role_store(runtime, place_of(hub)));
    const exchange::AccessView accesses(*store, *log, clock);
    TRY_ASSIGN(const std::string newest, accesses.newest_log(hub.id));
    TRY_ASSIGN(const exchange::LogProgress listed, accesses.progress(now.id));
    TRY_ASSIGN(const exchange::LogProgress of_newest, accesses.progress(newest));
    Shown shown{{listed.checkpoint, of_newest.checkpoint}};
    ask_witnesses(hub, shown);
    TRY_ASSIGN(auto known, lost(*log, shown, keys.all()));
    if (!known) {
        TRY_ASSIGN(known, listed_and_lost(accesses, *log, newest));
    }
    if (!known && !shown.heard)
        return fail(Category::unavailable, "no witness of the hub's log answers: nobody knows more of it than it does");
    if (!known)
        return fail(Category::conflict,
                    "the log was not set back: what its witnesses and its store have of it is in it");
    ledger::Succession before{*known, {known->log_id, 0, crypto::empty_root()}};
    if (known->log_id == now.id) {
        TRY_ASSIGN(const crypto::Hash root, log->root(log->size()));
        before.kept = {now.id, log->size(), root};
    }
    RenewedLog out;
    out.lost = before.shipped.size - std::min(before.shipped.size, before.kept.size);
    // What the list of accesses has of it stays there; the rest stands again in the new one.
    TRY(begin_log_after(*log, hub.folder, before, std::min(listed.next, log->size()), keys.key(), clock,
                        log_options(hub.rules, hub.id), out));
    return out;
}

}  // namespace idun::app
