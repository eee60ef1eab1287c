#include "ledger/ledger.h"

#include <doctest/doctest.h>

#include <atomic>
#include <filesystem>
#include <future>
#include <latch>
#include <random>
#include <thread>

#include "base/log.h"
#include "base/random.h"
#include "ledger/append_each.h"
#include "ledger/internal/fault_files.h"
#include "ledger/internal/segment.h"
#include "ledger/verify.h"

using namespace idun;
using namespace idun::ledger;

namespace {

struct World {
    World() { log::set_level(log::Level::off); }  // the crashes below would fill the screen
    crypto::SigningKey key = *crypto::SigningKey::from_seed(std::string(32, 's'));
    crypto::KeySet keys{key.public_key()};
    ManualClock clock{Instant{1'795'428'000'000}};
    FaultFiles files;
    Options small{.segment_bytes_max = 1500,
                  .queue_entries_max = 1000,
                  .queue_bytes_max = 1u << 20,
                  .group_bytes_max = 1u << 20,
                  .former_keys = {}};

    Result<std::unique_ptr<Ledger>> open(const Options& options) {
        return Ledger::open("log", "SE1", key, files, clock, nullptr, options);
    }
    Result<std::unique_ptr<Ledger>> open() { return open(small); }
    Report verify(const std::vector<Receipt>& receipts = {}, const std::vector<Checkpoint>& known = {}) {
        return verify_log("log", keys, files, known, receipts).value();
    }
};

Access access(std::uint64_t n) {
    Access a;
    a.time = {1'795'428'000'000};
    a.requester.user_id = "u" + std::to_string(n);
    a.request_id = std::to_string(n);
    return a;
}

// Appends until something fails; the receipts of what was acknowledged.
std::vector<Receipt> append_some(Ledger& ledger, std::uint64_t first, int count) {
    std::vector<Receipt> out;
    for (int i = 0; i < count; ++i) {
        auto receipt = ledger.append(access(first + static_cast<std::uint64_t>(i)));
        if (!receipt) break;
        out.push_back(std::move(*receipt));
    }
    return out;
}

std::string said(const Report& report) {
    std::string out;
    for (const Problem& problem : report.problems)
        out += problem.file + "@" + std::to_string(problem.offset) + ": " + problem.what + "\n";
    return out;
}

// Every acknowledged entry is where its receipt says, and the whole log verifies.
void check_intact(World& w, Ledger& ledger, const std::vector<Receipt>& receipts) {
    for (const Receipt& receipt : receipts) {
        const auto entries = ledger.read(receipt.index, 1);
        REQUIRE(entries);
        REQUIRE(entries->size() == 1);
        CHECK((*entries)[0].hash == receipt.hash);
    }
    const Report report = w.verify(receipts);
    CHECK_MESSAGE(report.ok(), said(report));
    CHECK(report.entries == ledger.size());
}

}  // namespace

TEST_CASE("entries come back with their receipts, also after opening again") {
    World w;
    std::vector<Receipt> receipts;
    {
        auto ledger = w.open();
        REQUIRE(ledger);
        CHECK((*ledger)->size() == 0);
        CHECK(verify_checkpoint((*ledger)->checkpoint(), w.keys)->size == 0);
        receipts = append_some(**ledger, 0, 20);
        REQUIRE(receipts.size() == 20);
        CHECK((*ledger)->size() == 20);
        const auto checkpoint = verify_checkpoint((*ledger)->checkpoint(), w.keys);
        REQUIRE(checkpoint);
        CHECK(checkpoint->size == 20);
        CHECK(checkpoint->hash == receipts.back().hash);
        check_intact(w, **ledger, receipts);
    }
    CHECK(w.files.paths().size() > 4);  // several segments
    auto ledger = w.open();
    REQUIRE(ledger);
    CHECK((*ledger)->size() == 20);
    const auto more = append_some(**ledger, 20, 5);
    receipts.insert(receipts.end(), more.begin(), more.end());
    check_intact(w, **ledger, receipts);

    std::uint64_t next = 3;
    REQUIRE((*ledger)->for_each(3, [&](const Entry& entry) -> Status {
        CHECK(entry.index == next);
        CHECK(decode(entry.payload).value() == access(next));
        ++next;
        return {};
    }));
    CHECK(next == 25);
    CHECK(
        (*ledger)->for_each(0, [](const Entry&) -> Status { return fail(Category::gone, "enough"); }).error().message ==
        "enough");
    CHECK((*ledger)->read(25, 10)->empty());
    CHECK((*ledger)->read(UINT64_MAX, 10)->empty());
    CHECK((*ledger)->read(0, 7)->size() == 7);
}

TEST_CASE("reading from the middle of a long segment gives the chain's hashes") {
    World w;
    auto ledger = w.open({});
    REQUIRE(ledger);
    std::vector<crypto::Hash> hashes(500);
    std::latch done(500);
    for (std::uint64_t i = 0; i < 500; ++i)
        (*ledger)->append(access(i), [&](Result<Receipt> receipt) {
            hashes[receipt->index] = receipt->hash;
            done.count_down();
        });
    done.wait();
    for (const std::uint64_t first : {0, 1, 63, 64, 65, 200, 499}) {
        const auto entries = (*ledger)->read(first, 3);
        REQUIRE(entries);
        CHECK(entries->size() == std::min<std::size_t>(3, 500 - first));
        for (const Entry& entry : *entries) CHECK(entry.hash == hashes[entry.index]);
    }
    ledger->reset();
    ledger = w.open({});
    CHECK((*ledger)->read(450, 1)->at(0).hash == hashes[450]);
}

TEST_CASE("many threads share groups, and each entry has one receipt") {
    World w;
    auto ledger = w.open({});
    REQUIRE(ledger);
    std::vector<std::vector<Receipt>> receipts(8);
    {
        std::vector<std::jthread> threads;
        for (std::size_t t = 0; t < receipts.size(); ++t)
            threads.emplace_back([&, t] { receipts[t] = append_some(**ledger, t * 1000, 50); });
    }
    std::vector<Receipt> all;
    for (const auto& some : receipts) all.insert(all.end(), some.begin(), some.end());
    CHECK(all.size() == 400);
    check_intact(w, **ledger, all);
    for (std::size_t t = 0; t < receipts.size(); ++t)
        for (std::size_t i = 0; i < receipts[t].size(); ++i)
            CHECK(decode((*ledger)->read(receipts[t][i].index, 1)->at(0).payload).value() == access(t * 1000 + i));
}

TEST_CASE("closing writes what was queued") {
    World w;
    std::atomic<int> acknowledged = 0;
    {
        auto ledger = w.open({});
        for (std::uint64_t i = 0; i < 100; ++i)
            (*ledger)->append(access(i), [&](Result<Receipt> receipt) { acknowledged += receipt.has_value(); });
    }
    CHECK(acknowledged == 100);
    CHECK(w.verify().entries == 100);
}

TEST_CASE("a full queue, a malformed entry and a wrong folder are refused") {
    World w;
    Options none = w.small;
    none.queue_entries_max = 0;
    {
        auto ledger = w.open(none);
        REQUIRE(ledger);
        CHECK((*ledger)->append(access(1)).error().category == Category::busy);
        Access bad = access(1);
        bad.query = "\xff";
        CHECK((*ledger)->append(bad).error().category == Category::invalid);
        CHECK(w.open().error().category == Category::conflict);
    }
    CHECK(w.open());
    CHECK(Ledger::open("log", "SE2", w.key, w.files, w.clock).error().category == Category::corrupt);
    CHECK(Ledger::open("other", "not an id", w.key, w.files, w.clock).error().category == Category::invalid);
    const auto stranger = *crypto::SigningKey::from_seed(std::string(32, 't'));
    CHECK(Ledger::open("log", "SE1", stranger, w.files, w.clock).error().category == Category::corrupt);
    Options former = w.small;
    former.former_keys = w.keys;
    CHECK(Ledger::open("log", "SE1", stranger, w.files, w.clock, nullptr, former));
}

TEST_CASE("whatever call fails, nothing acknowledged is lost and nothing else is acknowledged") {
    // Opening and nine appends over several segments, then the same again with each call failing in turn.
    for (const Fault fault : {Fault::once, Fault::short_write, Fault::full_disk}) {
        for (std::uint64_t call = 1;; ++call) {
            INFO("fault " << static_cast<int>(fault) << " call " << call);
            World w;
            std::vector<Receipt> receipts;
            w.files.fail_at(call, fault);
            if (auto ledger = w.open()) {
                receipts = append_some(**ledger, 0, 9);
                if (receipts.size() < 9) {
                    CHECK(!(*ledger)->healthy());
                    CHECK((*ledger)->append(access(99)).error().category == Category::unavailable);
                    CHECK((*ledger)->size() == receipts.size());
                }
            }
            const bool tripped = w.files.tripped();
            w.files.heal();
            if (call % 2 == 0) w.files.power_cut(static_cast<unsigned>(call));
            auto ledger = w.open();
            REQUIRE_MESSAGE(ledger, ledger.error().message);
            CHECK((*ledger)->size() >= receipts.size());
            const auto more = append_some(**ledger, 100, 3);
            CHECK(more.size() == 3);
            receipts.insert(receipts.end(), more.begin(), more.end());
            check_intact(w, **ledger, receipts);
            if (!tripped) break;
            REQUIRE(call < 200);
        }
    }
}

TEST_CASE("opening survives a failure of each of its own calls") {
    for (std::uint64_t call = 1;; ++call) {
        World w;
        std::vector<Receipt> receipts;
        {
            auto ledger = w.open();
            receipts = append_some(**ledger, 0, 9);
            // A torn group is there to be cut off.
            w.files.fail_at(1, Fault::short_write);
            CHECK(!(*ledger)->append(access(9)));
        }
        w.files.fail_at(call, Fault::once);
        (void)w.open();
        const bool tripped = w.files.tripped();
        w.files.heal();
        w.files.power_cut(static_cast<unsigned>(call));
        auto ledger = w.open();
        REQUIRE_MESSAGE(ledger, ledger.error().message);
        CHECK((*ledger)->size() == 9);
        check_intact(w, **ledger, receipts);
        if (!tripped) break;
        REQUIRE(call < 50);
    }
}

TEST_CASE("power cuts at any moment lose nothing that was acknowledged") {
    const unsigned seed = 20261123;
    INFO("seed " << seed);
    std::mt19937 random(seed);
    for (int round = 0; round < 150; ++round) {
        INFO("round " << round);
        World w;
        std::vector<Receipt> receipts;
        for (int life = 0; life < 4; ++life) {
            std::mutex mutex;
            std::vector<Receipt> acknowledged;
            {
                auto ledger = w.open();
                REQUIRE_MESSAGE(ledger, ledger.error().message);
                check_intact(w, **ledger, receipts);
                w.files.fail_at(1 + random() % 30, random() % 2 == 0 ? Fault::once : Fault::short_write);
                for (std::uint64_t i = 0; i < 30; ++i)
                    (*ledger)->append(access(i), [&](Result<Receipt> receipt) {
                        const std::lock_guard lock(mutex);
                        if (receipt) acknowledged.push_back(std::move(*receipt));
                    });
            }
            w.files.heal();
            receipts.insert(receipts.end(), acknowledged.begin(), acknowledged.end());
            w.files.power_cut(static_cast<unsigned>(random()));
        }
    }
}

TEST_CASE("every flipped byte is found, and opening never drops what was acknowledged") {
    World w;
    std::vector<Receipt> receipts;
    {
        auto ledger = w.open();
        receipts = append_some(**ledger, 0, 9);
    }
    const Report good = w.verify(receipts);
    REQUIRE_MESSAGE(good.ok(), said(good));
    for (const std::string& path : w.files.paths()) {
        const std::string bytes = w.files.bytes(path);
        for (std::size_t i = 0; i < bytes.size(); i += 1 + i % 3) {
            INFO(path << " byte " << i);
            std::string bad = bytes;
            bad[i] = static_cast<char>(bad[i] ^ (1 << i % 8));
            w.files.set_bytes(path, bad);
            const Report report = w.verify();
            CHECK(!report.ok());
            CHECK((path == "log/checkpoint" || report.entries < 9));
            if (i % 7 == 0) {
                if (const auto ledger = w.open()) {
                    CHECK(path == "log/checkpoint");
                    CHECK((*ledger)->size() == 9);
                } else {
                    CHECK(ledger.error().category == Category::corrupt);
                }
            }
            w.files.set_bytes(path, bytes);
        }
    }
    CHECK(w.verify(receipts).ok());
}

TEST_CASE("removed, reordered, repeated and foreign files are found") {
    World w;
    std::vector<Receipt> receipts;
    {
        auto ledger = w.open();
        receipts = append_some(**ledger, 0, 20);
    }
    std::vector<std::string> segments;
    for (const std::string& path : w.files.paths())
        if (path.ends_with(".log")) segments.push_back(path);
    REQUIRE(segments.size() >= 4);
    for (const std::string& path : w.files.paths()) {
        const std::string bytes = w.files.bytes(path);
        w.files.drop(path);
        CHECK_MESSAGE(!w.verify().ok(), path);
        CHECK_MESSAGE(w.open().error().category == Category::corrupt, path);
        w.files.set_bytes(path, bytes);
    }
    const std::string first = w.files.bytes(segments[1]), second = w.files.bytes(segments[2]);
    w.files.set_bytes(segments[1], second);
    w.files.set_bytes(segments[2], first);
    CHECK(!w.verify().ok());
    CHECK(w.open().error().category == Category::corrupt);
    w.files.set_bytes(segments[2], second);
    CHECK(!w.verify().ok());
    w.files.set_bytes(segments[1], first);
    CHECK(w.verify().ok());
    w.files.set_bytes("log/notes.txt", "x");
    CHECK(said(w.verify()).find("does not belong here") != std::string::npos);
    w.files.drop("log/notes.txt");
    CHECK(verify_log("empty", w.keys, w.files).value().problems.size() == 1);
}

TEST_CASE("a log that has lost its acknowledged end is refused") {
    World w;
    std::vector<Receipt> receipts;
    std::string before, after;
    Checkpoint known;
    {
        auto ledger = w.open({});
        receipts = append_some(**ledger, 0, 5);
        before = w.files.bytes("log/00000000000000000000.log");
        const auto more = append_some(**ledger, 5, 1);
        receipts.insert(receipts.end(), more.begin(), more.end());
        known = *verify_checkpoint((*ledger)->checkpoint(), w.keys);
    }
    w.files.set_bytes("log/00000000000000000000.log", before);
    CHECK(w.open({}).error().message.find("shorter than its own checkpoint") != std::string::npos);
    CHECK(said(w.verify()).find("shorter than its checkpoint file says") != std::string::npos);
    // Without the checkpoint file the log itself cannot tell; a checkpoint or receipt from elsewhere can.
    const std::string slot = [&] {
        World other;
        {
            auto ledger = other.open({});
            append_some(**ledger, 0, 5);
        }
        return other.files.bytes("log/checkpoint");
    }();
    w.files.set_bytes("log/checkpoint", slot);
    CHECK(w.verify().ok());
    CHECK(said(w.verify({}, {known})).find("shorter than a known checkpoint says") != std::string::npos);
    CHECK(said(w.verify(receipts)).find("shorter than a receipt says") != std::string::npos);
    Receipt wrong = receipts[2];
    wrong.hash = crypto::sha256("other");
    CHECK(said(w.verify({wrong})).find("is not the one of a receipt") != std::string::npos);
}

TEST_CASE("checkpoints by somebody else's key are found") {
    World w;
    {
        auto ledger = w.open();
        append_some(**ledger, 0, 3);
    }
    const auto stranger = *crypto::SigningKey::from_seed(std::string(32, 't'));
    const auto report = verify_log("log", crypto::KeySet(stranger.public_key()), w.files).value();
    CHECK(said(report).find("unknown key") != std::string::npos);
    CHECK(report.entries == 0);
}

TEST_CASE("the log works on the machine's files") {
    const auto folder = std::filesystem::temp_directory_path() / ("idun-ledger-" + uuid(system_random()));
    const auto key = crypto::SigningKey::generate(system_random());
    Metrics metrics;
    {
        auto ledger = Ledger::open((folder / "a/log").string(), "SE1", key, system_files(), system_clock(), &metrics,
                                   {.segment_bytes_max = 2000});
        REQUIRE(ledger);
        CHECK(append_some(**ledger, 0, 20).size() == 20);
        CHECK(Ledger::open((folder / "a/log").string(), "SE1", key, system_files(), system_clock()).error().category ==
              Category::conflict);
        CHECK(metrics.text().find("idun_ledger_entries_total{log=\"SE1\"} 20") != std::string::npos);
    }
    auto ledger = Ledger::open((folder / "a/log").string(), "SE1", key, system_files(), system_clock());
    REQUIRE(ledger);
    CHECK((*ledger)->size() == 20);
    CHECK((*ledger)->read(0, 100)->size() == 20);
    CHECK(verify_log((folder / "a/log").string(), crypto::KeySet(key.public_key()), system_files()).value().ok());
    ledger->reset();
    std::filesystem::remove_all(folder);
}

TEST_CASE("more entries for one answer than the queue holds are written in waves, and end once") {
    World world;
    Options options;
    options.queue_entries_max = 300;
    auto log = world.open(options);
    REQUIRE(log);
    const auto append = [&](int count) {
        std::promise<Result<Receipt>> promise;
        append_each(**log, [n = 0, count]() mutable -> std::optional<Access> {
            if (n == count) return std::nullopt;
            return access(static_cast<std::uint64_t>(n++));
        }, [&](Result<Receipt> last) { promise.set_value(std::move(last)); });
        return promise.get_future().get();
    };
    const auto last = append(2'000);
    REQUIRE(last);
    CHECK(last->index == 1'999);
    CHECK((*log)->size() == 2'000);
    CHECK(append(1)->index == 2'000);
    // A write fails in the middle: one failure, and no receipt.
    world.files.fail_at(3, Fault::once);
    const auto broken = append(2'000);
    REQUIRE(!broken);
    CHECK(broken.error().category == Category::unavailable);
    CHECK((*log)->size() < 4'000);
}
