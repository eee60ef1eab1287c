#include "ledger/copy.h"

#include <doctest/doctest.h>

#include <atomic>

#include "ledger/internal/test_world.h"

namespace idun::ledger::test {
namespace {

// Into the files of another machine.
struct OtherDisk final : CopyTo {
    Status begin(const std::string& name, std::uint64_t bytes) override {
        CHECK(left == 0);
        at = "log/" + name;
        CHECK_FALSE(files.contains(at));
        files[at] = "";
        left = bytes;
        return {};
    }
    Status take(std::string_view bytes) override {
        CHECK(bytes.size() <= left);
        left -= bytes.size();
        files[at] += bytes;
        return {};
    }
    std::map<std::string, std::string> files;
    std::string at;
    std::uint64_t left = 0;
};

// What a copy holds opens, verifies, has every receipt given before it began, and goes on.
void check_copy(const World& w, const OtherDisk& disk, const CopiedLog& copied, const std::vector<Receipt>& before) {
    CHECK(disk.left == 0);
    World other;
    other.put_back(disk.files);
    if (copied.size > 0) CHECK(other.verify(before).ok());  // of a log without entries nothing is public
    auto opened = other.open();
    REQUIRE_MESSAGE(opened, opened.error().message);
    CHECK((*opened)->size() == copied.size);
    CHECK((*opened)->checkpoint() == copied.checkpoint);
    CHECK(open_checkpoint(copied.checkpoint, w.keys)->size == copied.size);
    CHECK((*opened)->append(access(0)));
    check_intact(other, *opened, before);
}

TEST_CASE("a log is copied while it is written, and the copy is whole") {
    World w;
    auto opened = w.open();
    REQUIRE(opened);
    std::vector<Receipt> before = append_some(**opened, 0, 700);  // whole tiles, and many files of the journal
    std::atomic<bool> end = false;
    std::thread writer([&] {
        for (std::uint64_t i = 700; !end; ++i) CHECK((*opened)->append(access(i)));
    });
    for (int round = 0; round < 5; ++round) {
        OtherDisk disk;
        const auto copied = (*opened)->copy(disk);
        REQUIRE_MESSAGE(copied, copied.error().message);
        CHECK(copied->size >= before.size());
        check_copy(w, disk, *copied, before);
        const auto more = append_some(**opened, 9000, 20);
        before.insert(before.end(), more.begin(), more.end());
    }
    end = true;
    writer.join();
    // Files that were kept go afterwards.
    settle(**opened);
    for (int i = 0; i < 2000 && w.journal().size() > 3; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    CHECK(w.journal().size() <= 3);
}

TEST_CASE("files stay while a log is copied, however much is written") {
    struct Slow final : CopyTo {
        explicit Slow(Ledger& l) : ledger(l) {}
        Status begin(const std::string& name, std::uint64_t bytes) override {
            if (disk.files.empty()) append_some(ledger, 100, 300);
            return disk.begin(name, bytes);
        }
        Status take(std::string_view bytes) override { return disk.take(bytes); }
        Ledger& ledger;
        OtherDisk disk;
    };
    World w;
    auto opened = w.open();
    REQUIRE(opened);
    const auto before = append_some(**opened, 0, 60);
    Slow slow(**opened);
    const auto copied = (*opened)->copy(slow);
    REQUIRE_MESSAGE(copied, copied.error().message);
    CHECK(copied->size >= 60);
    CHECK(copied->size < 70);  // as it was when the copy began
    check_copy(w, slow.disk, *copied, before);
}

TEST_CASE("new, small and closed logs are copied too; an open one is not taken for closed") {
    for (const int entries : {0, 1, 2, 255, 256, 257}) {
        CAPTURE(entries);
        World w;
        auto opened = w.open();
        REQUIRE(opened);
        const auto before = append_some(**opened, 0, entries);
        settle(**opened);
        OtherDisk disk;
        const auto copied = (*opened)->copy(disk);
        REQUIRE(copied);
        check_copy(w, disk, *copied, before);
        OtherDisk none;
        CHECK(copy_closed_log(w.files, "log", none).error().category == Category::conflict);
        if (entries == 0) continue;
        settle(**opened);
        opened->reset();
        const auto closed = copy_closed_log(w.files, "log", none);
        REQUIRE_MESSAGE(closed, closed.error().message);
        check_copy(w, none, *closed, before);
        CHECK(closed->log_id == "SE1");
    }
}

TEST_CASE("forgetting waits for a copy, and then happens") {
    World w;
    auto opened = w.open();
    REQUIRE(opened);
    append_some(**opened, 0, 30);
    struct Asking final : CopyTo {
        explicit Asking(Ledger& l) : ledger(l) {}
        Status begin(const std::string& name, std::uint64_t bytes) override {
            if (!forgetter.joinable())
                forgetter = std::thread([this] { CHECK(ledger.forget(kEva, "decision 1")); });
            return disk.begin(name, bytes);
        }
        Status take(std::string_view bytes) override { return disk.take(bytes); }
        Ledger& ledger;
        OtherDisk disk;
        std::thread forgetter;
    };
    Asking asking(**opened);
    CHECK((*opened)->copy(asking));
    asking.forgetter.join();
    CHECK((*opened)->forget(kEva, "decision 1").error().category == Category::not_found);
}

}  // namespace
}  // namespace idun::ledger::test
