// Points in time and the clock, which is passed in so that tests own it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace idun {

// Milliseconds since 1970-01-01T00:00:00Z.
struct Instant {
    std::int64_t ms = 0;
    friend auto operator<=>(const Instant&, const Instant&) = default;
    friend Instant operator+(Instant t, std::chrono::milliseconds d) { return {t.ms + d.count()}; }
    friend Instant operator-(Instant t, std::chrono::milliseconds d) { return {t.ms - d.count()}; }
    friend std::chrono::milliseconds operator-(Instant a, Instant b) {
        return std::chrono::milliseconds(a.ms - b.ms);
    }
};

// "2026-11-23T08:15:30.123Z", the FHIR `instant` form in UTC.
std::string to_iso(Instant time);
// Reads that form with any offset and 0 to 9 fraction digits (finer than a millisecond is cut).
std::optional<Instant> from_iso(std::string_view text);

// Thread-safe.
class Clock {
public:
    virtual ~Clock() = default;
    virtual Instant now() const = 0;
};

// The machine's clock; lives as long as the process.
const Clock& system_clock();

// A clock that stands still until it is moved, for tests. Thread-safe.
class ManualClock final : public Clock {
public:
    explicit ManualClock(Instant start) : ms_(start.ms) {}
    Instant now() const override { return {__atomic_load_n(&ms_, __ATOMIC_RELAXED)}; }
    void advance(std::chrono::milliseconds by) { __atomic_fetch_add(&ms_, by.count(), __ATOMIC_RELAXED); }

private:
    std::int64_t ms_;
};

}  // namespace idun
