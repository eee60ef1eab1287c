// `idun backup` and `idun restore`: of roles that run and of roles that do not. docs/formats/backup.md.
#pragma once

#include <string>
#include <vector>

#include "app/role_place.h"
#include "base/random.h"
#include "upkeep/manifest.h"

namespace idun::app {

struct BackupWish {
    std::string folder;           // in which each role has one of its own; "": the configuration's
    std::size_t keep = 0;         // 0: all
    std::string passphrase_file;  // seals the keys beside the backup; "": they stay where they are
};
struct MadeBackup {
    std::string path;
    upkeep::Manifest manifest;
    std::string warning;                 // older ones did not go; "": all is well
    std::string keys_file;               // sealed; "": none
    std::vector<std::string> key_files;  // that are not in the backup
};
// While the role runs it is asked, and writes where its configuration says; else the folder may be another one.
Result<MadeBackup> back_up(const RolePlace& place, const BackupWish& wish, const Clock& clock, Random& random);

struct RestoreWish {
    std::string backup;
    std::string keys_file;  // sealed; "": the role's key is in its place
    std::string passphrase_file;
};
struct RestoredRole {
    upkeep::Manifest manifest;
    std::vector<std::string> keys_left;  // names of sealed keys that were not put: others lie in their places, and stay
};
// Verifies that the backup is whole and that one of the role's keys has signed it (the one it has, or by the key changes it knows of a former or the
// next one; else `forbidden`), and makes the role's folder and its store out of it; overwrites nothing.
Result<RestoredRole> restore(const RolePlace& place, const RestoreWish& wish);

}  // namespace idun::app
