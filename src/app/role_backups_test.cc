#include "app/role_backups.h"

#include <doctest/doctest.h>

#include <filesystem>

#include "base/log.h"
#include "http/client.h"
#include "http/server.h"
#include "store/faulty.h"
#include "store/testing.h"
#include "trust/assertion.h"

using namespace idun;
using namespace idun::app;

TEST_CASE("a role that ends while it makes a backup does not wait for it, and leaves nothing of it") {
    log::set_level(log::Level::off);
    const store::TemporaryFolder folder;
    const std::string backups = folder.path + "/backups";
    const auto key = *crypto::SigningKey::from_seed(std::string(32, 'r'));
    store::EmbeddedOptions options;
    options.folder = folder.path + "/store";
    const auto disk = store::open_embedded(options, system_clock()).value();
    store::FaultyStore slow(*disk);
    slow.backup_waits = true;  // for ever, unless it is told to stop
    const auto ledger = ledger::Ledger::open(folder.path + "/log", "hub", key, ledger::system_files(), system_clock()).value();
    Metrics metrics;
    RolePlace place;
    place.role = "hub";
    place.id = "hub";
    place.folder = folder.path;
    place.backups = backups;
    auto made = RoleBackups::of(place, {.store = slow, .ledger = *ledger, .key = key, .clock = system_clock(), .metrics = metrics});
    REQUIRE(made);
    {
        http::Loop loop;
        http::Router router;
        (*made)->add_routes(router);
        const auto server = *http::Server::listen(loop, {}, std::move(router).handler(), metrics);
        http::Client client(loop, {});
        http::Call call;
        call.method = "POST";
        call.url = "http://127.0.0.1:" + std::to_string(server->port()) + "/upkeep/backups";
        call.headers.set("Authorization", "Bearer " + *trust::sign_assertion(key, "hub", "hub/upkeep", system_clock().now(), system_random()));
        const auto answer = client.fetch(std::move(call));
        REQUIRE(answer);
        REQUIRE(answer->status == 202);
    }
    made->reset();
    const auto left = ledger::system_files().list(backups).value_or(std::vector<std::string>());
    for (const std::string& name : left) CHECK(name == "lock");
}
