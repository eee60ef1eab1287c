#include "directory/health.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/log.h"
#include "directory/tables.h"

namespace idun::directory {
namespace {

constexpr std::int64_t kMinute = 60'000;
constexpr std::int64_t kHour = 60 * kMinute;

const std::string kHealthRows = "endphealH";
constexpr std::uint8_t kHealthForm = 1;

std::uint64_t ms_or_none(const std::optional<Instant>& time) { return static_cast<std::uint64_t>(time ? time->ms : 0); }

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
    one.changed = true;
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

// Only slots that a window can still reach.
std::string EndpointHealth::encode(const Endpoint& one, std::int64_t minute, std::int64_t hour) {
    std::string out;
    append_be(out, kHealthForm);
    append_be(out, ms_or_none(one.last_answered));
    append_be(out, ms_or_none(one.last_failed));
    const auto add = [&](const auto& slots, std::int64_t now) {
        const auto reached = [&](const Slot& slot) { return slot.period > now - static_cast<std::int64_t>(slots.size()) && slot.period <= now; };
        append_be(out, static_cast<std::uint8_t>(std::ranges::count_if(slots, reached)));
        for (const Slot& slot : slots) {
            if (!reached(slot)) continue;
            append_be(out, static_cast<std::uint64_t>(slot.period));
            for (const std::uint32_t count : slot.counts) append_be(out, count);
            append_be(out, static_cast<std::uint64_t>(slot.slowest_ms));
        }
    };
    add(one.minutes, minute);
    add(one.hours, hour);
    return out;
}

std::optional<EndpointHealth::Endpoint> EndpointHealth::decode(std::string_view bytes, Instant now) {
    ByteReader reader(bytes);
    const auto form = reader.be<std::uint8_t>();
    Endpoint out;
    // A clock that was ahead when it was saved must not keep a slot from being used.
    const auto time = [&]() -> std::optional<Instant> {
        const Instant read{static_cast<std::int64_t>(reader.be<std::uint64_t>())};
        return read.ms > 0 && read <= now ? std::optional(read) : std::nullopt;
    };
    out.last_answered = time();
    out.last_failed = time();
    const auto take = [&](auto& slots, std::int64_t unit) {
        for (auto left = reader.be<std::uint8_t>(); left > 0 && reader.ok(); --left) {
            Slot slot;
            slot.period = static_cast<std::int64_t>(reader.be<std::uint64_t>());
            for (std::uint32_t& count : slot.counts) count = reader.be<std::uint32_t>();
            slot.slowest_ms = static_cast<std::int64_t>(reader.be<std::uint64_t>());
            if (slot.period >= 0 && slot.period <= now.ms / unit) slots[static_cast<std::size_t>(slot.period) % slots.size()] = slot;
        }
    };
    take(out.minutes, kMinute);
    take(out.hours, kHour);
    out.saved = true;
    return reader.done() && form == kHealthForm ? std::optional(out) : std::nullopt;
}

Result<std::unique_ptr<EndpointHealth>> EndpointHealth::open(store::Store& store, const Clock& clock, Metrics& metrics) {
    std::unique_ptr<EndpointHealth> out(new EndpointHealth(store, clock, metrics));
    TRY_ASSIGN(const auto snapshot, store.snapshot());
    store::Range range = store::prefix_range(kHealthRows);
    for (bool more = true; more && out->endpoints_.size() < kEndpointsMax;) {
        TRY_ASSIGN(const auto chunk, snapshot->scan(range));
        for (const store::Entry& row : chunk.entries) {
            const std::string provider = row.key.substr(kHealthRows.size());
            if (auto one = decode(row.value, clock.now())) out->endpoints_.emplace(provider, std::move(*one));
            else log::warn("how an endpoint answered before this start cannot be read", {{"provider", provider}});
        }
        more = chunk.more;
        if (more) range = store::rest_of(range, chunk.entries.back().key);
    }
    return out;
}

Status EndpointHealth::save() {
    const Instant now = clock_.now();
    store::Batch batch;
    std::vector<std::string> written;
    {
        const std::lock_guard lock(mutex_);
        for (auto& [provider, one] : endpoints_) {
            const Instant last = std::max(one.last_answered.value_or(Instant{}), one.last_failed.value_or(Instant{}));
            const bool over = now.ms - last.ms > 24 * kHour;
            if (over && one.saved) batch.erase(kHealthRows + provider);
            if (over) one.saved = false;
            if (over || !one.changed) continue;
            batch.put(kHealthRows + provider, encode(one, now.ms / kMinute, now.ms / kHour));
            one.changed = false;
            one.saved = true;
            written.push_back(provider);
        }
    }
    if (batch.empty()) return {};
    const auto committed = store_.commit(std::move(batch));
    if (committed) return {};
    const std::lock_guard lock(mutex_);
    for (const std::string& provider : written) endpoints_.at(provider).changed = true;  // the next time
    return fail(committed.error());
}

// Counts stand alone: nothing else says what they were.
store::Table health_table() {
    return {.name = "directory.health", .prefix = kHealthRows, .check = [](std::string_view, std::string_view value, store::Owed&) -> Status {
                ByteReader in(value);
                const bool known = in.be<std::uint8_t>() == kHealthForm;
                in.take(2 * sizeof(std::uint64_t));
                for (int window = 0; window < 2; ++window)
                    in.take(in.be<std::uint8_t>() * (2 * sizeof(std::uint64_t) + kAnswers.size() * sizeof(std::uint32_t)));
                return known && in.done() ? Status() : fail(Category::corrupt, "directory: malformed counts of answers");
            }};
}

}  // namespace idun::directory
