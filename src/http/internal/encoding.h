// Content-Encoding of bodies: gzip and zstd in, gzip out.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "http/message.h"

namespace idun::http {

// Decodes the body by its Content-Encoding and removes that field. Errors: `too_large` when it would be
// over `bytes_max`, `unsupported` for another encoding, `invalid` for malformed bytes.
Status decode_body(Headers& headers, std::string& body, std::size_t bytes_max);

// Compresses the body when that pays: over 1 KiB, text, and not encoded already.
void encode_answer(Response& response);

std::string gzip(std::string_view bytes);
Result<std::string> gunzip(std::string_view bytes, std::size_t bytes_max);

}  // namespace idun::http
