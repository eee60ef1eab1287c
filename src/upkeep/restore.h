// A role's folder out of a backup, whole or not at all.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "upkeep/manifest.h"
#include "upkeep/sealed_keys.h"

namespace idun::upkeep {

struct RestoreTo {
    std::string folder;  // of the role; may be there with its keys, but without a store and a log
    // Makes the store out of the backup's, if what it reads has this SHA-256; "embedded" below the folder it is given.
    std::function<Status(const std::string& backup, const std::string& sha256, const std::string& role_folder)> restore_store;
    KeyTexts keys;  // by their paths below its folder; those that are there stay
    // Whether the keys, as they will be, are those of the backup: asked with the folder in the making, before anything of the backup is in it.
    std::function<Status(const std::string& role_folder)> keys_fit = nullptr;
};

// Names the given keys that were not put because others of their names are there. `conflict` when there is something that would be
// overwritten; `corrupt` when what is read now is not what `manifest` names. It is the one of verified_backup().
Result<std::vector<std::string>> restore_role(const std::string& backup, const Manifest& manifest, const RestoreTo& to);

}  // namespace idun::upkeep
