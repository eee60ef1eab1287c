// Where a role of a configuration lies: what commands need to know of one that they back up, restore or look through.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/blind_key.h"
#include "app/config.h"
#include "app/role_keys.h"
#include "app/role_log.h"
#include "crypto/signing.h"
#include "ledger/ledger.h"
#include "store/store.h"

namespace idun::app {

struct RolePlace {
    std::string role;       // "hub" or "node"
    std::string id;
    std::string name;       // "hub", "node-SE1": of its folder and of its backups
    std::string folder;
    BlindKeyPlace blind_key;
    std::string store;      // kind
    std::string schema;
    std::string backups;    // its own folder of them; "": the configuration names none
    bool has_hub = false;   // of a node: it is one of a hub
    std::string url;        // at which it answers on this machine
    std::string public_url = {};  // at which others reach it, as far as the configuration says
    std::string ca_file;
    rights::RuleTable rules;

    KeyPlace keys() const { return role == "hub" ? hub_keys(folder, id) : node_keys(folder, id); }
    // Of what its operator asks of it while it runs.
    std::string audience() const { return id + "/upkeep"; }
};

RolePlace place_of(const HubOptions& hub);
RolePlace place_of(const NodeOptions& node);
// All roles, or the one that `role` names ("hub", "node", "node-SE1"); `invalid` when there is none of that name, or several.
Result<std::vector<RolePlace>> role_places(const Config& config, const std::string& role);
Result<RolePlace> role_place(const Config& config, const std::string& role);

// PostgreSQL's schema of a role: letters, digits and '_'.
std::string schema_of(std::string_view role_name);

// Whether some process has the role's log open.
bool runs(const RolePlace& place);

// A role that does not run, opened.
struct OpenedRole {
    std::unique_ptr<const RoleKeys> keys;
    std::unique_ptr<store::Store> store;
    RoleLog log;
    std::vector<RoleLog> closed;
    std::unique_ptr<ledger::Ledger> ledger;
};
// `not_found` when it has never run or its key is missing: nothing is made. `place` lives as long as the result.
Result<OpenedRole> open_role(const RolePlace& place, const Clock& clock);
// Its keys, which must be there; no change of them is carried out.
Result<RoleKeys> keys_of(const RolePlace& place);

}  // namespace idun::app
