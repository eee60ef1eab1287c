// Texts as FHIRPath's string functions see them: characters are code points of UTF-8.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace idun::fhirpath::internal {

void append_character(std::string& out, std::uint32_t code_point);
std::size_t length(std::string_view text);  // in characters
// Byte place of that character; text.size() when there are fewer.
std::size_t place_of(std::string_view text, std::size_t character);

// Case of the alphabets of Europe: Latin, Greek, Cyrillic, Armenian. Letters elsewhere stay as they are, and none
// changes its number of characters ("ß" stays).
std::string upper(std::string_view text);
std::string lower(std::string_view text);
std::string_view trimmed(std::string_view text);
// What `~` compares: lower case, runs of blanks as one, none at the ends.
std::string normal(std::string_view text);

std::string base64(std::string_view bytes, bool url);
std::string hex(std::string_view bytes);
// nullopt: not that coding, or what comes out is not UTF-8.
std::optional<std::string> from_base64(std::string_view text, bool url);
std::optional<std::string> from_hex(std::string_view text);
std::string escape_html(std::string_view text);
std::string unescape_html(std::string_view text);
std::string escape_json(std::string_view text);
std::string unescape_json(std::string_view text);

}  // namespace idun::fhirpath::internal
