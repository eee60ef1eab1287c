// What all roles of one process share.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "app/held_sockets.h"
#include "app/terminologies.h"
#include "base/metrics.h"
#include "base/random.h"
#include "base/time.h"
#include "http/client.h"
#include "http/server.h"
#include "store/embedded.h"

namespace idun::app {

struct Runtime {
    const Clock& clock = system_clock();
    Random& random = system_random();
    http::Loop loop{2};
    std::size_t cache_bytes = store::kCacheBytes;  // of blocks, for the embedded stores of all roles together
    Terminologies terminologies;
    HeldSockets held;  // that whoever started the process holds for its roles
};

// Where a role listens and how others reach it.
struct Listen {
    Address address;
    std::string url;  // "" means http(s)://host:port
    std::optional<http::Tls> tls;
    std::size_t workers = 4;
    std::size_t body_bytes_max = 64u << 20;
};

// A server that listens before its role is built, since a role needs to know its own port. Until open() it
// answers 503, or where its socket is held by another lets nobody in: they wait.
class Door {
public:
    static Result<std::unique_ptr<Door>> listen(Runtime& runtime, const Listen& listen, const std::string& role,
                                                Metrics& metrics);
    // Without a slash at the end.
    const std::string& url() const { return url_; }
    void open(http::Handler handler);
    void stop(std::chrono::milliseconds grace) { server_->stop(grace); }

private:
    struct Slot {
        std::atomic<bool> open = false;
        http::Handler handler;
    };
    std::shared_ptr<Slot> slot_ = std::make_shared<Slot>();
    std::unique_ptr<http::Server> server_;
    std::string url_;
};

// "embedded", or "postgresql:CONNECTION" with one schema for each role.
Result<std::unique_ptr<store::Store>> open_store(const Runtime& runtime, const std::string& kind, const std::string& folder,
                                                 const std::string& schema);

// Makes the folder, readable by its owner alone.
Status make_folder(const std::string& folder);

}  // namespace idun::app
