// The file that repeats the newest checkpoint outside the segments, so that a log which has lost its end is
// noticed. Two slots are written in turn; a power cut tears at most what was not synced.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "crypto/jws.h"
#include "ledger/file_system.h"
#include "ledger/receipt.h"

namespace idun::ledger {

inline constexpr std::size_t kSlotBytes = 1024;
inline constexpr std::size_t kSlots = 2;

// One thread at a time.
class CheckpointFile {
public:
    // Writes `token` into every slot, durably.
    static Result<CheckpointFile> reset(FileSystem& files, const std::string& folder, std::string_view token);
    Status write(std::string_view token);
    Status sync() { return file_->sync(); }

private:
    explicit CheckpointFile(std::unique_ptr<File> file) : file_(std::move(file)) {}
    std::unique_ptr<File> file_;
    std::size_t slot_ = 0;
};

struct Slots {
    bool present = false;     // the file is there
    std::size_t damaged = 0;  // slots that do not hold a checkpoint of this log
    std::optional<Checkpoint> newest;
};
Result<Slots> read_slots(FileSystem& files, const std::string& folder, std::string_view log_id,
                         const crypto::KeySet& keys);

}  // namespace idun::ledger
