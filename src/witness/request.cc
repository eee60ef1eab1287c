#include "witness/request.h"

#include <charconv>
#include <limits>

#include "crypto/encoding.h"

namespace idun::witness {
namespace {

constexpr std::string_view kOld = "old ";

tl::unexpected<Error> malformed(std::string_view what) {
    return fail(Category::invalid, "add-checkpoint: " + std::string(what));
}

// Takes a line off the front, without its newline; nothing when none is ended.
std::optional<std::string_view> take_line(std::string_view& text) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    return line;
}

std::optional<crypto::Hash> hash_from(std::string_view line) {
    const auto raw = crypto::from_base64(line);
    if (!raw || crypto::base64(*raw) != line) return std::nullopt;
    const auto hash = crypto::Hash::from(*raw);
    return hash ? std::optional(*hash) : std::nullopt;
}

}  // namespace

std::optional<std::uint64_t> size_from(std::string_view digits) {
    std::uint64_t out = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
    if (error != std::errc() || end != digits.data() + digits.size() || std::to_string(out) != digits) return std::nullopt;
    if (out > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return std::nullopt;
    return out;
}

Result<AddCheckpoint> AddCheckpoint::parse(std::string_view body) {
    if (body.size() > kRequestBytesMax) return fail(Category::too_large, "add-checkpoint: at most 16 KiB");
    AddCheckpoint out;
    const auto first = take_line(body);
    const auto size = first && first->starts_with(kOld) ? size_from(first->substr(kOld.size())) : std::nullopt;
    if (!size) return malformed("the first line is \"old\", a space and a size");
    out.old_size = *size;
    for (;;) {
        const auto line = take_line(body);
        if (!line) return malformed("there is no empty line before the checkpoint");
        if (line->empty()) break;
        if (out.proof.size() == kProofHashesMax) return malformed("a proof has at most 63 hashes");
        const auto hash = hash_from(*line);
        if (!hash) return malformed("a line of the proof is 32 bytes in base64");
        out.proof.push_back(*hash);
    }
    out.checkpoint = body;
    return out;
}

std::string AddCheckpoint::print() const {
    std::string out = std::string(kOld) + std::to_string(old_size) + "\n";
    for (const crypto::Hash& hash : proof) out += crypto::base64(hash.view()) + "\n";
    return out + "\n" + checkpoint;
}

}  // namespace idun::witness
