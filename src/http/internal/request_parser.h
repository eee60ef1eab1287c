// HTTP/1 messages from bytes: Beast's strict parser, and above it the rules that keep two readers of one
// connection from seeing different messages. Pure: no socket, no clock.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "http/message.h"

namespace idun::http {

struct ParseLimits {
    std::size_t header_bytes_max = 16u << 10;
    std::size_t body_bytes_max = 64u << 20;
};
inline constexpr std::size_t kHeadersMax = 100;

// Why a message was refused, as a status and a sentence. Status 0: nothing wrong.
struct Refusal {
    int status = 0;
    std::string_view detail;
};

class RequestParser {
public:
    explicit RequestParser(const ParseLimits& limits);
    ~RequestParser();

    // Takes bytes of one request and tells how many; what it leaves must come again with more behind it.
    // Stops at the end of the request, and once at the end of its head when it expects 100-continue.
    std::size_t put(std::string_view bytes);

    bool started() const;       // a byte of the request has come
    bool done() const;
    const Refusal& refusal() const;
    bool wants_continue();      // true once: the client waits before it sends the body
    bool keep_alive() const;
    bool is_http10() const;
    bool is_head() const;       // sent as HEAD; request() shows it as GET

    // After done(): the request; the parser is ready for the next.
    Request take();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

// The same for answers, for the client.
class ResponseParser {
public:
    // `head_only`: the answer to a HEAD request, which has no body.
    ResponseParser(const ParseLimits& limits, bool head_only);
    ~ResponseParser();

    std::size_t put(std::string_view bytes);
    void put_end();             // the other side closed
    bool started() const;
    bool done() const;
    // Empty, or why the answer is malformed; `too_large` when it is only too big.
    const std::string& refusal() const;
    bool too_large() const;
    bool keep_alive() const;
    Response take();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace idun::http
