// A store whose backup ends early when it is told to: both engines.
#pragma once

#include <stop_token>

#include "store/store.h"

namespace idun::store {

class StoppableBackup {
public:
    // As Store::backup. Once told to stop it ends `unavailable`, and leaves nothing.
    virtual Result<Version> backup(const std::string& folder, std::stop_token stop) = 0;

protected:
    ~StoppableBackup() = default;
};

// Of any store; one that cannot be stopped goes on to its end.
inline Result<Version> backup_until_stopped(Store& store, const std::string& folder, std::stop_token stop) {
    auto* const stoppable = dynamic_cast<StoppableBackup*>(&store);
    return stoppable != nullptr ? stoppable->backup(folder, std::move(stop)) : store.backup(folder);
}

}  // namespace idun::store
