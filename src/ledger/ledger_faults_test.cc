// What disks, crashes and forgers do to a log.
#include "ledger/ledger.h"

#include <doctest/doctest.h>

#include <map>
#include <mutex>
#include <random>
#include <set>
#include <thread>

#include "ledger/internal/segment.h"
#include "ledger/internal/test_world.h"

using namespace idun;
using namespace idun::ledger;
using namespace idun::ledger::test;

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

TEST_CASE("a power cut while several journal files go leaves those that stay in one row") {
    bool failed = true;
    for (std::uint64_t call = 1; failed; ++call) {
        for (unsigned seed = 0; seed < 4; ++seed) {
            INFO("call " << call << " seed " << seed);
            World w;
            Options late = w.small;
            late.tiles_after = std::chrono::hours(1);  // all of it goes at the end, at once
            auto log = w.open(late).value();
            const auto receipts = append_some(*log, 0, 30);
            REQUIRE(receipts.size() == 30);
            REQUIRE(w.journal().size() > 3);
            w.files.fail_at(call, Fault::once);
            log.reset();
            failed = w.files.tripped();
            w.files.heal();
            w.files.power_cut(seed);
            auto after = w.open();
            REQUIRE_MESSAGE(after, after.error().message);
            check_intact(w, *after, receipts);
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

TEST_CASE("zeros behind the newest group are room, and what is not zero there was never acknowledged") {
    World w;
    w.small.segment_bytes_max = 1u << 20;  // so there are 64 KiB of them
    std::vector<Receipt> receipts;
    std::map<std::string, std::string> killed;  // the disk of a process that was not let end
    {
        auto ledger = w.open();
        receipts = append_some(**ledger, 0, 9);
        settle(**ledger);
        killed = w.disk();
    }
    const std::string file = w.journal().back();
    const std::size_t end = w.files.bytes(file).size();  // closed, it has none
    REQUIRE(killed.at(file).size() > end + 60'000);
    REQUIRE(killed.at(file).substr(end).find_first_not_of('\0') == std::string::npos);
    for (const std::size_t at : {std::size_t{0}, end, end + 5, end + 17, end + 30'000, killed.at(file).size() - 1}) {
        CAPTURE(at);
        auto disk = killed;
        if (at > 0) disk[file][at] = '\2';
        w.put_back(disk);
        CHECK(w.verify(receipts).ok() == (at == 0));
        auto ledger = w.open();
        REQUIRE_MESSAGE(ledger, ledger.error().message);
        CHECK((*ledger)->size() == 9);
        auto more = append_some(**ledger, 9, 3);
        more.insert(more.begin(), receipts.begin(), receipts.end());
        check_intact(w, *ledger, more);
    }
    // Zeros in the place of what was acknowledged are no room.
    for (std::size_t at = end / 4; at < end * 3 / 4; at += 97) {
        auto disk = killed;
        disk[file].replace(at, 64, 64, '\0');
        w.put_back(disk);
        const auto opened = w.open();
        REQUIRE(!opened);
        CHECK(opened.error().category == Category::corrupt);
    }
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

TEST_CASE("no key goes before the entry that says that it was forgotten is durable") {
    for (std::uint64_t call = 1;; ++call) {
        INFO("call " << call);
        World w;
        auto ledger = w.open();
        append_some(**ledger, 0, 9);
        settle(**ledger);
        w.files.fail_at(call, Fault::once);
        const bool forgotten = (*ledger)->forget(kEva, "decision").has_value();
        // As whoever ships the log sees it: what does not open any more has its entry.
        CHECK((*ledger)->read(0, 1)->at(0).access.has_value() == ((*ledger)->size() == 9));
        if (forgotten) CHECK((*ledger)->read(9, 1)->at(0).kind == Kind::forgotten);
        if (!w.files.tripped()) break;
        REQUIRE(call < 100);
    }
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
