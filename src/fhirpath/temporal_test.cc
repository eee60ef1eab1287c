#include "fhirpath/temporal.h"

#include <doctest/doctest.h>

#include <string>

using idun::Decimal;
using idun::Instant;
using idun::fhirpath::calendar_unit;
using idun::fhirpath::Temporal;
using idun::fhirpath::TemporalUnit;

namespace {

Temporal at(std::string_view text) {
    const auto parsed = Temporal::parse_date_time(text);
    REQUIRE_MESSAGE(parsed.has_value(), text);
    return *parsed;
}

std::string plus(std::string_view text, std::string_view amount, TemporalUnit unit) {
    const auto sum = at(text).plus(*Decimal::parse(amount), unit, false);
    return sum ? sum->date_time_text() : "nothing";
}

}  // namespace

TEST_CASE("dates and times are read as far as they go, and print as they were") {
    for (const char* text : {"2015", "2015-02", "2015-02-04", "2016-02-29", "0001-01-01", "9999-12-31"}) {
        CHECK(Temporal::parse_date(text)->date_text() == text);
        CHECK(at(text).date_time_text() == text);
    }
    for (const char* text : {"2015-02-04T14", "2015-02-04T14:34", "2015-02-04T14:34:28", "2015-02-04T14:34:28.1", "2015-02-04T14:34:28.120",
                             "2015-02-04T14:34:28Z", "2015-02-04T14:34:28.123456789+10:30", "2015-02-04T14:34-05:00"}) {
        CHECK(at(text).date_time_text() == text);
    }
    for (const char* text : {"14", "14:34", "14:34:28", "14:34:28.123"}) CHECK(Temporal::parse_time(text)->time_text() == text);
    CHECK(at("2015T").date_time_text() == "2015");
    CHECK(Temporal::of(Instant{-1}).date_time_text() == "1969-12-31T23:59:59.999Z");
}

TEST_CASE("what is no date is refused") {
    for (const char* text : {"", "2", "201", "20155", "2015-", "2015-13", "2015-00", "2015-02-29", "2015-02-30", "2015-2-1", "0000", "2015-02-04T14", "x"}) {
        CHECK_FALSE(Temporal::parse_date(text).has_value());
    }
    for (const char* text : {"2015-02T14", "2015-02-04T24", "2015-02-04T14:60", "2015-02-04T14:34:61", "2015-02-04T14:34:28.", "2015-02-04T14:34:28+15:00",
                             "2015-02-04T14:34:28+10", "2015-02-04T14:34:28ZZ", "2015-02-04 14:34", "2015-02-04Tx"}) {
        CHECK_FALSE(Temporal::parse_date_time(text).has_value());
    }
    for (const char* text : {"", "1", "24", "14:", "14:60", "14:34:28Z", "14:34:28+01:00", "14:34.5"}) CHECK_FALSE(Temporal::parse_time(text).has_value());
}

TEST_CASE("order is undecided where what is known ends") {
    const auto compare = [](const char* a, const char* b) { return Temporal::compare(at(a), at(b)); };
    CHECK(compare("2015", "2016") == -1);
    CHECK(compare("2015-02", "2015-02") == 0);
    CHECK(compare("2015", "2015-02") == std::nullopt);
    CHECK(compare("2015-03", "2016") == -1);
    CHECK(compare("2015-02-04T10:00:00", "2015-02-04T10:00:00.000") == 0);
    CHECK(compare("2015-02-04T10:00", "2015-02-04T10:00:00") == std::nullopt);
    CHECK(compare("2015-02-04T10:00:00+02:00", "2015-02-04T08:00:00Z") == 0);
    CHECK(compare("2015-02-04T23:30:00-02:00", "2015-02-05T02:00:00Z") == -1);
    CHECK(compare("2015-02-04T10:00:00Z", "2015-02-04T12:00:00") == std::nullopt);
    CHECK(compare("2015-02-04T10:00:00Z", "2015-02-06T12:00:00") == -1);
    CHECK(compare("2015-02-08T10:00:00", "2015-02-06T12:00:00Z") == 1);
    CHECK_FALSE(Temporal::equivalent(at("2015"), at("2015-02")));
    CHECK(Temporal::equivalent(at("2015-02-04T10:00:00"), at("2015-02-04T10:00:00.0")));
}

TEST_CASE("calendar arithmetic") {
    CHECK(plus("2015-01-31", "1", TemporalUnit::month) == "2015-02-28");
    CHECK(plus("2016-02-29", "1", TemporalUnit::year) == "2017-02-28");
    CHECK(plus("2016-02-29", "-4", TemporalUnit::year) == "2012-02-29");
    CHECK(plus("2015-12-31", "1.9", TemporalUnit::day) == "2016-01-01");
    CHECK(plus("2015-12-31", "-1", TemporalUnit::week) == "2015-12-24");
    CHECK(plus("2015", "23", TemporalUnit::month) == "2016");
    CHECK(plus("2015-02", "45", TemporalUnit::day) == "2015-03");
    CHECK(plus("2015-02-04", "36", TemporalUnit::hour) == "2015-02-05");
    CHECK(plus("2015-02-04T23:59:59.500Z", "0.6", TemporalUnit::second) == "2015-02-05T00:00:00.100Z");
    CHECK(plus("2015-02-04T00:00:00", "-1", TemporalUnit::millisecond) == "2015-02-03T23:59:59.999");
    CHECK(plus("9999-12-31", "1", TemporalUnit::day) == "nothing");
    CHECK(plus("0001-01-01", "-1", TemporalUnit::day) == "nothing");
    CHECK(plus("2015-01-01", "99999999999999999999999999", TemporalUnit::day) == "nothing");
    CHECK(plus("2015-01-01", "99999999999999999999999999", TemporalUnit::year) == "nothing");
    CHECK(plus("2015-01-01T10:00:00", "9223372036854775807", TemporalUnit::second) == "nothing");
    const auto late = Temporal::parse_time("23:30");
    CHECK(late->plus(Decimal::of(2), TemporalUnit::hour, true)->time_text() == "01:30");
    CHECK_FALSE(late->plus(Decimal::of(2), TemporalUnit::year, true).has_value());
}

TEST_CASE("boundaries fill in what is not known") {
    const auto bound = [](const char* text, bool high, int digits) {
        const auto t = at(text).boundary(high, digits, false, false);
        return t ? t->date_time_text() : "nothing";
    };
    CHECK(bound("2016-02", true, 8) == "2016-02-29");
    CHECK(bound("2016", false, 6) == "2016-01");
    CHECK(bound("2016-02-01T08", true, 17) == "2016-02-01T08:59:59.999-12:00");
    CHECK(bound("2016-02-01T08", false, 17) == "2016-02-01T08:00:00.000+14:00");
    CHECK(bound("2016-02-01T08:00Z", true, 14) == "2016-02-01T08:00:59Z");
    CHECK(bound("2016", true, 5) == "nothing");
    CHECK_FALSE(Temporal::parse_date("2016")->boundary(true, 10, false, true).has_value());
    CHECK_FALSE(Temporal::parse_time("10")->boundary(true, 0, true, false).has_value());
    CHECK(Temporal::parse_time("10:30")->boundary(true, 9, true, false)->time_text() == "10:30:59.999");
}

TEST_CASE("units of the calendar") {
    CHECK(calendar_unit("year") == TemporalUnit::year);
    CHECK(calendar_unit("milliseconds") == TemporalUnit::millisecond);
    CHECK_FALSE(calendar_unit("").has_value());
    CHECK_FALSE(calendar_unit("mo").has_value());
    CHECK_FALSE(calendar_unit("dayss").has_value());
}
