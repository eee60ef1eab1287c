#include "app/role_care.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "app/role_tables.h"
#include "base/log.h"
#include "fhir/definitions.h"
#include "records/records.h"
#include "store/embedded.h"
#include "store/testing.h"

namespace idun::app {
namespace {

RolePlace place_in(const std::string& folder, const std::string& role) {
    RolePlace out;
    out.role = role;
    out.id = role == "hub" ? "idun-hub" : "SE1";
    out.name = role == "hub" ? "hub" : "node-SE1";
    out.folder = folder + "/" + out.name;
    out.store = "embedded";
    out.public_url = "http://one.example";
    return out;
}

std::unique_ptr<store::Store> store_of(const RolePlace& place) {
    std::filesystem::create_directories(place.folder);
    return *store::open_embedded({.folder = place.folder + "/store"}, system_clock());
}

TEST_CASE("a role that does not run is looked through and compacted by the command; its folder remembers the scan") {
    log::set_level(log::Level::off);
    store::TemporaryFolder disk;
    ManualClock clock{{1'795'711'200'000}};
    const RolePlace place = place_in(disk.path, "node");
    CHECK(scan_role(place, clock, system_random(), {}).error().category == Category::not_found);
    CHECK(compact_role(place, clock, system_random()).error().category == Category::not_found);
    CHECK(!last_scan(place.folder));
    {
        const auto store = store_of(place);
        records::Options options;
        options.base_url = place.public_url + "/fhir";
        const auto records = *records::Records::open(*store, fhir::Definitions::r4(), clock, system_random(), options);
        const auto patient = json::Document::parse(R"({"resourceType":"Patient","id":"p1","identifier":[{"system":"urn:s","value":"v"}],"name":[{"family":"Ek"}]})");
        REQUIRE(records->update("Patient", "p1", patient->root(), {}, {}).status == 201);
    }
    const auto clean = scan_role(place, clock, system_random(), {});
    REQUIRE_MESSAGE(clean, clean.error().message);
    CHECK(!clean->running);
    CHECK_MESSAGE(clean->report.found == 0, (clean->report.findings.empty() ? std::string() : clean->report.findings[0].sentence()));
    REQUIRE(last_scan(place.folder));
    CHECK(last_scan(place.folder)->found == 0);
    CHECK(last_scan(place.folder)->time == clock.now());
    CHECK(last_scan(place.folder)->rows >= 5);
    {
        const auto store = store_of(place);
        store::Batch batch;
        batch.put("nonsense?", "x");
        REQUIRE(store->commit(std::move(batch)));
    }
    const auto strange = scan_role(place, clock, system_random(), {});
    CHECK(strange->report.found == 1);
    CHECK(strange->report.findings[0].sentence().find("a row of no table") == 0);
    CHECK(last_scan(place.folder)->found == 1);
    CHECK(compact_role(place, clock, system_random())->bytes.after > 0);
    CHECK(!std::filesystem::exists(place.folder + "/log"));
}

TEST_CASE("what a scan found is told also where the role's folder takes no note of it") {
    log::set_level(log::Level::off);
    store::TemporaryFolder disk;
    const RolePlace place = place_in(disk.path, "hub");
    store::Batch batch;
    batch.put("nonsense?", "x");
    REQUIRE(store_of(place)->commit(std::move(batch)));
    std::filesystem::create_directories(place.folder + "/scan.json/in-the-way");
    const auto scanned = scan_role(place, system_clock(), system_random(), {});
    REQUIRE_MESSAGE(scanned, scanned.error().message);
    CHECK(scanned->report.found == 1);
    CHECK(!last_scan(place.folder));
}

TEST_CASE("a store in which a newer program has written is opened by no command") {
    log::set_level(log::Level::off);
    store::TemporaryFolder disk;
    const RolePlace place = place_in(disk.path, "node");
    REQUIRE(RoleKeys::load(place.keys(), system_clock(), system_random()));
    std::filesystem::create_directories(place.folder + "/log");
    const store::FormChange of_tomorrow{.table = "documents.pages", .prefix = "document", .form = 2};
    REQUIRE(store::announce_forms(*store_of(place), {&of_tomorrow, 1}));
    const auto scanned = scan_role(place, system_clock(), system_random(), {});
    const auto compacted = compact_role(place, system_clock(), system_random());
    const auto opened = open_role(place, system_clock());  // for backups
    for (const std::optional<Error>& error : {scanned ? std::nullopt : std::optional(scanned.error()), compacted ? std::nullopt : std::optional(compacted.error()),
                                              opened ? std::nullopt : std::optional(opened.error())}) {
        REQUIRE(error);
        CHECK(error->category == Category::unsupported);
        CHECK(error->message.find("documents.pages") != std::string::npos);
    }
    CHECK(!last_scan(place.folder));
}

TEST_CASE("tables have names of their own, in the document too, and forms that changed are those of tables") {
    std::ifstream file(IDUN_SOURCE_DIR "/docs/formats/upkeep.md");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    for (const std::string role : {"hub", "node"}) {
        store::TemporaryFolder disk;
        const RolePlace place = place_in(disk.path, role);
        const auto store = store_of(place);
        const auto tables = *role_tables(place, **store->snapshot());
        std::set<std::string_view> names;
        const std::size_t row = text.find("\n| " + role + " | `");
        REQUIRE(row != std::string::npos);
        const std::string told = text.substr(row, text.find('\n', row + 1) - row);
        for (const store::Table& one : tables) {
            CAPTURE(std::string(one.name));
            CHECK(names.insert(one.name).second);
            CHECK((one.prefix.empty() ? one.letter != 0 : one.prefix.size() >= store::kPartitionBytes));
            CHECK(one.check);
            const std::size_t dot = one.name.find('.') + 1;
            CHECK(told.find(one.name.substr(0, dot)) != std::string::npos);
            CHECK(told.find(one.name.substr(dot)) != std::string::npos);
        }
        for (const store::FormChange& one : role_forms(place)) CHECK(names.contains(one.table));
    }
}

}  // namespace
}  // namespace idun::app
