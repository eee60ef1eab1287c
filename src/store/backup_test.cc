#include <atomic>
#include <doctest/doctest.h>

#include <fstream>
#include <sstream>
#include <thread>

#include "crypto/encoding.h"
#include "crypto/hash.h"
#include "store/backup_summary.h"
#include "store/internal/backup.h"
#include "store/internal/checksum.h"
#include "store/internal/postgres_server.h"

namespace idun::store {
namespace {

std::string bytes_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream bytes;
    bytes << file.rdbuf();
    return bytes.str();
}

void write_bytes(const std::string& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

// A store at version 60 with overwritten and erased rows and notes up to 10 trimmed.
void fill(Store& store) {
    for (int i = 1; i <= 60; ++i) {
        Batch batch;
        batch.put(key(i % 7, "r" + std::to_string(i % 20)),
                  std::string(static_cast<std::size_t>(i * 10), 'v') + std::to_string(i));
        if (i % 5 == 0) batch.erase(key(i % 7, "r" + std::to_string(i % 20 + 1)));
        if (i % 2 == 0) batch.note("note " + std::to_string(i));
        REQUIRE(store.commit(std::move(batch)));
    }
    REQUIRE(store.trim_changes({10}));
}

std::string contents(Store& store) {
    std::string text = std::to_string(now(store)->version().number) + "\n";
    for (const Entry& entry : scan_all(*now(store), {})) text += entry.key + "=" + entry.value + "\n";
    const auto changes = store.changes({0}, 1000).value();
    for (const Change& change : changes) text += std::to_string(change.version.number) + ":" + change.note + "\n";
    return text;
}

template <typename To, typename From>
void check_move() {
    if (!From::available() || !To::available()) {
        MESSAGE(PostgresEngine::kMissing);
        return;
    }
    TempFolder folder;
    From from;
    To to;
    auto store = from.open(system_clock());
    fill(*store);
    CHECK(store->backup(folder / "copy").value() == Version{60});
    REQUIRE(store->commit(put_one(key(3), "after the backup")));
    CHECK(store->backup(folder / "copy").error().category == Category::conflict);
    CHECK_FALSE(std::filesystem::exists(folder / "copy.partial"));
    REQUIRE(to.restore(folder / "copy"));
    CHECK(to.restore(folder / "copy").error().category == Category::conflict);
    auto copy = to.open(system_clock());
    CHECK(now(*copy)->get(key(3)).value() == std::nullopt);
    REQUIRE(copy->commit(put_one(key(3), "after the backup")));
    CHECK(contents(*copy) == contents(*store));
    CHECK(copy->changes({0}, 1)->front().version == Version{12});
}

TEST_CASE("a backup moves between engines, with its number and its notes") {
    check_move<EmbeddedEngine, EmbeddedEngine>();
    check_move<PostgresEngine, EmbeddedEngine>();
    check_move<EmbeddedEngine, PostgresEngine>();
    check_move<PostgresEngine, PostgresEngine>();
}

TEST_CASE_TEMPLATE("an empty store can be backed up", Engine, CONFORMANCE_ENGINES) {
    CONFORMANCE_ENGINE(engine);
    TempFolder folder;
    REQUIRE(engine.open(system_clock())->backup(folder / "copy"));
    CHECK(std::filesystem::file_size(folder / "copy/store.backup") == 77);  // as docs/formats/store.md says
    EmbeddedEngine other;
    REQUIRE(other.restore(folder / "copy"));
    CHECK(now(*other.open(system_clock()))->version() == Version{0});
}

TEST_CASE_TEMPLATE("a damaged backup is refused and leaves nothing behind", Engine, CONFORMANCE_ENGINES) {
    CONFORMANCE_ENGINE(engine);
    TempFolder folder;
    EmbeddedEngine source;
    auto store = source.open(system_clock());
    fill(*store);
    REQUIRE(store->backup(folder / "copy"));
    const std::string file = folder / "copy/store.backup";
    const std::string whole = bytes_of(file);
    const auto refused = [&](const std::string& bytes) {
        write_bytes(file, bytes);
        const Status restored = engine.restore(folder / "copy");
        return !restored &&
               (restored.error().category == Category::corrupt || restored.error().category == Category::unsupported) &&
               engine.untouched();
    };
    for (std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{35}, std::size_t{36}, whole.size() / 2,
                             whole.size() - 25, whole.size() - 1})
        CHECK(refused(whole.substr(0, size)));
    CHECK(refused(whole + '\0'));
    CHECK(refused(whole + whole));
    for (std::size_t at : {std::size_t{0}, std::size_t{9}, std::size_t{15}, std::size_t{25}, std::size_t{30},
                           whole.size() / 3, whole.size() - 2}) {
        std::string wrong = whole;
        wrong[at] = static_cast<char>(wrong[at] ^ 0x10);
        CHECK(refused(wrong));
    }
    write_bytes(file, whole);
    // Whole, and another one than was meant.
    CHECK(engine.restore(folder / "copy", std::string(64, '0')).error().category == Category::corrupt);
    CHECK(engine.untouched());
    CHECK(engine.restore(folder / "copy", crypto::hex(crypto::sha256(whole).view())));
    CHECK(engine.restore(folder / "no such backup").error().category == Category::not_found);
}

TEST_CASE("every flipped bit and every cut of a backup is found") {
    TempFolder folder;
    EmbeddedEngine source;
    auto store = source.open(system_clock());
    for (int i = 0; i < 5; ++i) {
        Batch batch = put_one(key(i), "value");
        batch.note("n");
        REQUIRE(store->commit(std::move(batch)));
    }
    REQUIRE(store->backup(folder / "copy"));
    const std::string file = folder / "copy/store.backup";
    const std::string whole = bytes_of(file);
    REQUIRE(verify_backup(folder / "copy"));
    for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
        std::string wrong = whole;
        wrong[bit / 8] = static_cast<char>(wrong[bit / 8] ^ (1 << (bit % 8)));
        write_bytes(file, wrong);
        CHECK_FALSE(verify_backup(folder / "copy"));
    }
    for (std::size_t size = 0; size < whole.size(); ++size) {
        write_bytes(file, whole.substr(0, size));
        CHECK_FALSE(verify_backup(folder / "copy"));
    }
}

TEST_CASE_TEMPLATE("a backup is of one version while writes go on", Engine, CONFORMANCE_ENGINES) {
    CONFORMANCE_ENGINE(engine);
    TempFolder folder;
    auto store = engine.open(system_clock());
    std::atomic<bool> stop{false};
    std::thread writer([&] {
        for (int i = 1; !stop; ++i) {
            Batch batch;  // every row holds the same number
            for (int row = 0; row < 50; ++row) batch.put(key(row), std::to_string(i));
            batch.note(std::to_string(i));
            IDUN_CHECK(store->commit(std::move(batch)).has_value());
        }
    });
    while (now(*store)->version().number < 20) std::this_thread::yield();
    const auto version = store->backup(folder / "copy");
    stop = true;
    writer.join();
    REQUIRE(version);
    EmbeddedEngine other;
    REQUIRE(other.restore(folder / "copy"));
    auto copy = other.open(system_clock());
    CHECK(now(*copy)->version() == *version);
    const auto rows = scan_all(*now(*copy), {});
    CHECK(rows.size() == 50);
    for (const Entry& entry : rows) CHECK(entry.value == std::to_string(version->number));
    CHECK(copy->changes({0}, 100'000)->size() == version->number);
}

TEST_CASE_TEMPLATE("a backup that is told to stop leaves nothing", Engine, CONFORMANCE_ENGINES) {
    CONFORMANCE_ENGINE(engine);
    TempFolder folder;
    auto store = engine.open(system_clock());
    fill(*store);
    std::stop_source stopping;
    REQUIRE(store->backup(folder / "whole", stopping.get_token()));
    REQUIRE(summary_of_backup(folder / "whole", stopping.get_token()));
    stopping.request_stop();
    CHECK(store->backup(folder / "copy", stopping.get_token()).error().category == Category::unavailable);
    CHECK_FALSE(std::filesystem::exists(folder / "copy"));
    CHECK_FALSE(std::filesystem::exists(folder / "copy.partial"));
    CHECK(summary_of_backup(folder / "whole", stopping.get_token()).error().category == Category::unavailable);
}

TEST_CASE("the checksum is CRC-64/XZ") {
    CHECK(crc64("123456789") == 0x995DC9BBDF1939FAull);
    CHECK(crc64("") == 0);
    CHECK(crc64("6789", crc64("12345")) == crc64("123456789"));
    CHECK(crc64("0123456789abcdefg", crc64("xyz")) == crc64("xyz0123456789abcdefg"));
}

}  // namespace
}  // namespace idun::store
