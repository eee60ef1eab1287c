#include "exchange/connection_report.h"

#include <doctest/doctest.h>

#include "store/testing.h"

using namespace idun;
using namespace idun::exchange;

TEST_CASE("national figures: what is not understood is refused with its name") {
    struct Bad {
        const char* text;
        const char* at;
    };
    for (const Bad& bad : {Bad{R"({"population": 5})", "source"}, Bad{R"({"source": "x", "colour": 1})", "colour"}, Bad{R"({"source": "x", "population": "many"})", "population"},
                           Bad{R"({"source": "x", "population": 0})", "population"}, Bad{R"({"source": "x", "population": 1.5})", "population"}, Bad{R"({"source": "x", "population": -1})", "population"},
                           Bad{R"({"source": "x", "measures": [""]})", "measures"}, Bad{R"({"source": "x", "measures": [1]})", "measures"},
                           Bad{R"({"source": "x", "providerTypes": [{"code": "a"}]})", "providerTypes.name"},
                           Bad{R"({"source": "x", "providerTypes": [{"code": "a", "name": "A", "sum": 1}]})", "providerTypes"},
                           Bad{R"({"source": "x", "providerTypes": [{"code": "a", "name": "A"}, {"code": "a", "name": "B"}]})", "providerTypes.code"}}) {
        CAPTURE(bad.text);
        const auto read = national_figures_from(bad.text);
        REQUIRE(!read);
        CHECK(read.error().category == Category::invalid);
        CHECK(read.error().path == bad.at);
    }
    CHECK(!national_figures_from("{"));
    CHECK(national_figures_from(std::string(kNationalBytesMax + 1, ' ')).error().category == Category::too_large);
}

TEST_CASE("national figures: every version is kept, the newest counts, and what is refused changes nothing") {
    store::TemporaryStore temporary;
    const auto newest = [&] { return *newest_national_figures(**temporary.store->snapshot()); };
    CHECK(newest().version == 0);
    CHECK(*write_national_figures(*temporary.store, R"({"source": "x", "population": 10})") == 1);
    CHECK(*write_national_figures(*temporary.store, R"({"source": "y", "providerTypes": [{"code": "pharmacy", "name": "P", "total": 4}]})") == 2);
    CHECK(!write_national_figures(*temporary.store, R"({"source": ""})"));
    temporary.reopen();
    const NationalFigures read = newest();
    CHECK(read.version == 2);
    CHECK(read.source == "y");
    CHECK(!read.population);
    REQUIRE(read.types.size() == 1);
    CHECK(read.types[0].total == 4);
    CHECK((*temporary.store->snapshot())->scan(store::prefix_range("natfigurN"))->entries.size() == 2);
}
