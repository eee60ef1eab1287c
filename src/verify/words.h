// Words, numbers and bytes in text, each with one spelling only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/hash.h"

namespace idun::verify {

// Decimal, without a sign or zeros in front.
std::optional<std::uint64_t> number_of(std::string_view text);
std::optional<std::string> exact_base64(std::string_view text);
std::optional<crypto::Hash> hash_of(std::string_view base64);
// Cuts at every `by`.
std::vector<std::string_view> cut(std::string_view text, char by);
// Big endian; as many bytes as there are, at most 8.
std::uint64_t big_endian(std::string_view bytes);
// LEB128 in its shortest form, taken from the front; nothing when there is none.
std::optional<std::uint64_t> take_varint(std::string_view& in);

}  // namespace idun::verify
