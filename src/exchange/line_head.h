// What stands in front of an entry's row, so that a search looks at a few bytes of each line and opens only what it may
// show. Bytes: docs/formats/ledger-shipping.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ledger/entry.h"

namespace idun::exchange {

inline constexpr std::size_t kLineHeadBytes = 15;

struct LineHead {
    // On disk.
    enum Flag : std::uint8_t { permit = 1, care = 2, glass = 4, gathering = 8, open = 16, nobody = 32 };
    static constexpr int kMarksAt = 6;  // ledger::NameMark, from this bit of the flags on

    static constexpr std::uint8_t kTold = 0x80;  // in the byte of the action

    std::uint8_t action = 0;
    bool told = false;  // LoggedEntry::told
    std::uint8_t flags = 0;
    std::uint8_t categories = 0;        // of its records: see category_bit()
    std::uint8_t parts_categories = 0;  // of a gathering: of its parts' records
    std::uint32_t user = 0;             // short_word() of the user's id; of the provider's; of the purpose
    std::uint32_t provider = 0;
    std::uint16_t purpose = 0;

    bool has(Flag flag) const { return (flags & flag) != 0; }
    void write(std::string& out) const;
    // Nothing for bytes of another form.
    static std::optional<LineHead> read(std::string_view row);
};

// `gathering`: of the hub's, so that it may have parts.
LineHead head_of(const ledger::Access& access, bool gathering);
// One bit for each priority category, by its number, and one for all other words.
std::uint8_t category_bit(std::string_view word);
inline constexpr std::uint8_t kOtherCategory = 0x80;
std::uint8_t categories_of(const ledger::Access& access);
// A word in few bytes: different words may share them.
std::uint32_t short_word(std::string_view word);

}  // namespace idun::exchange
