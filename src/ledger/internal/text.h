// Small checks of text that the parts of this folder share.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace idun::ledger {

// Decimal digits that fit; leading zeros are fine.
std::optional<std::uint64_t> number_from_digits(std::string_view digits);
bool is_utf8(std::string_view text);

}  // namespace idun::ledger
