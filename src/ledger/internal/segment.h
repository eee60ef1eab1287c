// One segment file: what it is called, how it starts, and reading it frame by frame.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "ledger/file_system.h"
#include "ledger/internal/frame.h"
#include "ledger/receipt.h"

namespace idun::ledger {

inline constexpr std::string_view kCheckpointFile = "checkpoint";
inline constexpr std::string_view kLockFile = "lock";

// "00000000000000001042.log" holds the entries from 1042.
std::string segment_name(std::uint64_t first);
std::optional<std::uint64_t> segment_first(std::string_view name);

// The payload of a segment's first frame.
struct SegmentStart {
    std::string log_id;
    std::uint64_t first = 0;
    crypto::Hash before;  // of the chain
};
std::string encode(const SegmentStart& start);
std::optional<SegmentStart> decode_segment_start(std::string_view payload);

// The payload of a checkpoint frame: how many entries the checkpoint before it had, and the signed checkpoint.
struct CheckpointFrame {
    std::uint64_t before = 0;
    std::string_view token;
};
std::string encode(const CheckpointFrame& frame);
std::optional<CheckpointFrame> decode_checkpoint_frame(std::string_view payload);
// What the token says, without checking who signed it.
std::optional<Checkpoint> peek_checkpoint(std::string_view token);

// Reads a file from an offset in pieces. One thread at a time.
class SegmentReader {
public:
    SegmentReader(FileSystem& files, std::string path, std::uint64_t offset, std::uint64_t end)
        : files_(files), path_(std::move(path)), offset_(offset), end_(end) {}

    struct Step {
        FrameState state = FrameState::cut;
        bool at_end = false;   // nothing left at all
        Frame frame;           // until the next step
        std::uint64_t offset;  // where it starts
    };
    Result<Step> next();

private:
    Status fill(std::size_t needed);
    std::string_view rest() const { return std::string_view(buffer_).substr(used_); }

    FileSystem& files_;
    std::string path_;
    std::uint64_t offset_;  // of rest() in the file
    std::uint64_t end_;
    std::string buffer_;
    std::size_t used_ = 0;
};

}  // namespace idun::ledger
