// What of an entry everybody can read: its beginning, and all of a map root.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "crypto/hash.h"

namespace idun::verify {

inline constexpr char kAboutPerson = 1;
inline constexpr char kMapRoot = 3;
inline constexpr char kForgotten = 4;

struct PlainEntry {
    char kind = 0;
    std::int64_t time_ms = 0;
    std::string_view rest;  // of the entry's bytes
};
std::optional<PlainEntry> plain_entry(std::string_view bytes);

struct MapRoot {
    std::uint64_t covered = 0;  // entries
    std::uint64_t keys = 0;
    std::uint64_t counted = 0;  // entries about people
    crypto::Hash hash;
};
// Nothing unless the entry is one.
std::optional<MapRoot> map_root(const PlainEntry& entry);

// Why nobody opens some entries any more.
struct Statement {
    std::string decision;  // as it may be shown: what is not plain is ?
    std::optional<std::uint64_t> uncounted;  // entries that the map by person counts no more; older logs do not say
};
std::optional<Statement> forgotten_statement(const PlainEntry& entry);

}  // namespace idun::verify
