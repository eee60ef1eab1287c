// The head of an answer, as both protocols send it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.h"

namespace idun::http {

struct HeadTraits {
    std::string_view request_id;
    std::optional<std::size_t> length;  // Content-Length, when known
    bool chunked = false;               // HTTP/1.1 only
    bool close = false;                 // HTTP/1.1 only
    bool http10_keep_alive = false;     // HTTP/1.0 must be told
};

// Calls `each` with every header field of the answer, the server's own included. Fields that belong to the
// connection (Content-Length, Transfer-Encoding, Connection, Date, …) are the server's alone; a field with
// control characters is left out.
void for_each_field(const Response& response, const HeadTraits& traits,
                    const std::function<void(std::string_view name, std::string_view value)>& each);

// Status line, fields and the empty line.
std::string h1_head(const Response& response, const HeadTraits& traits);

// "Mon, 23 Nov 2026 08:15:30 GMT" of this second.
std::string_view date_now();

// Answers that have no body whatever the handler says (RFC 9110 §6.4.1).
inline bool has_no_body(int status) { return status == 204 || status == 304 || status / 100 == 1; }
// What is sent for a status a handler may not send.
int sendable(int status);

}  // namespace idun::http
