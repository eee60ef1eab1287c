#include "directory/health.h"

#include <algorithm>

namespace idun::directory {
namespace {

constexpr std::int64_t kMinute = 60'000;
constexpr std::int64_t kHour = 60 * kMinute;

}  // namespace

std::string_view to_string(Answer answer) {
    switch (answer) {
        case Answer::answered: return "answered";
        case Answer::late: return "late";
        case Answer::down: return "down";
        case Answer::refused: return "refused";
    }
    return "";
}

void EndpointHealth::note(std::string_view provider, Answer answer, std::chrono::milliseconds elapsed) {
    const Instant now = clock_.now();
    const std::size_t place = static_cast<std::size_t>(answer);
    const std::lock_guard lock(mutex_);
    auto at = endpoints_.find(provider);
    if (at == endpoints_.end()) {
        if (endpoints_.size() >= kEndpointsMax) return;
        at = endpoints_.emplace(std::string(provider), Endpoint{}).first;
    }
    Endpoint& one = at->second;
    const auto count = [&](auto& slots, std::int64_t period) {
        Slot& slot = slots[static_cast<std::size_t>(period) % slots.size()];
        if (slot.period != period) slot = Slot{.period = period, .counts = {}, .slowest_ms = 0};
        ++slot.counts[place];
        if (answer == Answer::answered) slot.slowest_ms = std::max(slot.slowest_ms, static_cast<std::int64_t>(elapsed.count()));
    };
    count(one.minutes, now.ms / kMinute);
    count(one.hours, now.ms / kHour);
    (answer == Answer::answered ? one.last_answered : one.last_failed) = now;
    Counter*& counter = one.counters[place];
    if (!counter)
        counter = &metrics_.counter("idun_endpoint_answers_total", "how endpoints answered questions",
                                    {{"provider", std::string(provider)}, {"state", std::string(to_string(answer))}});
    counter->add();
}

std::vector<EndpointHealth::Row> EndpointHealth::rows() const {
    const Instant now = clock_.now();
    const std::int64_t minute = now.ms / kMinute, hour = now.ms / kHour;
    std::vector<Row> out;
    const std::lock_guard lock(mutex_);
    for (const auto& [provider, one] : endpoints_) {
        Row row{.provider = provider, .last_answered = one.last_answered, .last_failed = one.last_failed};
        const auto add = [](Counts& to, const Slot& slot) {
            for (std::size_t i = 0; i < to.size(); ++i) to[i] += slot.counts[i];
        };
        for (const Slot& slot : one.minutes) {
            if (slot.period > minute - 5 && slot.period <= minute) add(row.minutes5, slot);
            if (slot.period <= minute - 60 || slot.period > minute) continue;
            add(row.hour, slot);
            row.slowest_hour = std::max(row.slowest_hour, std::chrono::milliseconds(slot.slowest_ms));
        }
        for (const Slot& slot : one.hours)
            if (slot.period > hour - 24 && slot.period <= hour) add(row.day, slot);
        out.push_back(std::move(row));
    }
    return out;
}

}  // namespace idun::directory
