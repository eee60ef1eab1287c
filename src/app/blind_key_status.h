// What stands at a role under which key by which people are named, and whether a key may leave:
// docs/formats/blind-key.md.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "app/role_place.h"
#include "people/key_counts.h"
#include "store/pace.h"
#include "store/store.h"

namespace idun::app {

struct BlindKeys {
    std::vector<std::string> ring;  // names, the key that writes first
    struct MayLeave {
        std::string key;
        bool may = false;
        std::string because;
    };
    std::vector<MayLeave> others;  // of the ring, but for the key that writes

    people::KeyCounts stands;  // at a hub

    // At a node, names with spaces.
    std::string named_by;  // all of its patients are, or were before a renaming; "": it is not said
    std::string since;     // a renaming is under way, by these; "": none is
    std::string told;      // the hub was told of all by these; "": it was not
};

// At a hub reads all of the store. `ring`: of the role that runs, or would.
Result<BlindKeys> blind_keys_in(const RolePlace& place, store::Store& store, std::span<const std::string> ring,
                                const store::ScanPace& pace);

}  // namespace idun::app
