// Words that stand in entries as a number: roles, purposes, rules, resource types, categories, states.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace idun::ledger {

std::optional<std::uint32_t> word_number(std::string_view word);
std::optional<std::string_view> word_of(std::uint64_t number);

}  // namespace idun::ledger
