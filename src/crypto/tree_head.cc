#include "crypto/tree_head.h"

#include <charconv>

#include "crypto/encoding.h"

namespace idun::crypto {
namespace {

// Takes a line with its newline off the front; empty when there is none.
std::string_view take_line(std::string_view& text) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return {};
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    return line;
}

tl::unexpected<Error> malformed_head() {
    return fail(Category::invalid, "checkpoint: not lines of origin, size and root");
}

}  // namespace

std::string TreeHead::text() const {
    return origin + "\n" + std::to_string(size) + "\n" + base64(root.view()) + "\n" + extension;
}

Result<TreeHead> TreeHead::from_text(std::string_view text) {
    const std::string_view whole = text;
    TreeHead out;
    out.origin = take_line(text);
    const std::string_view size = take_line(text);
    const auto root = from_base64(take_line(text));
    const auto hash = root ? Hash::from(*root) : std::nullopt;
    const auto [end, error] = std::from_chars(size.data(), size.data() + size.size(), out.size);
    if (out.origin.empty() || !hash || error != std::errc() || end != size.data() + size.size())
        return malformed_head();
    out.root = *hash;
    out.extension = text;
    while (!text.empty())
        if (take_line(text).empty()) return malformed_head();
    // Leading zeros and spaces within the base64 are another spelling.
    if (out.text() != whole) return malformed_head();
    return out;
}

}  // namespace idun::crypto
