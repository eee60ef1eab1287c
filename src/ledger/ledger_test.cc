#include "ledger/ledger.h"

#include <doctest/doctest.h>

#include <atomic>
#include <filesystem>
#include <future>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "base/random.h"
#include "crypto/merkle.h"
#include "ledger/append_each.h"
#include "ledger/internal/sealed.h"
#include "ledger/internal/test_world.h"

using namespace idun;
using namespace idun::ledger;
using namespace idun::ledger::test;

TEST_CASE("entries come back with their receipts, also after opening again") {
    World w;
    std::vector<Receipt> receipts;
    {
        auto ledger = w.open();
        REQUIRE(ledger);
        CHECK((*ledger)->size() == 0);
        CHECK(open_checkpoint((*ledger)->checkpoint(), w.keys)->size == 0);
        receipts = append_some(**ledger, 0, 20);
        REQUIRE(receipts.size() == 20);
        CHECK((*ledger)->size() == 20);
        const auto checkpoint = open_checkpoint((*ledger)->checkpoint(), w.keys);
        REQUIRE(checkpoint);
        CHECK(checkpoint->size == 20);
        CHECK(checkpoint->root == receipts.back().root);
        CHECK((*ledger)->receipt(3)->root == receipts.back().root);
        CHECK(!(*ledger)->receipt(20));
        check_intact(w, *ledger, receipts);
    }
    CHECK(w.journal().size() == 1);  // the older ones are in tiles, and gone
    auto ledger = w.open();
    REQUIRE_MESSAGE(ledger, ledger.error().message);
    CHECK((*ledger)->size() == 20);
    const auto more = append_some(**ledger, 20, 5);
    receipts.insert(receipts.end(), more.begin(), more.end());

    std::uint64_t next = 3;
    std::map<std::string, std::uint64_t> counts, newest;
    REQUIRE((*ledger)->for_each(0, [&](const Entry& entry) -> Status {
        REQUIRE(entry.access);
        CHECK(*entry.access == access(entry.index));
        CHECK(entry.encoded == encode(*entry.access, (*ledger)->log_id()).value());
        CHECK(entry.kind == (entry.access->person ? Kind::person : Kind::nobody));
        CHECK(entry.sealed == kStart);
        const std::string who = entry.access->person ? entry.access->person->text() : "";
        CHECK(entry.sequence == ++counts[who]);
        CHECK(entry.distance == (entry.sequence == 1 ? 0 : entry.index - newest[who]));
        newest[who] = entry.index;
        return {};
    }));
    REQUIRE((*ledger)->for_each(3, [&](const Entry& entry) -> Status {
        CHECK(entry.index == next++);
        return {};
    }));
    CHECK(next == 25);
    CHECK(tells((*ledger)->for_each(0, [](const Entry&) -> Status { return fail(Category::gone, "enough"); }).error(), "enough"));
    CHECK((*ledger)->read(25, 10)->empty());
    CHECK((*ledger)->read(UINT64_MAX, 10)->empty());
    CHECK((*ledger)->read(0, 7)->size() == 7);
    check_intact(w, *ledger, receipts);
}

TEST_CASE("what is published names nobody and nothing, and grows by the entry alone") {
    World w;
    auto ledger = w.open({});
    REQUIRE(ledger);
    Access a = access(0);
    a.requester.name = "Anna Andersson";
    for (int i = 0; i < 300; ++i) REQUIRE((*ledger)->append(a));
    std::set<std::string> slots;
    const auto all = (*ledger)->read(0, 300).value();
    for (const Entry& entry : all) {
        CHECK(entry.bytes.find("Anna") == std::string::npos);
        slots.insert(entry.bytes.substr(7, 4));
    }
    CHECK(slots.size() > 290);  // one slot, and it does not show
    ledger->reset();
    for (const auto& [path, bytes] : w.disk())
        if (path.starts_with("log/public/")) {
            CHECK(bytes.find("Anna") == std::string::npos);
            CHECK(bytes.find(std::string(16, 'e')) == std::string::npos);
        }
}

TEST_CASE("proofs hold at every size, whichever is still on its way to the tiles") {
    World w;
    auto ledger = w.open();
    REQUIRE(ledger);
    const auto receipts = append_some(**ledger, 0, 20);
    for (const Receipt& receipt : receipts) {
        const auto path = (*ledger)->inclusion_proof(receipt.index, receipt.size);
        REQUIRE(path);
        const std::string bytes = (*ledger)->read(receipt.index, 1)->at(0).bytes;
        CHECK(crypto::verify_inclusion(receipt.index, receipt.size, crypto::leaf_hash(bytes), *path, receipt.root));
        CHECK(!crypto::verify_inclusion(receipt.index, receipt.size, crypto::leaf_hash("x"), *path, receipt.root));
        for (const Receipt& later : receipts) {
            if (later.size < receipt.size) continue;
            const auto between = (*ledger)->consistency_proof(receipt.size, later.size);
            REQUIRE(between);
            CHECK(crypto::verify_consistency(receipt.size, later.size, *between, receipt.root, later.root));
        }
    }
    CHECK((*ledger)->inclusion_proof(20, 20).error().category == Category::invalid);
    CHECK((*ledger)->inclusion_proof(0, 21).error().category == Category::invalid);
    CHECK((*ledger)->consistency_proof(3, 2).error().category == Category::invalid);
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
    for (std::size_t t = 0; t < receipts.size(); ++t)
        for (std::size_t i = 0; i < receipts[t].size(); ++i)
            CHECK(*(*ledger)->read(receipts[t][i].index, 1)->at(0).access == access(t * 1000 + i));
    check_intact(w, *ledger, all);
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
    Options hasty;
    hasty.retention_years = kRetentionYearsMin - 1;
    CHECK(tells(w.open(hasty).error(), "at least three years"));
}

TEST_CASE("a log of the first shape is refused with a clear sentence") {
    World w;
    w.files.set_bytes("log/00000000000000000000.log", "old");
    const auto ledger = w.open();
    REQUIRE(!ledger);
    CHECK(ledger.error().category == Category::unsupported);
    CHECK(tells(ledger.error(), "a log of the first shape, which this version does not read"));
}

TEST_CASE("the next groups are written while those of the one before are told, and each is told once and in order") {
    constexpr std::uint64_t kWritten = 24;
    World w;
    std::promise<void> go_on;
    std::shared_future<void> may_go_on = go_on.get_future().share();
    std::mutex mutex;
    std::vector<std::uint64_t> told;
    {
        auto ledger = w.open({});
        const auto append = [&](std::uint64_t n) {
            (*ledger)->append(access(n), [&, n](Result<Receipt> receipt) {
                if (n == 0) may_go_on.wait();
                const std::lock_guard lock(mutex);
                told.push_back(receipt ? receipt->index : kWritten);
            });
        };
        // One at a time, so that each is a group of its own while there is room for it.
        std::uint64_t size = 0;
        for (std::uint64_t n = 0; n < kWritten; ++n) {
            append(n);
            for (int i = 0; i < 100 && (*ledger)->size() == size; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
            size = (*ledger)->size();
        }
        CHECK(size > 4);
        CHECK(size < kWritten);  // what is durable and not told is bounded
        {
            const std::lock_guard lock(mutex);
            CHECK(told.empty());
        }
        // A crash now loses none of these: they are durable before anybody is told.
        CHECK((*ledger)->read(0, 100)->size() == size);
        go_on.set_value();
    }  // closing tells all
    REQUIRE(told.size() == kWritten);
    for (std::uint64_t n = 0; n < kWritten; ++n) CHECK(told[n] == n);
    CHECK(w.verify().ok());
}

TEST_CASE("a write that fails while others are being told fails only those that it was for") {
    World w;
    std::promise<void> go_on;
    std::shared_future<void> may_go_on = go_on.get_future().share();
    std::atomic<int> durable = 0, failed = 0;
    std::uint64_t size = 0;
    {
        auto ledger = w.open({});
        const auto done = [&](Result<Receipt> receipt) {
            may_go_on.wait();
            ++(receipt ? durable : failed);
        };
        (*ledger)->append(access(0), done);
        while ((*ledger)->size() == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        settle(**ledger);
        w.files.fail_at(1, Fault::once);
        std::thread later([&] { (*ledger)->append(access(1), done); });
        while ((*ledger)->healthy()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        size = (*ledger)->size();
        go_on.set_value();
        later.join();
    }
    CHECK(size == 1);
    CHECK(durable == 1);
    CHECK(failed == 1);
    w.files.heal();
    w.files.power_cut(7);
    auto ledger = w.open({});
    REQUIRE(ledger);
    CHECK((*ledger)->size() == 1);
}

TEST_CASE("a person's entries are forgotten for ever, and the tree stays whole") {
    World w;
    std::vector<Receipt> receipts;
    std::string eva_key;
    {
        auto ledger = w.open({});
        receipts = append_some(**ledger, 0, 9);
        settle(**ledger);
        const auto before = w.files.bytes(w.journal().front());
        const std::size_t at = before.find(kEva.view());
        REQUIRE(at != std::string::npos);
        eva_key = before.substr(at - 32, 32);
        CHECK((*ledger)->forget(kEva, "").error().category == Category::invalid);
        const auto receipt = (*ledger)->forget(kEva, "decision-17");
        REQUIRE(receipt);
        CHECK(receipt->index == 9);
        receipts.push_back(*receipt);
        // Durable already: nothing on the disk holds her key or says who she is.
        for (const auto& [path, bytes] : w.disk()) {
            CHECK_MESSAGE(bytes.find(eva_key) == std::string::npos, path);
            CHECK_MESSAGE(bytes.find(kEva.view()) == std::string::npos, path);
        }
        CHECK((*ledger)->forget(kEva, "again").error().category == Category::not_found);
        // What comes later has another key and begins anew.
        receipts.push_back(*(*ledger)->append(access(0)));
        const auto entries = *(*ledger)->read(0, 20);
        REQUIRE(entries.size() == 11);
        for (const Entry& entry : entries) {
            const bool hers = entry.index < 9 && entry.index % 3 == 0;
            CHECK(entry.access.has_value() == (!hers && entry.kind != Kind::forgotten));
        }
        CHECK(entries[9].kind == Kind::forgotten);
        CHECK(read_forgotten(entries[9].bytes) == Forgotten{{1}, "decision-17", 3});
        CHECK(entries[10].sequence == 1);
        CHECK(entries[10].distance == 0);
    }
    {
        auto ledger = w.open({});
        REQUIRE_MESSAGE(ledger, ledger.error().message);
        CHECK(!(*ledger)->read(0, 1)->at(0).access);
        CHECK((*ledger)->read(1, 1)->at(0).access);
        CHECK(append_some(**ledger, 0, 1).size() == 1);
        CHECK((*ledger)->read(11, 1)->at(0).sequence == 2);
        check_intact(w, *ledger, receipts);
    }
    CHECK(w.verify().forgotten == 3);
}

TEST_CASE("how many entries a statement closes stays right when the log is opened again, and older statements do not say") {
    World w;
    {
        auto ledger = w.open({});
        append_some(**ledger, 0, 9);
        w.clock.advance(std::chrono::hours(24 * 365));
        append_some(**ledger, 9, 3);  // under newer keys
    }
    {
        auto ledger = w.open({});
        w.clock.advance(std::chrono::hours(24 * 365 * 5));
        REQUIRE((*ledger)->forget_expired("rule"));
        REQUIRE((*ledger)->forget(kEva, "decision"));
        CHECK(read_forgotten((*ledger)->read(12, 1)->at(0).bytes)->uncounted == 0);
        CHECK(read_forgotten((*ledger)->read(13, 1)->at(0).bytes)->uncounted == 4);  // the three of before as well
    }
    auto ledger = w.open({});
    append_some(**ledger, 0, 1);
    REQUIRE((*ledger)->forget(kEva, "again"));
    CHECK(read_forgotten((*ledger)->read(15, 1)->at(0).bytes)->uncounted == 1);
    const Forgotten old{{1, 7}, "decision-17", std::nullopt};
    CHECK(read_forgotten(forgotten_entry(kStart, old)) == old);
    for (const std::uint64_t count : {0ull, 127ull, 128ull, ~0ull}) {
        const std::string bytes = forgotten_entry(kStart, {{1, 7}, "decision-17", count});
        CHECK(read_forgotten(bytes)->uncounted == count);
        CHECK(!read_forgotten(bytes + '\0'));
        if (count > 127) CHECK(!read_forgotten(bytes.substr(0, bytes.size() - 1)));
    }
}

TEST_CASE("what has passed its retention is forgotten by year") {
    World w;
    auto ledger = w.open({});
    append_some(**ledger, 0, 3);  // until 2031
    w.clock.advance(std::chrono::hours(24 * 365));
    append_some(**ledger, 3, 3);  // until 2032
    CHECK((*ledger)->read(3, 1)->at(0).sequence == 2);  // another key, the same count
    CHECK((*ledger)->forget_expired("rule").error().category == Category::not_found);
    w.clock.advance(std::chrono::hours(24 * 365 * 5));
    REQUIRE((*ledger)->forget_expired("rule"));
    CHECK(read_forgotten((*ledger)->read(6, 1)->at(0).bytes) == Forgotten{{1, 2}, "rule", 0});  // both go on: the map counts all
    CHECK(!(*ledger)->read(0, 1)->at(0).access);
    CHECK(!(*ledger)->read(1, 1)->at(0).access);
    CHECK((*ledger)->read(2, 1)->at(0).access);  // about nobody
    CHECK((*ledger)->read(3, 1)->at(0).access);
    append_some(**ledger, 3, 1);
    CHECK((*ledger)->read(7, 1)->at(0).sequence == 3);
    ledger->reset();
    CHECK(w.verify().ok());
}

TEST_CASE("an access too large for one entry is several, and all are there before the receipt") {
    World w;
    auto ledger = w.open({});
    Access a = access(0);
    for (std::size_t i = 0; i < kRecordsMax; ++i)
        a.records.push_back({"Observation", std::to_string(i) + std::string(60, 'x'), "1", "test-result", "SE1"});
    const auto receipt = (*ledger)->append(a);
    REQUIRE(receipt);
    CHECK(receipt->index + 1 == (*ledger)->size());
    CHECK((*ledger)->size() > 4);
    std::size_t records = 0;
    const auto all = (*ledger)->read(0, 100).value();
    for (const Entry& entry : all) {
        CHECK(entry.bytes.size() <= kEntryBytesMax);
        CHECK(entry.sequence == entry.index + 1);
        records += entry.access->records.size();
    }
    CHECK(records == kRecordsMax);
    check_intact(w, *ledger, {*receipt});
}

TEST_CASE("the log works on the machine's files") {
    const auto folder = std::filesystem::temp_directory_path() / ("idun-ledger-" + uuid(system_random()));
    const auto key = crypto::SigningKey::generate(system_random());
    Metrics metrics;
    std::vector<Receipt> receipts;
    {
        auto ledger = Ledger::open((folder / "a/log").string(), "SE1", key, system_files(), system_clock(), &metrics,
                                   {.segment_bytes_max = 2000});
        REQUIRE_MESSAGE(ledger, ledger.error().message);
        receipts = append_some(**ledger, 0, 20);
        CHECK(receipts.size() == 20);
        CHECK(Ledger::open((folder / "a/log").string(), "SE1", key, system_files(), system_clock()).error().category ==
              Category::conflict);
        CHECK(metrics.text().find("idun_ledger_entries_total{log=\"SE1\"} 20") != std::string::npos);
        REQUIRE((*ledger)->inclusion_proof(19, 20));
        for (const char* secret : {"a/log/keys", "a/log/heads"})
            CHECK((std::filesystem::status(folder / secret).permissions() & std::filesystem::perms(077)) ==
                  std::filesystem::perms::none);
    }
    auto ledger = Ledger::open((folder / "a/log").string(), "SE1", key, system_files(), system_clock());
    REQUIRE_MESSAGE(ledger, ledger.error().message);
    CHECK((*ledger)->size() == 20);
    CHECK((*ledger)->read(0, 100)->size() == 20);
    REQUIRE((*ledger)->forget(kEva, "decision"));
    CHECK((*ledger)->check(receipts[3]));
    ledger->reset();
    const Report report = verify_log((folder / "a/log").string(), crypto::KeySet(key.public_key()), system_files(), {}, receipts).value();
    CHECK_MESSAGE(report.ok(), said(report));
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
    CHECK((*log)->size() <= 4'001);
}
