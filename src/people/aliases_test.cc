// Pseudonyms of one number under several keys.
#include <doctest/doctest.h>

#include <algorithm>

#include "people/internal/aliases.h"
#include "people/links.h"
#include "store/testing.h"

using namespace idun;
using namespace idun::people;

namespace {

// A number is a letter; its pseudonym under the former key has the letter itself, under the next one the capital, under
// a third one the control letter.
crypto::Pseudonym of(char c) { return *crypto::Pseudonym::from(std::string(16, c)); }
crypto::Alias former(char c) { return {of(c), "former__"}; }
crypto::Alias next(char c) { return {of(static_cast<char>(c - 'a' + 'A')), "next____"}; }
crypto::Alias third(char c) { return {of(static_cast<char>(c - 'a' + 1)), "third___"}; }
const By kOperator{By::Who::the_operator, "op"};
const By kProvider{By::Who::provider, "P1"};
constexpr auto nothing = [](std::span<const Regrouped>, store::Batch&) {};

struct Fixture {
    store::TemporaryStore temporary;
    ManualClock clock{{1'800'000'000'000}};
    std::unique_ptr<Links> links;

    Fixture() { open(); }
    void open() {
        links.reset();
        links = *Links::open(*temporary.store, clock);
    }
    Aliased alias(const crypto::Alias& one, const crypto::Alias& other) {
        return links->alias(std::vector<AliasPair>{{one, other}}, kProvider)->front();
    }
    Aliased alias(char c) { return alias(former(c), next(c)); }
    bool link(char a, char b, const By& by = kProvider) {
        return links->state({{of(a), of(b)}, {}, Ground::record, {}, ""}, by, nothing).has_value();
    }
    std::string set(char c) const {
        std::string out;
        const Numbers hers = links->of(of(c));
        if (hers.ambiguous()) return "?";
        for (const auto& one : hers.all()) out += one.view()[0];
        return out;
    }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "pseudonyms of one number are found together, also after a restart") {
    CHECK(alias('a') == Aliased::joined);
    CHECK(alias('a') == Aliased::known);
    CHECK(alias(next('a'), former('a')) == Aliased::known);
    for (int start = 0; start < 2; ++start) {
        CHECK(set('a') == "Aa");
        CHECK(set('A') == "Aa");
        CHECK(links->same(of('a'), of('A')));
        CHECK(links->aliases_of(of('A')) == std::vector{of('A'), of('a')});
        CHECK(links->key_of(of('a')) == "former__");
        CHECK(!links->key_of(of('b')));
        CHECK(links->size().aliases == 2);
        CHECK(links->size().linked == 0);
        open();
    }
    CHECK(alias(next('a'), third('a')) == Aliased::joined);
    CHECK(links->aliases_of(of('a')).size() == 3);
    CHECK(alias(former('a'), third('a')) == Aliased::known);
}

TEST_CASE_FIXTURE(Fixture, "one number has one pseudonym under each key, and a pseudonym one key") {
    CHECK(alias('a') == Aliased::joined);
    const std::pair<crypto::Alias, crypto::Alias> wrong[] = {
        {former('a'), next('b')},                        // she has another one under that key
        {former('b'), next('a')},                        // it is another number's
        {{of('A'), "former__"}, {of('x'), "next____"}},  // it was made by another key
        {former('c'), {of('c'), "next____"}},            // the same under both
        {former('c'), {of('C'), "former__"}},            // under one key
        {former('c'), {of('C'), "next"}},                // no name of a key
    };
    for (const auto& [one, other] : wrong) {
        CHECK(alias(one, other) == Aliased::refused);
        CHECK(alias(other, one) == Aliased::refused);
    }
    CHECK(alias('b') == Aliased::joined);
    CHECK(alias(next('a'), third('b')) == Aliased::joined);
    CHECK(alias(next('b'), third('b')) == Aliased::refused);  // it is said to be a's
    open();
    CHECK(set('b') == "Bb");
    CHECK(set('c') == "c");
}

TEST_CASE_FIXTURE(Fixture, "many are said in one commit, and each fits what was said before it") {
    const std::vector<AliasPair> pairs{
        {former('a'), next('a')}, {former('a'), next('b')}, {former('b'), next('b')}, {next('a'), former('a')}};
    CHECK(*links->alias(pairs, kProvider) ==
          std::vector{Aliased::joined, Aliased::refused, Aliased::joined, Aliased::known});
    CHECK(set('b') == "Bb");
}

TEST_CASE_FIXTURE(Fixture, "who has several numbers has them under all keys, whichever was linked under which") {
    CHECK(link('a', 'b'));
    CHECK(alias('a') == Aliased::joined);
    CHECK(set('b') == "Aab");
    CHECK(alias('b') == Aliased::joined);
    CHECK(set('B') == "ABab");
    CHECK(links->size().linked == 4);
    CHECK(link('A', 'B'));
    CHECK(!link('A', 'a'));  // not two numbers
    open();
    CHECK(set('A') == "ABab");
    // Nodes that know the next key alone take back what they said under the former one.
    CHECK(links->withdraw(of('a'), of('b'), kProvider, nothing).value());
    CHECK(set('a') == "ABab");
    CHECK(links->withdraw(of('A'), of('B'), kProvider, nothing).value());
    CHECK(set('a') == "Aa");
    CHECK(set('B') == "Bb");
}

TEST_CASE_FIXTURE(Fixture, "what was separated under one key stays apart under all") {
    CHECK(link('a', 'b'));
    CHECK(links->separate(of('a'), of('b'), kOperator, "two siblings", nothing).value());
    CHECK(alias('a') == Aliased::joined);
    CHECK(alias('b') == Aliased::joined);
    CHECK(!link('A', 'B'));
    CHECK(set('A') == "Aa");
    CHECK(link('A', 'B', kOperator));
    CHECK(set('a') == "ABab");
    // A number is taken out with all its pseudonyms, and keeps them.
    CHECK(links->separate(of('A'), of('b'), kOperator, "two after all", nothing).value());
    CHECK(set('a') == "Aa");
    CHECK(set('B') == "Bb");
    CHECK(!links->separate(of('a'), of('B'), kOperator, "", nothing).value());
    open();
    CHECK(set('a') == "Aa");
}

TEST_CASE_FIXTURE(Fixture, "pseudonyms whose numbers were separated do not become one") {
    CHECK(link('a', 'b'));
    CHECK(link('B', 'c'));
    CHECK(links->separate(of('a'), of('c'), kOperator, "", nothing).value());
    CHECK(alias('b') == Aliased::refused);
    CHECK(set('b') == "ab");
}

TEST_CASE_FIXTURE(Fixture, "a number that was used for two persons is so under every key, until it is cleared") {
    CHECK(link('a', 'b'));
    CHECK(links->mark(of('a'), true, kOperator, "two persons", nothing).value());
    CHECK(alias('a') == Aliased::joined);
    for (int start = 0; start < 2; ++start) {
        CHECK(set('a') == "?");
        CHECK(set('A') == "?");
        CHECK(set('b') == "b");
        CHECK(!links->mark(of('A'), true, kOperator, "", nothing).value());
        open();
    }
    CHECK(links->known_of(of('A'))->marks.size() == 1);
    CHECK(links->mark(of('A'), false, kOperator, "resolved", nothing).value());
    CHECK(set('A') == "Aab");
    CHECK(links->mark(of('A'), true, kOperator, "again", nothing).value());
    CHECK(set('a') == "?");
}

TEST_CASE_FIXTURE(Fixture, "a number with several pseudonyms counts once") {
    for (char c = 'b'; c < 'b' + 7; ++c) CHECK(link('a', c));
    for (char c = 'a'; c < 'a' + 8; ++c) CHECK(alias(c) == Aliased::joined);
    CHECK(links->aliases_of(of('a')).size() == 2);
    CHECK(set('a').size() == 16);
    CHECK(!link('A', 'z'));
    CHECK(link('A', 'B'));
    using enum Kind;
    CHECK(links
              ->state({{of('m'), of('n')}, {coordination_number, personal_number}, Ground::replaced, {}, ""}, kProvider,
                      nothing)
              .value());
    CHECK(alias('n') == Aliased::joined);
    CHECK(links
              ->state({{of('m'), of('N')}, {coordination_number, personal_number}, Ground::replaced, {}, ""}, kProvider,
                      nothing)
              .value());
    CHECK(!links->state({{of('N'), of('o')}, {personal_number, personal_number}, Ground::record, {}, ""}, kProvider,
                        nothing));
}

TEST_CASE_FIXTURE(
    Fixture, "whoever follows hears of each pseudonym whose set has changed, and may keep all of it from happening") {
    struct Following final : Follower {
        std::string heard;
        bool refuse = false;
        Status join(std::span<const Regrouped> changed, store::Batch&) override {
            for (const Regrouped& one : changed)
                heard += std::to_string(one.before.all().size()) + one.after.one().view()[0] +
                         std::to_string(one.after.all().size()) + " ";
            return refuse ? Status(fail(Category::unavailable, "no")) : Status();
        }
        void done(bool) override {}
    } following;
    links->followed_by(following);
    CHECK(alias('a') == Aliased::joined);
    CHECK(following.heard == "1A2 1a2 ");
    following.refuse = true;
    CHECK(!links->alias(std::vector<AliasPair>{{former('b'), next('b')}, {next('a'), third('a')}}, kProvider));
    CHECK(set('b') == "b");
    CHECK(set('a') == "Aa");
    CHECK(links->size().aliases == 2);
    following.refuse = false;
    CHECK(alias('b') == Aliased::joined);
}

TEST_CASE_FIXTURE(Fixture, "who knows the number settles what its pseudonyms are, and hears who had said otherwise") {
    CHECK(alias(former('a'), next('b')) == Aliased::joined);  // a lie, or a fault
    CHECK(link('b', 'c'));
    CHECK(links->settle(std::vector{next('a'), former('a')}, kOperator) == std::vector{kProvider});
    for (int start = 0; start < 2; ++start) {
        CHECK(set('a') == "Aa");
        CHECK(set('B') == "B");
        CHECK(set('b') == "bc");
        open();
    }
    CHECK(alias('b') == Aliased::joined);
    CHECK(set('B') == "Bbc");
    CHECK(links->settle(std::vector{next('d'), former('d'), third('d')}, kOperator)->empty());
    CHECK(links->aliases_of(of('d')).size() == 3);
}

TEST_CASE_FIXTURE(Fixture, "what a former rotation has said stays, hers and a stranger's, when a lie of this one is settled") {
    const auto older = [](char c) { return crypto::Alias{of(static_cast<char>(c - 'a' + 0x81)), "older___"}; };
    CHECK(alias(older('a'), former('a')) == Aliased::joined);
    CHECK(alias(former('a'), next('a')) == Aliased::joined);
    CHECK(alias(older('b'), former('b')) == Aliased::joined);
    CHECK(alias(former('b'), next('b')) == Aliased::joined);
    CHECK(alias(third('a'), next('b')) == Aliased::joined);  // the lie: the third key takes the next one's place
    CHECK(links->settle(std::vector{third('a'), next('a')}, kOperator) == std::vector{kProvider});
    for (int start = 0; start < 2; ++start) {
        for (const auto& one : {older('a'), former('a'), next('a'), third('a')}) {
            CHECK(links->aliases_of(one.pseudonym).size() == 4);
            CHECK(links->same(one.pseudonym, of('a')));
        }
        for (const auto& one : {older('b'), former('b'), next('b')}) {
            CHECK(links->aliases_of(one.pseudonym).size() == 3);
            CHECK(links->same(one.pseudonym, of('b')));
        }
        CHECK(!links->same(of('a'), of('b')));
        open();
    }
    CHECK(links->settle(std::vector{third('b'), next('b')}, kOperator)->empty());
    CHECK(links->aliases_of(of('b')).size() == 4);
}

TEST_CASE_FIXTURE(Fixture, "a statement with the keys exchanged goes when the number is settled, whichever pseudonym is the lowest") {
    const auto key = [](char c, const char* name) { return crypto::Alias{of(c), name}; };
    const char orders[][3] = {{'a', 'b', 'c'}, {'b', 'a', 'c'}, {'c', 'a', 'b'}};
    for (const auto& [one, other, last] : orders) {
        Fixture f;
        CHECK(f.alias(key(other, "third___"), key(last, "next____")) == Aliased::joined);  // each has the other's key
        const std::vector hers{key(one, "former__"), key(other, "next____"), key(last, "third___")};
        CHECK(f.links->settle(hers, kOperator) == std::vector{kProvider});
        f.open();
        CHECK(f.links->aliases_of(of(one)).size() == 3);
        CHECK(f.links->key_of(of(other)) == "next____");
        CHECK(f.links->settle(hers, kOperator)->empty());
    }
}

TEST_CASE_FIXTURE(Fixture, "a number that would unite more pseudonyms than are walked is not settled, and everything stays as it was") {
    const auto stranger = [](char c, int place) {
        std::string bytes(16, '\x90');
        bytes[0] = static_cast<char>(0x80 + (c - 'a') * 7 + place);
        return *crypto::Pseudonym::from(bytes);
    };
    // Eight numbers under the former key, each of them with seven others under the next one.
    for (char c = 'b'; c < 'a' + 8; ++c) CHECK(link('a', c));
    for (char c = 'a'; c < 'a' + 8; ++c)
        for (int place = 0; place < 7; ++place)
            CHECK(links->state({{next(c).pseudonym, stranger(c, place)}, {}, Ground::record, {}, ""}, kProvider, nothing));
    for (char c = 'a'; c < 'a' + 7; ++c) CHECK(links->settle(std::vector{next(c), former(c)}, kOperator));
    CHECK(set('a').size() == kNumbersMax * kAliasesMax);
    CHECK(links->settle(std::vector{next('h'), former('h')}, kOperator).error().category == Category::conflict);
    for (int start = 0; start < 2; ++start) {
        CHECK(set('a').size() == kNumbersMax * kAliasesMax);
        CHECK(set('H').size() == 8);
        CHECK(!links->same(of('h'), of('H')));
        open();
    }
    CHECK(links->separate(of('h'), of('a'), kOperator, "wrong", nothing).value());
    CHECK(links->settle(std::vector{next('h'), former('h')}, kOperator));
}

TEST_CASE_FIXTURE(Fixture, "an alias is sure when the hub itself has said it, whatever nodes had said before") {
    CHECK(alias('a') == Aliased::joined);
    CHECK(alias(former('a'), third('a')) == Aliased::joined);
    CHECK(links->sure_aliases_of(of('a')) == std::vector{of('a')});
    CHECK(links->settle(std::vector{next('a'), former('a')}, kOperator)->empty());
    for (int start = 0; start < 2; ++start) {
        CHECK(links->sure_aliases_of(of('a')) == std::vector{of('a'), of('A')});
        CHECK(links->aliases_of(of('a')).size() == 3);
        CHECK(links->sure_aliases_of(third('a').pseudonym).size() == 1);
        open();
    }
}

TEST_CASE_FIXTURE(Fixture, "the operator takes apart what only nodes have called one number, and nothing else of theirs") {
    CHECK(links->settle(std::vector{former('a'), next('a')}, kOperator)->empty());
    CHECK(alias('b') == Aliased::joined);
    CHECK(!links->separate(of('a'), of('A'), kOperator, "", nothing));  // the hub has said it
    CHECK(alias(next('a'), third('b')) == Aliased::joined);             // the lie
    CHECK(links->same(of('a'), third('b').pseudonym));
    CHECK(links->separate(third('b').pseudonym, of('a'), kOperator, "two persons", nothing).value());
    CHECK(alias(former('b'), third('b')) == Aliased::joined);
    for (int start = 0; start < 2; ++start) {
        CHECK(set('a') == "Aa");
        CHECK(links->aliases_of(of('b')).size() == 3);
        CHECK(alias(next('a'), third('b')) == Aliased::refused);
        CHECK(alias(former('a'), third('b')) == Aliased::refused);
        open();
    }
}

TEST_CASE_FIXTURE(Fixture, "whose pseudonyms were not known to be one number's is separated under all of them") {
    CHECK(link('a', 'b'));
    const crypto::Pseudonym a[] = {of('A'), of('a')}, b[] = {of('B'), of('b')};
    CHECK(links->separate(a, b, kOperator, "two persons", nothing).value());
    CHECK(set('a') == "a");
    CHECK(links->settle(std::vector{next('a'), former('a')}, kOperator));
    CHECK(links->settle(std::vector{next('b'), former('b')}, kOperator));
    CHECK(set('A') == "Aa");
    CHECK(set('B') == "Bb");
}

TEST_CASE_FIXTURE(Fixture, "links that fill a number keep the hub from nothing that it knows itself") {
    for (char c = 'b'; c < 'b' + 7; ++c) CHECK(link('a', c));
    for (char c = 'j'; c < 'j' + 7; ++c) CHECK(link('A', c));
    CHECK(alias('a') == Aliased::refused);
    CHECK(links->settle(std::vector{next('a'), former('a')}, kOperator)->empty());
    for (int start = 0; start < 2; ++start) {
        CHECK(set('A').size() == 16);
        CHECK(!link('a', 'z'));
        open();
    }
    CHECK(links->separate(of('b'), of('a'), kOperator, "not hers", nothing).value());
    CHECK(set('b') == "b");
    CHECK(set('A').size() == 15);
}

TEST_CASE_FIXTURE(Fixture, "one that cannot be united keeps none of the others from being joined") {
    struct Following final : Follower {
        Status join(std::span<const Regrouped> changed, store::Batch&) override {
            const bool too_many = std::ranges::any_of(changed, [](const Regrouped& one) { return one.after.one() == of('b'); });
            return too_many ? Status(fail(Category::too_large, "mandates")) : Status();
        }
        void done(bool) override {}
    } following;
    links->followed_by(following);
    const std::vector<AliasPair> pairs{{former('a'), next('a')}, {former('b'), next('b')}, {former('c'), next('c')}};
    CHECK(*links->alias(pairs, kProvider) == std::vector{Aliased::joined, Aliased::refused, Aliased::joined});
    open();
    CHECK(set('a') == "Aa");
    CHECK(set('b') == "b");
    CHECK(set('c') == "Cc");
}

TEST_CASE_FIXTURE(Fixture, "what would undo a separation is not settled, and stays as it was") {
    CHECK(link('a', 'b'));
    CHECK(link('B', 'c'));
    CHECK(links->separate(of('a'), of('c'), kOperator, "", nothing).value());
    CHECK(alias(former('b'), third('b')) == Aliased::joined);
    CHECK(links->settle(std::vector{next('b'), former('b')}, kOperator).error().category == Category::conflict);
    CHECK(links->same(of('b'), third('b').pseudonym));
    CHECK(links->size().aliases == 2);
    open();
    CHECK(links->same(of('b'), third('b').pseudonym));
}
