#include "app/role_task.h"

#include "base/log.h"
#include "json/writer.h"

namespace idun::app {

RoleTask::~RoleTask() {
    stopping_.request_stop();
    if (thread_.joinable()) thread_.join();
}

Status RoleTask::begin() {
    const std::lock_guard lock(mutex_);
    if (running_) return fail(Category::conflict, what_ + " runs already");
    if (thread_.joinable()) thread_.join();
    running_ = true;
    done_ = 0;
    thread_ = std::thread([this] { run(); });
    return {};
}

void RoleTask::run() {
    auto made = work_(stopping_.get_token(), done_);
    std::string last;
    if (made) {
        last = std::move(*made);
    } else {
        log::error(what_ + " did not come to its end", {{"error", made.error().message}});
        json::Writer w;
        w.object().member("error", made.error().message).end();
        last = w.take();
    }
    const std::lock_guard lock(mutex_);
    running_ = false;
    last_ = std::move(last);
}

// {"running": 1200} or {"last": {…}}
std::string RoleTask::state() {
    const std::lock_guard lock(mutex_);
    json::Writer w;
    w.object();
    if (running_) w.member("running", done_.load());
    else if (!last_.empty()) w.name("last").raw(last_);
    w.end();
    return w.take();
}

void RoleTask::add_routes(http::Router& router, const api::Operators& operators, const std::string& path) {
    api::add_task_routes(router, {.operators = operators, .path = path, .begin = [this] { return begin(); }, .state = [this] { return state(); }});
}

}  // namespace idun::app
