#include "app/role_blind_key_status.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/log.h"
#include "crypto/pseudonym_ring.h"
#include "exchange/notices.h"
#include "fhir/definitions.h"
#include "index/index.h"
#include "people/links.h"
#include "publish/former_keys.h"
#include "records/records.h"
#include "store/embedded.h"
#include "store/testing.h"

namespace idun::app {
namespace {

std::string line(char digit) { return "idun-pseudonym-key " + std::string(64, digit) + "\n"; }

// A role that does not run, whose ring has the lines of these digits.
struct Stopped {
    store::TemporaryFolder disk;
    ManualClock clock{{1'800'000'000'000}};
    RolePlace place;

    Stopped(const std::string& role, const std::string& digits) {
        log::set_level(log::Level::off);
        place.role = role;
        place.id = role == "hub" ? "idun-hub" : "SE1";
        place.name = role == "hub" ? "hub" : "node-SE1";
        place.folder = disk.path + "/" + place.name;
        place.store = "embedded";
        place.public_url = "http://one.example";
        place.blind_key.file = disk.path + "/pseudonym.key";
        place.has_hub = true;
        ring(digits);
    }
    void ring(const std::string& digits) {
        std::ofstream file(place.blind_key.file, std::ios::trunc);
        for (const char digit : digits) file << line(digit);
        file.close();
        std::filesystem::permissions(place.blind_key.file,
                                     std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    }
    std::unique_ptr<store::Store> store() {
        std::filesystem::create_directories(place.folder);
        return *store::open_embedded({.folder = place.folder + "/store"}, clock);
    }
    crypto::PseudonymRing keys() { return *read_blind_key(place.blind_key, system_random()); }
    BlindKeys status() {
        auto out = blind_keys_of(place, clock, system_random(), {});
        REQUIRE_MESSAGE(out, out.error().message);
        return std::move(*out);
    }
    // "no: why" of the only other key.
    std::string may_leave() {
        const BlindKeys keys_now = status();
        REQUIRE(keys_now.others.size() == 1);
        return (keys_now.others[0].may ? "yes: " : "no: ") + keys_now.others[0].because;
    }
};

void publish(store::Store& store, const std::string& provider, const crypto::Pseudonym& person, std::uint64_t version,
             bool withdrawn = false) {
    const auto index = *index::Index::open(store);
    const index::Pointer pointer{person, "imaging", {1'800'000'000'000}, version, withdrawn};
    REQUIRE(index->put(provider, {{pointer}}, {{1'800'000'000'000}, version}));
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST_CASE("a key may leave the hub once no provider publishes by it and the hub knows people of each by another") {
    Stopped hub("hub", "21");
    const auto eva = hub.keys().all("eva"), bo = hub.keys().all("bo");  // by the next key, by the former one
    CHECK(blind_keys_of(hub.place, hub.clock, system_random(), {}).error().category == Category::not_found);
    {
        const auto store = hub.store();
        publish(*store, "SE1", eva[1].pseudonym, 1);
        publish(*store, "SE2", bo[1].pseudonym, 1);
    }
    CHECK(has(hub.may_leave(), "no: of nobody at SE1, SE2 the hub knows"));
    {
        const auto store = hub.store();
        const auto links = *people::Links::open(*store, hub.clock);
        publish(*store, "SE1", eva[0].pseudonym, 2);
        REQUIRE(links->alias(std::vector<people::AliasPair>{{eva[0], eva[1]}}, {people::By::Who::provider, "SE1"}));
    }
    CHECK(has(hub.may_leave(), "no: of 1 people there are pointers under it: SE1 still publish by it"));
    publish(*hub.store(), "SE1", eva[1].pseudonym, 3, true);
    CHECK(has(hub.may_leave(), "no: of nobody at SE2 the hub knows"));
    {
        const auto store = hub.store();
        const auto links = *people::Links::open(*store, hub.clock);
        publish(*store, "SE2", bo[0].pseudonym, 2);
        publish(*store, "SE2", bo[1].pseudonym, 3, true);
        REQUIRE(links->alias(std::vector<people::AliasPair>{{bo[0], bo[1]}}, {people::By::Who::provider, "SE2"}));
    }
    CHECK(has(hub.may_leave(), "yes: no provider publishes by it"));
    {
        const auto store = hub.store();
        const auto index = *index::Index::open(*store);
        publish(*store, "SE3", hub.keys().all("cam")[1].pseudonym, 1);
    }
    CHECK(has(hub.may_leave(), "no: of nobody at SE3"));
    (*index::Index::open(*hub.store()))->withdraw("SE3", hub.clock.now());
    CHECK(has(hub.may_leave(), "yes"));
    hub.ring("2");
    CHECK(hub.status().others.empty());
    CHECK(hub.status().stands.keys.size() == 2);  // what stands under the key that has left is told all the same
}

TEST_CASE("the hub tells how many rows of which table stand under which key") {
    Stopped hub("hub", "21");
    const auto eva = hub.keys().all("eva");
    {
        const auto store = hub.store();
        const auto links = *people::Links::open(*store, hub.clock);
        REQUIRE(links->settle(eva, {people::By::Who::the_operator, "op"}));
        exchange::Notices notices{*store, hub.clock, system_random()};
        REQUIRE(notices.want(eva[1].pseudonym, false));
        REQUIRE(notices.want(hub.keys().of("bo"), true));
        publish(*store, "SE1", eva[0].pseudonym, 1);
        publish(*store, "SE1", eva[1].pseudonym, 1);
    }
    const BlindKeys keys = hub.status();
    const std::size_t former = keys.stands.keys[0] == eva[1].key ? 0 : 1;
    CHECK(keys.ring == std::vector<std::string>{eva[0].key, eva[1].key});
    CHECK(keys.stands.pseudonyms == std::vector<std::uint64_t>{1, 1});
    std::string settings;
    for (const auto& rows : keys.stands.tables)
        if (rows.table == "notices.settings")
            settings = std::to_string(rows.under[former]) + std::to_string(rows.under[1 - former]) +
                       std::to_string(rows.unknown);
    CHECK(settings == "101");
}

TEST_CASE("a key may leave a node by what its start would say") {
    Stopped node("node", "21");
    const auto keys = node.keys();
    const std::string former = keys.names()[1],
                      both = std::min(keys.names()[0], former) + " " + std::max(keys.names()[0], former);
    const auto open_records = [&](store::Store& store, const std::string& names) {
        records::Options options;
        options.keys = names;
        options.person_key = [](std::string_view, std::string_view value) { return "k" + std::string(value); };
        return *records::Records::open(store, fhir::Definitions::r4(), node.clock, system_random(), options);
    };
    (void)node.store();
    CHECK(has(node.may_leave(), "no: the store does not say yet"));
    {
        const auto store = node.store();
        REQUIRE(open_records(*store, both)->begin_renaming());
    }
    CHECK(node.status().since == both);
    CHECK(has(node.may_leave(), "no: patients are being renamed"));
    {
        const auto store = node.store();
        const auto records = open_records(*store, both);
        while (*records->rename_some(10)) {
        }
    }
    CHECK(node.status().since == "");
    CHECK(node.status().named_by == both);
    CHECK(node.status().told == "");
    CHECK(has(node.may_leave(), "no: the key " + former + " names patients here, and the hub was not told"));
    {
        const auto store = node.store();
        store::Batch batch;
        publish::note_aliases_told(batch, both);
        REQUIRE(store->commit(std::move(batch)));
    }
    CHECK(node.status().told == both);
    CHECK(has(node.may_leave(), "yes: the hub knows of everybody here"));
    node.place.has_hub = false;
    CHECK(has(node.may_leave(), "yes: the node is of no hub"));
}

}  // namespace
}  // namespace idun::app
