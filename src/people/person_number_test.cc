#include "people/person_number.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <fstream>
#include <random>

#include "people/person_id.h"
#include "people/test_person.h"

using namespace idun;
using namespace idun::people;

namespace {

Instant at(const char* time) { return *from_iso(time); }
const Instant kNow = at("2026-11-23T10:00:00Z");

}  // namespace

// Table of personnummer/meta (MIT), by way of its list.json and structured.json.
TEST_CASE("the four spellings of a number are the same person") {
    struct Row {
        const char *full, *spelled;
        NumberKind kind;
    };
    for (const Row& row : {Row{"190905271474", "090527+1474", NumberKind::personal},
                           Row{"200002292399", "000229-2399", NumberKind::personal},
                           Row{"195704289999", "570428-9999", NumberKind::personal},
                           Row{"194608239986", "460823-9986", NumberKind::personal},
                           Row{"190901219931", "090121+9931", NumberKind::personal},
                           Row{"200004059937", "000405-9937", NumberKind::personal},
                           Row{"197302889931", "730288-9931", NumberKind::coordination},
                           Row{"202107919967", "210791-9967", NumberKind::coordination}}) {
        const std::string full = row.full;
        for (const std::string& text :
             {full, std::string(row.spelled), full.substr(0, 8) + row.spelled[6] + full.substr(8),
              full.substr(0, 8) + "-" + full.substr(8)}) {
            const auto number = parse_person_number(text, kNow);
            REQUIRE_MESSAGE(number, text << ": " << number.error().message);
            CHECK(number->digits == full);
            CHECK(number->kind == row.kind);
        }
    }
}

TEST_CASE("what is not a person number is refused, and the error does not repeat it") {
    for (const char* text : {"",
                             "1",
                             "201509160006",
                             "1509160006",
                             "150916-0006",
                             "197004289895",
                             "700428-9895",
                             "196004309886",
                             "600430-9886",
                             "194205669899",
                             "420566-9899",
                             "197210869924",
                             "721086-9924",
                             "19090527 1474",
                             "090527 1474",
                             "19090527+147",
                             "19090527--1474",
                             "0",
                             "8572090606",
                             "8020051952",
                             "8020057538",
                             "8024062302",
                             "8551040721",
                             "8020144120",  // organisation numbers
                             "191212121213",
                             "191213121212",
                             "191202301212",
                             "191212121212 ",
                             " 191212121212",
                             "19121212-12125",
                             "1912121212120",
                             "209912121212",
                             "173912121211",
                             "19121212121a",
                             "1912121212l2",
                             "20000101E221",
                             "19730288T931",
                             "+91212121212",
                             "20121212+1212",
                             "\xc3\xa5\xc3\xa4\xc3\xb6\xc3\xa5\xc3\xa4",
                             "19121212\xe2\x80\x93"
                             "1212"}) {
        const auto number = parse_person_number(text, kNow);
        REQUIRE_MESSAGE(!number, std::string(text));
        CHECK(number.error().category == Category::invalid);
        if (std::string_view(text).size() > 5) CHECK(number.error().message.find(text) == std::string::npos);
    }
    CHECK(!parse_person_number(std::string_view("19121212\0"
                                                "1212",
                                                13),
                               kNow));
    CHECK(!parse_person_number(std::string(100000, '1'), kNow));
}

TEST_CASE("interim letters count as one") {
    for (const char letter : std::string_view("TRSUWXJKLMN")) {
        const std::string text = std::string("20000101") + letter + "220";
        const auto number = parse_person_number(text, kNow);
        REQUIRE(number);
        CHECK(number->kind == NumberKind::interim);
        CHECK(number->digits == text);
    }
}

TEST_CASE("the century follows the day") {
    struct Row {
        const char *text, *now, *year;
    };
    for (const Row& row :
         {Row{"121212-1212", "2026-11-23T10:00:00Z", "2012"}, Row{"121212+1212", "2026-11-23T10:00:00Z", "1912"},
          Row{"1212121212", "2026-11-23T10:00:00Z", "2012"}, Row{"121212-1212", "2012-12-12T00:00:00Z", "2012"},
          Row{"121212-1212", "2012-12-10T21:59:00Z", "1912"}, Row{"121212-1212", "2012-12-11T22:00:00Z", "2012"},
          Row{"121212+1212", "2012-01-01T00:00:00Z", "1912"}, Row{"121212+1212", "2011-12-31T12:00:00Z", "1812"}}) {
        const auto number = parse_person_number(row.text, at(row.now));
        if (std::string_view(row.year) < "1840") {
            CHECK(!number);
            continue;
        }
        REQUIRE_MESSAGE(number, row.text << " " << row.now);
        CHECK(number->digits.substr(0, 4) == row.year);
    }
    CHECK(!parse_person_number("20121212-1212", at("2012-12-10T10:00:00Z")));
}

TEST_CASE("a coordination number knows the day of birth") {
    const auto number = parse_person_number("197302889931", kNow);
    REQUIRE(number);
    CHECK(number->year() == 1973);
    CHECK(number->month() == 2);
    CHECK(number->day() == 28);
}

TEST_CASE("the test person has a published test number") {
    std::ifstream lines(std::string(IDUN_SOURCE_DIR "/src/people/testdata/personal-numbers.txt"));
    bool published = false;
    for (std::string line; std::getline(lines, line);) published |= line == kTestPersonNumber;
    CHECK(published);
    CHECK(identify(kTestPersonSystem, kTestPersonNumber, {})->canonical() == kTestPerson);
}

TEST_CASE("published test numbers are numbers, and no other check digit is") {
    for (const char* file : {"personal-numbers.txt", "coordination-numbers.txt"}) {
        std::ifstream lines(std::string(IDUN_SOURCE_DIR "/src/people/testdata/") + file);
        REQUIRE_MESSAGE(lines, file);
        int count = 0;
        for (std::string line; std::getline(lines, line); ++count) {
            const auto number = parse_person_number(line, kNow);
            REQUIRE_MESSAGE(number, line);
            CHECK(number->digits == line);
            CHECK((number->kind == NumberKind::coordination) == (file[0] == 'c'));
            for (char c = '0'; c <= '9'; ++c)
                if (c != line.back()) CHECK(!parse_person_number(line.substr(0, 11) + c, kNow));
        }
        CHECK(count >= 30);
    }
}

TEST_CASE("every short form comes back to its long form") {
    const unsigned seed = 20261123;
    INFO("seed " << seed);
    std::mt19937 random(seed);
    int read = 0;
    for (int i = 0; i < 20000; ++i) {
        const std::string text = fmt::format("{:04}{:02}{:02}{:04}", 1850 + random() % 177, 1 + random() % 12,
                                             1 + random() % 31 + (random() % 2) * 60, random() % 10000);
        const auto number = parse_person_number(text, kNow);
        if (!number) continue;
        ++read;
        CHECK(number->digits == text);
        if (number->year() < 1927) continue;  // '+' reaches one century back
        const std::string shortened = text.substr(2, 6) + "-" + text.substr(8);
        CHECK(parse_person_number(shortened, kNow)->digits == text);
    }
    CHECK(read > 500);
}
