#include "rights/fact_book.h"

#include <doctest/doctest.h>

#include <map>
#include <random>

using namespace idun;
using namespace idun::rights;

namespace {

crypto::Pseudonym person(std::uint32_t number) {
    crypto::Pseudonym out;
    // The same beginning for eight persons, so that places collide.
    const std::uint32_t beginning = number / 8;
    std::memcpy(out.bytes.data(), &beginning, sizeof beginning);
    std::memcpy(out.bytes.data() + 12, &number, sizeof number);
    return out;
}

PersonFacts facts(std::uint64_t number, std::size_t blocks = 0) {
    PersonFacts out{.number = number, .opted_out = true};
    for (std::size_t i = 0; i < blocks; ++i) out.blocks.push_back({.fact_id = "b" + std::to_string(1000 + i)});
    return out;
}

}  // namespace

TEST_CASE("a book gives back what was put in, and plain facts for everybody else") {
    FactBook book;
    CHECK(book.of(person(1))->plain());
    REQUIRE(book.put(person(1), facts(1)));
    REQUIRE(book.load(person(2), encode(facts(2, 3))));
    CHECK(book.of(person(1)).value() == facts(1));
    CHECK(book.of(person(2)).value() == facts(2, 3));
    CHECK(book.of(person(3))->plain());
    CHECK(book.persons() == 2);
    CHECK(book.load(person(3), "{}").error().category == Category::corrupt);
    CHECK(book.persons() == 2);
    PersonFacts wide = facts(1);
    wide.blocks.assign(20'000, {.fact_id = "b"});
    CHECK(book.put(person(1), wide).error().category == Category::too_large);
    CHECK(book.of(person(1)).value() == facts(1));
}

TEST_CASE("a book agrees with a map under many changes, and does not keep what was replaced") {
    std::mt19937 random(20261123);
    FactBook book;
    std::map<crypto::Pseudonym, PersonFacts> expected;
    for (std::uint64_t i = 1; i <= 6000; ++i) {
        const auto who = person(static_cast<std::uint32_t>(random() % 1500));
        expected[who] = facts(i, random() % 30);
        REQUIRE(book.put(who, expected[who]));
    }
    CHECK(book.persons() == expected.size());
    for (const auto& [who, kept] : expected) CHECK(book.of(who).value() == kept);
    CHECK(book.memory_bytes() < (6u << 20));  // everything ever put would take more than twice as much
}
