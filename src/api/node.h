// What a provider's node answers: FHIR R4 for its own staff and systems, and everything about one person for
// holders of a ticket. One file per interaction.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "api/callers.h"
#include "base/random.h"
#include "bulk/exports.h"
#include "gate/care_relation.h"
#include "gate/gate.h"
#include "gate/sight.h"
#include "http/router.h"
#include "ledger/ledger.h"
#include "records/records.h"
#include "terms/terms.h"

namespace idun::fhir {
class Definitions;
}

namespace idun::subscriptions {
class Subscriptions;
}

namespace idun::validation {
class Guides;
}

namespace idun::api {

struct Node {
    std::string provider_id;
    std::string provider_name;
    std::string base_url;  // without a slash at the end
    const fhir::Definitions& definitions;
    std::shared_ptr<const terms::Terms> terms;
    std::shared_ptr<const validation::Guides> guides;
    records::Records& records;
    ledger::Ledger& ledger;
    gate::Gate& gate;
    const gate::Sights& sights;
    gate::CareRelations& care;
    gate::Glasses& glasses;
    subscriptions::Subscriptions& subscriptions;
    const Users& users;
    bulk::Exports& exports;
    const Clock& clock;
    // The pseudonym bytes of an identifier that names a person nationally.
    std::function<std::optional<std::string>(std::string_view system, std::string_view value)> person_key;
    std::function<void()> written;  // after each write that changed something
    std::function<void()> glass_broken = [] {};  // after each break-glass
};

// Content types of PATCH.
inline constexpr std::array<std::string_view, 2> kPatchFormats = {"application/json-patch+json", "application/fhir+json"};

// `node` lives as long as the handlers.
void add_node_routes(http::Router& router, Node& node);

http::Handler node_create(Node& node);
http::Handler node_read(Node& node);
http::Handler node_validate(Node& node);
http::Handler node_vread(Node& node);
http::Handler node_update(Node& node);
http::Handler node_patch(Node& node);
http::Handler node_delete(Node& node);
http::Handler node_history(Node& node);
http::Handler node_search(Node& node);
http::Handler node_search_compartment(Node& node);
http::Handler node_bundle(Node& node);
http::Handler node_everything(Node& node);
http::Handler node_patient_everything(Node& node);
http::Handler node_match(Node& node);                 // POST /fhir/Patient/$match
http::Handler node_break_glass(Node& node);
http::Handler node_care_relation(Node& node);
http::Handler node_log_proof(Node& node);
http::Handler node_metadata(Node& node);
http::Handler node_subscribe(Node& node);
http::Handler node_resubscribe(Node& node);
http::Handler node_unsubscribe(Node& node);
http::Handler node_subscription_whole(Node& node);
http::Handler node_subscription_status(Node& node);
http::Handler node_subscription_statuses(Node& node);
http::Handler node_subscription_events(Node& node);
http::Handler node_topics(Node& node);

// Does a Bundle write a Subscription? Those have an address of their own, with rules of their own.
bool writes_subscription(json::Value bundle);
http::Handler node_export(Node& node, bulk::Level level);
http::Handler node_export_status(Node& node);
http::Handler node_export_remove(Node& node);
http::Handler node_export_file(Node& node);
http::Handler node_import(Node& node);

}  // namespace idun::api
