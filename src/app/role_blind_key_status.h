// The keys by which people are named, as the operator of a role asks of them while it runs; and of one that does not
// run. docs/formats/upkeep.md.
#pragma once

#include <functional>

#include "app/blind_key_status.h"
#include "app/role_task.h"
#include "base/random.h"
#include "base/time.h"

namespace idun::app {

// Thread-safe. Stopped, with what it does, at its end. All that it is given lives longer.
class RoleBlindKeys {
public:
    RoleBlindKeys(RolePlace place, store::Store& store, std::span<const std::string> ring);
    void add_routes(http::Router& router, const api::Operators& operators);

private:
    const RolePlace place_;
    store::Store& store_;
    const std::vector<std::string> ring_;
    RoleTask task_;  // last: uses all of the above
};

// Asks the role while it runs; else opens its store, and its file of keys, which must be there. `progress` is told now
// and then how many rows were read.
Result<BlindKeys> blind_keys_of(const RolePlace& place, const Clock& clock, Random& random,
                                const std::function<void(std::uint64_t)>& progress);

}  // namespace idun::app
