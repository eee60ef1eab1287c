#include "ledger/tile_name.h"

#include <algorithm>
#include <charconv>

namespace idun::ledger {
namespace {

constexpr unsigned kLevelMax = 63;

std::string three_digits(std::uint64_t number) {
    std::string out = std::to_string(number);
    return std::string(3 - out.size(), '0') + out;
}

// "x001/x234/067"
std::string index_path(std::uint64_t index) {
    std::string out = three_digits(index % 1000);
    for (index /= 1000; index != 0; index /= 1000) out = "x" + three_digits(index % 1000) + "/" + out;
    return out;
}

std::string stem(const TileName& name) {
    return "tile/" + (name.level ? std::to_string(*name.level) : std::string("entries")) + "/" + index_path(name.index);
}

// Takes the digits off the front; nothing without any or when there are too many.
std::optional<std::uint64_t> take_number(std::string_view& text) {
    std::uint64_t out = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (error != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return out;
}

bool take(std::string_view& text, std::string_view prefix) {
    if (!text.starts_with(prefix)) return false;
    text.remove_prefix(prefix.size());
    return true;
}

std::optional<std::uint64_t> take_index(std::string_view& text) {
    std::uint64_t out = 0;
    for (;;) {
        const bool more = take(text, "x");
        std::string_view digits = text.substr(0, 3);
        const auto number = take_number(digits);
        if (!number || !digits.empty() || out > (~std::uint64_t{0} - *number) / 1000) return std::nullopt;
        out = out * 1000 + *number;
        text.remove_prefix(std::min<std::size_t>(3, text.size()));
        if (!more) return out;
        if (!take(text, "/")) return std::nullopt;
    }
}

}  // namespace

std::string TileName::path() const { return whole() ? stem(*this) : stem(*this) + ".p/" + std::to_string(width); }

std::string TileName::partials() const { return stem(*this) + ".p"; }

std::optional<TileName> TileName::from_path(std::string_view path) {
    std::string_view rest = path;
    TileName out;
    if (!take(rest, "tile/")) return std::nullopt;
    if (!take(rest, "entries")) {
        const auto level = take_number(rest);
        if (!level || *level > kLevelMax) return std::nullopt;
        out.level = static_cast<unsigned>(*level);
    }
    if (!take(rest, "/")) return std::nullopt;
    const auto index = take_index(rest);
    if (!index) return std::nullopt;
    out.index = *index;
    if (take(rest, ".p/")) {
        const auto width = take_number(rest);
        if (!width || *width == 0 || *width >= kTileWidth) return std::nullopt;
        out.width = static_cast<unsigned>(*width);
    }
    // Zeros in front and all else that could be said in two ways.
    if (out.path() != path) return std::nullopt;
    return out;
}

unsigned width_in(std::optional<unsigned> level, std::uint64_t index, std::uint64_t size) {
    const unsigned shift = 8 * level.value_or(0);
    const std::uint64_t count = shift < 64 ? size >> shift : 0;
    const std::uint64_t tiles = count / kTileWidth;
    if (index < tiles) return kTileWidth;
    return index == tiles ? static_cast<unsigned>(count % kTileWidth) : 0;
}

}  // namespace idun::ledger
