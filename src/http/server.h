// The HTTP server: HTTP/1.1 (and 1.0), plain or in TLS. Bounded in everything.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "base/metrics.h"
#include "base/result.h"
#include "http/message.h"

namespace idun::http {

// The event loop threads, shared by servers and clients of one process. Outlives both.
class Loop {
public:
    explicit Loop(std::size_t threads = 1);
    ~Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    // Calls `work` on a loop thread after `delay`; it must be quick. Not called after the loop has stopped.
    void after(std::chrono::milliseconds delay, std::function<void()> work);
    void post(std::function<void()> work) { after(std::chrono::milliseconds(0), std::move(work)); }

    struct Impl;
    Impl& impl() { return *impl_; }

private:
    std::unique_ptr<Impl> impl_;
};

struct Tls {
    std::string certificate_file;  // PEM chain
    std::string key_file;          // PEM
};

struct ServerOptions {
    std::string role = "hub";           // label of metrics
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;             // 0: any free one
    int held = -1;                      // a listening socket to take instead of opening one: address and port are its own, and nobody is let in before begin(). -1: none
    std::optional<Tls> tls;             // TLS 1.3 and 1.2 with AEAD suites
    std::size_t workers = 4;            // threads that run handlers
    std::size_t waiting_max = 4096;     // requests waiting for a worker; beyond it 503
    std::size_t connections_max = 4096;
    std::size_t header_bytes_max = 16u << 10;   // 431
    std::size_t body_bytes_max = 64u << 20;     // 413
    std::chrono::milliseconds idle_max{60'000};   // between requests, and for a request to arrive whole
    std::chrono::milliseconds answer_max{120'000};  // for a handler to answer; then 504
};

// Adds to every answer: Date, X-Content-Type-Options: nosniff, Cache-Control: no-store unless set,
// X-Request-Id. Answers malformed requests itself (400, 408, 413, 414, 415, 431, 501, 505).
class Server {
public:
    // `busy` with a clear sentence when the port is taken.
    static Result<std::unique_ptr<Server>> listen(Loop& loop, const ServerOptions& options, Handler handler,
                                                  Metrics& metrics);
    virtual ~Server() = default;  // stops at once
    virtual std::uint16_t port() const = 0;
    // Lets in those who wait at a held socket. Once; of another server nothing: listen() has done so.
    virtual void begin() = 0;
    // Takes no new connections, lets running requests finish for at most `grace`, then closes. Who was let in and has not asked yet is waited for a
    // second. Those who wait at a held socket wait on, for whoever takes it next.
    virtual void stop(std::chrono::milliseconds grace) = 0;
};

}  // namespace idun::http
