// A node's follower against a hub that misbehaves: pages that are forged, replayed, for another provider, of another
// time.
#include <doctest/doctest.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <thread>

#include "base/log.h"
#include "gate/rights_copy.h"
#include "http/server.h"
#include "store/testing.h"

using namespace idun;
using namespace idun::gate;
using std::chrono::milliseconds;

namespace {

struct Fixture {
    store::TemporaryStore temporary;
    ManualClock clock{{1'800'000'000'000}};
    Metrics metrics;
    http::Loop loop{2};
    http::Client client{loop, {}};
    crypto::SigningKey hub_key = crypto::SigningKey::generate(system_random());
    crypto::Pseudonym eva;
    std::mutex mutex;
    std::function<http::Response(std::uint64_t after)> feed;  // what the hub answers
    std::function<http::Response(const std::string& query)> snapshot;
    std::atomic<int> asked = 0;
    std::unique_ptr<http::Server> hub;
    std::unique_ptr<RightsCopy> copy;
    std::unique_ptr<RightsFollower> follower;

    Fixture() {
        log::set_level(log::Level::off);
        eva.bytes.fill(1);
        feed = [](std::uint64_t) {
            return http::Response{.status = 503, .headers = {}, .body = {}, .shared_body = {}};
        };
        hub = *http::Server::listen(
            loop, {},
            [this](http::Request request, http::Reply reply) {
                ++asked;
                const std::lock_guard lock(mutex);
                if (request.path == "/rights/snapshot") return reply.send(snapshot(request.query));
                const auto parameters = *http::parameters(request.query);
                // A hub that waits a little, so that the poll does not spin.
                std::this_thread::sleep_for(milliseconds(2));
                reply.send(feed(std::stoull(parameters.front().second)));
            },
            metrics);
        copy = *RightsCopy::open(*temporary.store, clock);
    }
    ~Fixture() {
        follower.reset();
        hub.reset();
    }
    void start() {
        follower = std::make_unique<RightsFollower>(
            FollowerOptions{.hub_url = "http://127.0.0.1:" + std::to_string(hub->port()),
                            .hub = "hub",
                            .provider_id = "SE1",
                            .hub_keys = [this] { return crypto::KeySet(hub_key.public_key()); },
                            .assertion = [] { return std::string("who"); }},
            *copy, client, clock, metrics);
    }
    void answer(std::function<http::Response(std::uint64_t)> how) {
        const std::lock_guard lock(mutex);
        feed = std::move(how);
    }
    // The page that a good hub gives a copy that has `after`: one block for each number up to `head`.
    rights::FeedPage page(std::uint64_t after, std::uint64_t head) const {
        rights::FeedPage out;
        out.hub = "hub";
        out.provider_id = "SE1";
        out.after = after;
        out.upto = out.head = head;
        out.issued = clock.now();
        out.lease_until = clock.now() + std::chrono::hours(1);
        for (std::uint64_t number = after + 1; number <= head; ++number) {
            rights::FactChange change;
            change.number = number;
            change.person = eva;
            change.kind = rights::ChangeKind::block;
            change.fact = rights::Block{.fact_id = "b" + std::to_string(number), .scope = {.provider_id = "SE1"}};
            change.time = clock.now();
            out.changes.push_back(std::move(change));
        }
        return out;
    }
    static http::Response ok(const Result<std::string>& token) {
        REQUIRE(token);
        http::Response out;
        out.body = *token;
        return out;
    }
    http::Response good(std::uint64_t after, std::uint64_t head) const {
        return ok(rights::sign_page(hub_key, page(after, head)));
    }
    // Asked so often more, the copy is still where it was.
    bool stays(std::uint64_t number) {
        const int until = asked + 3;
        for (int i = 0; i < 2'000 && asked < until; ++i) std::this_thread::sleep_for(milliseconds(5));
        return asked >= until && copy->number() == number;
    }
};

}  // namespace

TEST_CASE("a good hub is followed, and its restart is no matter") {
    Fixture f;
    f.answer([&](std::uint64_t after) { return f.good(after, 3); });
    f.start();
    CHECK(f.copy->wait_for(3, milliseconds(10'000)));
    CHECK(f.copy->facts_of(f.eva)->blocks.size() == 3);
    f.answer([](std::uint64_t) { return http::Response{.status = 503, .headers = {}, .body = {}, .shared_body = {}}; });
    CHECK(f.stays(3));
    f.answer([&](std::uint64_t after) { return f.good(after, 4); });
    CHECK(f.copy->wait_for(4, milliseconds(10'000)));
}

TEST_CASE("pages that are not the hub's word to this provider now change nothing") {
    const auto other = crypto::SigningKey::generate(system_random());
    using Bad = std::function<http::Response(Fixture&, std::uint64_t)>;
    const std::vector<std::pair<std::string, Bad>> bad = {
        {"forged", [&](Fixture& f, std::uint64_t after) { return f.ok(rights::sign_page(other, f.page(after, 9))); }},
        {"for another provider",
         [](Fixture& f, std::uint64_t after) {
             auto page = f.page(after, 9);
             page.provider_id = "SE2";
             return f.ok(rights::sign_page(f.hub_key, page));
         }},
        {"of another hub",
         [](Fixture& f, std::uint64_t after) {
             auto page = f.page(after, 9);
             page.hub = "other";
             return f.ok(rights::sign_page(f.hub_key, page));
         }},
        {"replayed", [](Fixture& f, std::uint64_t) { return f.good(0, 2); }},
        {"from the future",
         [](Fixture& f, std::uint64_t after) {
             auto page = f.page(after, 9);
             page.issued = f.clock.now() + std::chrono::minutes(10);
             return f.ok(rights::sign_page(f.hub_key, page));
         }},
        {"cut",
         [](Fixture& f, std::uint64_t after) {
             auto answer = f.good(after, 9);
             answer.body.resize(answer.body.size() / 2);
             return answer;
         }},
        {"ahead of what was asked", [](Fixture& f, std::uint64_t after) { return f.good(after + 1, 9); }},
        {"empty", [](Fixture&, std::uint64_t) { return http::Response{}; }},
    };
    for (const auto& [name, how] : bad) {
        CAPTURE(name);
        Fixture f;
        f.answer([&](std::uint64_t after) { return f.good(after, 2); });
        f.start();
        REQUIRE(f.copy->wait_for(2, milliseconds(10'000)));
        // Nothing good is under way any more when the clock moves.
        f.answer([](std::uint64_t) { return http::Response{.status = 503, .headers = {}, .body = {}, .shared_body = {}}; });
        REQUIRE(f.stays(2));
        const Instant lease = f.copy->lease_until();
        f.clock.advance(std::chrono::minutes(5));
        f.answer([&](std::uint64_t after) { return how(f, after); });
        CHECK(f.stays(2));
        CHECK(f.copy->lease_until() <= lease);
        CHECK(f.copy->known_of(f.eva)->blocks.size() == 2);
        f.answer([&](std::uint64_t after) { return f.good(after, 3); });
        CHECK(f.copy->wait_for(3, milliseconds(10'000)));
    }
}

TEST_CASE("a node whose clock is behind the hub's, or ahead of it, does not trust for longer") {
    Fixture f;
    f.answer([&](std::uint64_t after) { return f.good(after, 1); });
    f.start();
    REQUIRE(f.copy->wait_for(1, milliseconds(10'000)));
    f.answer([](std::uint64_t) { return http::Response{.status = 503, .headers = {}, .body = {}, .shared_body = {}}; });
    CHECK(f.copy->facts_of(f.eva));
    // Ahead: the lease is over sooner, and others are refused.
    f.clock.advance(std::chrono::hours(2));
    CHECK(!f.copy->facts_of(f.eva));
    CHECK(f.copy->known_of(f.eva)->blocks.size() == 1);
}

TEST_CASE("what a ticket needs is asked for at once, by one for all") {
    Fixture f;
    f.answer([&](std::uint64_t after) { return f.good(after, 2); });
    f.start();
    REQUIRE(f.copy->wait_for(2, milliseconds(10'000)));
    // The hub is heard and has no more: that is not being cut off from it.
    CHECK(f.follower->catch_up(5, milliseconds(500)) == CaughtUp::behind);
    CHECK(!f.follower->cut_off());
    f.answer([&](std::uint64_t after) { return f.good(after, 5); });
    std::vector<std::thread> threads;
    std::atomic<int> done = 0;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] { done += f.follower->catch_up(5, milliseconds(10'000)) == CaughtUp::reached ? 1 : 0; });
    for (std::thread& thread : threads) thread.join();
    CHECK(done == 4);
    CHECK(f.copy->number() == 5);
}

TEST_CASE("who does not reach the hub is cut off until it is heard again") {
    Fixture f;
    f.answer([&](std::uint64_t after) { return f.good(after, 2); });
    f.start();
    REQUIRE(f.copy->wait_for(2, milliseconds(10'000)));
    f.answer([](std::uint64_t) { return http::Response{.status = 503, .headers = {}, .body = {}, .shared_body = {}}; });
    std::this_thread::sleep_for(milliseconds(100));  // answers under way come in
    CHECK(f.follower->catch_up(2, milliseconds(100)) == CaughtUp::reached);
    CHECK(!f.follower->cut_off());
    CHECK(f.follower->catch_up(3, milliseconds(300)) == CaughtUp::cut_off);
    CHECK(f.follower->cut_off());
    f.answer([&](std::uint64_t after) { return f.good(after, 3); });
    REQUIRE(f.copy->wait_for(3, milliseconds(10'000)));
    for (int i = 0; i < 1'000 && f.follower->cut_off(); ++i) std::this_thread::sleep_for(milliseconds(5));
    CHECK(!f.follower->cut_off());
}

TEST_CASE("a copy that is too far behind starts anew from a snapshot") {
    Fixture f;
    f.answer([&](std::uint64_t after) {
        if (after >= 100) return f.good(after, 101);
        return http::Response{.status = 410, .headers = {}, .body = {}, .shared_body = {}};
    });
    {
        const std::lock_guard lock(f.mutex);
        f.snapshot = [&](const std::string& query) {
            rights::SnapshotPage part;
            part.hub = "hub";
            part.provider_id = "SE1";
            part.number = 100;
            part.issued = f.clock.now();
            rights::PersonFacts facts;
            facts.number = 50;
            facts.opted_out = true;
            if (query.empty()) {
                part.persons = {{f.eva, facts}};
            } else {
                crypto::Pseudonym bo;
                bo.bytes.fill(2);
                part.after = f.eva;
                part.persons = {{bo, facts}};
                part.last = true;
            }
            return f.ok(rights::sign_snapshot(f.hub_key, part));
        };
    }
    f.start();
    CHECK(f.copy->wait_for(101, milliseconds(10'000)));
    CHECK(f.copy->facts_of(f.eva)->opted_out);
    CHECK(f.copy->facts_of(f.eva)->blocks.size() == 1);
}
