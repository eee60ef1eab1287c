#include "trust/glass_report.h"

#include <doctest/doctest.h>

using namespace idun;
using namespace idun::trust;

namespace {

GlassReport some_report() {
    GlassReport out{.id = "g-1",
                    .provider_id = "SE1",
                    .person = {},
                    .user_id = "anna",
                    .name = "Anna Lind",
                    .unit_id = "SE1-U1",
                    .ground = "life",
                    .reason = "medvetslös \"efter\" fall",
                    .from = {1'800'000'000'123},
                    .until = {1'800'003'600'123}};
    out.person.bytes.fill(7);
    return out;
}

std::string replaced(std::string text, std::string_view what, std::string_view by) {
    const std::size_t at = text.find(what);
    REQUIRE(at != std::string::npos);
    return text.replace(at, what.size(), by);
}

}  // namespace

TEST_CASE("a report comes back as it was") {
    GlassReport report = some_report();
    CHECK(*decode_glass_report(*encode(report)) == report);
    report.name.clear();
    report.unit_id.clear();
    CHECK(*decode_glass_report(*encode(report)) == report);
}

TEST_CASE("a report that is not whole, or more than a report, is refused") {
    const std::string good = *encode(some_report());
    const std::string bad[] = {
        "",
        "[]",
        "{}",
        good.substr(1),
        replaced(good, "idun-glass-1", "idun-glass-2"),
        replaced(good, "\"id\":\"g-1\"", "\"id\":\"\""),
        replaced(good, "g-1", std::string(65, 'g')),
        replaced(good, "\"user\":\"anna\"", "\"user\":7"),
        replaced(good, "\"user\"", "\"who\""),
        replaced(good, "\"life\"", "\"boredom\""),
        replaced(good, "efter", std::string(501, 'x')),
        replaced(good, "Anna Lind", std::string(257, 'x')),
        replaced(good, "BwcHBwcHBwcHBwcHBwcHBw", "BwcH"),
        replaced(good, "\"until\":\"2027", "\"until\":\"2026"),
    };
    for (std::size_t i = 0; i < std::size(bad); ++i) {
        CAPTURE(i);
        const auto read = decode_glass_report(bad[i]);
        CHECK_FALSE(read);
        if (!read) CHECK(read.error().category == Category::invalid);
    }
    GlassReport without_reason = some_report();
    without_reason.reason.clear();
    CHECK(encode(without_reason).error().category == Category::invalid);
}
