// What the tests of a log share: a log on files that can fail, and accesses to write into it.
#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/log.h"
#include "ledger/internal/fault_files.h"
#include "ledger/ledger.h"
#include "ledger/verify.h"

namespace idun::ledger::test {

inline constexpr Instant kStart{1'795'428'000'000};  // in 2026
inline const auto kEva = *crypto::Pseudonym::from(std::string(16, 'e'));
inline const auto kAdam = *crypto::Pseudonym::from(std::string(16, 'a'));

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
inline Access access(std::uint64_t n) {
    Access a;
    a.time = kStart;
    if (n % 3 < 2) a.person = n % 3 == 0 ? kEva : kAdam;
    a.requester.user_id = "u" + std::to_string(n);
    a.request_id = std::to_string(n);
    return a;
}

// Appends until something fails; the receipts of what was acknowledged.
inline std::vector<Receipt> append_some(Ledger& ledger, std::uint64_t first, int count) {
    std::vector<Receipt> out;
    for (int i = 0; i < count; ++i) {
        auto receipt = ledger.append(access(first + static_cast<std::uint64_t>(i)));
        if (!receipt) break;
        out.push_back(std::move(*receipt));
    }
    return out;
}

inline std::string said(const Report& report) {
    std::string out;
    for (const std::string& problem : report.problems) out += problem + "\n";
    return out;
}

inline bool tells(const Error& error, std::string_view what) { return error.message.find(what) != std::string::npos; }
inline bool tells(const Report& report, std::string_view what) { return said(report).find(what) != std::string::npos; }

// So that the tiles hold everything, however slow the machine is.
inline void settle(const Ledger& ledger) {
    while (ledger.published() < ledger.size()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

// Every acknowledged entry is where its receipt says, as receipt and proof show, and the whole log verifies.
inline void check_intact(World& w, std::unique_ptr<Ledger>& ledger, const std::vector<Receipt>& receipts) {
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

}  // namespace idun::ledger::test
