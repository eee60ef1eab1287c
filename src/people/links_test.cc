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
            told.push_back(all);
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
    CHECK(*state('a', 'b', provider("P1")));
    CHECK(*state('c', 'b', provider("P2")));
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
    CHECK(*state('a', 'b', provider("P1")));
    CHECK(!*state('b', 'a', provider("P1")));  // said already
    CHECK(*state('a', 'b', provider("P2")));
    CHECK(told == std::vector<std::string>{"ab"});  // the second changes no set
    CHECK(*links->withdraw(number('b'), number('a'), provider("P1"), tell()));
    CHECK(!*links->withdraw(number('b'), number('a'), provider("P1"), tell()));
    CHECK(!*links->withdraw(number('b'), number('a'), provider("P3"), tell()));
    CHECK(set('a') == "ab");
    CHECK(*links->withdraw(number('a'), number('b'), provider("P2"), tell()));
    CHECK(set('a') == "a");
    CHECK(links->size().linked == 0);
    CHECK(links->known_of(number('a'))->pairs[0].statements.size() == 4);  // nothing is forgotten
}

TEST_CASE_FIXTURE(Fixture, "what the operator takes out no node puts back") {
    CHECK(*state('a', 'b', provider("P1")));
    CHECK(*state('b', 'c', provider("P1")));
    CHECK(*separate('a', 'c'));  // out of the whole set
    CHECK(set('a') == "a");
    CHECK(set('b') == "bc");
    CHECK(!*separate('a', 'b'));
    CHECK(state('a', 'b', provider("P1")).error().category == Category::conflict);
    CHECK(state('a', 'c', provider("P2")).error().category == Category::conflict);
    CHECK(*state('a', 'd', provider("P2")));
    CHECK(state('d', 'c', provider("P2")).error().category == Category::conflict);  // round about neither
    open();
    CHECK(set('a') == "ad");
    CHECK(state('d', 'c', provider("P2")).error().category == Category::conflict);
    CHECK(*state('a', 'b', kOperator));  // who has erred before
    for (const char c : {'a', 'b', 'c', 'd'}) CHECK(set(c) == "abcd");
}

TEST_CASE_FIXTURE(Fixture, "two personal numbers are one person only by the operator's word") {
    using enum Kind;
    CHECK(*state('a', 'b', provider("P1"), coordination_number, personal_number));
    CHECK(state('a', 'c', provider("P2"), coordination_number, personal_number).error().category == Category::conflict);
    CHECK(set('c') == "c");
    CHECK(links->known_of(number('c'))->pairs.empty());  // what is refused leaves nothing
    CHECK(state('b', 'd', provider("P2"), foreign, foreign).error().category == Category::conflict);  // of two kinds
    CHECK(*state('a', 'c', kOperator, coordination_number, personal_number));
    CHECK(set('b') == "abc");
    CHECK(*state('b', 'd', provider("P2"), personal_number, foreign));
}

TEST_CASE_FIXTURE(Fixture, "a number that was used for two persons is of nobody's set") {
    CHECK(*state('a', 'b', provider("P1")));
    CHECK(*state('b', 'c', provider("P1")));
    CHECK(*links->mark(number('b'), true, kOperator, "two persons", tell()));
    CHECK(!*links->mark(number('b'), true, kOperator, "two persons", tell()));
    CHECK(set('b') == "?");
    CHECK(set('a') == "a");
    CHECK(set('c') == "c");
    CHECK(state('b', 'd', provider("P1")).error().category == Category::conflict);
    open();
    CHECK(set('b') == "?");
    CHECK(*separate('a', 'c'));
    CHECK(links->mark(number('b'), false, kOperator, "", tell()).error().category == Category::conflict);  // would join a and c
    CHECK(*separate('a', 'b'));
    CHECK(*links->mark(number('b'), false, kOperator, "", tell()));
    CHECK(set('b') == "bc");
}

TEST_CASE_FIXTURE(Fixture, "bounds") {
    for (char c = 'b'; c < 'b' + 7; ++c) CHECK(*state('a', c, provider("P1")));
    CHECK(state('a', 'z', provider("P1")).error().category == Category::conflict);
    CHECK(set('z') == "z");
    CHECK(state('a', 'a', provider("P1")).error().category == Category::invalid);
    for (std::size_t i = 0; i < kStatementsMax / 2; ++i) {
        REQUIRE(*state('y', 'z', provider("P1")));
        REQUIRE(*links->withdraw(number('y'), number('z'), provider("P1"), tell()));
    }
    CHECK(state('y', 'z', provider("P1")).error().category == Category::too_large);
    CHECK(*separate('y', 'z'));
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
    CHECK(*state('a', 'b', provider("P1")));
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
