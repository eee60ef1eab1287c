// Something that a role does at its operator's wish while it runs: one at a time, on a thread of its own, which lives as long as
// that takes or until the role ends. docs/formats/upkeep.md.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

#include "api/upkeep.h"
#include "base/result.h"

namespace idun::app {

// Thread-safe.
class RoleTask {
public:
    // What came of it, as the members of a JSON object; `done` counts while it runs. Once told to stop it ends soon.
    using Work = std::function<Result<std::string>(std::stop_token stop, std::atomic<std::uint64_t>& done)>;
    // `what` is of "… was stopped": "the scan". All that the work uses lives longer.
    RoleTask(std::string what, Work work) : what_(std::move(what)), work_(std::move(work)) {}
    ~RoleTask();
    // POST and GET `path`, for whoever has the role's key.
    void add_routes(http::Router& router, const api::Operators& operators, const std::string& path);

private:
    Status begin();
    std::string state();
    void run();

    const std::string what_;
    const Work work_;
    std::stop_source stopping_;
    std::atomic<std::uint64_t> done_{0};
    std::mutex mutex_;  // of what follows
    bool running_ = false;
    std::string last_;  // of this process; "": nothing yet
    std::thread thread_;
};

}  // namespace idun::app
