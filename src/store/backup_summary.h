// What a store's backup holds, read through all its checksums.
#pragma once

#include "store/store.h"

namespace idun::store {

struct BackupSummary {
    Version version;
    std::uint64_t entries = 0;
    std::uint64_t notes = 0;
};

// `corrupt` when a byte is missing, wrong or too many. `folder` as Store::backup was given it.
Result<BackupSummary> summary_of_backup(const std::string& folder);

}  // namespace idun::store
