// What a store's backup holds, read through all its checksums.
#pragma once

#include <stop_token>

#include "store/store.h"

namespace idun::store {

struct BackupSummary {
    Version version;
    std::uint64_t entries = 0;
    std::uint64_t notes = 0;
};

// `corrupt` when a byte is missing, wrong or too many. `folder` as Store::backup was given it. `unavailable` once it is told to stop.
Result<BackupSummary> summary_of_backup(const std::string& folder, std::stop_token stop = {});

}  // namespace idun::store
