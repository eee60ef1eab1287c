#include "people/match.h"

#include <doctest/doctest.h>

using namespace idun;
using namespace idun::people;

namespace {

constexpr Instant kNow{1'795'428'000'000};
constexpr std::string_view kPnr = "http://electronichealth.se/identifier/personnummer";
constexpr std::string_view kSnr = "http://electronichealth.se/identifier/samordningsnummer";

Traits traits(const std::string& members) {
    const auto document = json::Document::parse(R"({"resourceType":"Patient")" + members + "}");
    REQUIRE(document);
    return traits_of(document->root(), kNow);
}
std::string id(std::string_view system, std::string_view value) {
    return R"(,"identifier":[{"system":")" + std::string(system) + R"(","value":")" + std::string(value) + "\"}]";
}
std::string grade(const std::string& asked, const std::string& candidate) { return std::string(to_string(compare(traits(asked), traits(candidate)).grade)); }

const std::string kAsa = R"(,"name":[{"family":"Öberg-Lind","given":["Åsa","Maria"]}],"gender":"female","birthDate":"1912-12-12")";

}  // namespace

TEST_CASE("grades") {
    const std::string pnr = id(kPnr, "191212121212");
    const struct {
        std::string asked, candidate, grade;
    } cases[] = {
        {pnr, pnr + kAsa, "certain"},
        {id(kPnr, "19121212-1212"), pnr, "certain"},
        {pnr + R"(,"birthDate":"1913-12-12","gender":"male")", pnr + kAsa, "probable"},  // the number says yes, the rest says no
        {kAsa, pnr + kAsa, "probable"},
        {R"(,"name":[{"family":"oberg","given":["asa"]}],"birthDate":"1912-12-12")", kAsa, "probable"},  // folded, and half of a double name
        {R"(,"name":[{"family":"Öberg"}],"birthDate":"1912-12-12")", kAsa, "possible"},
        {R"(,"name":[{"family":"Öberg","given":["Åsa"]}])", kAsa, "possible"},
        {R"(,"name":[{"family":"Öberg"}])", kAsa, "certainly-not"},
        {R"(,"birthDate":"1912-12-12")", kAsa, "certainly-not"},
        {R"(,"name":[{"family":"Öberg","given":["Sven"]}],"gender":"male","birthDate":"1912-12-12")", kAsa, "certainly-not"},
        {id(kPnr, "191212121212") + kAsa, id(kPnr, "198112189876") + kAsa, "certainly-not"},  // twins in name: two numbers are two persons
        {"", "", "certainly-not"},
    };
    for (const auto& one : cases) {
        CAPTURE(one.asked);
        CAPTURE(one.candidate);
        CHECK(grade(one.asked, one.candidate) == one.grade);
    }
}

TEST_CASE("a coordination number goes with the personal number of the same birth date, and no other") {
    const std::string name = R"(,"name":[{"family":"Öberg","given":["Åsa"]}],"birthDate":"1973-02-28")";
    const std::string coordination = id(kSnr, "197302889931") + name;
    CHECK(grade(coordination, R"(,"name":[{"family":"Öberg","given":["Åsa"]}],"birthDate":"1973-02-28")") == "probable");
    CHECK(grade(coordination, id(kPnr, "191212121212") + name) == "certainly-not");
}

TEST_CASE("a number says a birth date and a sex by itself: a description that says others is not certainly of its person") {
    const struct {
        std::string_view system, value;
        std::string described, grade;
    } cases[] = {
        {kPnr, "191212121212", "", "certain"},
        {kPnr, "191212121212", R"(,"birthDate":"1912-12-12","gender":"male")", "certain"},
        {kPnr, "191212121212", R"(,"birthDate":"1912-12-12","gender":"unknown")", "certain"},
        {kPnr, "191212121212", R"(,"birthDate":"1912","name":[{"family":"Öberg"}])", "certain"},
        {kPnr, "191212121212", R"(,"gender":"female")", "probable"},
        {kPnr, "191212121212", R"(,"birthDate":"1934-05-06")", "probable"},
        {kSnr, "197302889931", R"(,"birthDate":"1973-02-28")", "certain"},  // 60 is taken off the day
        {kSnr, "197302889931", R"(,"birthDate":"1981-12-18")", "probable"},
        {"urn:oid:2.16.578.1.12.4.1.4.1", "08866100563", R"(,"birthDate":"1934-05-06")", "certain"},  // another country's, which is not read
    };
    for (const auto& one : cases) {
        CAPTURE(one.described);
        const auto number = identify(one.system, one.value, kNow);
        REQUIRE(number.has_value());
        const std::string described = id(one.system, one.value) + one.described;
        CHECK(to_string(compare(traits(described), said_by(*number)).grade) == one.grade);
    }
    // A birth before 1890 is nobody's who lives.
    const auto shifted = identify(kPnr, "182106285238", kNow);
    REQUIRE(shifted.has_value());
    CHECK(said_by(*shifted).born.empty());
    CHECK(said_by(*shifted).gender.empty());
}

TEST_CASE("scores are between 0 and 1, and 1 only when certain") {
    const std::string all = kAsa + R"(,"telecom":[{"system":"phone","value":"+46 70 123 45 67"}],"address":[{"postalCode":"111 22","city":"Örebro"}])";
    const Match match = compare(traits(all), traits(kAsa + R"(,"telecom":[{"system":"phone","value":"070-1234567"}],"address":[{"postalCode":"11122"}])"));
    CHECK(match.score < 1);
    CHECK(match.score > 0.9);
    CHECK(compare(traits(id(kPnr, "191212121212")), traits(id(kPnr, "191212121212"))).score == 1);
    CHECK(compare(traits(id(kPnr, "191212121212")), traits(id(kPnr, "198112189876"))).score == 0);
}

TEST_CASE("digits changed round") {
    CHECK(transposed("1123") == std::vector<std::string>{"1213", "1132"});
    CHECK(transposed("1").empty());
}
