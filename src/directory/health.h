// How each endpoint has answered real questions lately: counts over the last 5 minutes, hour and day. About endpoints, never
// about people: nothing of a question is kept.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/metrics.h"
#include "base/time.h"

namespace idun::directory {

enum class Answer : std::uint8_t { answered, late, down, refused };
inline constexpr std::array<Answer, 4> kAnswers = {Answer::answered, Answer::late, Answer::down, Answer::refused};
std::string_view to_string(Answer answer);

// Thread-safe. Windows slide by whole minutes (the day by whole hours), so a count reaches back that much less at most. Nothing outlives
// the process.
class EndpointHealth {
public:
    static constexpr std::size_t kEndpointsMax = 10'000;  // of more the newcomers are not counted

    EndpointHealth(const Clock& clock, Metrics& metrics) : clock_(clock), metrics_(metrics) {}

    void note(std::string_view provider, Answer answer, std::chrono::milliseconds elapsed);

    using Counts = std::array<std::uint64_t, kAnswers.size()>;  // by Answer
    struct Row {
        std::string provider;
        Counts minutes5{}, hour{}, day{};
        std::optional<Instant> last_answered, last_failed;
        std::chrono::milliseconds slowest_hour{0};  // of those that answered
    };
    std::vector<Row> rows() const;  // by provider

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
    };

    const Clock& clock_;
    Metrics& metrics_;
    mutable std::mutex mutex_;
    std::map<std::string, Endpoint, std::less<>> endpoints_;
};

}  // namespace idun::directory
