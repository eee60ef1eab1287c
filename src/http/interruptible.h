// A waiting call that another thread can break off, for background threads that must end promptly.
#pragma once

#include <memory>

#include "http/client.h"

namespace idun::http {

// One thread fetches, any thread interrupts.
class Interruptible {
public:
    Interruptible();
    ~Interruptible();

    // As Client::fetch; `unavailable` once interrupted. What the call comes to afterwards is dropped.
    Result<Response> fetch(Client& client, Call call);
    // For good: later calls fail at once.
    void interrupt();

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace idun::http
