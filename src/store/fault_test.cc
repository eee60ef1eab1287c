// The store under failing disks, power cuts and rotten logs.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <random>
#include <sstream>

#include "store/internal/counting.h"
#include "store/internal/embedded_store.h"
#include "store/internal/fault_fs.h"

namespace idun::store {
namespace {

constexpr std::uint64_t kBatches = 12;

EmbeddedOptions small_store(const TempFolder& folder) {
    EmbeddedOptions options;
    options.folder = folder / "store";
    options.memtable_bytes = 64u << 10;  // flushes and changes of log happen within the test
    return options;
}

struct Outcome {
    std::uint64_t acknowledged = 0;
    bool failed = false;
    bool healthy = true;
};

// Opens, commits batches until one fails, and closes.
Outcome commit_until_failure(const EmbeddedOptions& options, rocksdb::Env& env) {
    Outcome outcome;
    auto store = open_embedded_on(options, system_clock(), &env);
    if (!store) return {0, true, true};
    for (std::uint64_t n = now(**store)->version().number + 1; n <= kBatches; ++n) {
        if (!(*store)->commit(counting_batch(n, 8000))) {
            outcome.failed = true;
            outcome.healthy = (*store)->healthy().has_value();
            // Nothing is taken any more, though the fault may have passed.
            CHECK_FALSE((*store)->commit(Batch{}));
            CHECK_FALSE((*store)->trim_changes({1}));
            CHECK((*store)->changes({0}, 100)->size() == outcome.acknowledged);
            break;
        }
        outcome.acknowledged = n;
    }
    return outcome;
}

std::size_t operations_of_a_good_run() {
    TempFolder folder(TempFolder::in_memory());
    auto fs = std::make_shared<FaultFs>();
    FaultEnv env(fs);
    fs->fail_at(0, FaultFs::Fault::once);
    CHECK(commit_until_failure(small_store(folder), env).acknowledged == kBatches);
    return fs->operations();
}

void check_every_failure(FaultFs::Fault fault, bool power_cut) {
    const std::size_t operations = operations_of_a_good_run();
    MESSAGE("operations failed in turn: " << operations);
    REQUIRE(operations > 30);
    // Every one where IDUN_TEST_ROUNDS is set; else every third, others each time.
    const char* wish = std::getenv("IDUN_TEST_ROUNDS");
    const std::size_t step = wish != nullptr ? 1 : 3;
    for (std::size_t n = 1 + (step == 1 ? 0 : std::random_device{}() % step); n <= operations; n += step) {
        CAPTURE(n);
        TempFolder folder(TempFolder::in_memory());
        auto fs = std::make_shared<FaultFs>();
        FaultEnv env(fs);
        fs->fail_at(n, fault);
        const Outcome outcome = commit_until_failure(small_store(folder), env);
        if (outcome.failed && outcome.acknowledged > 0) CHECK_FALSE(outcome.healthy);
        if (power_cut) fs->lose_unsynced();
        auto again = open_embedded(small_store(folder), system_clock());
        REQUIRE(again);  // also when it never had become a whole store
        const auto number = counted(**again);
        REQUIRE(number);
        CHECK(*number >= outcome.acknowledged);
        CHECK(*number <= outcome.acknowledged + 1);
        CHECK((*again)->commit(counting_batch(*number + 1)));
    }
}

TEST_CASE("one failed write or sync loses nothing that was acknowledged") {
    check_every_failure(FaultFs::Fault::once, false);
}

TEST_CASE("a full disk loses nothing that was acknowledged") { check_every_failure(FaultFs::Fault::disk_full, false); }

TEST_CASE("a power cut at any moment loses nothing that was acknowledged") {
    check_every_failure(FaultFs::Fault::for_good, true);
}

std::string newest_log(const std::string& folder) {
    std::string newest;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        if (entry.path().extension() == ".log") newest = std::max(newest, entry.path().string());
    return newest;
}

// A store of `batches` batches, one group each, whose log alone holds them.
struct Logged {
    explicit Logged(std::uint64_t batches, std::size_t value_bytes) {
        options.folder = folder / "store";
        auto store = open_embedded(options, system_clock());
        REQUIRE(store);
        for (std::uint64_t n = 1; n <= batches; ++n) {
            REQUIRE((*store)->commit(counting_batch(n, value_bytes)));
            ends.push_back(std::filesystem::file_size(newest_log(options.folder)));
        }
        store->reset();
        log = newest_log(options.folder);
        std::ifstream file(log, std::ios::binary);
        std::ostringstream all;
        all << file.rdbuf();
        bytes = all.str();
        // Whole groups end here; the first is the making of the families.
        REQUIRE(bytes.size() == ends.back());
        std::filesystem::rename(options.folder, folder / "kept");
    }
    // Opens a copy whose log is `changed`.
    Result<std::unique_ptr<Store>> open_with(const std::string& changed) {
        std::filesystem::remove_all(options.folder);
        std::filesystem::copy(folder / "kept", options.folder, std::filesystem::copy_options::recursive);
        std::ofstream(log, std::ios::binary | std::ios::trunc) << changed;
        return open_embedded(options, system_clock());
    }
    TempFolder folder{TempFolder::in_memory()};
    EmbeddedOptions options;
    std::vector<std::size_t> ends;  // of the log after each batch
    std::string log;
    std::string bytes;
};

TEST_CASE("a torn end of the log costs only the batch that was being written") {
    for (const std::size_t value_bytes : {std::size_t{20}, std::size_t{20'000}}) {
        Logged logged(6, value_bytes);
        const std::size_t step = std::max<std::size_t>(1, logged.bytes.size() / 60);
        for (std::size_t size = logged.bytes.size(); size > step; size -= step) {
            CAPTURE(size);
            auto store = logged.open_with(logged.bytes.substr(0, size));
            REQUIRE(store);
            const auto whole =
                std::count_if(logged.ends.begin(), logged.ends.end(), [&](auto end) { return end <= size; });
            CHECK(counted(**store) == static_cast<std::uint64_t>(whole));
        }
        // Zeros behind the end, as from space that was reserved for the log.
        auto padded = logged.open_with(logged.bytes + std::string(10'000, '\0'));
        REQUIRE(padded);
        CHECK(counted(**padded) == 6);
    }
}

TEST_CASE("a rotten log is refused unless the last batch is all that it costs") {
    std::mt19937_64 random(7);
    for (const std::size_t value_bytes : {std::size_t{20}, std::size_t{20'000}}) {
        Logged logged(6, value_bytes);
        int refused = 0;
        for (int round = 0; round < 60; ++round) {
            const std::size_t at = random() % logged.bytes.size();
            CAPTURE(at);
            std::string rotten = logged.bytes;
            rotten[at] = static_cast<char>(rotten[at] ^ (1 << (random() % 8)));
            auto store = logged.open_with(rotten);
            if (!store) {
                CHECK(store.error().category == Category::corrupt);
                ++refused;
                continue;
            }
            const auto number = counted(**store);
            REQUIRE(number);
            if (at < logged.ends[4]) CHECK(*number == 6);
            CHECK(*number >= 5);
        }
        CHECK(refused > 20);
    }
}

TEST_CASE("a damaged table is corrupt, not empty") {
    Logged logged(3, 20);
    {
        auto store = logged.open_with(logged.bytes);  // recovery writes the tables
        REQUIRE(store);
    }
    {
        REQUIRE(open_embedded(logged.options, system_clock()));
    }
    for (const auto& entry : std::filesystem::directory_iterator(logged.options.folder)) {
        if (entry.path().extension() != ".sst") continue;
        std::fstream file(entry.path(), std::ios::binary | std::ios::in | std::ios::out);
        file.seekp(20);
        file.write("\xff\xff\xff\xff", 4);
    }
    auto store = open_embedded(logged.options, system_clock());
    if (!store) {
        CHECK(store.error().category == Category::corrupt);
        return;
    }
    const auto value = now(**store)->get(key(99));
    REQUIRE_FALSE(value);
    CHECK(value.error().category == Category::corrupt);
}

TEST_CASE("a folder of something else is refused") {
    TempFolder folder;
    EmbeddedOptions options;
    options.folder = folder / "store";
    std::filesystem::create_directories(options.folder);
    const auto with_mark = [&](const std::string& mark) {
        std::ofstream(options.folder + "/STORE", std::ios::trunc) << mark;
        auto store = open_embedded(options, system_clock());
        return store ? std::string("ok") : std::string(to_string(store.error().category));
    };
    CHECK(with_mark("something else") == "invalid");
    CHECK(with_mark("idun store 2\n") == "unsupported");
    CHECK(with_mark("idun st") == "ok");
    CHECK(with_mark("idun store 1\n") == "ok");
    std::filesystem::remove(options.folder + "/STORE");
    CHECK(open_embedded(options, system_clock()).error().category == Category::invalid);
    options.folder = "/proc/no such place";
    CHECK(open_embedded(options, system_clock()).error().category == Category::unavailable);
}

}  // namespace
}  // namespace idun::store
