// The backups that lie in one folder, and which of them stay.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "upkeep/manifest.h"

namespace idun::upkeep {

struct KeptBackup {
    std::string name;  // its time
    std::string path;
};
// Complete ones, the oldest first. A folder that is not there has none.
Result<std::vector<KeptBackup>> kept_backups(const std::string& folder);

// Removes the oldest until at most `keep` are left; 0: keeps all. Each is gone or whole.
Status keep_newest(const std::string& folder, std::size_t keep);
// Removes what a crash left. Only while nobody makes a backup there.
Status clear_unfinished(const std::string& folder);

// What the last restore drill of the folder's backups said.
struct LastDrill {
    std::string backup;
    Instant time;
    bool ok = false;
    double seconds = 0;
};
Status note_drill(const std::string& folder, const LastDrill& drill);
// Nothing when there was none, or its note cannot be read.
std::optional<LastDrill> last_drill(const std::string& folder);

}  // namespace idun::upkeep
