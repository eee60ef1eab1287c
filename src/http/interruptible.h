// Waiting calls that another thread can break off, for background threads that must end promptly.
#pragma once

#include <memory>
#include <vector>

#include "http/client.h"

namespace idun::http {

// One thread fetches, any thread interrupts.
class Interruptible {
public:
    Interruptible();
    ~Interruptible();

    // As Client::fetch; `unavailable` once interrupted. What the call comes to afterwards is dropped.
    Result<Response> fetch(Client& client, Call call);
    // Several at once, answered in their order; returns when the last one has its answer or its timeout.
    std::vector<Result<Response>> fetch_all(Client& client, std::vector<Call> calls);
    // For good: later calls fail at once.
    void interrupt();
    bool interrupted() const;

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace idun::http
