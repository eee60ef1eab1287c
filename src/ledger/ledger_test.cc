#include "ledger/ledger.h"

#include <doctest/doctest.h>

#include <atomic>
#include <filesystem>
#include <future>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "base/log.h"
#include "base/random.h"
#include "ledger/append_each.h"
#include "ledger/internal/fault_files.h"
#include "crypto/merkle.h"
#include "ledger/internal/segment.h"
#include "ledger/verify.h"

using namespace idun;
using namespace idun::ledger;

namespace {

constexpr Instant kStart{1'795'428'000'000};  // in 2026
const auto kEva = *crypto::Pseudonym::from(std::string(16, 'e'));
const auto kAdam = *crypto::Pseudonym::from(std::string(16, 'a'));

struct World {
    World() { log::set_level(log::Level::off); }  // the crashes below would fill the screen
    crypto::SigningKey key = *crypto::SigningKey::from_seed(std::string(32, 's'));
    crypto::KeySet keys{key.public_key()};
    ManualClock clock{kStart};
    FaultFiles files;
    Options small{.segment_bytes_max = 1500,
                  .queue_entries_max = 1000,
                  .queue_bytes_max = 1u << 20,
                  .group_bytes_max = 1u << 20,
                  .tiles_after = std::chrono::milliseconds(0)};

    Result<std::unique_ptr<Ledger>> open(const Options& options) {
        return Ledger::open("log", "SE1", key, files, clock, nullptr, options);
    }
    Result<std::unique_ptr<Ledger>> open() { return open(small); }
    Report verify(const std::vector<Receipt>& receipts = {}, const std::vector<Checkpoint>& known = {}) {
        return verify_log("log", keys, files, known, receipts).value();
    }
    std::vector<std::string> journal() {
        std::vector<std::string> out;
        for (const std::string& path : files.paths())
            if (path.starts_with("log/journal/")) out.push_back(path);
        return out;
    }
    std::map<std::string, std::string> disk() {
        std::map<std::string, std::string> out;
        for (const std::string& path : files.paths()) out[path] = files.bytes(path);
        return out;
    }
    void put_back(const std::map<std::string, std::string>& disk) {
        for (const std::string& path : files.paths()) files.drop(path);
        for (const auto& [path, bytes] : disk) files.set_bytes(path, bytes);
    }
};

// About Eva, Adam and nobody in turn.
Access access(std::uint64_t n) {
    Access a;
    a.time = kStart;
    if (n % 3 < 2) a.person = n % 3 == 0 ? kEva : kAdam;
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
    for (const std::string& problem : report.problems) out += problem + "\n";
    return out;
}

bool tells(const Error& error, std::string_view what) { return error.message.find(what) != std::string::npos; }
bool tells(const Report& report, std::string_view what) { return said(report).find(what) != std::string::npos; }

// So that the tiles hold everything, however slow the machine is.
void settle(const Ledger& ledger) {
    while (ledger.published() < ledger.size()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

// Every acknowledged entry is where its receipt says, as receipt and proof show, and the whole log verifies.
void check_intact(World& w, std::unique_ptr<Ledger>& ledger, const std::vector<Receipt>& receipts) {
    settle(*ledger);
    for (const Receipt& receipt : receipts) {
        const Status holds = ledger->check(receipt);
        CHECK_MESSAGE(holds, holds.error().message);
        CHECK(ledger->read(receipt.index, 1)->size() == 1);
    }
    const std::uint64_t size = ledger->size();
    ledger.reset();
    const Report report = w.verify(receipts);
    CHECK_MESSAGE(report.ok(), said(report));
    CHECK(report.entries == size);
}

}  // namespace

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

TEST_CASE("whatever call fails, nothing acknowledged is lost and nothing else is acknowledged") {
    // Opening and nine appends over several files of the journal, then the same again with each call failing in turn.
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
                    CHECK((*ledger)->size() >= receipts.size());
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
            check_intact(w, *ledger, receipts);
            if (!tripped) break;
            REQUIRE(call < 400);
        }
    }
}

TEST_CASE("opening survives a failure of each of its own calls") {
    for (std::uint64_t call = 1;; ++call) {
        INFO("call " << call);
        World w;
        std::vector<Receipt> receipts;
        {
            auto ledger = w.open();
            receipts = append_some(**ledger, 0, 9);
            // A torn group is there to be cut off.
            settle(**ledger);
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
        check_intact(w, *ledger, receipts);
        if (!tripped) break;
        REQUIRE(call < 100);
    }
}

TEST_CASE("power cuts at any moment lose nothing that was acknowledged") {
    const unsigned seed = 20261123;
    INFO("seed " << seed);
    std::mt19937 random(seed);
    for (int round = 0; round < 15; ++round) {
        INFO("round " << round);
        World w;
        std::vector<Receipt> receipts;
        for (int life = 0; life < 5; ++life) {
            std::mutex mutex;
            std::vector<Receipt> acknowledged;
            {
                auto ledger = w.open();
                REQUIRE_MESSAGE(ledger, ledger.error().message);
                check_intact(w, *ledger, receipts);
                ledger = w.open();
                REQUIRE_MESSAGE(ledger, ledger.error().message);
                w.files.fail_at(1 + random() % 60, random() % 2 == 0 ? Fault::once : Fault::short_write);
                for (std::uint64_t i = 0; i < 30; ++i) {
                    (*ledger)->append(access(i), [&](Result<Receipt> receipt) {
                        const std::lock_guard lock(mutex);
                        if (receipt) acknowledged.push_back(std::move(*receipt));
                    });
                    if (random() % 8 == 0) std::this_thread::sleep_for(std::chrono::microseconds(300));
                }
                if (random() % 4 == 0) (void)(*ledger)->forget(kAdam, "decision-1");
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
    REQUIRE_MESSAGE(w.verify(receipts).ok(), said(w.verify(receipts)));
    const auto disk = w.disk();
    for (const auto& [path, bytes] : disk) {
        for (std::size_t i = 0; i < bytes.size(); i += 1 + i % 7) {
            INFO(path << " byte " << i);
            std::string bad = bytes;
            bad[i] = static_cast<char>(bad[i] ^ (1 << i % 8));
            w.files.set_bytes(path, bad);
            const bool unused = path.starts_with("log/public/tile/") && path.find(".p/9") == std::string::npos;
            const bool mends = path == "log/keys" || path == "log/heads";  // what the journal knows as well
            CHECK((!w.verify().ok() || unused || mends));
            if (i % 7 == 0) {
                if (auto ledger = w.open()) {
                    CHECK((*ledger)->size() == 9);
                    for (const Receipt& receipt : receipts) {
                        const auto entries = (*ledger)->read(receipt.index, 1);
                        if (entries) CHECK(*entries->at(0).access == access(receipt.index));
                    }
                } else {
                    CHECK(ledger.error().category == Category::corrupt);
                }
            }
            w.put_back(disk);
        }
    }
    CHECK(w.verify(receipts).ok());
}

TEST_CASE("a page that the disk lost is found in every file, and named") {
    World w;
    {
        auto ledger = w.open();
        append_some(**ledger, 0, 20);
        for (int i = 0; i < 10; ++i) REQUIRE((*ledger)->append(access(2)));  // the journal forgets the others
    }
    const auto disk = w.disk();
    std::set<std::string> named;
    for (const auto& [path, bytes] : disk) {
        INFO(path);
        w.files.set_bytes(path, std::string(bytes.size(), '\0'));
        const Report report = w.verify();
        const auto last_part = path.substr(path.rfind('/') + 1);
        if (!report.ok()) {
            named.insert(path.substr(4, path.find('/', 4) - 4));
            CHECK_MESSAGE((tells(report, path.substr(4)) || tells(report, last_part)), said(report));
        }
        if (auto ledger = w.open()) {
            CHECK((*ledger)->size() == 30);
        } else {
            CHECK(ledger.error().category == Category::corrupt);
            // Tiles are named as whoever reads them does: without the folder, and in the width that was looked for.
            const bool tile = path.starts_with("log/public/tile/");
            const std::string name = tile ? path.substr(11, path.find(".p/") - 11) : path.substr(4);
            CHECK_MESSAGE(tells(ledger.error(), name), ledger.error().message);
        }
        w.put_back(disk);
        w.files.drop(path);
        if (!w.verify().ok()) named.insert("without " + path.substr(4, path.find('/', 4) - 4));
        w.put_back(disk);
    }
    for (const char* part : {"journal", "public", "keys", "heads", "without journal", "without public", "without keys", "without heads"})
        CHECK_MESSAGE(named.contains(part), part);
}

TEST_CASE("without its keys file the log says so") {
    World w;
    {
        auto ledger = w.open();
        append_some(**ledger, 0, 20);
    }
    const std::string keys = w.files.bytes("log/keys");
    w.files.drop("log/keys");
    auto ledger = w.open();
    REQUIRE(!ledger);
    CHECK(ledger.error().category == Category::corrupt);
    CHECK(tells(ledger.error(), "keys at byte 0: is missing: without it nobody can read the log; put its backup back"));
    // Another log's keys do not open what they should.
    {
        World other;
        auto its = other.open();
        append_some(**its, 0, 20);
        its->reset();
        w.files.set_bytes("log/keys", other.files.bytes("log/keys"));
    }
    CHECK(!w.open());
    w.files.set_bytes("log/keys", keys);
    CHECK(w.open());
}

TEST_CASE("a log that has lost its end is refused") {
    World w;
    const std::string segment = "log/journal/" + segment_name(0);
    std::string before;
    {
        auto ledger = w.open({});
        append_some(**ledger, 0, 5);
        before = w.files.bytes(segment);
        append_some(**ledger, 5, 1);
    }
    w.files.set_bytes(segment, before);
    CHECK(tells(w.open({}).error(), "journal/00000000000000000000.log at byte"));
    CHECK(tells(w.open({}).error(), "shorter than its own checkpoint"));
    CHECK(tells(w.verify(), "shorter than its own checkpoint"));
}

TEST_CASE("a disk that was set back as a whole is found by a receipt or checkpoint kept elsewhere") {
    World w;
    std::vector<Receipt> receipts;
    {
        auto ledger = w.open();
        receipts = append_some(**ledger, 0, 5);
    }
    const auto disk = w.disk();
    Receipt lost;
    Checkpoint known;
    {
        auto ledger = w.open();
        lost = *(*ledger)->append(access(5));
        known = *open_checkpoint((*ledger)->checkpoint(), w.keys);
        CHECK((*ledger)->check(lost));
    }
    w.put_back(disk);
    CHECK(w.verify(receipts).ok());
    CHECK(tells(w.verify({lost}), "the log is shorter than a receipt says: it was cut back or set back"));
    CHECK(tells(w.verify({}, {known}), "the log is shorter than a known checkpoint says"));
    auto ledger = w.open();
    REQUIRE(ledger);
    CHECK(tells((*ledger)->check(lost).error(), "it was cut back: it has 5 entries, and a signed receipt knows 6"));
    // It goes on differently: now there are two logs, and the receipt proves it.
    w.clock.advance(std::chrono::seconds(1));
    REQUIRE((*ledger)->append(access(99)));
    const Status forked = (*ledger)->check(lost);
    REQUIRE(!forked);
    CHECK(forked.error().category == Category::corrupt);
    CHECK(tells(forked.error(), "it is not the one that signed a receipt of entry 5"));
    CHECK((*ledger)->check(receipts[4]));
    ledger->reset();
    CHECK(tells(w.verify({lost}), "it was forked"));
    CHECK(tells(w.verify({}, {known}), "it was forked"));
}

TEST_CASE("forged checkpoints and receipts are found") {
    World w;
    std::vector<Receipt> receipts;
    {
        auto ledger = w.open();
        receipts = append_some(**ledger, 0, 5);
        const auto stranger = *crypto::SigningKey::from_seed(std::string(32, 't'));
        Receipt forged = receipts[2];
        forged.root = crypto::sha256("x");
        CHECK((*ledger)->check(forged).error().category == Category::unauthorized);
        forged = *receipt_under(sign_checkpoint(stranger, {"SE1", 5, receipts[4].root}), 2);
        CHECK((*ledger)->check(forged).error().category == Category::unauthorized);
        CHECK((*ledger)->check(*receipt_under(sign_checkpoint(w.key, {"SE2", 5, receipts[4].root}), 2)).error().category ==
              Category::invalid);
    }
    const auto stranger = *crypto::SigningKey::from_seed(std::string(32, 't'));
    const std::string good = w.files.bytes("log/public/checkpoint");
    w.files.set_bytes("log/public/checkpoint", sign_checkpoint(stranger, {"SE1", 5, receipts[4].root}));
    CHECK(tells(w.open().error(), "public/checkpoint: is not signed by this log's key"));
    CHECK(tells(w.verify(), "public/checkpoint: is not signed by this log's key"));
    w.files.set_bytes("log/public/checkpoint", sign_checkpoint(w.key, {"SE1", 5, crypto::sha256("x")}));
    CHECK(tells(w.open().error(), "public/checkpoint: is not of this log: its root is another"));
    CHECK(!w.verify().ok());
    w.files.set_bytes("log/public/checkpoint", sign_checkpoint(w.key, {"SE1", 6, receipts[4].root}));
    CHECK(tells(w.open().error(), "shorter than its own checkpoint"));
    w.files.set_bytes("log/public/checkpoint", good);
    CHECK(w.verify(receipts).ok());
    const auto report = verify_log("log", crypto::KeySet(stranger.public_key()), w.files).value();
    CHECK(tells(report, "not signed by this log's key"));
    CHECK(report.entries == 0);
}

TEST_CASE("a clock that jumps back is told, and shows in the log without keys") {
    World w;
    Metrics metrics;
    {
        auto ledger = Ledger::open("log", "SE1", w.key, w.files, w.clock, &metrics, w.small);
        append_some(**ledger, 0, 2);
        w.clock.advance(std::chrono::seconds(-60));
        append_some(**ledger, 2, 2);
        CHECK(metrics.text().find("idun_ledger_clock_back_total{log=\"SE1\"} 1") != std::string::npos);
        const auto entries = *(*ledger)->read(0, 4);
        CHECK(entries[1].sealed - entries[2].sealed == std::chrono::seconds(60));
        CHECK(entries[2].access->time == kStart);  // what the access says is its own
        w.clock.advance(std::chrono::seconds(-60));
    }
    {
        auto ledger = Ledger::open("log", "SE1", w.key, w.files, w.clock, &metrics, w.small);  // back while it was closed
        append_some(**ledger, 4, 1);
        CHECK(metrics.text().find("idun_ledger_clock_back_total{log=\"SE1\"} 2") != std::string::npos);
    }
    const Report report = w.verify();
    CHECK(report.ok());
    CHECK(report.clock_back == 2);
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
        CHECK(entries[9].bytes.ends_with("decision-17"));
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
    CHECK(!(*ledger)->read(0, 1)->at(0).access);
    CHECK(!(*ledger)->read(1, 1)->at(0).access);
    CHECK((*ledger)->read(2, 1)->at(0).access);  // about nobody
    CHECK((*ledger)->read(3, 1)->at(0).access);
    append_some(**ledger, 3, 1);
    CHECK((*ledger)->read(7, 1)->at(0).sequence == 3);
    ledger->reset();
    CHECK(w.verify().ok());
}

TEST_CASE("forgetting that breaks off anywhere is either finished when the log opens again, or has not begun") {
    for (std::uint64_t call = 1;; ++call) {
        INFO("call " << call);
        World w;
        std::vector<Receipt> receipts;
        bool forgotten = false;
        {
            auto ledger = w.open();
            receipts = append_some(**ledger, 0, 9);
            settle(**ledger);
            w.files.fail_at(call, call % 2 == 0 ? Fault::once : Fault::short_write);
            forgotten = (*ledger)->forget(kEva, "decision").has_value();
        }
        const bool tripped = w.files.tripped();
        w.files.heal();
        w.files.power_cut(static_cast<unsigned>(call));
        auto ledger = w.open();
        REQUIRE_MESSAGE(ledger, ledger.error().message);
        const bool said_so = (*ledger)->size() == 10;
        CHECK((said_so || (!forgotten && (*ledger)->size() == 9)));
        CHECK((*ledger)->read(0, 1)->at(0).access.has_value() == !said_so);
        CHECK((*ledger)->read(1, 1)->at(0).access);
        if (said_so) {
            // As soon as the journal's older files are gone, nothing holds her name.
            REQUIRE((*ledger)->forget(kAdam, "decision"));
            for (const auto& [path, bytes] : w.disk()) CHECK_MESSAGE(bytes.find(kEva.view()) == std::string::npos, path);
        }
        check_intact(w, *ledger, receipts);
        if (!tripped) break;
        REQUIRE(call < 100);
    }
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
