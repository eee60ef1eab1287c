// How each endpoint has answered real questions lately: counts over the last 5 minutes, hour and day. About endpoints, never
// about people: nothing of a question is kept. One row for each endpoint in the hub's store brings them over a restart (docs/formats/directory.md).
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/metrics.h"
#include "base/time.h"
#include "store/store.h"

namespace idun::directory {

enum class Answer : std::uint8_t { answered, late, down, refused };
inline constexpr std::array<Answer, 4> kAnswers = {Answer::answered, Answer::late, Answer::down, Answer::refused};
std::string_view to_string(Answer answer);

// Thread-safe. Windows slide by whole minutes (the day by whole hours), so a count reaches back that much less at most. What was noted after
// the last save() does not outlive the process.
class EndpointHealth {
public:
    static constexpr std::size_t kEndpointsMax = 10'000;  // of more the newcomers are not counted

    // With what was saved and lies in a window still. A row that cannot be read is left out, and said so in the process's log: counts are
    // no reason for a hub not to start.
    static Result<std::unique_ptr<EndpointHealth>> open(store::Store& store, const Clock& clock, Metrics& metrics);

    void note(std::string_view provider, Answer answer, std::chrono::milliseconds elapsed);

    using Counts = std::array<std::uint64_t, kAnswers.size()>;  // by Answer
    struct Row {
        std::string provider;
        Counts minutes5{}, hour{}, day{};
        std::optional<Instant> last_answered, last_failed;
        std::chrono::milliseconds slowest_hour{0};  // of those that answered
    };
    std::vector<Row> rows() const;  // by provider

    // Writes the rows of endpoints that have answered since the last time, in one commit; drops those that have not for a day.
    Status save();

private:
    struct Slot {
        std::int64_t period = -1;  // minutes or hours since 1970
        std::array<std::uint32_t, kAnswers.size()> counts{};
        std::int64_t slowest_ms = 0;
    };
    struct Endpoint {
        std::array<Slot, 60> minutes;
        std::array<Slot, 24> hours;
        std::optional<Instant> last_answered, last_failed;
        std::array<Counter*, kAnswers.size()> counters{};
        bool changed = false;  // since it was saved
        bool saved = false;    // there is a row
    };

    EndpointHealth(store::Store& store, const Clock& clock, Metrics& metrics) : store_(store), clock_(clock), metrics_(metrics) {}
    static std::string encode(const Endpoint& one, std::int64_t minute, std::int64_t hour);
    static std::optional<Endpoint> decode(std::string_view bytes, Instant now);

    store::Store& store_;
    const Clock& clock_;
    Metrics& metrics_;
    mutable std::mutex mutex_;
    std::map<std::string, Endpoint, std::less<>> endpoints_;
};

}  // namespace idun::directory
