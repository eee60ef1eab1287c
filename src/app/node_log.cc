#include "app/node_log.h"

#include <algorithm>

#include "app/log_retention.h"
#include "app/role_keys.h"
#include "app/role_log.h"
#include "crypto/merkle.h"
#include "http/client.h"
#include "ledger/ledger.h"
#include "ledger/succession.h"
#include "publish/hub_word.h"
#include "trust/assertion.h"

namespace idun::app {
namespace {

// Asks about the node's logs, before anything is changed.
class HubAsker {
public:
    HubAsker(const NodeOptions& node, const crypto::SigningKey& key, const Clock& clock, Random& random)
        : node_(node), key_(key), clock_(clock), random_(random), client_(loop_, {.ca_file = node.ca_file}) {}

    Result<publish::HubWord> about(const std::string& log_id, std::optional<std::uint64_t> index = std::nullopt) {
        TRY_ASSIGN(const std::string token,
                   trust::sign_assertion(key_, node_.provider.id, node_.hub_id, clock_.now(), random_));
        http::Call call;
        call.url = node_.hub_url + "/log-shipments?log=" + log_id;
        if (index) call.url += "&index=" + std::to_string(*index);
        call.headers.set("Authorization", "Bearer " + token);
        TRY_ASSIGN(const http::Response answer, client_.fetch(std::move(call)));
        return publish::word_in(answer);
    }

private:
    const NodeOptions& node_;
    const crypto::SigningKey& key_;
    const Clock& clock_;
    Random& random_;
    http::Loop loop_{1};
    http::Client client_;
};

// How the newest log ended, as the hub has it and as it lies here.
Result<ledger::Succession> ended(const ledger::Ledger& log, HubAsker& hub, const publish::HubWord& word) {
    if (word.newest == log.log_id() || ledger::place_of(word.newest) < ledger::place_of(log.log_id())) {
        TRY_ASSIGN(const crypto::Hash root, log.root(log.size()));
        return ledger::Succession{{log.log_id(), word.next, word.root}, {log.log_id(), log.size(), root}};
    }
    // The disk was set back behind a log of which nothing is left on it.
    TRY_ASSIGN(const auto newest, hub.about(word.newest));
    return ledger::Succession{{word.newest, newest.next, newest.root}, {word.newest, 0, crypto::empty_root()}};
}

}  // namespace

Result<RenewedLog> renew_log(const NodeOptions& node, const Clock& clock, Random& random) {
    if (node.hub_url.empty()) return fail(Category::invalid, "this node has no hub: nobody knows more of its log than it does");
    TRY_ASSIGN(const auto keys, RoleKeys::load(node_keys(node.folder, node.provider.id), clock, random));
    const crypto::SigningKey& key = keys.key();
    TRY_ASSIGN(const RoleLog now, current_log(node.folder, node.provider.id));
    TRY_ASSIGN(const auto log, ledger::Ledger::open(now.folder, now.id, key, ledger::system_files(), clock, nullptr, keys.log_options()));
    HubAsker hub(node, key, clock, random);
    TRY_ASSIGN(const publish::HubWord word, hub.about(now.id));
    TRY_ASSIGN(const publish::History history, publish::compare(*log, word, keys.all()));
    // Without a signature too: whoever gives this command has seen why, and the key may have been lost with the disk.
    if (!history.set_back && !history.unproven) return fail(Category::conflict, "the log was not set back: what the hub has of it is in it");
    TRY_ASSIGN(const ledger::Succession before, ended(*log, hub, word));
    TRY_ASSIGN(const std::uint64_t carry_from,
               publish::first_of_its_own(*log, word.next, [&](std::uint64_t index) { return hub.about(now.id, index); }));
    RenewedLog out;
    out.lost = before.shipped.log_id == now.id ? before.shipped.size - std::min(carry_from, before.shipped.size)
                                               : before.shipped.size;
    TRY(begin_log_after(*log, node.folder, before, carry_from, key, clock, log_options(node.rules, node.provider.id), out));
    return out;
}

}  // namespace idun::app
