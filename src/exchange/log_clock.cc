#include "exchange/log_clock.h"

#include <algorithm>

#include "base/bytes.h"
#include "exchange/tables.h"

namespace idun::exchange {
namespace {

const std::string kClocks = "logsclckK";  // + log id

}  // namespace

std::optional<std::chrono::milliseconds> clock_off(Instant entry, Instant now, std::optional<Instant> none_before,
                                                   std::chrono::milliseconds within) {
    if (entry - now > within) return entry - now;
    if (none_before && *none_before - entry > within) return entry - *none_before;
    return std::nullopt;
}

std::string clock_key(std::string_view log_id) { return kClocks + std::string(log_id); }

Status note_clock(Draft& draft, std::string_view log_id, std::uint64_t index, std::chrono::milliseconds off, Instant now) {
    TRY_ASSIGN(const auto value, draft.get(clock_key(log_id)));
    ClockSeen seen{.first = now, .last = now};
    if (value) {
        TRY_ASSIGN(seen, clock_from(*value));
    }
    std::string out;
    for (const std::int64_t number : {seen.first.ms, now.ms, static_cast<std::int64_t>(seen.count + 1), static_cast<std::int64_t>(index),
                                      static_cast<std::int64_t>(off.count())})
        append_be(out, static_cast<std::uint64_t>(number));
    draft.put(clock_key(log_id), std::move(out));
    return {};
}

Result<ClockSeen> clock_from(std::string_view value) {
    ByteReader reader(value);
    ClockSeen out;
    out.first.ms = static_cast<std::int64_t>(reader.be<std::uint64_t>());
    out.last.ms = static_cast<std::int64_t>(reader.be<std::uint64_t>());
    out.count = reader.be<std::uint64_t>();
    out.index = reader.be<std::uint64_t>();
    out.off = std::chrono::milliseconds(static_cast<std::int64_t>(reader.be<std::uint64_t>()));
    if (!reader.done()) return fail(Category::corrupt, "a row of a log's clock is malformed");
    return out;
}

store::Table clock_table() {
    return {.name = "logs.clocks", .prefix = kClocks, .check = [](std::string_view key, std::string_view value, store::Owed&) -> Status {
                TRY_ASSIGN(const ClockSeen seen, clock_from(value));
                if (key.size() == kClocks.size() || seen.count == 0 || seen.last < seen.first)
                    return fail(Category::corrupt, "a row of a log's clock is malformed");
                return {};
            }};
}

}  // namespace idun::exchange
