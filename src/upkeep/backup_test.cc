// A role's backup from its making to its restoring, on real files, with real failures of the disk.
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <stop_token>
#include <thread>

#include "base/log.h"
#include "ledger/verify.h"
#include "store/testing.h"
#include "upkeep/archive.h"
#include "upkeep/kept.h"
#include "upkeep/restore.h"
#include "upkeep/take.h"
#include "upkeep/verified.h"

namespace idun::upkeep {
namespace {

namespace fs = std::filesystem;

constexpr Instant kBegan{1'795'711'200'000};  // 2026-11-26T16:40:00Z

// A role with a store and a log that each hold something.
struct Role {
    Role() {
        log::set_level(log::Level::off);
        open();
        write(20);
    }
    void open() {
        store::EmbeddedOptions options;
        options.folder = folder() + "/store";
        store = store::open_embedded(options, clock).value();
        ledger = ledger::Ledger::open(folder() + "/log", "SE1", key, ledger::system_files(), clock).value();
    }
    void close() {
        store.reset();
        ledger.reset();
    }
    void write(int count) {
        for (int i = 0; i < count; ++i) {
            store::Batch batch;
            batch.put("record00" + std::to_string(written), std::string(1000, 'v'));
            batch.note("n" + std::to_string(written));
            REQUIRE(store->commit(std::move(batch)));
            ledger::Access access;
            access.time = clock.now();
            access.requester.user_id = "u" + std::to_string(written++);
            auto receipt = ledger->append(access);
            REQUIRE(receipt);
            receipts.push_back(std::move(*receipt));
        }
    }
    Source source() { return {.role = "node", .id = "SE1", .store = *store, .ledger = *ledger, .folder = folder(), .closed_logs = {}, .key = key, .clock = clock}; }
    std::string folder() const { return place.path + "/role"; }
    std::string backups() const { return place.path + "/backups"; }

    store::TemporaryFolder place;
    ManualClock clock{kBegan};
    crypto::SigningKey key = *crypto::SigningKey::from_seed(std::string(32, 's'));
    std::unique_ptr<store::Store> store;
    std::unique_ptr<ledger::Ledger> ledger;
    std::vector<ledger::Receipt> receipts;
    int written = 0;
};

RestoreTo into(const std::string& folder) {
    return {.folder = folder,
            .restore_store = [](const std::string& backup, const std::string& sha256, const std::string& role) { return store::restore_embedded(backup, role + "/store", sha256); },
            .keys = {}};
}

std::vector<std::string> names_in(const std::string& folder) { return ledger::system_files().list(folder).value_or(std::vector<std::string>()); }

TEST_CASE("a backup is whole, signed, and restores to what the role was") {
    Role role;
    const auto made = take_backup(role.source(), role.backups(), 0);
    REQUIRE_MESSAGE(made, made.error().message);
    CHECK(made->path == role.backups() + "/20261126T164000Z");
    CHECK(made->manifest.version == 20);
    CHECK(made->manifest.entries == 20);
    CHECK(made->manifest.notes == 20);
    CHECK(made->manifest.logs.at(0).size >= 21);  // the entry that says that a copy is made
    role.write(5);
    CHECK(verified_backup(made->path) == made->manifest);
    role.close();

    // Nothing is overwritten.
    CHECK(restore_role(made->path, made->manifest, into(role.folder())).error().category == Category::conflict);
    fs::rename(role.folder(), role.place.path + "/lost");
    const auto restored = restore_role(made->path, made->manifest, into(role.folder()));
    REQUIRE_MESSAGE(restored, restored.error().message);
    const std::vector<ledger::Receipt> before(role.receipts.begin(), role.receipts.begin() + 20);
    const auto report = ledger::verify_log(role.folder() + "/log", crypto::KeySet(role.key.public_key()), ledger::system_files(), {}, before);
    REQUIRE(report);
    CHECK_MESSAGE(report->ok(), report->problems.front());
    bool copying = false;
    role.open();
    REQUIRE(role.ledger->for_each(0, [&](const ledger::Entry& entry) -> Status {
        copying = copying || (entry.access && entry.access->query == "backup 20261126T164000Z");
        return {};
    }));
    CHECK(copying);
    CHECK(role.store->snapshot().value()->version() == store::Version{20});
    CHECK_FALSE(fs::exists(role.folder() + ".restored"));
}

TEST_CASE("keys that lie in the role's folder stay, and given ones are put there") {
    Role role;
    const auto made = take_backup(role.source(), role.backups(), 0);
    REQUIRE(made);
    const std::string other = role.place.path + "/other";
    fs::create_directories(other + "/keys");
    std::ofstream(other + "/keys/node.key") << "mine";
    RestoreTo both = into(other);
    both.keys = {{"keys/node.key", "older"}, {"keys/changes/1", "c"}};
    CHECK(restore_role(made->path, made->manifest, both) == std::vector<std::string>{"keys/node.key"});
    CHECK(fs::file_size(other + "/keys/node.key") == 4);
    CHECK(fs::exists(other + "/keys/changes/1"));
    RestoreTo given = into(role.place.path + "/third");
    given.keys = {{"keys/node.key", "given"}, {"keys/changes/1", "c"}};
    REQUIRE(restore_role(made->path, made->manifest, given));
    CHECK(fs::file_size(given.folder + "/keys/node.key") == 5);
    CHECK(fs::exists(given.folder + "/keys/changes/1"));
    given.folder = role.place.path + "/fourth";
    given.keys_fit = [&](const std::string& folder) {
        CHECK(fs::file_size(folder + "/keys/node.key") == 5);
        CHECK_FALSE(fs::exists(folder + "/log"));
        return fail(Category::forbidden, "not these");
    };
    CHECK(restore_role(made->path, made->manifest, given).error().category == Category::forbidden);
    CHECK(names_in(role.place.path) == std::vector<std::string>{"backups", "other", "role", "third"});
    given.keys = {{"../escaped", "x"}};
    CHECK(restore_role(made->path, made->manifest, given).error().category == Category::corrupt);
    CHECK_FALSE(fs::exists(given.folder));
    given.folder = role.place.path + "/third";
    CHECK((fs::status(given.folder + "/keys/node.key").permissions() & (fs::perms::group_all | fs::perms::others_all)) == fs::perms::none);
}

TEST_CASE("a changed, cut or missing part of a backup is named, and nothing is made of it") {
    Role role;
    const auto made = take_backup(role.source(), role.backups(), 0);
    REQUIRE(made);
    for (const char* file : {"manifest.json", "manifest.sig", "store/store.backup", "log.backup"}) {
        CAPTURE(file);
        const std::string path = made->path + "/" + file;
        const auto whole = *ledger::system_files().read(path, 0, 1u << 24);
        for (const std::size_t at : {std::size_t{0}, whole.size() / 3, whole.size() / 2, whole.size() - 2}) {
            std::string wrong = whole;
            wrong[at] = static_cast<char>(wrong[at] ^ 1);
            REQUIRE(ledger::system_files().write_whole(path, wrong, false));
            const auto found = verified_backup(made->path);
            REQUIRE_FALSE(found);
            CHECK(found.error().message.find(std::string_view(file).substr(0, 3)) != std::string::npos);
        }
        REQUIRE(ledger::system_files().write_whole(path, whole.substr(0, whole.size() / 2), false));
        CHECK_FALSE(verified_backup(made->path));
        REQUIRE(ledger::system_files().remove(path));
        CHECK_FALSE(verified_backup(made->path));
        REQUIRE(ledger::system_files().write_whole(path, whole, false));
        CHECK(verified_backup(made->path));
    }
    // Another role's signature of the same words is not that of the key they name.
    const auto other = *crypto::SigningKey::from_seed(std::string(32, 'o'));
    fs::remove(made->path + "/manifest.json");
    fs::remove(made->path + "/manifest.sig");
    REQUIRE(write_manifest(made->path, made->manifest, other));
    CHECK(verified_backup(made->path).error().category == Category::corrupt);
}

// The place where backups lie is others' too: files are exchanged between the look and the restore.
TEST_CASE("what is exchanged after it was verified becomes no role") {
    Role role;
    const auto first = take_backup(role.source(), role.backups(), 0);
    REQUIRE(first);
    role.write(3);
    role.clock.advance(std::chrono::seconds(1));
    const auto second = take_backup(role.source(), role.backups(), 0);
    REQUIRE(second);
    const std::string folder = role.place.path + "/new";
    for (const char* file : {"store/store.backup", "log.backup"}) {
        CAPTURE(file);
        const auto verified = verified_backup(first->path);
        REQUIRE(verified);
        const auto ours = *ledger::system_files().read(first->path + "/" + file, 0, 1u << 24);
        fs::copy_file(second->path + "/" + file, first->path + "/" + file, fs::copy_options::overwrite_existing);
        const auto restored = restore_role(first->path, *verified, into(folder));
        REQUIRE_FALSE(restored);
        CHECK(restored.error().category == Category::corrupt);
        CHECK(restored.error().message.find("is not the file that was verified") != std::string::npos);
        CHECK(names_in(role.place.path) == std::vector<std::string>{"backups", "role"});
        REQUIRE(ledger::system_files().write_whole(first->path + "/" + file, ours, false));
    }
    CHECK(restore_role(first->path, first->manifest, into(folder)));
}

TEST_CASE("a signed archive with files that are of no log is refused") {
    Role role;
    auto made = take_backup(role.source(), role.backups(), 0);
    REQUIRE(made);
    for (const char* name : {"keys/node.key", "store/CURRENT", "log-2/keys", "log"}) {
        CAPTURE(name);
        for (const char* file : {"/log.backup", "/manifest.json", "/manifest.sig"}) fs::remove(made->path + file);
        auto writer = ArchiveWriter::create(made->path + "/log.backup");
        REQUIRE(writer->begin(name, 1));
        REQUIRE(writer->take("x"));
        REQUIRE(writer->finish());
        made->manifest.files[1] = *digest_of(made->path, "log.backup");
        REQUIRE(write_manifest(made->path, made->manifest, role.key));
        const auto verified = verified_backup(made->path);
        REQUIRE(verified);
        CHECK(restore_role(made->path, *verified, into(role.place.path + "/new")).error().category == Category::corrupt);
        CHECK(names_in(role.place.path) == std::vector<std::string>{"backups", "role"});
    }
}

// In a process of its own, whose files may not grow beyond some size: as on a disk that fills up, at every place.
TEST_CASE("a backup that does not fit on the disk is absent") {
    Role role;
    role.close();
    bool made = false;
    int refused = 0;
    for (rlim_t bytes = 10; !made; bytes += bytes < 400 ? 60 : 1500) {
        const pid_t child = ::fork();
        if (child == 0) {
            ::signal(SIGXFSZ, SIG_IGN);
            role.open();
            const rlimit limit{bytes, bytes};
            ::setrlimit(RLIMIT_FSIZE, &limit);
            const auto result = take_backup(role.source(), role.backups(), 0);
            ::_exit(result ? 0 : 1);
        }
        int status = 0;
        REQUIRE(::waitpid(child, &status, 0) == child);
        REQUIRE(WIFEXITED(status));
        made = WEXITSTATUS(status) == 0;
        refused += made ? 0 : 1;
        for (const std::string& name : names_in(role.backups())) CHECK((name == "lock" || (made && name == "20261126T164000Z")));
        REQUIRE(bytes < 10'000'000);
    }
    CHECK(refused > 3);
    CHECK(verified_backup(role.backups() + "/20261126T164000Z"));
}

TEST_CASE("a backup leaves room on its disk for the roles that write there: it is not begun, or stops, and is absent") {
    Role role;
    Source source = role.source();
    std::atomic<std::uint64_t> looks = 0;
    std::uint64_t enough = 0;
    source.free = [&](const std::string&) { return ++looks <= enough ? std::uint64_t{1} << 40 : kRoomKept - 1; };
    for (; enough <= 1; ++enough) {  // none before it, none while it is made
        CAPTURE(enough);
        looks = 0;
        const auto made = take_backup(source, role.backups(), 0);
        REQUIRE(!made);
        CHECK(made.error().category == Category::unavailable);
        CHECK(made.error().message == "a backup needs 256 MiB free on the disk of " + role.backups() + ", and there are 255: make room first");
        CHECK(names_in(role.backups()) == std::vector<std::string>{"lock"});
    }
    source.free = free_bytes;
    const auto first = take_backup(source, role.backups(), 0);
    REQUIRE(first);
    role.clock.advance(std::chrono::seconds(60));
    source.free = [&](const std::string&) { return kRoomKept + first->manifest.bytes(); };  // and a quarter more is needed
    CHECK(take_backup(source, role.backups(), 0).error().category == Category::unavailable);
    CHECK(kept_backups(role.backups())->size() == 1);
    role.write(1);  // the role goes on
}

TEST_CASE("room is asked of the disk of the next folder that is there") {
    const store::TemporaryFolder place;
    CHECK(free_bytes(place.path + "/not/yet/there") == doctest::Approx(static_cast<double>(free_bytes(place.path))).epsilon(0.01));
    CHECK(has_room(place.path, 0, "a restore"));
    const Status refused = has_room(place.path, std::uint64_t{1} << 60, "a restore");
    REQUIRE(!refused);
    CHECK(refused.error().message.starts_with("a restore needs 1099511628032 MiB free on the disk of "));
}

TEST_CASE("what a kill leaves is no backup, and goes with the next one") {
    Role role;
    int killed = 0;
    role.close();
    for (int wait_us = 0; wait_us < 60'000; wait_us += 3'000) {
        const pid_t child = ::fork();
        if (child == 0) {
            role.open();
            (void)take_backup(role.source(), role.backups(), 0);
            ::_exit(0);
        }
        ::usleep(static_cast<useconds_t>(wait_us));
        ::kill(child, SIGKILL);
        int status = 0;
        REQUIRE(::waitpid(child, &status, 0) == child);
        killed += WIFSIGNALED(status) ? 1 : 0;
        const auto kept = kept_backups(role.backups());
        REQUIRE(kept);
        for (const KeptBackup& one : *kept) {
            const auto whole = verified_backup(one.path);
            CHECK_MESSAGE(whole, whole.error().message);
            fs::remove_all(one.path);
        }
    }
    CHECK(killed > 0);
    role.open();
    role.clock.advance(std::chrono::seconds(5));
    REQUIRE(take_backup(role.source(), role.backups(), 0));
    for (const std::string& name : names_in(role.backups())) CHECK((name == "lock" || name == "20261126T164005Z"));
}

TEST_CASE("a backup that is told to stop, wherever it is, ends soon and is absent") {
    Role role;
    bool made = false;
    int stopped = 0;
    for (int wait_us = 0; !made; wait_us += 2'000) {
        Source source = role.source();
        std::stop_source stopping;
        source.stop = stopping.get_token();
        std::thread later([&] {
            ::usleep(static_cast<useconds_t>(wait_us));
            stopping.request_stop();
        });
        const auto result = take_backup(source, role.backups(), 0);
        later.join();
        made = result.has_value();
        stopped += made ? 0 : 1;
        if (!made) CHECK(result.error().message == "backup: stopped before its end");
        for (const std::string& name : names_in(role.backups())) CHECK((name == "lock" || (made && name == "20261126T164000Z")));
        REQUIRE(wait_us < 60'000'000);
    }
    CHECK(stopped > 0);
    std::stop_source stopping;
    stopping.request_stop();
    CHECK(digest_of(role.backups() + "/20261126T164000Z", "log.backup", stopping.get_token()).error().category == Category::unavailable);
    auto writer = ArchiveWriter::create(role.place.path + "/archive", stopping.get_token());
    REQUIRE(writer);
    CHECK(writer->begin("log", 1).error().category == Category::unavailable);
}

TEST_CASE("only the newest are kept, when that is wanted; strangers stay") {
    Role role;
    fs::create_directories(role.backups() + "/mine");
    for (int i = 0; i < 4; ++i) {
        REQUIRE(take_backup(role.source(), role.backups(), 0));
        role.clock.advance(std::chrono::seconds(1));
    }
    CHECK(kept_backups(role.backups())->size() == 4);
    REQUIRE(take_backup(role.source(), role.backups(), 2));
    const auto kept = kept_backups(role.backups());
    REQUIRE(kept->size() == 2);
    CHECK(kept->at(0).name == "20261126T164003Z");
    CHECK(kept->at(1).name == "20261126T164004Z");
    CHECK(fs::exists(role.backups() + "/mine"));
    CHECK(take_backup(role.source(), role.backups(), 2).error().category == Category::conflict);  // in the same second
    CHECK(kept_backups(role.place.path + "/none")->empty());
}

// Something lies where an old backup would go, from the moment at which the new one begins.
struct InTheWay final : Clock {
    explicit InTheWay(std::string path) : path_(std::move(path)) {}
    Instant now() const override {
        fs::create_directories(path_ + "/x");
        return kBegan + std::chrono::seconds(9);
    }
    const std::string path_;
};

TEST_CASE("a new backup is made also when an old one cannot be removed, and both are said") {
    Role role;
    const auto old = take_backup(role.source(), role.backups(), 0);
    REQUIRE(old);
    CHECK(old->tidied);
    const InTheWay clock(old->path + ".removed");
    const Source source{.role = "node", .id = "SE1", .store = *role.store, .ledger = *role.ledger, .folder = role.folder(), .closed_logs = {}, .key = role.key, .clock = clock};
    const auto made = take_backup(source, role.backups(), 1);
    REQUIRE_MESSAGE(made, made.error().message);
    REQUIRE_FALSE(made->tidied);
    CHECK(made->tidied.error().message.find("an old backup cannot be removed") != std::string::npos);
    CHECK(verified_backup(made->path) == made->manifest);
    CHECK(kept_backups(role.backups())->size() == 2);
}

TEST_CASE("keys open with the passphrase they were sealed with, and with no other") {
    const KeyTexts keys{{"hub.key", "idun-ed25519-seed 00\n"}, {"pseudonym.key", std::string(100, 'p')}};
    const auto sealed = seal_keys(keys, "correct horse battery", system_random());
    REQUIRE(sealed);
    CHECK(sealed->find("seed") == std::string::npos);
    CHECK(open_keys(*sealed, "correct horse battery") == keys);
    CHECK(open_keys(*sealed, "correct horse batterz").error().category == Category::unauthorized);
    std::string wrong = *sealed;
    wrong.back() = static_cast<char>(wrong.back() ^ 1);
    CHECK(open_keys(wrong, "correct horse battery").error().category == Category::unauthorized);
    CHECK(open_keys(sealed->substr(0, 40), "correct horse battery").error().category == Category::corrupt);
    wrong = *sealed;
    wrong[11] = 2;
    CHECK(open_keys(wrong, "correct horse battery").error().category == Category::unsupported);
}

TEST_CASE("a passphrase file holds one long line, and is its owner's alone") {
    store::TemporaryFolder folder;
    const std::string path = folder.path + "/pass";
    const auto put = [&](const std::string& text) { std::ofstream(path, std::ios::trunc) << text; };
    put("correct horse battery\n");
    fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read);
    CHECK(passphrase_in(path).error().category == Category::forbidden);
    fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
    CHECK(passphrase_in(path) == "correct horse battery");
    for (const std::string& bad : {std::string(), std::string("short\n"), std::string("one long line here\nand another\n"), std::string(2000, 'x')}) {
        put(bad);
        CHECK(passphrase_in(path).error().category == Category::invalid);
    }
    CHECK(passphrase_in(folder.path + "/none").error().category == Category::not_found);
}

TEST_CASE("a manifest is read back as written; a newer one and nonsense are refused") {
    Manifest manifest{.program = "idun", .role = "hub", .id = "h", .key = "k", .began = kBegan, .ended = kBegan, .version = 3, .entries = 2, .notes = 1,
                      .logs = {{"h", "log", 7, "note\n"}}, .files = {{"log.backup", 5, "00"}}};
    CHECK(manifest_from(to_json(manifest)) == manifest);
    const std::string json = to_json(manifest);
    const auto with = [&](const std::string& from, const std::string& to) {
        std::string out = json;
        out.replace(out.find(from), from.size(), to);
        return manifest_from(out);
    };
    CHECK(with("\"format\": 1", "\"format\": 2").error().category == Category::unsupported);
    for (const auto& [from, to] : {std::pair{"\"hub\"", "\"king\""}, {"\"version\": 3", "\"version\": -3"}, {"\"version\": 3", "\"version\": \"3\""}, {"\"size\": 7", "\"size\": 1e3"}, {"\"log\"", "\"../log\""},
                                  {"\"log\"", "\"keys\""}, {"\"log\"", "\"\""}, {"\"log\"", "\"log-\""}, {"\"log\"", "\"log-1\""}, {"\"log\"", "\"log-02\""}, {"\"log\"", "\"log-2/x\""}})
        CHECK(with(from, to).error().category == Category::corrupt);
    CHECK(with("\"log\"", "\"log-2\"")->logs[0].folder == "log-2");
    manifest.logs.push_back(manifest.logs[0]);
    CHECK(manifest_from(to_json(manifest)).error().category == Category::corrupt);  // one folder, two logs
    for (const char* bad : {"", "[]", "{}", "null", "{\"format\": 1}"}) CHECK(manifest_from(bad).error().category == Category::corrupt);
}

TEST_CASE("a drill is remembered") {
    store::TemporaryFolder folder;
    CHECK_FALSE(last_drill(folder.path));
    REQUIRE(note_drill(folder.path, {"20261126T164000Z", kBegan, true, 1.5}));
    const auto drill = last_drill(folder.path);
    REQUIRE(drill);
    CHECK(drill->backup == "20261126T164000Z");
    CHECK(drill->time == kBegan);
    CHECK(drill->ok);
    CHECK(drill->seconds == doctest::Approx(1.5));
    std::ofstream(folder.path + "/drill.json") << "{";
    CHECK_FALSE(last_drill(folder.path));
}

}  // namespace
}  // namespace idun::upkeep
