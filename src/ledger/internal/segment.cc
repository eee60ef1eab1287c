#include "ledger/internal/segment.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "base/bytes.h"
#include "ledger/internal/text.h"

namespace idun::ledger {
namespace {

constexpr std::size_t kPieceBytes = 1u << 20;
constexpr std::size_t kNameDigits = 20;
constexpr std::uint8_t kVersion = 3;  // of the journal, on disk

}  // namespace

std::string segment_name(std::uint64_t first) { return fmt::format("{:020}.log", first); }

std::optional<std::uint64_t> segment_first(std::string_view name) {
    if (name.size() != kNameDigits + 4 || !name.ends_with(".log")) return std::nullopt;
    const auto first = number_from_digits(name.substr(0, kNameDigits));
    return first && segment_name(*first) == name ? first : std::nullopt;
}

std::string encode(const SegmentStart& start) {
    std::string out;
    out += static_cast<char>(kVersion);
    out += static_cast<char>(start.log_id.size());
    out += start.log_id;
    append_be(out, start.first);
    append_be(out, start.slots);
    for (const crypto::Hash& hash : start.edge) out += hash.view();
    return out;
}

std::optional<SegmentStart> decode_segment_start(std::string_view payload) {
    ByteReader in(payload);
    if (in.be<std::uint8_t>() != kVersion) return std::nullopt;
    SegmentStart out;
    out.log_id = in.take(in.be<std::uint8_t>());
    out.first = in.be<std::uint64_t>();
    out.slots = in.be<Slot>();
    if (in.rest().size() != static_cast<std::size_t>(std::popcount(out.first)) * crypto::kHashBytes) return std::nullopt;
    while (!in.rest().empty()) out.edge.push_back(*crypto::Hash::from(in.take(crypto::kHashBytes)));
    return in.ok() ? std::optional(std::move(out)) : std::nullopt;
}

bool is_of_older_shape(std::string_view payload) { return !payload.empty() && payload[0] >= 1 && payload[0] < kVersion; }

std::string encode(const KeyFrame& frame) {
    std::string out;
    append_be(out, frame.slot);
    return out + frame.key.bytes();
}

std::optional<KeyFrame> decode_key_frame(std::string_view payload) {
    ByteReader in(payload);
    KeyFrame out;
    out.slot = in.be<Slot>();
    const auto key = in.ok() ? SlotKey::from(in.rest()) : std::nullopt;
    if (!key) return std::nullopt;
    out.key = *key;
    return out;
}

std::string encode(const CheckpointFrame& frame) {
    std::string out;
    append_be(out, frame.before);
    out += frame.note;
    return out;
}

std::optional<CheckpointFrame> decode_checkpoint_frame(std::string_view payload) {
    ByteReader in(payload);
    CheckpointFrame out;
    out.before = in.be<std::uint64_t>();
    out.note = in.rest();
    return out.note.empty() ? std::nullopt : std::optional(out);
}

Status SegmentReader::fill(std::size_t needed) {
    while (rest().size() < needed) {
        const std::uint64_t at = offset_ + rest().size();
        if (at >= end_) return {};
        buffer_.erase(0, used_);
        used_ = 0;
        const std::size_t want = std::max(kPieceBytes, needed - rest().size());
        TRY_ASSIGN(const std::string piece,
                   files_.read(path_, at, static_cast<std::size_t>(std::min<std::uint64_t>(want, end_ - at))));
        if (piece.empty()) return {};
        buffer_ += piece;
    }
    return {};
}

Result<SegmentReader::Step> SegmentReader::next() {
    Step step;
    step.offset = offset_;
    TRY(fill(kFrameHeaderBytes));
    FrameRead read = read_frame(rest());
    if (read.state == FrameState::cut && read.needed > rest().size()) {
        TRY(fill(read.needed));
        read = read_frame(rest());
    }
    step.at_end = rest().empty();
    step.state = read.state;
    step.frame = read.frame;
    if (read.state == FrameState::whole) {
        used_ += read.frame.bytes();
        offset_ += read.frame.bytes();
    }
    return step;
}

}  // namespace idun::ledger
