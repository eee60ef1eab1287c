#include "verify/plain_entry.h"

#include "verify/words.h"

namespace idun::verify {

std::optional<PlainEntry> plain_entry(std::string_view bytes) {
    if (bytes.size() < 7 || bytes[0] < 1 || bytes[0] > 4) return std::nullopt;
    return PlainEntry{bytes[0], static_cast<std::int64_t>(big_endian(bytes.substr(1, 6))), bytes.substr(7)};
}

std::optional<MapRoot> map_root(const PlainEntry& entry) {
    if (entry.kind != kMapRoot || entry.rest.size() != 24 + crypto::kHashBytes) return std::nullopt;
    return MapRoot{big_endian(entry.rest.substr(0, 8)), big_endian(entry.rest.substr(8, 8)),
                   big_endian(entry.rest.substr(16, 8)), *crypto::Hash::from(entry.rest.substr(24))};
}

std::optional<Statement> forgotten_statement(const PlainEntry& entry) {
    if (entry.kind != kForgotten) return std::nullopt;
    std::string_view rest = entry.rest;
    const auto slots = take_varint(rest);
    if (!slots || *slots > rest.size()) return std::nullopt;
    for (std::uint64_t i = 0; i < *slots; ++i)
        if (!take_varint(rest)) return std::nullopt;
    const auto length = take_varint(rest);
    if (!length || *length > rest.size()) return std::nullopt;
    Statement out{std::string(rest.substr(0, static_cast<std::size_t>(*length))), std::nullopt};
    for (char& c : out.decision)
        if (c < ' ' || c > '~') c = '?';
    rest.remove_prefix(static_cast<std::size_t>(*length));
    if (rest.empty()) return out;
    out.uncounted = take_varint(rest);
    return out.uncounted && rest.empty() ? std::optional(std::move(out)) : std::nullopt;
}

}  // namespace idun::verify
