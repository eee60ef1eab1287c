#include "http/internal/server_context.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/random.h"
#include "http/internal/text.h"

namespace idun::http {

Instruments::Instruments(Metrics& metrics, const std::string& role)
    : seconds_(metrics.seconds("idun_http_request_seconds", "Time from the whole request to its answer", {{"role", role}})),
      open_(metrics.gauge("idun_http_open_connections", "Connections that are open", {{"role", role}})) {
    for (std::size_t m = 0; m < kMethods.size(); ++m) {
        for (std::size_t c = 0; c < requests_[m].size(); ++c) {
            requests_[m][c] = &metrics.counter("idun_http_requests_total", "Requests answered",
                                               {{"role", role}, {"method", kMethods[m]}, {"status", fmt::format("{}xx", c + 1)}});
        }
    }
}

void Instruments::answered(std::string_view method, int status, std::chrono::steady_clock::duration time) {
    std::size_t m = 0;
    while (m + 1 < kMethods.size() && method != kMethods[m]) ++m;
    const auto c = static_cast<std::size_t>(std::clamp(status / 100, 1, 5) - 1);
    requests_[m][c]->add(1);
    seconds_.observe(std::chrono::duration<double>(time).count());
}

RequestIds::RequestIds() {
    for (const char c : system_random().bytes(5)) prefix_ += fmt::format("{:02x}", static_cast<unsigned char>(c));
    prefix_ += '-';
}

std::string RequestIds::next() { return prefix_ + std::to_string(count_.fetch_add(1, std::memory_order_relaxed)); }

bool is_safe_request_id(std::string_view id) {
    return !id.empty() && id.size() <= 64 && std::ranges::all_of(id, is_unreserved);
}

ServerContext::ServerContext(const ServerOptions& server_options, Handler request_handler, Metrics& metrics)
    : options(server_options),
      handler(std::move(request_handler)),
      workers(server_options.workers, server_options.waiting_max),
      instruments(metrics, server_options.role) {}

void ServerContext::opened() {
    const std::lock_guard lock(mutex_);
    ++open_;
    instruments.open_connections().add(1);
}

void ServerContext::closed() {
    const std::lock_guard lock(mutex_);
    --open_;
    instruments.open_connections().add(-1);
    closed_.notify_all();
}

std::size_t ServerContext::open() {
    const std::lock_guard lock(mutex_);
    return open_;
}

bool ServerContext::wait_until_all_closed(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    return closed_.wait_for(lock, time, [&] { return open_ == 0; });
}

}  // namespace idun::http
