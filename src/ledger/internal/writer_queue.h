// What waits to be written, within bounds.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "ledger/internal/sealed.h"
#include "ledger/ledger.h"

namespace idun::ledger {

// What somebody wants in the log: one access in as many parts as it takes, keys to be forgotten, or a map root.
struct Wanted {
    std::optional<crypto::Pseudonym> person;
    Instant time;
    std::vector<std::string> parts;  // encoded accesses
    int retention_years = 0;         // of them

    bool forget = false;  // of the person, or without one of everybody before the year
    std::uint16_t before_year = 0;
    std::string decision;

    std::optional<MapRoot> map_root;

    Appended done;
    std::size_t bytes() const;
};

// Thread-safe.
class WriterQueue {
public:
    WriterQueue(std::size_t entries_max, std::size_t bytes_max) : entries_max_(entries_max), bytes_max_(bytes_max) {}

    // `busy` when it is full, and then `wanted` is as it was. After close() with an error: that error.
    Status push(Wanted& wanted);
    // Waits for something; then, where `expected` are on their way, for them too, but not longer than `patience`. Takes
    // at most `bytes_max`, but one. Empty: closed, and all was taken.
    std::vector<Wanted> take(std::size_t bytes_max, std::size_t expected, std::chrono::microseconds patience);
    // Nothing more is taken in; without an error what is there is still given out, with one it is returned.
    void close();
    std::vector<Wanted> close(const Error& error);

private:
    const std::size_t entries_max_;
    const std::size_t bytes_max_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Wanted> queue_;
    std::size_t bytes_ = 0;
    // The writer is woken when so many wait, and not by each that comes.
    static constexpr std::size_t kNobodyWaits = static_cast<std::size_t>(-1);
    std::size_t wake_at_ = kNobodyWaits;
    bool closed_ = false;
    std::optional<Error> failure_;
};

}  // namespace idun::ledger
