// A thread that does one thing again and again: soon after a nudge, after a while by itself, ever more seldom while it
// fails, until it is stopped.
//
//     Rounds rounds({.failing = "the log is not shipped", .again = "shipping the log again", .about = {"log", id},
//                    .interrupt = [this] { calls.interrupt(); }},
//                   clock, [this]() -> Result<milliseconds> { TRY(ship()); return look; });
//
// The owner declares it behind all that a round uses, or stops it first.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "base/result.h"
#include "base/time.h"

namespace idun {

struct RoundsOptions {
    std::string failing;                            // what the log says once it fails, and each minute of it,
    std::string again;                              // and when it works again
    std::pair<std::string, std::string> about;      // a field of both lines
    std::chrono::milliseconds retry_min{100};       // after the first failure; doubled with each one more
    std::chrono::milliseconds retry_max{5'000};
    std::function<void()> interrupt = {};           // ends a round that waits; called once, from stop()
};

// From a round: nothing to do until somebody nudges.
inline constexpr std::chrono::milliseconds kUntilNudged = std::chrono::milliseconds::max();

// Thread-safe, but for stop() and destruction, which are the owner's.
class Rounds {
public:
    // One piece of work, on the thread; the result is how long to wait for the next one, 0 for at once.
    using Round = std::function<Result<std::chrono::milliseconds>()>;

    // Begins at once. `clock` tells how long it has failed; it waits in the machine's time.
    Rounds(RoundsOptions options, const Clock& clock, Round round);
    ~Rounds() { stop(); }
    Rounds(const Rounds&) = delete;
    Rounds& operator=(const Rounds&) = delete;

    // There is something to do: the next round begins soon, though not before the wait after a failure is over. A round that
    // has begun already does not count as that one.
    void nudge();
    // Interrupts the round, and returns when it has ended.
    void stop();
    // The last failure when no round has succeeded for longer than `longest`.
    Status healthy(std::chrono::milliseconds longest) const;

private:
    void run();
    bool wait(std::chrono::milliseconds time, bool for_nudges);
    void note_success();
    void note_failure(const Error& error);

    const RoundsOptions options_;
    const Clock& clock_;
    const Round round_;
    std::optional<Instant> logged_;  // of the thread

    mutable std::mutex mutex_;  // of what follows
    std::condition_variable woken_;
    bool nudged_ = false;
    bool stopping_ = false;
    std::optional<Instant> failing_since_;
    std::optional<Error> failure_;  // the last one, while it fails
    std::thread thread_;
};

}  // namespace idun
