#include <doctest/doctest.h>

#include "base/iso.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/random.h"
#include "base/result.h"
#include "base/time.h"

using namespace idun;

TEST_CASE("an instant is written and read in the FHIR form") {
    struct Row { std::int64_t ms; const char* text; };
    for (const Row& row : {Row{0, "1970-01-01T00:00:00.000Z"}, Row{-1, "1969-12-31T23:59:59.999Z"},
                           Row{951782400123, "2000-02-29T00:00:00.123Z"}, Row{253402300799999, "9999-12-31T23:59:59.999Z"},
                           Row{-62135596800000, "0001-01-01T00:00:00.000Z"}, Row{1795867200090, "2026-11-28T12:00:00.090Z"}}) {
        CHECK(to_iso({row.ms}) == row.text);
        CHECK(from_iso(row.text) == Instant{row.ms});
        std::string laid(kInstantTextBytes + 2, '|');
        write_iso(laid.data() + 1, {row.ms});
        CHECK(laid == "|" + std::string(row.text) + "|");
    }
    CHECK(from_iso("2026-11-23T10:00:00+02:00") == from_iso("2026-11-23T08:00:00Z"));
    CHECK(from_iso("2026-11-23T10:00:00.1234567Z")->ms % 1000 == 123);
}

TEST_CASE("a malformed instant is refused") {
    for (const char* text : {"", "2026", "2026-11-23", "2026-02-30T00:00:00Z", "2026-11-23T24:00:00Z", "2026-11-23T10:00:00",
                             "2026-11-23T10:00:00.Z", "2026-11-23T10:00:00Zx", "2026-11-23 10:00:00Z", "2026-11-23T10:00:00+2:00"})
        CHECK_MESSAGE(!from_iso(text), text);
}

TEST_CASE("an error keeps its category when words are put in front") {
    const Error error = Error(Category::busy, "queue is full").within("commit");
    CHECK(error.category == Category::busy);
    CHECK(error.message == "commit: queue is full");
}

TEST_CASE("TRY hands the first error to the caller") {
    const auto half = [](int n) -> Result<int> {
        if (n % 2) return fail(Category::invalid, "odd");
        return n / 2;
    };
    const auto quarter = [&](int n) -> Result<int> {
        TRY_ASSIGN(const int h, half(n));
        TRY(half(h));
        return h / 2;
    };
    CHECK(quarter(8) == 2);
    CHECK(quarter(6).error().message == "odd");
}

TEST_CASE("log fields cannot break out of their line") {
    CHECK(log::quoted("a\"\n\\\xff") == R"("a\"\u000a\\\u00ff")");
}

TEST_CASE("metrics with the same name and labels are the same instrument") {
    Metrics metrics;
    metrics.counter("idun_x_total", "x", {{"role", "hub"}}).add();
    metrics.counter("idun_x_total", "x", {{"role", "hub"}}).add(2);
    CHECK(metrics.text().find("idun_x_total{role=\"hub\"} 3") != std::string::npos);
}

TEST_CASE("uuids have their form and differ") {
    const std::string a = uuid(system_random());
    CHECK(a.size() == 36);
    CHECK(a[14] == '4');
    CHECK(a != uuid(system_random()));
}
