#include "people/key_counts.h"

#include <doctest/doctest.h>

#include <map>

#include "crypto/hash.h"
#include "people/links.h"
#include "people/tables.h"
#include "store/person_key.h"
#include "store/testing.h"

using namespace idun;
using namespace idun::people;

namespace {

const By kProvider{By::Who::provider, "P1"};

// The pseudonym of a number under a key: spread as real ones are.
crypto::Alias alias(int number, const std::string& key) {
    return {*crypto::Pseudonym::from(
                crypto::sha256(key + std::to_string(number)).view().substr(0, crypto::kPseudonymBytes)),
            key};
}

// Rows of a person by her partition, with something behind it or not, and in a list of all; and of something else in
// such a place.
store::Tables tables() {
    store::Tables out = link_tables();
    const auto any = [](std::string_view, std::string_view, store::Owed&) { return Status(); };
    out.push_back({.name = "test.persons", .letter = 'F', .whose = store::whose_row, .check = any});
    out.push_back({.name = "test.logs", .letter = 'E', .check = any});
    out.push_back({.name = "test.list", .prefix = "testlistW", .whose = store::whose_end, .check = any});
    out.push_back({.name = "test.other", .prefix = "testlistWhen", .check = any});
    return out;
}

struct Fixture {
    store::TemporaryStore temporary;
    ManualClock clock{{1'800'000'000'000}};
    std::unique_ptr<Links> links = *Links::open(*temporary.store, clock);

    void join(const crypto::Alias& one, const crypto::Alias& other) {
        REQUIRE(links->alias(std::vector<AliasPair>{{one, other}}, kProvider)->front() == Aliased::joined);
    }
    void put(const std::string& key, const std::string& value = "x") {
        store::Batch batch;
        batch.put(key, value);
        REQUIRE(temporary.store->commit(std::move(batch)));
    }
    KeyCounts count(
        std::size_t at_once = kPseudonymsAtOnce,
        CountedRow counted = [](const store::Table&, std::string_view, const RowKey&) {}) {
        auto out = count_by_key(**temporary.store->snapshot(), tables(), {"writes__"}, {}, counted, at_once);
        REQUIRE_MESSAGE(out, out.error().message);
        return std::move(*out);
    }
};

// "people.pairs 1 0 2, …": by key, then under no alias.
std::string text(const KeyCounts& counts) {
    std::string out;
    const auto numbers = [&](const std::vector<std::uint64_t>& all) {
        for (const std::uint64_t one : all) out += " " + std::to_string(one);
    };
    for (const std::string& key : counts.keys) out += key + " ";
    out += "|";
    numbers(counts.pseudonyms);
    for (const auto& rows : counts.tables) {
        out += ", " + rows.table;
        numbers(rows.under);
        out += " " + std::to_string(rows.unknown);
    }
    return out;
}

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a hub that remembers no alias knows the key of no row") {
    CHECK(text(count()) == "writes__ | 0");
    put(store::person_key(alias(1, "former__").pseudonym, 'F'));
    CHECK(text(count()) == "writes__ | 0, test.persons 0 1");
}

TEST_CASE_FIXTURE(Fixture, "rows are counted under the key of the pseudonym that they stand under") {
    const auto a = alias(1, "former__"), b = alias(1, "writes__"), c = alias(2, "former__"), d = alias(2, "writes__");
    join(a, b);
    join(c, d);
    const crypto::Alias nobody = alias(3, "writes__");
    put(store::person_key(a.pseudonym, 'F'));
    put(store::person_key(a.pseudonym, 'F') + "1");
    put(store::person_key(b.pseudonym, 'F'));
    put(store::person_key(nobody.pseudonym, 'F'));
    put(store::person_key(a.pseudonym, 'E'));  // a log whose name comes out so
    put("testlistW" + std::string(c.pseudonym.view()));
    put("testlistW" + std::string("1234") + std::string(d.pseudonym.view()));
    put("testlistWhen" + std::string(c.pseudonym.view()));
    REQUIRE(links->state({{a.pseudonym, nobody.pseudonym}, {}, Ground::record, {}, ""}, kProvider,
                         [](std::span<const Regrouped>, store::Batch&) {}));
    CHECK(text(count()) == "former__ writes__ | 2 2, people.pairs 1 0 1, test.persons 2 1 1, test.list 1 1 0");

    // Whoever looks on is told the key, and under which others the number has a pseudonym.
    std::string seen;
    (void)count(kPseudonymsAtOnce, [&](const store::Table& table, std::string_view value, const RowKey& of) {
        if (table.name == "test.list")
            seen += std::string(value) + (of.key ? std::to_string(*of.key) : "-") + std::to_string(of.beside) + " ";
    });
    CHECK((seen == "x02 x11 " || seen == "x11 x02 "));
}

TEST_CASE_FIXTURE(Fixture, "a part of the pseudonyms at a time gives what all at once give") {
    for (int number = 0; number < 300; ++number) {
        const auto former = alias(number, "former__"), writes = alias(number, "writes__");
        if (number % 3 != 0) join(former, writes);
        if (number % 9 == 1) join(former, alias(number, "third___"));
        put(store::person_key(former.pseudonym, 'F'));
        if (number % 2 == 0) put(store::person_key(writes.pseudonym, 'F') + "more");
        put("testlistW" + std::string(writes.pseudonym.view()));
    }
    const std::string all = text(count());
    CHECK(all == "former__ third___ writes__ | 200 34 200, test.persons 200 0 100 150, test.list 0 0 200 100");
    for (const std::size_t at_once : {500, 100, 40}) CHECK(text(count(at_once)) == all);
}

TEST_CASE_FIXTURE(
    Fixture,
    "pseudonyms that lie too close together to be read in parts are said to, and so is a row that cannot be read") {
    for (int number = 0; number < 40; ++number) {
        const auto close = [&](char c) {
            return *crypto::Pseudonym::from(std::string(12, 'p') + static_cast<char>(number) + std::string(3, c));
        };
        join({close('f'), "former__"}, {close('w'), "writes__"});
    }
    const auto ignore = [](const store::Table&, std::string_view, const RowKey&) {};
    const auto snapshot = *temporary.store->snapshot();
    CHECK(count_by_key(*snapshot, tables(), {}, {}, ignore, 4).error().category == Category::internal);
    CHECK(count_by_key(*snapshot, tables(), {}, {}, ignore));
    put("personlkA?");
    CHECK(count_by_key(**temporary.store->snapshot(), tables(), {}, {}, ignore).error().category == Category::corrupt);
}

TEST_CASE_FIXTURE(Fixture, "counting ends when it is told to") {
    for (int number = 0; number < 300; ++number) put(store::person_key(alias(number, "former__").pseudonym, 'F'));
    std::stop_source stop;
    stop.request_stop();
    const auto counted = count_by_key(**temporary.store->snapshot(), tables(), {}, {.stop = stop.get_token()},
                                      [](const store::Table&, std::string_view, const RowKey&) {});
    CHECK(counted.error().category == Category::unavailable);
}
