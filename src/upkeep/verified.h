// That a backup is what its role has signed.
#pragma once

#include <stop_token>
#include <string>

#include "upkeep/manifest.h"

namespace idun::upkeep {

// Size and hash of a file below `folder`. `unavailable` once it is told to stop.
Result<BackedUpFile> digest_of(const std::string& folder, const std::string& name, const std::stop_token& stop = {});

// Reads manifest, signature and every byte of the files. `corrupt`, with the file's name, when anything is not as signed.
Result<Manifest> verified_backup(const std::string& folder);

}  // namespace idun::upkeep
