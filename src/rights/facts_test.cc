#include "rights/facts.h"

#include <doctest/doctest.h>

#include <random>
#include <set>

#include "rights/feed.h"

using namespace idun;
using namespace idun::rights;

namespace {

crypto::Pseudonym person(char c) { return *crypto::Pseudonym::from(std::string(16, c)); }
constexpr Instant kTime{1'795'428'000'123};

FactChange change(std::uint64_t number, ChangeKind kind, const char* provider = "", const char* fact = "",
                  char who = 'p') {
    return {number, person(who), kind, provider, fact, kTime};
}

struct World {
    crypto::SigningKey key = *crypto::SigningKey::from_seed(std::string(32, 's'));
    crypto::KeySet keys{key.public_key()};
    FeedPage page() const {
        return {"hub", 4,     {change(5, ChangeKind::opt_out), change(6, ChangeKind::block, "SE1", "b1", 'q')},
                6,     kTime, kTime + std::chrono::hours(1)};
    }
};

}  // namespace

TEST_CASE("changes add up to facts") {
    PersonFacts facts;
    CHECK(facts.plain());
    REQUIRE(apply(facts, change(1, ChangeKind::opt_out)));
    CHECK(facts.opted_out);
    REQUIRE(apply(facts, change(2, ChangeKind::block, "SE2", "b2")));
    REQUIRE(apply(facts, change(5, ChangeKind::block, "SE1", "b1")));
    CHECK(facts.blocks == std::vector<Block>{{"b1", "SE1", "", ""}, {"b2", "SE2", "", ""}});
    REQUIRE(apply(facts, change(6, ChangeKind::opt_in)));
    REQUIRE(apply(facts, change(7, ChangeKind::unblock, "", "b2")));
    REQUIRE(apply(facts, change(8, ChangeKind::unblock, "", "absent")));
    CHECK(!facts.opted_out);
    CHECK(facts.blocks == std::vector<Block>{{"b1", "SE1", "", ""}});
    CHECK(facts.number == 8);
    const PersonFacts before = facts;
    REQUIRE(apply(facts, change(8, ChangeKind::opt_out)));
    REQUIRE(apply(facts, change(3, ChangeKind::opt_out)));
    CHECK(facts == before);
    REQUIRE(apply(facts, change(9, ChangeKind::block, "SE1", "b1")));
    CHECK(facts.blocks == before.blocks);
    CHECK(apply(facts, change(10, ChangeKind::block, "SE3", "b1")).error().category == Category::conflict);
    CHECK(facts.number == 9);
}

TEST_CASE("changes that do not hold together are refused") {
    for (const FactChange& bad :
         {change(0, ChangeKind::opt_out), change(1, ChangeKind::opt_out, "SE1"), change(1, ChangeKind::opt_in, "", "b"),
          change(1, ChangeKind::block, "SE1"), change(1, ChangeKind::block, "", "b1"),
          change(1, ChangeKind::unblock, "SE1"), change(1, ChangeKind::block, "SE 1", "b1"),
          change(1, ChangeKind::block, "SE1", "b\xff"),
          change(1, ChangeKind::block, "SE1", std::string(65, 'b').c_str()),
          change(1, ChangeKind::block, std::string(129, 'S').c_str(), "b1"),
          FactChange{1, person('p'), ChangeKind::opt_out, "", "", {-1}}}) {
        PersonFacts facts;
        CHECK(!check(bad));
        CHECK(!apply(facts, bad));
        CHECK(facts == PersonFacts{});
    }
}

TEST_CASE("nobody has more than a thousand blocks") {
    PersonFacts facts;
    for (std::uint64_t i = 1; i <= kBlocksMax; ++i)
        REQUIRE(apply(facts, change(i, ChangeKind::block, "SE1", ("b" + std::to_string(i)).c_str())));
    CHECK(apply(facts, change(kBlocksMax + 1, ChangeKind::block, "SE1", "one-more")).error().category ==
          Category::too_large);
    CHECK(decode_person_facts(encode(facts)).value() == facts);
}

TEST_CASE("a book applies changes in order, once, all or none") {
    FactBook book;
    REQUIRE(book.apply({change(1, ChangeKind::opt_out), change(2, ChangeKind::block, "SE1", "b1", 'q')}));
    CHECK(book.number() == 2);
    REQUIRE(book.apply({change(1, ChangeKind::opt_out), change(2, ChangeKind::block, "SE1", "b1", 'q'),
                        change(3, ChangeKind::opt_in)}));
    CHECK(book.number() == 3);
    CHECK(!book.of(person('p')).opted_out);
    CHECK(book.apply({change(4, ChangeKind::opt_out), change(6, ChangeKind::opt_out)}).error().category ==
          Category::conflict);
    CHECK(book.apply({change(5, ChangeKind::opt_out)}).error().category == Category::conflict);
    CHECK(
        book.apply({change(4, ChangeKind::opt_out), change(5, ChangeKind::block, "SE9", "b1", 'q')}).error().category ==
        Category::conflict);
    CHECK(book.number() == 3);
    CHECK(!book.of(person('p')).opted_out);
    CHECK(book.of(person('x')).plain());
}

TEST_CASE("a book agrees with a naive one under repeated and overlapping pages") {
    const unsigned seed = 20261123;
    INFO("seed " << seed);
    std::mt19937 random(seed);
    std::vector<FactChange> all;
    for (std::uint64_t i = 1; i <= 2000; ++i) {
        const auto kind = static_cast<ChangeKind>(random() % 4);
        const bool block = kind == ChangeKind::block || kind == ChangeKind::unblock;
        const std::string fact = block ? "b" + std::to_string(random() % 5) : "";
        all.push_back(change(i, kind, kind == ChangeKind::block ? ("SE" + fact).c_str() : "", fact.c_str(),
                             static_cast<char>('a' + random() % 5)));
    }
    FactBook book;
    while (book.number() < all.size()) {
        const std::size_t from = book.number() - std::min<std::size_t>(book.number(), random() % 20);
        const std::size_t to = std::min(all.size(), from + random() % 60);
        REQUIRE(book.apply({all.begin() + static_cast<std::ptrdiff_t>(from),
                            all.begin() + static_cast<std::ptrdiff_t>(std::max(from, to))}));
    }
    for (char who = 'a'; who < 'f'; ++who) {
        bool out = false;
        std::set<std::string> blocked;
        for (const FactChange& c : all) {
            if (c.person != person(who)) continue;
            if (c.kind == ChangeKind::opt_out) out = true;
            if (c.kind == ChangeKind::opt_in) out = false;
            if (c.kind == ChangeKind::block) blocked.insert(c.fact_id);
            if (c.kind == ChangeKind::unblock) blocked.erase(c.fact_id);
        }
        const PersonFacts& facts = book.of(person(who));
        CHECK(facts.opted_out == out);
        REQUIRE(facts.blocks.size() == blocked.size());
        std::size_t i = 0;
        for (const std::string& fact : blocked) CHECK(facts.blocks[i++] == Block{fact, "SE" + fact, "", ""});
    }
}

TEST_CASE("facts and changes come back from their bytes, and only from those") {
    for (const FactChange& c :
         {change(1, ChangeKind::opt_out), change(2, ChangeKind::opt_in), change(3, ChangeKind::block, "SE1", "b1"),
          change(UINT64_MAX, ChangeKind::unblock, "", "b1")})
        CHECK(decode_fact_change(encode(c)).value() == c);
    PersonFacts facts{7, true, {{"b1", "SE1", "", ""}, {"b2", "SE2", "", ""}}};
    CHECK(encode(facts) == R"({"number":7,"opted-out":true,"blocks":[["b1","SE1"],["b2","SE2"]]})");
    CHECK(decode_person_facts(encode(facts)).value() == facts);
    for (const char* bytes :
         {"", "{}", "[]", R"({"number":7,"opted-out":true,"blocks":[["b2","SE2"],["b1","SE1"]]})",
          R"({"number":7,"opted-out":true,"blocks":[["b1","SE1"],["b1","SE1"]]})",
          R"({"number":-7,"opted-out":true,"blocks":[]})", R"({"number":7,"opted-out":1,"blocks":[]})",
          R"({"number":7,"opted-out":true,"blocks":[], "x":1})", R"({"number":7.0,"opted-out":true,"blocks":[]})",
          R"({"number":99999999999999999999,"opted-out":true,"blocks":[]})"})
        CHECK_MESSAGE(!decode_person_facts(bytes), bytes);
    for (
        const char* bytes :
        {"", "{}", R"({"number":1,"person":"x","kind":"opt-out","time":"2026-11-23T10:00:00.000Z"})",
         R"({"number":1,"person":"cHBwcHBwcHBwcHBwcHBwcA","kind":"opt-out","time":"2026-11-23T10:00:00Z"})",
         R"({"number":1,"person":"cHBwcHBwcHBwcHBwcHBwcA","kind":"shout","time":"2026-11-23T10:00:00.000Z"})",
         R"({"number":1,"person":"cHBwcHBwcHBwcHBwcHBwcA","kind":"block","fact":"b","time":"2026-11-23T10:00:00.000Z"})"})
        CHECK_MESSAGE(!decode_fact_change(bytes), bytes);
}

TEST_CASE("a feed page says afterwards what was signed") {
    const World w;
    const auto read = [&](const FeedPage& page, std::uint64_t after) {
        return verify_page(*sign_page(w.key, page), w.keys, {.hub = "hub", .after = after, .now = kTime});
    };
    CHECK(read(w.page(), 4).value() == w.page());
    CHECK(w.page().complete());
    FeedPage renewal = w.page();
    renewal.after = renewal.head;
    renewal.changes.clear();
    CHECK(read(renewal, 6).value() == renewal);
    FeedPage part = w.page();
    part.head = 100;
    CHECK(read(part, 4).value() == part);
    CHECK(!part.complete());
    FeedPage full{"hub", 0, {}, kFeedChangesMax, kTime, kTime};
    for (std::uint64_t i = 1; i <= kFeedChangesMax; ++i)
        full.changes.push_back(change(i, ChangeKind::block, "SE2321000016", ("b" + std::to_string(i)).c_str()));
    CHECK(read(full, 0).value() == full);
}

TEST_CASE("feed pages that do not hold together are neither signed nor accepted") {
    const World w;
    const auto refused = [&](auto alter) {
        FeedPage page = w.page();
        alter(page);
        return !sign_page(w.key, page);
    };
    CHECK(refused([](FeedPage& p) { p.hub.clear(); }));
    CHECK(refused([](FeedPage& p) { p.after = 5; }));
    CHECK(refused([](FeedPage& p) { p.after = 3; }));
    CHECK(refused([](FeedPage& p) { p.head = 5; }));
    CHECK(refused([](FeedPage& p) { p.changes.clear(); }));
    CHECK(refused([](FeedPage& p) { p.changes[1].number = 7; }));
    CHECK(refused([](FeedPage& p) { p.changes[1].fact_id.clear(); }));
    CHECK(refused([](FeedPage& p) { p.lease_until = p.issued - std::chrono::seconds(1); }));
    CHECK(refused([](FeedPage& p) { p.changes.resize(kFeedChangesMax + 1); }));

    const std::string good = *sign_page(w.key, w.page());
    const auto category = [&](const std::string& token, PageCheck check) {
        return verify_page(token, w.keys, check).error().category;
    };
    const PageCheck right{.hub = "hub", .after = 4, .now = kTime};
    REQUIRE(verify_page(good, w.keys, right));
    CHECK(category(good, {.hub = "other", .after = 4, .now = kTime}) == Category::unauthorized);
    CHECK(category(good, {.hub = "hub", .after = 3, .now = kTime}) == Category::conflict);
    CHECK(category(good, {.hub = "hub", .after = 4, .now = kTime - std::chrono::seconds(6)}) == Category::unauthorized);
    CHECK(verify_page(good, w.keys, {.hub = "hub", .after = 4, .now = kTime + std::chrono::hours(48)}));
    const auto stranger = *crypto::SigningKey::from_seed(std::string(32, 't'));
    CHECK(category(*sign_page(stranger, w.page()), right) == Category::unauthorized);
    const std::string payload = crypto::verify_jws(good, w.keys, kFeedType)->payload;
    CHECK(category(crypto::sign_jws(w.key, "at+jwt", payload), right) == Category::unauthorized);
    for (const std::string& bad : {std::string("{}"), payload + " ", payload.substr(1), std::string("[]")})
        CHECK(category(crypto::sign_jws(w.key, kFeedType, bad), right) == Category::invalid);
}
