#include "ledger/internal/segment.h"

#include <fmt/format.h>

#include <algorithm>

#include "crypto/encoding.h"
#include "json/document.h"
#include "json/writer.h"
#include "ledger/internal/text.h"

namespace idun::ledger {
namespace {

constexpr std::size_t kPieceBytes = 1u << 20;
constexpr std::size_t kNameDigits = 20;
constexpr json::Limits kLimits{.bytes_max = 4096, .depth_max = 4, .nodes_max = 64};

}  // namespace

std::string segment_name(std::uint64_t first) { return fmt::format("{:020}.log", first); }

std::optional<std::uint64_t> segment_first(std::string_view name) {
    if (name.size() != kNameDigits + 4 || !name.ends_with(".log")) return std::nullopt;
    const auto first = number_from_digits(name.substr(0, kNameDigits));
    return first && segment_name(*first) == name ? first : std::nullopt;
}

std::string encode(const SegmentStart& start) {
    json::Writer w;
    w.object().member("v", 1).member("log", start.log_id).member("first", start.first);
    w.member("before", crypto::base64url(start.before.view())).end();
    return w.take();
}

std::optional<SegmentStart> decode_segment_start(std::string_view payload) {
    const auto document = json::Document::parse(payload, kLimits);
    if (!document) return std::nullopt;
    const json::Value root = document->root();
    const auto first = number_from_digits(root["first"].text());
    const auto raw = crypto::from_base64url(root["before"].text());
    const auto before = raw ? crypto::Hash::from(*raw) : std::nullopt;
    if (!first || !before) return std::nullopt;
    SegmentStart out{std::string(root["log"].text()), *first, *before};
    return encode(out) == payload ? std::optional(std::move(out)) : std::nullopt;
}

std::string encode(const CheckpointFrame& frame) {
    std::string out;
    for (int shift = 0; shift < 64; shift += 8) out += static_cast<char>(frame.before >> shift & 255);
    out += frame.token;
    return out;
}

std::optional<CheckpointFrame> decode_checkpoint_frame(std::string_view payload) {
    if (payload.size() <= 8) return std::nullopt;
    CheckpointFrame out;
    for (std::size_t i = 8; i > 0; --i) out.before = out.before << 8 | static_cast<unsigned char>(payload[i - 1]);
    out.token = payload.substr(8);
    return out;
}

std::optional<Checkpoint> peek_checkpoint(std::string_view token) {
    const std::size_t first = token.find('.');
    const std::size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
    if (second == std::string_view::npos) return std::nullopt;
    const auto payload = crypto::from_base64url(token.substr(first + 1, second - first - 1));
    return payload ? decode_checkpoint(*payload) : std::nullopt;
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
