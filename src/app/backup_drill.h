// A restore drill: a backup is restored for real, looked through, and removed again. docs/formats/backup.md.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "crypto/jws.h"

namespace idun::app {

struct DrillStep {
    std::string said;  // one sentence, of nobody
    bool ok = true;
    double seconds = 0;
};
struct DrillReport {
    std::string backup;
    std::vector<DrillStep> steps;  // up to the first that is not well
    bool ok = false;
    double restore_seconds = 0;  // until a role could have been started
    double seconds = 0;
    Status noted;  // beside the backup, for the role's metrics
};

struct DrillWish {
    std::string backup;        // one, or a folder of them: then the newest
    std::string in;            // where it is restored to; "": the machine's place for temporary files
    crypto::KeySet keys;       // of the role, the former ones too; none: whose signature the backup bears is not checked
};
// What it made is gone when it returns. How it went is noted beside the backup, where one can write there. Fails only when there is no backup, or no place with room for it.
Result<DrillReport> drill(const DrillWish& wish, const Clock& clock);

}  // namespace idun::app
