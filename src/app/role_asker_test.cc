#include "app/role_asker.h"

#include <doctest/doctest.h>

#include <future>

#include "app/role_task.h"
#include "base/log.h"
#include "base/metrics.h"
#include "http/server.h"
#include "store/testing.h"

using namespace idun;
using namespace idun::app;

namespace {

// A role that runs, and does one thing that takes until it is let go; each time says how often it was done.
struct Role {
    store::TemporaryFolder folder;
    RolePlace place = make_place();
    RoleKeys keys = *RoleKeys::load(place.keys(), system_clock(), system_random());
    api::Operators operators{place.audience(), own(), system_clock()};
    std::atomic<bool> let_go = false;
    std::atomic<int> times = 0;
    RoleTask task{"the work", [this](std::stop_token stop, std::atomic<std::uint64_t>&) -> Result<std::string> {
                      while (!let_go && !stop.stop_requested()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
                      return "{\"times\":" + std::to_string(++times) + "}";
                  }};
    Metrics metrics;
    http::Loop loop;
    std::unique_ptr<http::Server> server;

    Role() {
        log::set_level(log::Level::off);
        http::Router router;
        task.add_routes(router, operators, "/upkeep/work");
        server = *http::Server::listen(loop, {}, std::move(router).handler(), metrics);
        place.url = "http://127.0.0.1:" + std::to_string(server->port());
    }
    RolePlace make_place() const {
        RolePlace out;
        out.role = "hub";
        out.id = "idun-hub";
        out.name = "hub";
        out.folder = folder.path;
        return out;
    }
    trust::ProviderKeys own() const {
        trust::ProviderKeys out;
        IDUN_CHECK(out.add(place.id, keys.key().public_key()).has_value());
        return out;
    }
};

}  // namespace

TEST_CASE("what somebody else has begun is waited for, and then done anew") {
    Role role;
    RoleAsker other(role.place, role.keys.key(), system_clock(), system_random());
    REQUIRE(other.begin("/upkeep/work", ""));
    auto asked = std::async(std::launch::async, [&] { return ask_task(role.place, "/upkeep/work", system_clock(), system_random(), {}); });
    CHECK(asked.wait_for(std::chrono::milliseconds(300)) == std::future_status::timeout);
    role.let_go = true;
    const auto done = asked.get();
    REQUIRE_MESSAGE(done, done.error().message);
    CHECK(done->root()["last"]["times"].text() == "2");
}

TEST_CASE("it is not waited for without end, and a role that refuses is not asked again") {
    Role role;
    RoleAsker operator_(role.place, role.keys.key(), system_clock(), system_random());
    REQUIRE(operator_.begin("/upkeep/work", ""));
    CHECK(operator_.call("POST", "/upkeep/work", "").error().category == Category::conflict);
    const Status waited = operator_.begin("/upkeep/work", "", std::chrono::milliseconds(1'500));
    REQUIRE(!waited);
    CHECK(waited.error().category == Category::busy);
    CHECK(role.times == 0);
    CHECK(operator_.begin("/upkeep/other", "").error().category == Category::unavailable);
    const auto stranger = *crypto::SigningKey::from_seed(std::string(32, 's'));
    CHECK(RoleAsker(role.place, stranger, system_clock(), system_random()).begin("/upkeep/work", "").error().category == Category::unavailable);
}
