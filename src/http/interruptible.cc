#include "http/interruptible.h"

#include <condition_variable>
#include <mutex>
#include <optional>

namespace idun::http {

struct Interruptible::State {
    std::mutex mutex;
    std::condition_variable changed;
    bool interrupted = false;
    std::uint64_t round = 0;  // answers to earlier ones are dropped
    std::size_t missing = 0;
    std::vector<std::optional<Result<Response>>> answers;
};

Interruptible::Interruptible() : state_(std::make_shared<State>()) {}
Interruptible::~Interruptible() = default;

Result<Response> Interruptible::fetch(Client& client, Call call) {
    std::vector<Call> calls;
    calls.push_back(std::move(call));
    return std::move(fetch_all(client, std::move(calls)).front());
}

std::vector<Result<Response>> Interruptible::fetch_all(Client& client, std::vector<Call> calls) {
    std::uint64_t round = 0;
    bool send = false;
    {
        const std::lock_guard lock(state_->mutex);
        round = ++state_->round;
        state_->missing = calls.size();
        state_->answers.assign(calls.size(), std::nullopt);
        send = !state_->interrupted;
    }
    for (std::size_t i = 0; send && i < calls.size(); ++i)
        client.send(std::move(calls[i]), [state = state_, round, i](Result<Response> answer) {
            const std::lock_guard lock(state->mutex);
            if (state->round != round) return;
            state->answers[i] = std::move(answer);
            if (--state->missing == 0) state->changed.notify_all();
        });
    std::unique_lock lock(state_->mutex);
    state_->changed.wait(lock, [&] { return state_->interrupted || state_->missing == 0; });
    ++state_->round;  // what comes later is late
    std::vector<Result<Response>> out;
    for (auto& answer : state_->answers)
        out.push_back(answer ? std::move(*answer) : Result<Response>(fail(Category::unavailable, "interrupted")));
    return out;
}

void Interruptible::interrupt() {
    const std::lock_guard lock(state_->mutex);
    state_->interrupted = true;
    state_->changed.notify_all();
}

bool Interruptible::interrupted() const {
    const std::lock_guard lock(state_->mutex);
    return state_->interrupted;
}

}  // namespace idun::http
