// A log whose owner's clock is wrong: an entry came whose time is later than the hub's own clock, or earlier than a time at which
// the log, as its owner has said, did not have it yet. Rules and bytes: docs/formats/ledger-shipping.md.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "exchange/draft.h"

namespace idun::exchange {

struct ClockSeen {
    Instant first;
    Instant last;
    std::uint64_t count = 0;
    std::uint64_t index = 0;           // of the entry, the last time
    std::chrono::milliseconds off{0};  // the last time: ahead of the hub, or, below 0, behind it by at least so much
};

// How far the time of an entry is off, where it is more than `within`. `now`: the hub's. `none_before`: the log had no such entry
// until then; nothing where that is not known.
std::optional<std::chrono::milliseconds> clock_off(Instant entry, Instant now, std::optional<Instant> none_before,
                                                   std::chrono::milliseconds within);

std::string clock_key(std::string_view log_id);
Status note_clock(Draft& draft, std::string_view log_id, std::uint64_t index, std::chrono::milliseconds off, Instant now);
Result<ClockSeen> clock_from(std::string_view value);

}  // namespace idun::exchange
