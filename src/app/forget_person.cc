#include "app/forget_person.h"

#include <algorithm>

#include "app/role_keys.h"
#include "app/role_log.h"
#include "app/role_place.h"
#include "app/role_tables.h"
#include "crypto/pseudonym_ring.h"
#include "exchange/access_erasure.h"
#include "ledger/ledger.h"
#include "people/links.h"
#include "people/person_id.h"

namespace idun::app {
namespace {

struct OneLog {
    std::string folder, id;
    const RoleKeys& keys;
};

using Aliases = std::vector<crypto::Pseudonym>;  // of one number, under several keys

Result<ForgottenIn> forget_in(const OneLog& where, const Aliases& person, const std::string& decision, const Clock& clock) {
    TRY_ASSIGN(const auto log, ledger::Ledger::open(where.folder, where.id, where.keys.key(), ledger::system_files(), clock, nullptr, where.keys.log_options()));
    ForgottenIn out{where.id, false, 0};
    for (const crypto::Pseudonym& one : person) {
        const auto receipt = log->forget(one, decision);
        if (!receipt && receipt.error().category != Category::not_found) return fail(receipt.error());
        out.anything = out.anything || receipt.has_value();
    }
    return out;
}

// Under each key of the ring.
Result<Aliases> pseudonyms_of(const ForgetPerson& what, const BlindKeyPlace& key, const Clock& clock, Random& random) {
    TRY_ASSIGN(const auto person, people::identify(what.system, what.value, clock.now()));
    TRY_ASSIGN(const auto ring, read_blind_key(key, random));
    Aliases out;
    for (const crypto::Alias& one : ring.all(person.canonical())) out.push_back(one.pseudonym);
    return out;
}

// The log that is written, those that were closed before it, and the rows of all logs.
Status forget_at_hub(const HubOptions& hub, const ForgetPerson& what, const Clock& clock, Random& random,
                     std::vector<ForgottenIn>& out) {
    TRY_ASSIGN(Aliases person, pseudonyms_of(what, hub.blind_key, clock, random));
    TRY_ASSIGN(const auto keys, RoleKeys::load(hub_keys(hub.folder, hub.id), clock, random));
    const Runtime runtime;
    TRY_ASSIGN(const auto store, open_role_store(runtime, place_of(hub)));
    TRY_ASSIGN(const auto links, people::Links::open(*store, clock));
    for (const crypto::Pseudonym& known : Aliases(person))
        for (const crypto::Pseudonym& one : links->sure_aliases_of(known))  // under keys that nobody has any more too
            if (std::ranges::find(person, one) == person.end()) person.push_back(one);
    TRY_ASSIGN(const auto logs, all_logs(hub.folder, hub.id));
    for (const RoleLog& log : logs) {
        TRY_ASSIGN(out.emplace_back(), forget_in({log.folder, log.id, keys}, person, what.decision, clock));
    }
    for (const crypto::Pseudonym& one : person) {
        TRY_ASSIGN(const std::size_t rows, exchange::erase_accesses(*store, one));
        out.back().rows += rows;
    }
    return {};
}

// The log that is written, and those that were closed before it.
Status forget_at_node(const NodeOptions& node, const ForgetPerson& what, const Clock& clock, Random& random, std::vector<ForgottenIn>& out) {
    TRY_ASSIGN(const Aliases person, pseudonyms_of(what, node.blind_key, clock, random));
    TRY_ASSIGN(const auto keys, RoleKeys::load(node_keys(node.folder, node.provider.id), clock, random));
    TRY_ASSIGN(const auto logs, all_logs(node.folder, node.provider.id));
    for (const RoleLog& log : logs) {
        TRY_ASSIGN(out.emplace_back(), forget_in({log.folder, log.id, keys}, person, what.decision, clock));
    }
    return {};
}

}  // namespace

Result<std::vector<ForgottenIn>> forget_person(const Config& config, const ForgetPerson& what, const Clock& clock, Random& random) {
    std::vector<ForgottenIn> out;
    if (config.hub) TRY(forget_at_hub(*config.hub, what, clock, random, out));
    for (const NodeOptions& node : config.nodes) TRY(forget_at_node(node, what, clock, random, out));
    return out;
}

}  // namespace idun::app
