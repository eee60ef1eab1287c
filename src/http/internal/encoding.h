// Content-Encoding of bodies: gzip and zstd, both ways.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/message.h"

namespace idun::http {

// Decodes the body by its Content-Encoding and removes that field. Errors: `too_large` when it would be
// over `bytes_max`, `unsupported` for another encoding, `invalid` for malformed bytes.
Status decode_body(Headers& headers, std::string& body, std::size_t bytes_max);

enum class Coding : std::uint8_t { identity, gzip, zstd };

// The coding of ours that an Accept-Encoding likes best (RFC 9110 §12.5.3); of equals zstd, then gzip. Identity when the
// field is absent or names none of ours.
Coding coding_for(std::string_view accept_encoding);

// Compresses the body when that pays: over 1 KiB, text, and not encoded already. Whatever could have come out otherwise
// says so in Vary.
void encode_answer(Response& response, Coding coding);

std::string gzip(std::string_view bytes);
std::string zstd(std::string_view bytes);
Result<std::string> gunzip(std::string_view bytes, std::size_t bytes_max);

}  // namespace idun::http
