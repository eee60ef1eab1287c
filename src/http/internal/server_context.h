// What every connection of one server shares.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>

#include "base/metrics.h"
#include "http/internal/workers.h"
#include "http/message.h"
#include "http/server.h"

namespace idun::http {

// Requests by method and status class, latency, open connections. Never paths.
class Instruments {
public:
    Instruments(Metrics& metrics, const std::string& role);
    void answered(std::string_view method, int status, std::chrono::steady_clock::duration time);
    Gauge& open_connections() { return open_; }

private:
    static constexpr std::array<const char*, 7> kMethods = {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "none"};
    std::array<std::array<Counter*, 5>, kMethods.size()> requests_{};
    Histogram& seconds_;
    Gauge& open_;
};

// Makes ids that are unique among the answers of all servers, without a call to the kernel for each.
class RequestIds {
public:
    RequestIds();
    std::string next();

private:
    std::string prefix_;
    std::atomic<std::uint64_t> count_{0};
};

// A request id from outside is kept when it is a short token.
bool is_safe_request_id(std::string_view id);

struct ServerContext {
    ServerContext(const ServerOptions& server_options, Handler request_handler, Metrics& metrics);

    const ServerOptions options;
    Handler handler;
    Workers workers;
    Instruments instruments;
    RequestIds ids;
    std::atomic<bool> stopping{false};

    // Connections that are open, and their end.
    void opened();
    void closed();
    std::size_t open();
    bool wait_until_all_closed(std::chrono::milliseconds time);

private:
    std::mutex mutex_;
    std::condition_variable closed_;
    std::size_t open_ = 0;
};

}  // namespace idun::http
