// Roles whose store is a real PostgreSQL: backed up whole, lost, restored, drilled, looked through and compacted.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "app/backup_drill.h"
#include "app/backup_role.h"
#include "app/role_care.h"
#include "base/log.h"
#include "store/internal/pg_connection.h"
#include "store/internal/postgres_server.h"
#include "store/testing.h"

namespace idun::app {
namespace {

namespace fs = std::filesystem;

// A node of SE1 with its log on the disk, and its rows in a schema.
struct PostgresMachine {
    PostgresMachine() {
        log::set_level(log::Level::off);
        fs::create_directories(place.folder);
        std::ofstream(path("pass")) << "a long passphrase\n";
        std::ofstream(place.blind_key.file) << "idun-pseudonym-key " << std::string(64, 'a') << "\n";
        for (const std::string& file : {path("pass"), place.blind_key.file}) fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write);
        const auto keys = *RoleKeys::load(place.keys(), clock, system_random());
        REQUIRE(ledger::Ledger::open(place.folder + "/log", "SE1", keys.key(), ledger::system_files(), clock, nullptr, keys.log_options()));
        const auto store = *store::open_postgres(options(), clock);
        for (int i = 0; i < 50; ++i) {
            store::Batch batch;
            batch.put("publishdL" + std::to_string(i), std::string(16, 'a') + std::string(16, 'b'));
            batch.note("note " + std::to_string(i));
            REQUIRE(store->commit(std::move(batch)));
        }
    }
    std::string path(const std::string& name) const { return disk.path + "/" + name; }
    RolePlace make_place() const {
        RolePlace out;
        out.role = "node";
        out.id = "SE1";
        out.name = "node-SE1";
        out.folder = path("data/node-SE1");
        out.blind_key = {.file = path("pseudonym.key"), .data = path("data")};
        out.store = "postgresql:" + store::PostgresServer::shared()->connection();
        out.schema = "idun_whole_role";
        out.public_url = "http://one.example";
        return out;
    }
    store::PostgresOptions options() const { return {.connection = store::PostgresServer::shared()->connection(), .schema = place.schema}; }
    void drop() { REQUIRE((*store::PgConnection::open(options()))->query("DROP SCHEMA " + place.schema + " CASCADE")); }
    void lose() {
        fs::remove_all(path("data"));
        fs::create_directories(path("data"));
    }

    store::TemporaryFolder disk;
    ManualClock clock{{1'795'711'200'000}};
    const RolePlace place = make_place();
};

TEST_CASE("a role on PostgreSQL is backed up, lost, restored into either engine, and drilled") {
    if (!store::PostgresServer::shared()) {
        MESSAGE("skipped: PostgreSQL 15 is not installed");
        return;
    }
    PostgresMachine machine;
    const auto made = back_up(machine.place, {machine.path("backups"), 0, machine.path("pass")}, machine.clock, system_random());
    REQUIRE_MESSAGE(made, made.error().message);
    CHECK(made->manifest.entries == 50);
    CHECK(made->manifest.version == 50);
    const auto report = drill({made->path, machine.disk.path, {}}, machine.clock);
    REQUIRE(report);
    CHECK_MESSAGE(report->ok, report->steps.back().said);

    const RestoreWish wish{made->path, made->keys_file, machine.path("pass")};
    machine.lose();
    const auto there = restore(machine.place, wish);  // the schema is still there
    REQUIRE_FALSE(there);
    CHECK(there.error().category == Category::conflict);
    CHECK(!fs::exists(machine.place.folder));
    machine.drop();
    const auto restored = restore(machine.place, wish);
    REQUIRE_MESSAGE(restored, restored.error().message);
    {
        const auto store = *store::open_postgres(machine.options(), machine.clock);
        const auto snapshot = *store->snapshot();
        CHECK(snapshot->version() == store::Version{50});
        CHECK(snapshot->get("publishdL7").value() == std::string(16, 'a') + std::string(16, 'b'));
        CHECK(store->changes({0}, 100)->size() == 50);
    }
    // The other engine takes it too.
    machine.lose();
    RolePlace embedded = machine.place;
    embedded.store = "embedded";
    REQUIRE(restore(embedded, wish));
    CHECK(scan_role(embedded, machine.clock, system_random(), {})->report.found == 0);
    machine.drop();
}

TEST_CASE("a role on PostgreSQL is looked through and compacted") {
    if (!store::PostgresServer::shared()) {
        MESSAGE("skipped: PostgreSQL 15 is not installed");
        return;
    }
    PostgresMachine machine;
    const auto clean = scan_role(machine.place, machine.clock, system_random(), {});
    REQUIRE_MESSAGE(clean, clean.error().message);
    CHECK_MESSAGE(clean->report.found == 0, (clean->report.findings.empty() ? std::string() : clean->report.findings[0].sentence()));
    CHECK(last_scan(machine.place.folder)->rows == 50);
    {
        const auto store = *store::open_postgres(machine.options(), machine.clock);
        store::Batch batch;
        batch.put("publishdL3", "half a pair");
        REQUIRE(store->commit(std::move(batch)));
    }
    const auto damaged = scan_role(machine.place, machine.clock, system_random(), {});
    REQUIRE(damaged->report.found == 1);
    CHECK(damaged->report.findings[0].table == "publish.links");
    const auto compacted = compact_role(machine.place, machine.clock, system_random());
    REQUIRE_MESSAGE(compacted, compacted.error().message);
    CHECK(compacted->bytes.after > 0);
    machine.drop();
}

}  // namespace
}  // namespace idun::app
