// One file of the journal: what it is called, what its frames hold, and reading it frame by frame.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ledger/file_system.h"
#include "ledger/internal/frame.h"
#include "ledger/internal/keys.h"

namespace idun::ledger {

// "00000000000000001042.log" holds the entries from 1042.
std::string segment_name(std::uint64_t first);
std::optional<std::uint64_t> segment_first(std::string_view name);

// The payload of a segment's first frame.
struct SegmentStart {
    std::string log_id;
    std::uint64_t first = 0;
    Slot slots = 0;                  // that there were before
    std::vector<crypto::Hash> edge;  // of the tree before the first entry
};
std::string encode(const SegmentStart& start);
std::optional<SegmentStart> decode_segment_start(std::string_view payload);
bool is_of_older_shape(std::string_view payload);

// The payload of a key frame.
struct KeyFrame {
    Slot slot = 0;
    SlotKey key;
};
std::string encode(const KeyFrame& frame);
std::optional<KeyFrame> decode_key_frame(std::string_view payload);

// The payload of a checkpoint frame: how many entries the checkpoint before it had, and the signed note.
struct CheckpointFrame {
    std::uint64_t before = 0;
    std::string_view note;
};
std::string encode(const CheckpointFrame& frame);
std::optional<CheckpointFrame> decode_checkpoint_frame(std::string_view payload);

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
