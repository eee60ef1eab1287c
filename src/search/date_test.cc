#include "search/date.h"

#include <doctest/doctest.h>

#include <string>

namespace idun::search {
namespace {

std::string shown(std::string_view text) {
    const auto made = interval_of(text);
    return made ? to_iso({made->from}) + " " + to_iso({made->to}) : "none";
}

TEST_CASE("a date is an interval") {
    struct Case {
        const char* text;
        const char* interval;
    };
    const Case cases[] = {
        {"2026", "2026-01-01T00:00:00.000Z 2027-01-01T00:00:00.000Z"},
        {"2026-12", "2026-12-01T00:00:00.000Z 2027-01-01T00:00:00.000Z"},
        {"2024-02-29", "2024-02-29T00:00:00.000Z 2024-03-01T00:00:00.000Z"},
        {"2026-03-04T05:06", "2026-03-04T05:06:00.000Z 2026-03-04T05:07:00.000Z"},
        {"2026-03-04T05:06:07", "2026-03-04T05:06:07.000Z 2026-03-04T05:06:08.000Z"},
        {"2026-03-04T05:06:07+02:00", "2026-03-04T03:06:07.000Z 2026-03-04T03:06:08.000Z"},
        {"2026-03-04T05:06:07-01:30", "2026-03-04T06:36:07.000Z 2026-03-04T06:36:08.000Z"},
        {"2026-03-04T05:06:07.5Z", "2026-03-04T05:06:07.500Z 2026-03-04T05:06:07.600Z"},
        {"2026-03-04T05:06:07.123456Z", "2026-03-04T05:06:07.123Z 2026-03-04T05:06:07.124Z"},
        {"0001", "0001-01-01T00:00:00.000Z 0002-01-01T00:00:00.000Z"},
    };
    for (const Case& c : cases) CHECK(shown(c.text) == c.interval);
    for (const char* bad : {"", "26", "2026-", "2026-13", "2026-00", "2025-02-29", "2026-02-30", "2026-03-04T", "2026-03-04T24:00",
                            "2026-03-04T05", "2026-03-04T05:60", "2026-03-04T05:06:", "2026-03-04T05:06:07.", "2026-03-04T05:06:07Zx",
                            "2026-03-04T05:06:07+15:00", "2026-03-04T05:06:07+1:00", "2026-03-04 05:06", "0000", "20266", "-026",
                            "2026-3-4", "2026-03-04T05:06:07.1234567890123Z"}) {
        CAPTURE(bad);
        CHECK(shown(bad) == "none");
    }
}

TEST_CASE("prefixes") {
    // What each prefix with 2026-03 says to values that lie around and across March.
    struct Case {
        const char* prefix;
        const char* matching;  // of: b(efore) f(rom February into March) i(nside) a(cross the end) l(ater)
    };
    const Case cases[] = {{"", "i"},    {"eq", "i"},    {"ne", "bfal"}, {"gt", "al"}, {"lt", "bf"},
                          {"ge", "ial"}, {"le", "bfi"}, {"sa", "l"},    {"eb", "b"}};
    const auto at = [](const char* from, const char* to) { return Interval{interval_of(from)->from, interval_of(to)->to}; };
    const std::pair<char, Interval> values[] = {{'b', at("2026-01", "2026-02")},
                                                {'f', at("2026-02", "2026-03-05")},
                                                {'i', at("2026-03-05", "2026-03-06")},
                                                {'a', at("2026-03-05", "2026-04-05")},
                                                {'l', at("2026-04", "2026-05")}};
    for (const Case& c : cases) {
        CAPTURE(c.prefix);
        const auto criterion = date_criterion(std::string(c.prefix) + "2026-03");
        REQUIRE(criterion);
        std::string found;
        for (const auto& [name, value] : values) {
            if (matches(*criterion, value, Instant{})) found += name;
        }
        CHECK(found == c.matching);
    }
    CHECK(!date_criterion("ge"));
    CHECK(!date_criterion("xx2026"));
    const Instant now{interval_of("2026-03-01")->from};
    const auto near = date_criterion("ap2025-03-01");
    CHECK(matches(*near, *interval_of("2025-04-01"), now));
    CHECK(!matches(*near, *interval_of("2025-05-01"), now));
    // Open ends.
    CHECK(matches(*date_criterion("gt2026"), Interval{0, Interval::kOpenTo}, now));
    CHECK(!matches(*date_criterion("eq2026"), Interval{interval_of("2026")->from, Interval::kOpenTo}, now));
}

}  // namespace
}  // namespace idun::search
