// Whose backups are taken: roles that do not run, on real files.
#include "app/backup_role.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "app/backup_drill.h"
#include "base/log.h"
#include "http/server.h"
#include "store/embedded.h"
#include "store/testing.h"

using namespace idun;
using namespace idun::app;

namespace {

namespace fs = std::filesystem;

constexpr Instant kBackupDay{1'795'711'200'000};  // 2026-11-26T16:40:00Z

void put_text(const std::string& path, const std::string& text) {
    std::ofstream(path, std::ios::trunc) << text;
    fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
}

std::string text_in(const std::string& path) { return ledger::system_files().read(path, 0, 1u << 20).value_or(""); }

std::string key_line(char digit) { return "idun-pseudonym-key " + std::string(64, digit) + "\n"; }

// A machine with a node of SE1 on its disk.
struct Machine {
    explicit Machine(const std::string& row = "opt-out") {
        log::set_level(log::Level::off);
        fs::create_directories(path("data"));
        fs::create_directories(path("apart"));
        put_text(path("pass"), "a long passphrase\n");
        put_text(place.blind_key.file, key_line('a'));
        write(row);
    }
    std::string path(const std::string& name) const { return disk.path + "/" + name; }
    RolePlace make_place() const {
        RolePlace out;
        out.role = "node";
        out.id = "SE1";
        out.name = "node-SE1";
        out.folder = path("data/node-SE1");
        out.blind_key = {.file = path("apart/pseudonym.key"), .data = path("data"), .backups = path("backups"), .beside = path("apart/pseudonym.key")};
        out.store = "embedded";
        return out;
    }
    Result<RoleKeys> keys() const { return RoleKeys::load(place.keys(), clock, system_random()); }
    void write(const std::string& row) {
        const auto role = keys();
        REQUIRE(role);
        store::EmbeddedOptions options;
        options.folder = place.folder + "/store";
        auto store = store::open_embedded(options, clock).value();
        store::Batch batch;
        batch.put("record00" + row, "v");
        REQUIRE(store->commit(std::move(batch)));
        REQUIRE(ledger::Ledger::open(place.folder + "/log", "SE1", role->key(), ledger::system_files(), clock, nullptr, role->log_options()));
    }
    MadeBackup back_up() {
        clock.advance(std::chrono::seconds(1));
        auto made = app::back_up(place, {path("backups"), 0, path("pass")}, clock, system_random());
        REQUIRE_MESSAGE(made, made.error().message);
        return std::move(*made);
    }
    void lose() {
        for (const char* part : {"data", "apart"}) {
            fs::remove_all(path(part));
            fs::create_directories(path(part));
        }
    }
    Result<RestoredRole> restore(const std::string& backup, const std::string& sealed) { return app::restore(place, {backup, sealed, path("pass")}); }
    bool bare() const { return fs::is_empty(path("data")) && fs::is_empty(path("apart")); }

    store::TemporaryFolder disk;
    ManualClock clock{kBackupDay};
    const RolePlace place = make_place();
};

}  // namespace

TEST_CASE("a backup that somebody else has signed is refused, with sealed keys too, and nothing is made of it") {
    Machine ours;
    const MadeBackup made = ours.back_up();
    Machine theirs("no opt-out");  // the same provider's name, all of it signed, by a key of their own
    const MadeBackup forged = theirs.back_up();
    ours.lose();
    const auto refused = ours.restore(forged.path, made.keys_file);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().category == Category::forbidden);
    CHECK(refused.error().message.find(forged.manifest.key) != std::string::npos);
    CHECK(ours.bare());
    const auto restored = ours.restore(made.path, made.keys_file);
    REQUIRE_MESSAGE(restored, restored.error().message);
    CHECK(restored->keys_left.empty());
    CHECK(text_in(ours.place.blind_key.file) == key_line('a'));
    CHECK(ours.keys()->key().public_key().base64url() == made.manifest.key);
    // And with the keys in their place.
    fs::rename(ours.place.folder + "/keys", ours.path("kept"));
    ours.lose();
    CHECK(app::restore(ours.place, {made.path, "", ""}).error().category == Category::not_found);
    fs::create_directories(ours.place.folder);
    fs::rename(ours.path("kept"), ours.place.folder + "/keys");
    CHECK(app::restore(ours.place, {forged.path, "", ""}).error().category == Category::forbidden);
    CHECK(app::restore(ours.place, {made.path, "", ""}));
}

TEST_CASE("a role's backups are those of its former, its present and its announced key") {
    Machine machine;
    const MadeBackup first = machine.back_up();
    const std::string before = machine.path("before.keys");
    fs::rename(first.keys_file, before);
    REQUIRE(machine.keys()->change(machine.clock.now() + std::chrono::hours(1), system_random()));
    const std::string announced = machine.path("announced.keys");
    fs::rename(machine.back_up().keys_file, announced);
    machine.clock.advance(std::chrono::hours(2));
    const MadeBackup second = machine.back_up();
    REQUIRE(second.manifest.key != first.manifest.key);
    machine.lose();
    CHECK(machine.restore(second.path, before).error().category == Category::forbidden);
    CHECK(machine.bare());
    for (const auto& [backup, sealed] : {std::pair{second.path, announced}, {second.path, second.keys_file}, {first.path, second.keys_file}, {first.path, before}}) {
        const auto restored = machine.restore(backup, sealed);
        CHECK_MESSAGE(restored, restored.error().message);
        machine.lose();
    }
}

TEST_CASE("keys that lie in their places stay, and it is said which") {
    Machine machine;
    const MadeBackup first = machine.back_up();
    REQUIRE(machine.keys()->change(machine.clock.now(), system_random()));
    const std::string announced = machine.path("announced.keys");
    {
        // As sealed just before the change was carried out: with the next key.
        Machine copy;
        fs::remove_all(copy.place.folder);
        fs::copy(machine.place.folder, copy.place.folder, fs::copy_options::recursive);
        copy.clock.advance(-std::chrono::hours(1));
        fs::rename(copy.back_up().keys_file, announced);
    }
    REQUIRE(machine.keys());
    const std::string newer = text_in(machine.place.keys().file());
    for (const char* part : {"store", "log"}) fs::remove_all(machine.place.folder + "/" + part);
    put_text(machine.place.blind_key.file, key_line('b'));
    const auto restored = machine.restore(first.path, announced);
    REQUIRE_MESSAGE(restored, restored.error().message);
    CHECK(restored->keys_left == std::vector<std::string>{"keys/node.key", "pseudonym.key"});
    CHECK(text_in(machine.place.keys().file()) == newer);
    CHECK(text_in(machine.place.blind_key.file) == key_line('b'));
    CHECK_FALSE(fs::exists(machine.place.keys().file() + ".next"));
    // A fresh key that was made there by mistake is not the role's.
    machine.lose();
    REQUIRE(machine.keys());
    CHECK(machine.restore(first.path, first.keys_file).error().category == Category::forbidden);
}

TEST_CASE("keys are sealed whole or not at all, and never restored into the data") {
    Machine machine;
    const MadeBackup made = machine.back_up();
    // Before an hour of copying, not after it.
    const auto sealed = [&] { return app::back_up(machine.place, {machine.path("others"), 0, machine.path("pass")}, machine.clock, system_random()); };
    put_text(machine.place.blind_key.file, "no key");
    CHECK(sealed().error().category == Category::corrupt);
    fs::remove(machine.place.blind_key.file);
    CHECK(sealed().error().category == Category::not_found);
    put_text(machine.path("data/pseudonym.key"), key_line('a'));
    CHECK(sealed().error().message.find("run: mv " + machine.path("data/pseudonym.key") + " " + machine.place.blind_key.file) != std::string::npos);
    CHECK_FALSE(fs::exists(machine.path("others")));
    // A backup without keys is better than none, and says what its restore would lack.
    machine.clock.advance(std::chrono::seconds(1));
    const auto plain = app::back_up(machine.place, {machine.path("others"), 0, ""}, machine.clock, system_random());
    REQUIRE(plain);
    CHECK(plain->warning.find("run: mv ") != std::string::npos);
    machine.lose();
    RolePlace inside = machine.place;
    inside.blind_key.file = machine.path("data/pseudonym.key");
    const auto refused = app::restore(inside, {made.path, made.keys_file, machine.path("pass")});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().category == Category::conflict);
    CHECK(machine.bare());
    // A folder that is there stays as it is.
    fs::permissions(machine.path("apart"), fs::perms::owner_all | fs::perms::group_read | fs::perms::group_exec);
    REQUIRE(machine.restore(made.path, made.keys_file));
    CHECK((fs::status(machine.path("apart")).permissions() & fs::perms::group_read) != fs::perms::none);
}

TEST_CASE("a drill with keys takes only what they have signed; without, it says that nobody looked") {
    Machine machine;
    const MadeBackup made = machine.back_up();
    const auto key = crypto::PublicKey::from_base64url(made.manifest.key).value();
    const auto plain = drill({made.path, machine.disk.path, {}}, machine.clock);
    REQUIRE(plain);
    CHECK_MESSAGE(plain->ok, plain->steps.back().said);
    CHECK(plain->steps.front().said.find("signed by " + made.manifest.key + "; whose key that is was not checked") != std::string::npos);
    const auto known = drill({made.path, machine.disk.path, crypto::KeySet(key)}, machine.clock);
    CHECK(known->ok);
    CHECK(known->steps.front().said.find("which is one of the keys given") != std::string::npos);
    const auto other = drill({made.path, machine.disk.path, crypto::KeySet(crypto::SigningKey::generate(system_random()).public_key())}, machine.clock);
    CHECK_FALSE(other->ok);
    CHECK(other->steps.size() == 1);
    CHECK(other->steps.front().said.find("none of the keys given") != std::string::npos);
}

TEST_CASE("a drill of a backup on a disk that cannot be written to tells all that it found") {
    Machine machine;
    const MadeBackup made = machine.back_up();
    fs::create_directories(machine.path("backups/node-SE1/drill.json/in the way"));
    const auto report = drill({made.path, machine.disk.path, {}}, machine.clock);
    REQUIRE(report);
    CHECK(report->ok);
    CHECK(report->steps.size() == 6);
    CHECK_FALSE(report->noted);
}

TEST_CASE("a role that was started again while it made its backup has made none") {
    Machine machine;
    // It runs, and the process that answers has never been asked.
    http::Loop loop;
    Metrics metrics;
    const auto role = *http::Server::listen(loop, {}, http::answering([](const http::Request& request) {
        http::Response out;
        out.status = request.method == "POST" ? 202 : 200;
        out.body = request.method == "POST" ? "{\"running\": \"20261126T164000Z\"}" : "{}";
        return out;
    }), metrics);
    const auto lock = ledger::system_files().lock(machine.place.folder + "/log");
    REQUIRE(lock);
    RolePlace place = machine.place;
    place.backups = machine.path("backups/node-SE1");
    place.url = "http://127.0.0.1:" + std::to_string(role->port());
    const auto made = app::back_up(place, {}, machine.clock, system_random());
    REQUIRE_FALSE(made);
    CHECK(made.error().message == "node-SE1 was started again while it made its backup: no backup was made");
}
