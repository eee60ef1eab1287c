// The HTTP client that roles use towards each other: HTTP/1.1 on pooled kept-alive
// connections, plain or in TLS, with deadlines and bounds.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "http/message.h"
#include "http/server.h"

namespace idun::http {

struct Call {
    std::string method = "GET";
    std::string url;      // http:// or https://, host, port, path and query
    Headers headers;
    std::string body;
    bool compress = false;  // the body goes in gzip, where it is over 1 KiB
    std::chrono::milliseconds timeout{10'000};  // for all of it: connect, send, first and last byte
    std::size_t answer_bytes_max = 64u << 20;
};

using Answered = std::function<void(Result<Response>)>;

// Thread-safe. Errors: `unavailable` (no connection, connection lost), `busy` (deadline passed),
// `too_large`, `invalid` (malformed answer or URL). A call on a kept-alive connection that was closed before
// a byte of the answer came is sent once more on a new one, if its method is idempotent.
class Client {
public:
    struct Options {
        std::size_t connections_per_host_max = 64;  // more calls wait, within their own timeout
        std::chrono::milliseconds idle_max{30'000};
        std::string ca_file;                        // PEM; empty: the system's roots
    };
    Client(Loop& loop, const Options& options);
    ~Client();  // running calls end with `unavailable`
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    // Calls `answered` once, on a loop thread; it must be quick.
    void send(Call call, Answered answered);
    // The same, waiting. Never from a loop thread.
    Result<Response> fetch(Call call);

private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace idun::http
