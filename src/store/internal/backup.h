// The backup file that both engines write and read; its bytes are in docs/formats/store.md.
#pragma once

#include <stop_token>

#include "store/store.h"

namespace idun::store {

using ReadNotes = std::function<Result<std::vector<Change>>(Version after, std::size_t count_max)>;

// Writes all of `snapshot` and the notes up to its version into `folder`. It takes that name only when every
// byte is on the disk; until then it is `folder`.partial. `unavailable` once it is told to stop.
Result<Version> write_backup(const std::string& folder, const Snapshot& snapshot, Version trimmed,
                             const ReadNotes& notes, const std::stop_token& stop);

struct BackupHead {
    Version version;
    Version trimmed;
    std::string sha256 = {};  // of the file, hex, as it was read
};
// `corrupt` unless the file that was read is the one that was meant: it may have been exchanged since it was looked at. "": any is.
Status is_meant(const BackupHead& read, const std::string& sha256);

// Takes in what a backup holds: entries in key order, then notes in version order.
class BackupSink {
public:
    virtual ~BackupSink() = default;
    virtual Status entries(std::vector<Entry> entries) = 0;
    virtual Status notes(std::vector<Change> notes) = 0;
};

// Reads the whole backup through its checksums. `corrupt` when a byte is missing, wrong or too many; the sink may
// have been given a part by then, so verify_backup() comes before anything is made.
Result<BackupHead> read_backup(const std::string& folder, BackupSink& sink);
Result<BackupHead> verify_backup(const std::string& folder);

}  // namespace idun::store
