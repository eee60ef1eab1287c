// The links against a slow and obvious twin: statements, withdrawals, separations and marks in random order, and restarts.
#include <doctest/doctest.h>

#include <map>
#include <random>
#include <set>

#include "people/links.h"
#include "store/testing.h"

using namespace idun;
using namespace idun::people;

namespace {

constexpr int kNumbers = 11;

crypto::Pseudonym nth(int i) {
    crypto::Pseudonym p;
    p.bytes.fill(static_cast<std::uint8_t>(0x10 * i + 3));
    return p;
}

// Everything is worked out anew from what was said, and sets by joining until nothing changes.
struct Twin {
    std::map<std::pair<int, int>, std::set<std::string>> stating;
    std::set<std::pair<int, int>> separated;
    std::set<int> marked;

    static std::pair<int, int> pair(int a, int b) { return {std::min(a, b), std::max(a, b)}; }
    std::set<int> set_of(int one) const {
        std::set<int> out{one};
        if (marked.contains(one)) return out;
        for (bool grew = true; grew;) {
            grew = false;
            for (const auto& [two, who] : stating) {
                if (who.empty() || separated.contains(two) || marked.contains(two.first) || marked.contains(two.second)) continue;
                if (out.contains(two.first) != out.contains(two.second)) {
                    out.insert({two.first, two.second});
                    grew = true;
                }
            }
        }
        return out;
    }
    bool sound() const {
        for (int i = 0; i < kNumbers; ++i) {
            const auto set = set_of(i);
            if (set.size() > kNumbersMax) return false;
            for (const int a : set)
                for (const int b : set)
                    if (separated.contains({a, b})) return false;
        }
        return true;
    }
    // False: refused, nothing happens.
    bool state(int a, int b, const std::string& who) {
        if (marked.contains(a) || marked.contains(b)) return false;
        Twin next = *this;
        if (who == "op")
            for (const int x : set_of(a))
                for (const int y : set_of(b)) next.separated.erase(pair(x, y));
        if (next.separated.contains(pair(a, b))) return false;
        next.stating[pair(a, b)].insert(who);
        if (!next.sound()) return false;
        *this = next;
        return true;
    }
    void separate(int a, int b) {
        for (const int other : set_of(b))
            if (other != a) separated.insert(pair(a, other));
    }
    bool clear(int a) {
        Twin next = *this;
        next.marked.erase(a);
        if (!next.sound()) return false;
        *this = next;
        return true;
    }
};

void run(unsigned seed, int steps) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const auto below = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
    store::TemporaryStore temporary;
    ManualClock clock{{1'800'000'000'000}};
    auto links = *Links::open(*temporary.store, clock);
    Twin twin;
    std::map<int, std::set<int>> followed;  // from what is told alone
    for (int i = 0; i < kNumbers; ++i) followed[i] = {i};
    const auto number_of = [](const crypto::Pseudonym& p) { return (p.bytes[0] - 3) / 0x10; };
    const auto follow = [&](std::span<const Regrouped> changed, store::Batch&) {
        for (const Regrouped& one : changed) {
            auto& set = followed[number_of(one.after.one())];
            set.clear();
            for (const auto& member : one.after.all()) set.insert(number_of(member));
        }
    };
    for (int step = 0; step < steps; ++step) {
        CAPTURE(step);
        const int a = below(kNumbers);
        const int b = (a + 1 + below(kNumbers - 1)) % kNumbers;
        const std::string who = std::array{"P1", "P2", "P3", "op"}[static_cast<std::size_t>(below(4))];
        const By by{who == "op" ? By::Who::the_operator : By::Who::provider, who};
        switch (below(12)) {
            case 0: links->separate(nth(a), nth(b), by, "", follow).value(); twin.separate(a, b); break;
            case 1: links->mark(nth(a), true, by, "", follow).value(); twin.marked.insert(a); break;
            case 2:
            case 3: REQUIRE(links->mark(nth(a), false, by, "", follow).has_value() == twin.clear(a)); break;
            case 4:
            case 5:
            case 6: links->withdraw(nth(a), nth(b), by, follow).value(); twin.stating[Twin::pair(a, b)].erase(who); break;
            case 7:
                if (below(6) == 0) {
                    links.reset();
                    temporary.reopen();
                    links = *Links::open(*temporary.store, clock);
                }
                break;
            default: {
                const auto said = links->state({{nth(a), nth(b)}, {}, Ground::record, {}, ""}, by, follow);
                const bool stood = twin.state(a, b, who);
                REQUIRE(said.has_value() == stood);
            }
        }
        std::size_t linked = 0;
        for (int i = 0; i < kNumbers; ++i) {
            const Numbers hers = links->of(nth(i));
            std::set<int> set;
            for (const auto& one : hers.all()) set.insert(number_of(one));
            REQUIRE(set == twin.set_of(i));
            REQUIRE(set == followed[i]);
            REQUIRE(hers.ambiguous() == twin.marked.contains(i));
            linked += set.size() > 1 ? 1 : 0;
        }
        REQUIRE(links->size().linked == linked);
    }
}

}  // namespace

TEST_CASE("links and their twin say the same after whatever was said in whatever order") {
    const unsigned base = std::random_device{}();
    for (unsigned seed = 1; seed <= 5; ++seed) run(seed, 400);
    run(base, 400);
}
