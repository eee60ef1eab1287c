#include "people/links.h"

#include <doctest/doctest.h>

#include "people/internal/link_rows.h"
#include "store/testing.h"

using namespace idun;
using namespace idun::people;

namespace {

crypto::Pseudonym number(char c) { return *crypto::Pseudonym::from(std::string(16, c)); }
By provider(const std::string& id) { return {By::Who::provider, id}; }
const By kOperator{By::Who::the_operator, "op"};

struct Fixture {
    store::TemporaryStore temporary;
    ManualClock clock{{1'800'000'000'000}};
    std::unique_ptr<Links> links;
    std::vector<std::string> told;  // by statement: whose sets changed

    Fixture() { open(); }
    void open() { links = *Links::open(*temporary.store, clock); }
    auto tell() {
        return [this](std::span<const Regrouped> changed, store::Batch&) {
            std::string all;
            for (const Regrouped& one : changed) all += one.after.one().view()[0];
            if (!all.empty()) told.push_back(all);
        };
    }
    Result<bool> state(char a, char b, const By& by, std::optional<Kind> ka = {}, std::optional<Kind> kb = {}) {
        return links->state({{number(a), number(b)}, {ka, kb}, Ground::replaced, Instant{1'700'000'000'000}, "paper 7"}, by, tell());
    }
    Result<bool> separate(char a, char b) { return links->separate(number(a), number(b), kOperator, "wrong", tell()); }
    std::string set(char c) const {
        std::string out;
        const Numbers hers = links->of(number(c));
        if (hers.ambiguous()) return "?";
        for (const auto& one : hers.all()) out += one.view()[0];
        return out;
    }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "who is not linked is alone") {
    CHECK(set('a') == "a");
    CHECK(!links->of(number('a')).several());
    CHECK(links->same(number('a'), number('a')));
    CHECK(!links->same(number('a'), number('b')));
    CHECK(links->known_of(number('a'))->pairs.empty());
}

TEST_CASE_FIXTURE(Fixture, "what links connect is one person, also after a restart") {
    CHECK(state('a', 'b', provider("P1")).value());
    CHECK(state('c', 'b', provider("P2")).value());
    CHECK(told == std::vector<std::string>{"ab", "abc"});
    for (const char c : {'a', 'b', 'c'}) CHECK(set(c) == "abc");
    CHECK(links->size().linked == 3);
    open();
    CHECK(set('c') == "abc");
    CHECK(links->size().linked == 3);
    const auto known = links->known_of(number('b'));
    REQUIRE(known->pairs.size() == 2);
    CHECK(known->pairs[0].holds);
    CHECK(known->pairs[0].statements[0].why == "paper 7");
    CHECK(known->pairs[0].statements[0].since == Instant{1'700'000'000'000});
}

TEST_CASE_FIXTURE(Fixture, "a link holds as long as somebody states it") {
    CHECK(state('a', 'b', provider("P1")).value());
    CHECK(!state('b', 'a', provider("P1")).value());  // said already
    CHECK(state('a', 'b', provider("P2")).value());
    CHECK(told == std::vector<std::string>{"ab"});  // the second changes no set
    CHECK(links->withdraw(number('b'), number('a'), provider("P1"), tell()).value());
    CHECK(!links->withdraw(number('b'), number('a'), provider("P1"), tell()).value());
    CHECK(!links->withdraw(number('b'), number('a'), provider("P3"), tell()).value());
    CHECK(set('a') == "ab");
    CHECK(links->withdraw(number('a'), number('b'), provider("P2"), tell()).value());
    CHECK(set('a') == "a");
    CHECK(links->size().linked == 0);
    CHECK(links->known_of(number('a'))->pairs[0].statements.size() == 4);  // nothing is forgotten
}

TEST_CASE_FIXTURE(Fixture, "what the operator takes out no node puts back") {
    CHECK(state('a', 'b', provider("P1")).value());
    CHECK(state('b', 'c', provider("P1")).value());
    CHECK(separate('a', 'c').value());  // out of the whole set
    CHECK(set('a') == "a");
    CHECK(set('b') == "bc");
    CHECK(!separate('a', 'b').value());
    CHECK(state('a', 'b', provider("P1")).error().category == Category::conflict);
    CHECK(state('a', 'c', provider("P2")).error().category == Category::conflict);
    CHECK(state('a', 'd', provider("P2")).value());
    CHECK(state('d', 'c', provider("P2")).error().category == Category::conflict);  // round about neither
    open();
    CHECK(set('a') == "ad");
    CHECK(state('d', 'c', provider("P2")).error().category == Category::conflict);
    CHECK(state('a', 'b', kOperator).value());  // who has erred before
    for (const char c : {'a', 'b', 'c', 'd'}) CHECK(set(c) == "abcd");
}

TEST_CASE_FIXTURE(Fixture, "two personal numbers are one person only by the operator's word") {
    using enum Kind;
    CHECK(state('a', 'b', provider("P1"), coordination_number, personal_number).value());
    CHECK(state('a', 'c', provider("P2"), coordination_number, personal_number).error().category == Category::conflict);
    CHECK(set('c') == "c");
    CHECK(links->known_of(number('c'))->pairs.empty());  // what is refused leaves nothing
    CHECK(state('b', 'd', provider("P2"), foreign, foreign).error().category == Category::conflict);  // of two kinds
    CHECK(state('a', 'c', kOperator, coordination_number, personal_number).value());
    CHECK(set('b') == "abc");
    CHECK(state('b', 'd', provider("P2"), personal_number, foreign).value());  // what the operator has joined stays joined
    CHECK(set('d') == "abcd");
    CHECK(state('d', 'e', provider("P2"), foreign, personal_number).error().category == Category::conflict);
}

TEST_CASE_FIXTURE(Fixture, "what a code joins is at most one number that may be a personal number") {
    using enum Kind;
    const auto prove = [&](char a, char b, std::optional<Kind> ka = {}, std::optional<Kind> kb = {}) {
        return links->state({{number(a), number(b)}, {ka, kb}, Ground::code, {}, ""}, {By::Who::person, std::string(1, b)}, tell());
    };
    CHECK(prove('a', 'b').error().category == Category::conflict);
    CHECK(prove('a', 'b', {}, personal_number).error().category == Category::conflict);
    CHECK(prove('a', 'b', personal_number, {}).error().category == Category::conflict);
    CHECK(set('a') == "a");
    CHECK(prove('a', 'b', {}, foreign).value());
    CHECK(set('a') == "ab");
    CHECK(prove('b', 'c').error().category == Category::conflict);  // round about neither
    CHECK(state('b', 'c', provider("P1"), foreign, personal_number).error().category == Category::conflict);
    CHECK(state('d', 'e', provider("P1"), coordination_number, personal_number).value());
    CHECK(prove('f', 'd').error().category == Category::conflict);  // its kind is known, and another is personal
    CHECK(state('g', 'h', provider("P1"), coordination_number, foreign).value());
    CHECK(prove('g', 'i').value());  // its kind is known by others
    open();
    CHECK(set('i') == "ghi");
    CHECK(prove('i', 'j').error().category == Category::conflict);
    CHECK(state('i', 'j', kOperator).value());
}

TEST_CASE_FIXTURE(Fixture, "a lie about kinds binds nobody when it is taken back or overruled") {
    using enum Kind;
    CHECK(state('a', 'x', provider("LIAR"), personal_number, foreign).value());
    CHECK(state('a', 'b', provider("P1"), coordination_number, personal_number).error().category == Category::conflict);
    CHECK(links->withdraw(number('a'), number('x'), provider("LIAR"), tell()).value());
    CHECK(state('a', 'b', provider("P1"), coordination_number, personal_number).value());
    CHECK(state('c', 'x', provider("LIAR"), personal_number, foreign).value());
    CHECK(separate('x', 'c').value());  // the operator has seen it
    CHECK(state('c', 'd', provider("P1"), coordination_number, personal_number).value());
    CHECK(state('e', 'y', provider("LIAR"), personal_number, foreign).value());
    CHECK(state('e', 'f', kOperator, coordination_number, personal_number).value());  // goes before it
    CHECK(state('e', 'f', provider("P1"), coordination_number, personal_number).value());
    open();
    CHECK(set('c') == "cd");
    CHECK(set('e') == "efy");
}

TEST_CASE_FIXTURE(Fixture, "a number that was used for two persons is of nobody's set") {
    CHECK(state('a', 'b', provider("P1")).value());
    CHECK(state('b', 'c', provider("P1")).value());
    CHECK(links->mark(number('b'), true, kOperator, "two persons", tell()).value());
    CHECK(!links->mark(number('b'), true, kOperator, "two persons", tell()).value());
    CHECK(set('b') == "?");
    CHECK(set('a') == "a");
    CHECK(set('c') == "c");
    CHECK(state('b', 'd', provider("P1")).error().category == Category::conflict);
    open();
    CHECK(set('b') == "?");
    CHECK(separate('a', 'c').value());
    CHECK(links->mark(number('b'), false, kOperator, "", tell()).error().category == Category::conflict);  // would join a and c
    CHECK(separate('a', 'b').value());
    CHECK(links->mark(number('b'), false, kOperator, "", tell()).value());
    CHECK(set('b') == "bc");
}

TEST_CASE_FIXTURE(Fixture, "bounds") {
    for (char c = 'b'; c < 'b' + 7; ++c) CHECK(state('a', c, provider("P1")).value());
    CHECK(state('a', 'z', provider("P1")).error().category == Category::conflict);
    CHECK(set('z') == "z");
    CHECK(state('a', 'a', provider("P1")).error().category == Category::invalid);
    for (std::size_t i = 0; i < kStatementsMax / 2; ++i) {
        REQUIRE(state('y', 'z', provider("P1")).value());
        REQUIRE(links->withdraw(number('y'), number('z'), provider("P1"), tell()).value());
    }
    CHECK(state('y', 'z', provider("P1")).error().category == Category::too_large);
    CHECK(state('y', 'z', provider("P2")).value());  // each for itself
    CHECK(separate('y', 'z').value());
    CHECK(state('y', 'z', kOperator).value());
}

TEST_CASE_FIXTURE(Fixture, "who fills a number with pairs leaves room to others") {
    const auto nth = [](std::size_t i) { return *crypto::Pseudonym::from(std::string(15, 'n') + static_cast<char>(i)); };
    const auto say = [&](std::size_t i, const By& by) { return links->state({{number('a'), nth(i)}, {}, Ground::record, {}, ""}, by, tell()); };
    for (std::size_t i = 0; i < kPairsMax; ++i) {
        REQUIRE(say(i, provider("LIAR")));
        REQUIRE(links->withdraw(number('a'), nth(i), provider("LIAR"), tell()));
    }
    CHECK(say(kPairsMax, provider("LIAR")).error().category == Category::too_large);
    CHECK(say(0, provider("LIAR")).value());
    CHECK(say(kPairsMax, provider("P1")).value());
    CHECK(say(kPairsMax + 1, kOperator).value());
}

TEST_CASE_FIXTURE(Fixture, "a follower's error keeps all of it from happening") {
    struct Refusing final : Follower {
        bool refuse = true;
        int done_with = 0;
        Status join(std::span<const Regrouped> changed, store::Batch&) override {
            REQUIRE(changed.size() == 2);
            if (refuse) return fail(Category::too_large, "no");
            return {};
        }
        void done(bool committed) override { done_with += committed ? 1 : 100; }
    } follower;
    links->followed_by(follower);
    CHECK(state('a', 'b', provider("P1")).error().category == Category::too_large);
    CHECK(set('a') == "a");
    CHECK(follower.done_with == 0);
    follower.refuse = false;
    CHECK(state('a', 'b', provider("P1")).value());
    CHECK(follower.done_with == 1);
}

TEST_CASE("rows that are not ours are refused") {
    const std::vector<Statement> said{{Instant{1'800'000'000'000}, Said::state, provider("P"), Ground::code, {}, {Kind::foreign, {}}, ""}};
    const std::string good = encode_statements(said);
    CHECK(*decode_statements(good) == said);
    for (const std::string& bad : {std::string(), std::string("{}"), std::string("[1]"), good + " ", good.substr(1),
                                   std::string(R"([{"time":"x","do":"state","by":"provider","id":""}])"),
                                   std::string(R"([{"time":"2026-11-26T08:00:00.000Z","do":"merge","by":"provider","id":""}])")})
        CHECK(!decode_statements(bad));
}
