// A node's reports against a hub that is away, refuses, and comes back.
#include "gate/glass_reports.h"

#include <doctest/doctest.h>

#include <mutex>
#include <thread>
#include <vector>

#include "base/log.h"
#include "gate/break_glass.h"
#include "http/server.h"
#include "store/testing.h"

using namespace idun;
using namespace idun::gate;
using std::chrono::milliseconds;

namespace {

struct ReportsFixture {
    store::TemporaryStore temporary;
    ManualClock clock{{1'800'000'000'000}};
    Metrics metrics;
    http::Loop loop{2};
    http::Client client{loop, {}};
    crypto::SigningKey key = crypto::SigningKey::generate(system_random());
    rights::RuleTable rules;
    std::mutex mutex;
    int status = 204;                       // what the hub answers
    std::string refused;                    // a text in reports that it refuses
    std::vector<trust::GlassReport> taken;  // what it took
    std::size_t asked = 0;
    std::unique_ptr<http::Server> hub;
    std::unique_ptr<GlassReports> reports;

    ReportsFixture() {
        log::set_level(log::Level::off);
        hub = *http::Server::listen(
            loop, {},
            [this](http::Request request, http::Reply reply) {
                const std::lock_guard lock(mutex);
                ++asked;
                http::Response out;
                out.status = status;
                if (!refused.empty() && request.body.find(refused) != std::string::npos) out.status = 403;
                const auto report = trust::decode_glass_report(request.body);
                if (!report || request.path != "/rights/glasses") out.status = 400;
                if (out.status == 204) taken.push_back(*report);
                reply.send(std::move(out));
            },
            metrics);
    }
    ~ReportsFixture() {
        reports.reset();
        hub.reset();
    }
    void start() {
        reports = std::make_unique<GlassReports>(GlassReportOptions{"http://127.0.0.1:" + std::to_string(hub->port()),
                                                                    "SE1", [] { return std::string("who"); }},
                                                 *temporary.store, client, clock, metrics);
    }
    std::string break_one(std::string_view reason, std::uint8_t who = 1) {
        Glasses glasses("SE1", key, rules, *temporary.store, clock, system_random());
        crypto::Pseudonym person;
        person.bytes.fill(who);
        const auto opened =
            glasses.open("hash", "p1", rights::Ground::life, reason, {&person, 1}, {"anna", "Anna", "U1"});
        REQUIRE(opened);
        clock.advance(milliseconds(1));
        return opened->glass.id;
    }
    void answer(int how, std::string refuses = {}) {
        const std::lock_guard lock(mutex);
        status = how;
        refused = std::move(refuses);
    }
    template <typename Holds>
    bool soon(Holds holds) {
        for (int i = 0; i < 2'000; ++i) {
            {
                const std::lock_guard lock(mutex);
                if (holds()) return true;
            }
            std::this_thread::sleep_for(milliseconds(5));
        }
        return false;
    }
    std::size_t waiting() {
        return (*temporary.store->snapshot())->scan(store::prefix_range("glassnodO"))->entries.size();
    }
    bool empties() {
        for (int i = 0; i < 2'000 && waiting() > 0; ++i) std::this_thread::sleep_for(milliseconds(5));
        return waiting() == 0;
    }
};

}  // namespace

TEST_CASE("a broken glass is reported, as it was broken, and once it is taken no more") {
    ReportsFixture f;
    f.start();
    const std::string id = f.break_one("unconscious");
    f.reports->nudge();
    REQUIRE(f.soon([&] { return f.taken.size() == 1; }));
    const trust::GlassReport& report = f.taken.front();
    CHECK(report.id == id);
    CHECK(report.provider_id == "SE1");
    CHECK(report.user_id == "anna");
    CHECK(report.name == "Anna");
    CHECK(report.unit_id == "U1");
    CHECK(report.ground == "life");
    CHECK(report.reason == "unconscious");
    CHECK(report.until - report.from == std::chrono::minutes(60));
    REQUIRE(f.empties());
    f.break_one("again");
    f.reports->nudge();
    REQUIRE(f.soon([&] { return f.taken.size() == 2; }));
    CHECK(f.taken[1].reason == "again");
}

TEST_CASE("while the hub is away reports wait, also over a restart, and come oldest first") {
    ReportsFixture f;
    f.answer(503);
    f.break_one("one");
    f.start();
    REQUIRE(f.soon([&] { return f.asked >= 2; }));
    f.break_one("two");
    f.reports.reset();
    f.temporary.reopen();
    CHECK(f.waiting() == 2);
    f.answer(204);
    f.start();  // without a nudge: what was left is found
    REQUIRE(f.soon([&] { return f.taken.size() == 2; }));
    CHECK(f.taken[0].reason == "one");
    CHECK(f.taken[1].reason == "two");
    CHECK(f.empties());
}

TEST_CASE("one that the hub refuses stays, and does not hold up the others") {
    ReportsFixture f;
    f.answer(204, "strange");
    f.break_one("strange");
    f.break_one("usual");
    f.start();
    REQUIRE(f.soon([&] { return f.taken.size() == 1; }));
    CHECK(f.taken[0].reason == "usual");
    CHECK(f.waiting() >= 1);
    f.answer(204);
    CHECK(f.empties());
}

TEST_CASE("two persons behind one record are told both; one whom no number names cannot be") {
    ReportsFixture f;
    Glasses glasses("SE1", f.key, f.rules, *f.temporary.store, f.clock, system_random());
    crypto::Pseudonym persons[2];
    persons[0].bytes.fill(1);
    persons[1].bytes.fill(2);
    REQUIRE(glasses.open("hash", "p1", rights::Ground::life, "r", persons, {"anna", "", ""}));
    CHECK(f.waiting() == 2);
    REQUIRE(glasses.open("hash", "p1", rights::Ground::life, "r", {}, {"anna", "", ""}));
    CHECK(f.waiting() == 2);
}
