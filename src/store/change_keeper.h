// Several readers of one store's change feed: a note is trimmed when the last of them has it.
//
//     ChangeKeeper keeper(store, {"publish", "subscriptions"});
//     keeper.has("publish", version);            // it needs nothing up to here
//     keeper.needs_nothing("subscriptions");     // for now
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "store/store.h"

namespace idun::store {

// Thread-safe. Until each reader has said something, nothing is trimmed.
class ChangeKeeper {
public:
    ChangeKeeper(Store& store, const std::vector<std::string>& readers);

    // The reader has every note up to `version`. A smaller version than before changes nothing.
    Status has(const std::string& reader, Version version);
    // The reader waits for nothing until it calls begin() or has().
    Status needs_nothing(const std::string& reader);
    // From here on the reader needs every note: those after the version that is returned.
    Result<Version> begin(const std::string& reader);

private:
    struct Reader {
        bool heard = false;
        std::optional<Version> done;  // none: needs nothing
    };
    Status trim();  // locked

    Store& store_;
    std::mutex mutex_;
    std::map<std::string, Reader> readers_;
    Version trimmed_;
};

}  // namespace idun::store
