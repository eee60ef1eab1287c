// The index against a slow and obvious twin: random updates in any order of arrival, corrections, withdrawals, looks into
// the past, sums and restarts, on both engines.
#include <doctest/doctest.h>

#include <map>
#include <random>
#include <set>

#include "index/index.h"
#include "store/internal/postgres_server.h"

namespace idun::index {
namespace {

using namespace idun::store;

constexpr unsigned kPeople = 5;
const std::string kKinds[] = {"imaging", "test-result", "other"};

crypto::Pseudonym nth(unsigned number) {  // two of them share a page, and four their first eight bytes' page
    crypto::Pseudonym p;
    p.bytes.fill(static_cast<std::uint8_t>(number / 2 * 0x33));
    p.bytes[number % 2 == 0 ? 4 : 15] = static_cast<std::uint8_t>(number);
    return p;
}

using Told = std::map<std::tuple<std::string, unsigned, std::string>, std::int64_t>;  // provider, person, category: newest

struct Twin {
    struct Said {
        std::int64_t newest_s;
        std::uint64_t version;
        bool withdrawn;
    };
    std::map<std::tuple<std::string, unsigned, std::string>, Said> said;
    std::map<std::int64_t, Told> past;  // by second: at its end
    std::set<std::pair<std::string, unsigned>> followed;

    Told now() const {
        Told out;
        for (const auto& [key, one] : said)
            if (!one.withdrawn) out[key] = one.newest_s;
        return out;
    }
};

Told told(const std::vector<Holding>& holdings, unsigned who) {
    Told out;
    for (const Holding& holding : holdings)
        for (const auto& part : holding.parts) out[{std::string(holding.provider), who, std::string(part.category)}] = part.newest.ms / 1000;
    return out;
}

// Keeps who follows whom, from what it is told alone.
struct Follower final : Joiner {
    std::set<std::pair<std::string, unsigned>> follows;
    std::set<std::pair<std::string, unsigned>> next;
    std::mutex mutex;
    static unsigned number(const crypto::Pseudonym& person) {
        for (unsigned i = 0; i < kPeople; ++i)
            if (nth(i) == person) return i;
        return kPeople;
    }
    Status join(std::string_view provider, std::span<const crypto::Pseudonym> begins,
                std::span<const crypto::Pseudonym> ceases, store::Batch&) override {
        const std::lock_guard lock(mutex);
        next = follows;
        for (const auto& one : begins) CHECK(next.emplace(provider, number(one)).second);
        for (const auto& one : ceases) CHECK(next.erase({std::string(provider), number(one)}) == 1);
        return {};
    }
    void done(bool committed) override {
        const std::lock_guard lock(mutex);
        if (committed) follows = next;
    }
};

template <typename Engine>
class Play {
public:
    Play(Engine& engine, unsigned seed) : engine_(engine), random_(seed) { open(); }

    void step() {
        if (below(4) == 0) ++now_s_;
        const unsigned what = below(20);
        if (what == 0) restart();
        else if (what == 1) withdraw();
        else update();
        twin_.past[now_s_] = twin_.now();
        check_now();
        if (below(4) == 0) check_past();
        if (below(6) == 0) check_sums();
    }
    void settle() {
        REQUIRE(index_->settled(std::chrono::seconds(30)));
        std::set<std::pair<std::string, unsigned>> expected;
        for (const auto& [key, unused] : twin_.now()) expected.emplace(std::get<0>(key), std::get<1>(key));
        const std::lock_guard lock(follower_.mutex);
        CHECK(follower_.follows == expected);
    }

private:
    unsigned below(unsigned n) { return static_cast<unsigned>(random_() % n); }

    void open() {
        store_ = engine_.open(system_clock());
        index_ = *Index::open(*store_, {.history = std::chrono::hours(1), .joined = true});
        index_->joined_by(follower_);
    }
    void restart() {
        index_.reset();
        store_.reset();
        open();
    }
    void withdraw() {
        const std::string provider = "SE" + std::to_string(below(3));
        const bool known = std::ranges::any_of(twin_.said, [&](const auto& one) { return std::get<0>(one.first) == provider; });
        const Status done = index_->withdraw(provider, {now_s_ * 1000});
        if (known) CHECK(done);
        std::erase_if(twin_.said, [&](const auto& one) { return std::get<0>(one.first) == provider; });
        CHECK(index_->freshness(provider).heard == Instant{});
    }
    void update() {
        const std::string provider = "SE" + std::to_string(below(3));
        std::map<std::pair<unsigned, std::string>, Pointer> batch;
        for (unsigned i = below(8); i > 0; --i) {
            const unsigned who = below(kPeople);
            Pointer p{nth(who), kKinds[below(3)], {below(50) * 1000}, below(20), below(4) == 0};
            if (below(4) == 0) p.if_believed = Belief{below(3) == 0 ? std::nullopt : std::optional<std::uint64_t>(below(20))};
            batch.insert_or_assign({who, p.category}, p);
        }
        std::vector<Pointer> pointers;
        std::vector<std::size_t> passed_over;
        for (const auto& [key, p] : batch) {
            if (!apply(provider, key.first, p)) passed_over.push_back(pointers.size());
            pointers.push_back(p);
        }
        const auto taken = index_->put(provider, pointers, {{now_s_ * 1000}, 1});
        REQUIRE(taken);
        CHECK(taken->passed_over == passed_over);
    }
    bool apply(const std::string& provider, unsigned who, const Pointer& p) {
        const std::tuple key{provider, who, p.category};
        const auto found = twin_.said.find(key);
        const bool there = found != twin_.said.end() && !found->second.withdrawn;
        if (p.if_believed) {
            const auto now = there ? std::optional(found->second.version) : std::nullopt;
            if (p.if_believed->source_version != now) return false;
        } else if (found != twin_.said.end() && found->second.version > p.source_version) {
            return true;
        }
        twin_.said[key] = {p.newest.ms / 1000, p.source_version, p.withdrawn};
        return true;
    }

    void check_now() {
        Told found;
        for (unsigned who = 0; who < kPeople; ++who) found.merge(told(*index_->holdings(nth(who)), who));
        CHECK(found == twin_.now());
    }
    void check_past() {
        auto at = twin_.past.begin();
        std::advance(at, below(static_cast<unsigned>(twin_.past.size())));
        Told found;
        for (unsigned who = 0; who < kPeople; ++who) {
            const auto then = index_->holdings_at(nth(who), {at->first * 1000 + 999});
            REQUIRE(then);
            found.merge(told(*then, who));
        }
        CHECK(found == at->second);
    }
    void check_sums() {
        REQUIRE(index_->settled(std::chrono::seconds(30)));
        const auto key = *crypto::MultisetKey::from(std::string(16, 'k'));
        const std::string provider = "SE" + std::to_string(below(3));
        std::vector<Sum> expected(16);
        std::size_t count = 0;
        for (const auto& [told_of, newest] : twin_.now()) {
            if (std::get<0>(told_of) != provider) continue;
            const crypto::Pseudonym person = nth(std::get<1>(told_of));
            expected[person.bytes[0] >> 4].add(key, sum_item(person, std::get<2>(told_of), {newest * 1000}));
            ++count;
        }
        CHECK(*index_->sums(provider, key, {}, 1) == expected);
        CHECK(index_->pointers(provider, {}, count)->size() == count);
        if (count > 0) CHECK(index_->pointers(provider, {}, count - 1).error().category == Category::too_large);
    }

    Engine& engine_;
    std::mt19937 random_;
    Twin twin_;
    Follower follower_;
    std::int64_t now_s_ = 1'000'000;
    std::unique_ptr<store::Store> store_;
    std::unique_ptr<Index> index_;
};

}  // namespace

TEST_CASE_TEMPLATE("an index says what its obvious twin says, now and then", Engine, CONFORMANCE_ENGINES) {
    CONFORMANCE_ENGINE(engine);
    const unsigned seed = std::random_device{}();
    CAPTURE(seed);
    Play play(engine, seed);
    for (int i = 0; i < 120; ++i) play.step();
    play.settle();
}

}  // namespace idun::index
