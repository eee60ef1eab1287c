#include "rights/facts.h"

#include <doctest/doctest.h>

#include <map>
#include <random>

#include "rights/feed.h"

using namespace idun;
using namespace idun::rights;

namespace {

crypto::Pseudonym person(char c) { return *crypto::Pseudonym::from(std::string(16, c)); }
constexpr Instant kTime{1'795'428'000'123};
constexpr std::chrono::hours kDay{24};

Block block(std::string id, Scope scope = {.provider_id = "SE1"}) {
    return {.fact_id = std::move(id), .scope = std::move(scope), .from = kTime};
}
Lift lift(std::string id, std::string block_id = "") {
    return {.fact_id = std::move(id),
            .block_id = std::move(block_id),
            .provider_id = "SE2",
            .from = kTime,
            .to = kTime + kDay};
}
Mandate mandate(std::string id) {
    return {.fact_id = std::move(id), .representative = person('m'), .kind = MandateKind::chosen, .from = kTime};
}
FactChange change(std::uint64_t number, ChangeKind kind, Fact fact = {}, char who = 'p') {
    return {number, person(who), kind, std::move(fact), kTime, std::nullopt};
}
FactChange end(std::uint64_t number, ChangeKind kind, const char* id) { return change(number, kind, std::string(id)); }

// One of everything, with every member set.
Block full_block() {
    return {.fact_id = "b1",
            .layer = Layer::abroad,
            .scope = {"SE1", "E1", "patient-summary", "allergies", "AllergyIntolerance/a1", Instant{-5}, Instant{5}},
            .except = {{"SE2", ""}, {"", "u1"}},
            .country = "NO",
            .from = kTime,
            .to = kTime + kDay};
}
Mandate full_mandate() {
    return {.fact_id = "m1",
            .representative = person('m'),
            .kind = MandateKind::foreign,
            .scopes = {{.category = "imaging"}, {.provider_id = "SE1"}},
            .purpose = "FAMRQT",
            .may_manage = true,
            .despite_protection = true,
            .born = Instant{-1000},
            .from = kTime,
            .to = kTime + kDay,
            .country = "FI"};
}
PersonFacts full_facts() {
    PersonFacts out{.number = 7, .opted_out = true, .secondary_opted_out = true, .protected_identity = true};
    out.blocks = {full_block(), block("b2")};
    out.lifts = {lift("l1"), {"l2", "b1", "SE2", "u1", kTime, kTime + kDay}};
    out.mandates = {full_mandate()};
    return out;
}
Author full_author() { return {"clinician", "u7", "Anna Ek", "SE1", person('a'), person('p'), "paper 17", "block:1"}; }

struct World {
    crypto::SigningKey key = *crypto::SigningKey::from_seed(std::string(32, 's'));
    crypto::KeySet keys{key.public_key()};
    FeedPage page() const {
        return {"hub",
                "SE1",
                4,
                9,
                12,
                kTime,
                kTime + std::chrono::hours(1),
                {change(5, ChangeKind::opt_out), change(8, ChangeKind::block, block("b1"), 'q')}};
    }
    SnapshotPage snapshot() const {
        return {
            "hub", "SE1", 12, person('b'), true, kTime, {{person('p'), full_facts()}, {person('q'), {.number = 3}}}};
    }
};

}  // namespace

TEST_CASE("changes add up to facts") {
    PersonFacts facts;
    CHECK(facts.plain());
    REQUIRE(apply(facts, change(1, ChangeKind::opt_out)));
    CHECK(facts.opted_out);
    REQUIRE(apply(facts, change(2, ChangeKind::block, block("b2", {.provider_id = "SE2"}))));
    REQUIRE(apply(facts, change(5, ChangeKind::block, block("b1"))));
    CHECK(facts.blocks == std::vector<Block>{block("b1"), block("b2", {.provider_id = "SE2"})});
    REQUIRE(apply(facts, change(6, ChangeKind::opt_in)));
    REQUIRE(apply(facts, change(7, ChangeKind::lift, lift("l1", "b2"))));
    REQUIRE(apply(facts, change(8, ChangeKind::lift, lift("l2"))));
    REQUIRE(apply(facts, end(9, ChangeKind::end_block, "b2")));
    CHECK(facts.lifts == std::vector<Lift>{lift("l2")});
    REQUIRE(apply(facts, end(10, ChangeKind::end_block, "absent")));
    CHECK(!facts.opted_out);
    CHECK(facts.blocks == std::vector<Block>{block("b1")});
    REQUIRE(apply(facts, change(11, ChangeKind::mandate, mandate("m1"))));
    REQUIRE(apply(facts, change(12, ChangeKind::protect)));
    REQUIRE(apply(facts, change(13, ChangeKind::secondary_opt_out)));
    CHECK(facts.mandates.size() == 1);
    CHECK(facts.protected_identity);
    CHECK(facts.secondary_opted_out);
    CHECK(facts.number == 13);
    const PersonFacts before = facts;
    REQUIRE(apply(facts, change(13, ChangeKind::opt_out)));
    REQUIRE(apply(facts, change(3, ChangeKind::opt_out)));
    CHECK(facts == before);
    REQUIRE(apply(facts, change(14, ChangeKind::block, block("b1"))));
    CHECK(facts.blocks == before.blocks);
    CHECK(apply(facts, change(15, ChangeKind::block, block("b1", {}))).error().category == Category::conflict);
    CHECK(facts.number == 14);
    for (const FactChange& last : {end(15, ChangeKind::end_block, "b1"), end(16, ChangeKind::end_lift, "l2"),
                                   end(17, ChangeKind::end_mandate, "m1"), change(18, ChangeKind::unprotect),
                                   change(19, ChangeKind::secondary_opt_in)})
        REQUIRE(apply(facts, last));
    CHECK(facts.plain());
}

TEST_CASE("whoever begins to follow a person is told the whole sum") {
    PersonFacts facts;
    REQUIRE(apply(facts, change(1, ChangeKind::block, block("old"))));
    REQUIRE(apply(facts, change(9, ChangeKind::introduce, full_facts())));
    PersonFacts expected = full_facts();
    expected.number = 9;
    CHECK(facts == expected);
    CHECK(!check(change(6, ChangeKind::introduce, full_facts())));  // newer than the change itself
}

TEST_CASE("what is over makes room for what begins") {
    PersonFacts facts;
    Block short_block = block("b1");
    short_block.to = kTime + kDay;
    REQUIRE(apply(facts, change(1, ChangeKind::block, short_block)));
    REQUIRE(apply(facts, change(2, ChangeKind::lift, lift("l1"))));
    FactChange later = change(3, ChangeKind::block, block("b2"));
    later.time = kTime + kDay;
    REQUIRE(apply(facts, later));
    CHECK(facts.blocks == std::vector<Block>{block("b2")});
    CHECK(facts.lifts.empty());
}

TEST_CASE("changes that do not hold together are refused") {
    std::vector<FactChange> bad = {change(0, ChangeKind::opt_out),
                                   change(1, ChangeKind::opt_out, std::string("b1")),
                                   change(1, ChangeKind::block),
                                   change(1, ChangeKind::block, std::string("b1")),
                                   change(1, ChangeKind::end_block, block("b1")),
                                   change(1, ChangeKind::end_block),
                                   end(1, ChangeKind::end_lift, ""),
                                   end(1, ChangeKind::end_mandate, "m 1"),
                                   change(1, ChangeKind::lift, mandate("m1")),
                                   change(1, ChangeKind::introduce),
                                   change(1, ChangeKind::block, block(std::string(65, 'b')))};
    FactChange early = change(1, ChangeKind::opt_out);
    early.time = {-1};
    bad.push_back(early);
    FactChange wordy = change(1, ChangeKind::opt_out);
    wordy.by = full_author();
    CHECK(check(wordy));
    wordy.by->name = "two\nlines";
    bad.push_back(wordy);
    const auto bad_block = [&](auto alter) {
        Block altered = full_block();
        alter(altered);
        bad.push_back(change(1, ChangeKind::block, altered));
    };
    CHECK(check(change(1, ChangeKind::block, full_block())));
    bad_block([](Block& b) { b.fact_id = "b\xff"; });
    bad_block([](Block& b) { b.scope.provider_id = std::string(129, 'S'); });
    bad_block([](Block& b) { b.scope.provider_id = "SE 1"; });
    bad_block([](Block& b) { b.scope.provider_id.clear(); });
    bad_block([](Block& b) { b.scope.category = std::string(65, 'c'); });
    bad_block([](Block& b) { b.scope.to = b.scope.from; });
    bad_block([](Block& b) { b.except = {{"SE1", "u1"}}; });
    bad_block([](Block& b) { b.except = {{"", ""}}; });
    bad_block([](Block& b) { b.except.assign(33, {"SE1", ""}); });
    bad_block([](Block& b) { b.layer = Layer::outer; });
    bad_block([](Block& b) { b.country = "no"; });
    bad_block([](Block& b) { b.to = b.from; });
    bad_block([](Block& b) { b.to = Instant{INT64_MAX}; });
    const auto bad_lift = [&](auto alter) {
        Lift altered = lift("l1");
        alter(altered);
        bad.push_back(change(1, ChangeKind::lift, altered));
    };
    bad_lift([](Lift& l) { l.provider_id.clear(); });
    bad_lift([](Lift& l) { l.to = l.from; });
    bad_lift([](Lift& l) { l.block_id = "b 1"; });
    bad_lift([](Lift& l) { l.user_id = "u\x01"; });
    const auto bad_mandate = [&](auto alter) {
        Mandate altered = full_mandate();
        alter(altered);
        bad.push_back(change(1, ChangeKind::mandate, altered));
    };
    CHECK(check(change(1, ChangeKind::mandate, full_mandate())));
    bad_mandate([](Mandate& m) { m.fact_id.clear(); });
    bad_mandate([](Mandate& m) { m.country.clear(); });
    bad_mandate([](Mandate& m) { m.kind = MandateKind::chosen; });
    bad_mandate([](Mandate& m) { m.purpose = "CURIOSITY"; });
    bad_mandate([](Mandate& m) { m.scopes.push_back({}); });
    bad_mandate([](Mandate& m) { m.scopes.assign(33, {.category = "imaging"}); });
    bad_mandate([](Mandate& m) {
        m.kind = MandateKind::parent;
        m.country.clear();
        m.born.reset();
    });
    bad_mandate([](Mandate& m) { m.to = m.from; });
    for (const FactChange& one : bad) {
        PersonFacts facts;
        CHECK_MESSAGE(!check(one), "change " << (&one - bad.data()));
        CHECK(!apply(facts, one));
        CHECK(facts == PersonFacts{});
    }
}

TEST_CASE("nobody has more than a thousand blocks, or more than fit in a page") {
    PersonFacts facts;
    for (std::uint64_t i = 1; i <= kBlocksMax; ++i)
        REQUIRE(apply(facts, change(i, ChangeKind::block, block("b" + std::to_string(i)))));
    CHECK(apply(facts, change(kBlocksMax + 1, ChangeKind::block, block("one-more"))).error().category ==
          Category::too_large);
    CHECK(decode_person_facts(encode(facts)).value() == facts);
    PersonFacts wide;
    Block large = full_block();
    large.except.assign(kExceptMax, {std::string(128, 'S'), ""});
    std::uint64_t number = 0;
    Status status;
    while (status && number < kBlocksMax) {
        large.fact_id = "b" + std::to_string(++number);
        status = apply(wide, change(number, ChangeKind::block, large));
    }
    REQUIRE(!status);
    CHECK(status.error().category == Category::too_large);
    CHECK(encode(wide).size() <= kFactsBytesMax);
}

TEST_CASE("facts and changes come back from their bytes, and only from those") {
    FactChange with_author = change(9, ChangeKind::opt_out);
    with_author.by = full_author();
    for (const FactChange& c :
         {change(1, ChangeKind::opt_out), change(2, ChangeKind::opt_in), change(3, ChangeKind::secondary_opt_out),
          change(4, ChangeKind::secondary_opt_in), change(5, ChangeKind::block, full_block()),
          end(6, ChangeKind::end_block, "b1"), change(7, ChangeKind::lift, lift("l1", "b1")),
          end(8, ChangeKind::end_lift, "l1"), change(9, ChangeKind::mandate, full_mandate()),
          end(10, ChangeKind::end_mandate, "m1"), change(11, ChangeKind::protect), change(12, ChangeKind::unprotect),
          change(UINT64_MAX, ChangeKind::introduce, full_facts()), with_author}) {
        CHECK_MESSAGE(decode_fact_change(encode(c)).value() == c, encode(c));
        CHECK(change_kind_from(to_string(c.kind)) == c.kind);
    }
    CHECK(encode(change(3, ChangeKind::block, block("b1"))) ==
          R"({"number":3,"person":"cHBwcHBwcHBwcHBwcHBwcA","kind":"block","fact":{"id":"b1","layer":"outer",)"
          R"("scope":{"provider":"SE1"},"from":1795428000123},"time":1795428000123})");
    CHECK(encode(PersonFacts{.number = 7}) == R"({"number":7})");
    CHECK(decode_person_facts(encode(full_facts())).value() == full_facts());
    for (const char* bytes :
         {"",
          "{}",
          "[]",
          R"({"number":-7})",
          R"({"number":7.0})",
          R"({"number":07})",
          R"({"number":"7"})",
          R"({"number":99999999999999999999})",
          R"({"number":7,"opted-out":false})",
          R"({"number":7,"opted-out":1})",
          R"({"number":7,"blocks":[]})",
          R"({"number":7,"x":1})",
          R"({"number":7 })",
          R"({"number":7,"blocks":[{"id":"b1","layer":"outer"}]})",
          R"({"number":7,"blocks":[{"id":"b1","layer":"upper","from":0}]})",
          R"({"number":7,"blocks":[{"id":"b1","layer":"outer","from":"0"}]})",
          R"({"number":7,"blocks":[{"id":"b1","layer":"outer","scope":{},"from":0}]})",
          R"({"number":7,"blocks":[{"id":"b2","layer":"outer","from":0},{"id":"b1","layer":"outer","from":0}]})",
          R"({"number":7,"blocks":[{"id":"b1","layer":"outer","from":0},{"id":"b1","layer":"outer","from":0}]})",
          R"({"number":7,"lifts":[{"id":"l1","from":0,"to":1}]})",
          R"({"number":7,"mandates":[{"id":"m1"}]})"})
        CHECK_MESSAGE(!decode_person_facts(bytes), bytes);
    for (const char* bytes :
         {"", "{}", R"({"number":1,"person":"x","kind":"opt-out","time":0})",
          R"({"number":1,"person":"cHBwcHBwcHBwcHBwcHBwcA","kind":"opt-out","time":"0"})",
          R"({"number":1,"person":"cHBwcHBwcHBwcHBwcHBwcA","kind":"shout","time":0})",
          R"({"number":1,"person":"cHBwcHBwcHBwcHBwcHBwcA","kind":"block","fact":"b","time":0})",
          R"({"number":1,"person":"cHBwcHBwcHBwcHBwcHBwcA","kind":"opt-out","fact":"b","time":0})",
          R"({"number":1,"person":"cHBwcHBwcHBwcHBwcHBwcA","kind":"opt-out","time":0,"by":7})",
          R"({"number":1,"person":"cHBwcHBwcHBwcHBwcHBwcA","kind":"opt-out","time":0,"by":{"role":""}})"})
        CHECK_MESSAGE(!decode_fact_change(bytes), bytes);
}

TEST_CASE("a provider is told what concerns its records, and nothing of who set it") {
    PersonFacts before;
    before.blocks = {block("all", {}), block("own"), block("theirs", {.provider_id = "SE2"})};
    before.lifts = {lift("l-all"), lift("l-own", "own"), lift("l-theirs", "theirs")};
    before.mandates = {mandate("m-all"), mandate("m-theirs")};
    before.mandates[1].scopes = {{.provider_id = "SE2"}};
    before.secondary_opted_out = true;
    struct Row {
        FactChange change;
        bool concerns;
    };
    const Row rows[] = {{change(1, ChangeKind::opt_out), true},
                        {change(1, ChangeKind::protect), true},
                        {change(1, ChangeKind::secondary_opt_out), false},
                        {change(1, ChangeKind::secondary_opt_in), false},
                        {change(1, ChangeKind::block, block("b")), true},
                        {change(1, ChangeKind::block, block("b", {.category = "imaging"})), true},
                        {change(1, ChangeKind::block, block("b", {.provider_id = "SE2"})), false},
                        {end(1, ChangeKind::end_block, "own"), true},
                        {end(1, ChangeKind::end_block, "all"), true},
                        {end(1, ChangeKind::end_block, "theirs"), false},
                        {end(1, ChangeKind::end_block, "absent"), false},
                        {change(1, ChangeKind::lift, lift("l", "theirs")), false},
                        {change(1, ChangeKind::lift, lift("l", "own")), true},
                        {change(1, ChangeKind::lift, lift("l")), true},
                        {end(1, ChangeKind::end_lift, "l-own"), true},
                        {end(1, ChangeKind::end_lift, "l-theirs"), false},
                        {change(1, ChangeKind::mandate, mandate("m")), true},
                        {end(1, ChangeKind::end_mandate, "m-all"), true},
                        {end(1, ChangeKind::end_mandate, "m-theirs"), false}};
    for (const Row& row : rows) CHECK_MESSAGE(concerns(row.change, before, "SE1") == row.concerns, encode(row.change));

    const PersonFacts seen = for_provider(before, "SE1");
    CHECK(seen.blocks == std::vector<Block>{block("all", {}), block("own")});
    CHECK(seen.lifts == std::vector<Lift>{lift("l-all"), lift("l-own", "own")});
    CHECK(seen.mandates == std::vector<Mandate>{mandate("m-all")});
    CHECK(!seen.secondary_opted_out);

    FactChange told = change(1, ChangeKind::mandate, mandate("m"));
    told.by = full_author();
    std::get<Mandate>(told.fact).scopes = {{.provider_id = "SE2"}, {.category = "imaging"}, {.provider_id = "SE1"}};
    const FactChange travels = for_provider(told, "SE1");
    CHECK(!travels.by);
    CHECK(std::get<Mandate>(travels.fact).scopes ==
          std::vector<Scope>{{.category = "imaging"}, {.provider_id = "SE1"}});
}

TEST_CASE("a feed page says afterwards what was signed") {
    const World w;
    const auto read = [&](const FeedPage& page, std::uint64_t after) {
        return verify_page(*sign_page(w.key, page), w.keys,
                           {.hub = "hub", .provider_id = "SE1", .after = after, .now = kTime});
    };
    CHECK(read(w.page(), 4).value() == w.page());
    CHECK(!w.page().complete());
    FeedPage renewal = w.page();
    renewal.after = renewal.upto = renewal.head;
    renewal.changes.clear();
    CHECK(read(renewal, 12).value() == renewal);
    CHECK(renewal.complete());
    FeedPage gap = w.page();
    gap.changes.clear();
    CHECK(read(gap, 4).value() == gap);
    FeedPage full{"hub", "SE1", 0, kFeedChangesMax, kFeedChangesMax, kTime, kTime, {}};
    for (std::uint64_t i = 1; i <= kFeedChangesMax; ++i)
        full.changes.push_back(change(i, ChangeKind::block, block("b" + std::to_string(i))));
    CHECK(read(full, 0).value() == full);
}

TEST_CASE("feed pages that do not hold together are neither signed nor accepted") {
    const World w;
    const auto refused = [&](auto alter) {
        FeedPage page = w.page();
        alter(page);
        return !sign_page(w.key, page);
    };
    CHECK(!refused([](FeedPage&) {}));
    CHECK(refused([](FeedPage& p) { p.hub.clear(); }));
    CHECK(refused([](FeedPage& p) { p.provider_id.clear(); }));
    CHECK(refused([](FeedPage& p) { p.after = 5; }));
    CHECK(refused([](FeedPage& p) { p.upto = 7; }));
    CHECK(refused([](FeedPage& p) { p.head = 8; }));
    CHECK(refused([](FeedPage& p) {
        p.changes.clear();
        p.upto = p.after;
    }));
    CHECK(refused([](FeedPage& p) { std::swap(p.changes[0], p.changes[1]); }));
    CHECK(refused([](FeedPage& p) { p.changes[1].number = 5; }));
    CHECK(refused([](FeedPage& p) { p.changes[1].fact = {}; }));
    CHECK(refused([](FeedPage& p) { p.changes[1].by = full_author(); }));
    CHECK(refused([](FeedPage& p) { p.lease_until = p.issued - std::chrono::seconds(1); }));
    CHECK(refused([](FeedPage& p) { p.changes.resize(kFeedChangesMax + 1); }));

    const std::string good = *sign_page(w.key, w.page());
    const auto category = [&](const std::string& token, PageCheck check) {
        return verify_page(token, w.keys, check).error().category;
    };
    const PageCheck right{.hub = "hub", .provider_id = "SE1", .after = 4, .now = kTime};
    REQUIRE(verify_page(good, w.keys, right));
    const auto with = [&](auto alter) {
        PageCheck check = right;
        alter(check);
        return check;
    };
    CHECK(category(good, with([](PageCheck& c) { c.hub = "other"; })) == Category::unauthorized);
    CHECK(category(good, with([](PageCheck& c) { c.provider_id = "SE2"; })) == Category::unauthorized);
    CHECK(category(good, with([](PageCheck& c) { c.after = 3; })) == Category::conflict);
    CHECK(category(good, with([](PageCheck& c) { c.now = kTime - std::chrono::seconds(6); })) ==
          Category::unauthorized);
    CHECK(verify_page(good, w.keys, with([](PageCheck& c) { c.now = kTime + std::chrono::hours(48); })));
    const auto stranger = *crypto::SigningKey::from_seed(std::string(32, 't'));
    CHECK(category(*sign_page(stranger, w.page()), right) == Category::unauthorized);
    const std::string payload = crypto::verify_jws(good, w.keys, kFeedType, kFeedBytesMax)->payload;
    CHECK(category(crypto::sign_jws(w.key, "at+jwt", payload), right) == Category::unauthorized);
    CHECK(category(crypto::sign_jws(w.key, kSnapshotType, payload), right) == Category::unauthorized);
    for (const std::string& bad : {std::string("{}"), payload + " ", payload.substr(1), std::string("[]")})
        CHECK(category(crypto::sign_jws(w.key, kFeedType, bad), right) == Category::invalid);
}

TEST_CASE("snapshots come in parts, in order, and for one provider") {
    const World w;
    const SnapshotCheck right{.hub = "hub", .provider_id = "SE1", .number = 10, .after = person('b'), .now = kTime};
    const std::string good = *sign_snapshot(w.key, w.snapshot());
    CHECK(verify_snapshot(good, w.keys, right).value() == w.snapshot());
    SnapshotPage first = w.snapshot();
    first.after.reset();
    first.persons.clear();
    CHECK(verify_snapshot(*sign_snapshot(w.key, first), w.keys, {.hub = "hub", .provider_id = "SE1", .now = kTime})
              .value() == first);
    const auto refused = [&](auto alter) {
        SnapshotPage page = w.snapshot();
        alter(page);
        return !sign_snapshot(w.key, page);
    };
    CHECK(refused([](SnapshotPage& p) { p.hub.clear(); }));
    CHECK(refused([](SnapshotPage& p) { p.provider_id.clear(); }));
    CHECK(refused([](SnapshotPage& p) { p.after = person('p'); }));
    CHECK(refused([](SnapshotPage& p) { std::swap(p.persons[0], p.persons[1]); }));
    CHECK(refused([](SnapshotPage& p) { p.number = 6; }));
    CHECK(refused([](SnapshotPage& p) { p.persons[0].facts.blocks[0].fact_id = "z"; }));
    CHECK(refused([](SnapshotPage& p) {
        p.last = false;
        p.persons.clear();
    }));
    const auto category = [&](auto alter) {
        SnapshotCheck check = right;
        alter(check);
        return verify_snapshot(good, w.keys, check).error().category;
    };
    CHECK(category([](SnapshotCheck& c) { c.number = 13; }) == Category::conflict);
    CHECK(category([](SnapshotCheck& c) { c.after.reset(); }) == Category::conflict);
    CHECK(category([](SnapshotCheck& c) { c.hub = "other"; }) == Category::unauthorized);
    CHECK(category([](SnapshotCheck& c) { c.provider_id = "SE2"; }) == Category::unauthorized);
    CHECK(category([](SnapshotCheck& c) { c.now = kTime - std::chrono::minutes(1); }) == Category::unauthorized);
    CHECK(verify_snapshot(*sign_page(w.key, w.page()), w.keys, right).error().category == Category::unauthorized);
}
