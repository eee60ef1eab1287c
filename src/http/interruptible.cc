#include "http/interruptible.h"

#include <condition_variable>
#include <mutex>

namespace idun::http {

struct Interruptible::State {
    std::mutex mutex;
    std::condition_variable changed;
    bool interrupted = false;
    std::uint64_t call = 0;  // answers to earlier calls are dropped
    std::optional<Result<Response>> answer;
};

Interruptible::Interruptible() : state_(std::make_shared<State>()) {}
Interruptible::~Interruptible() = default;

Result<Response> Interruptible::fetch(Client& client, Call call) {
    std::uint64_t number = 0;
    {
        const std::lock_guard lock(state_->mutex);
        if (state_->interrupted) return fail(Category::unavailable, "interrupted");
        number = ++state_->call;
        state_->answer.reset();
    }
    client.send(std::move(call), [state = state_, number](Result<Response> answer) {
        const std::lock_guard lock(state->mutex);
        if (state->call != number) return;
        state->answer = std::move(answer);
        state->changed.notify_all();
    });
    std::unique_lock lock(state_->mutex);
    state_->changed.wait(lock, [&] { return state_->interrupted || state_->answer; });
    if (!state_->answer) return fail(Category::unavailable, "interrupted");
    return std::move(*state_->answer);
}

void Interruptible::interrupt() {
    const std::lock_guard lock(state_->mutex);
    state_->interrupted = true;
    state_->changed.notify_all();
}

}  // namespace idun::http
