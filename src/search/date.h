// Dates as search sees them (FHIR R4 search §3.1.1.5.3): every date, time or period is an interval, a search
// value too, and a prefix says how the two must lie to each other.
//
//     interval_of("2026-03")            // [2026-03-01T00:00Z, 2026-04-01T00:00Z)
//     date_criterion("ge2026-03-14")    // prefix ge
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include "base/time.h"

namespace idun::search {

// Milliseconds since 1970 in UTC, `from` included, `to` not. An open end is kOpenFrom or kOpenTo.
struct Interval {
    static constexpr std::int64_t kOpenFrom = std::numeric_limits<std::int64_t>::min();
    static constexpr std::int64_t kOpenTo = std::numeric_limits<std::int64_t>::max();

    std::int64_t from = kOpenFrom;
    std::int64_t to = kOpenTo;
    friend bool operator==(const Interval&, const Interval&) = default;
};

// A FHIR date, dateTime or instant with the precision it was written in; without a zone it is read as UTC.
// Fractions finer than a millisecond are cut. Hours and minutes alone ("T10:30") are accepted as FHIR search
// allows. Nothing when malformed or when there is no such day.
std::optional<Interval> interval_of(std::string_view text);

enum class DatePrefix : std::uint8_t { eq, ne, gt, lt, ge, le, sa, eb, ap };

struct DateCriterion {
    DatePrefix prefix = DatePrefix::eq;
    Interval value;
    friend bool operator==(const DateCriterion&, const DateCriterion&) = default;
};

std::optional<DateCriterion> date_criterion(std::string_view text);

// `now` matters to `ap` only: a tenth of the distance between now and the searched date is near enough.
bool matches(const DateCriterion& criterion, const Interval& value, Instant now);

}  // namespace idun::search
