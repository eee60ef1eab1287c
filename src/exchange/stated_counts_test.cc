#include "exchange/stated_counts.h"

#include "exchange/internal/access_world.h"

using namespace idun;
using namespace idun::exchange;

namespace {

// A node that signs how many accesses it has served.
struct CountWorld : AccessWorld {
    std::string signed_count(std::uint64_t size, const ledger::Served& served,
                             const std::string& log_id = "SE1") const {
        return ledger::sign_served(node_key, {log_id, size, served});
    }
    // Entries `first` up to `end` of a log of that size, with what the node has counted.
    ledger::Shipment stating(std::uint64_t first, std::uint64_t end) {
        std::vector<ledger::ShippedEntry> entries;
        for (std::uint64_t i = first; i < end; ++i) entries.push_back(at_node(i, "", "r" + std::to_string(i)));
        auto out = shipment(std::move(entries), first, end);
        out.stated = signed_count(end, out.served);
        return out;
    }
    FaultSeen only_fault() {
        const auto faults = account().faults;
        REQUIRE(faults.size() == 1);
        return faults[0];
    }
};

}  // namespace

TEST_CASE("the newest count that the owner has signed is kept, also when the hub starts again or gets what it has") {
    CountWorld f;
    CHECK(!*f.view->stated_count("SE1"));
    const auto first = f.stating(0, 2);
    REQUIRE(f.take(first));
    const auto second = f.stating(2, 3);
    REQUIRE(f.take(second));
    auto again = f.shipment(first.entries, 0, 3);
    again.stated = first.stated;
    REQUIRE(f.take(again));
    f.restart();
    const auto account = f.account();
    REQUIRE(account.stated);
    CHECK(account.stated->note == second.stated);
    CHECK(account.stated->said == ledger::ServedNote{"SE1", 3, {3, 0}});
    CHECK(account.complete());
    CHECK(ledger::open_served(account.stated->note, crypto::KeySet(f.node_key.public_key())));
}

TEST_CASE("a node that does not sign its counts ships as before, and what it had signed stays") {
    CountWorld f;
    REQUIRE(f.ship({f.at_node(0, "", "a")}, 0, 1));
    CHECK(!f.account().stated);
    REQUIRE(f.take(f.stating(1, 2)));
    REQUIRE(f.ship({f.at_node(2, "", "c")}, 2, 3));
    CHECK(f.account().stated->said.size == 2);
    CHECK(f.account().complete());
}

TEST_CASE(
    "a count that somebody else signed, or of another log or place, or that the shipment denies, is refused with the "
    "note as evidence") {
    const auto other = crypto::SigningKey::generate(system_random());
    struct Row {
        const char* what;
        std::function<std::string(const CountWorld&)> note;
        LogFault fault;
    };
    const Row rows[] = {
        {"another key", [&](const CountWorld&) { return ledger::sign_served(other, {"SE1", 2, {2, 0}}); },
         LogFault::forged},
        {"no note", [](const CountWorld&) { return std::string("2 0"); }, LogFault::forged},
        {"a checkpoint", [](const CountWorld& f) { return f.checkpoint(2); }, LogFault::forged},
        {"another log", [](const CountWorld& f) { return f.signed_count(2, {2, 0}, "SE1.log2"); },
         LogFault::miscounted},
        {"another place", [](const CountWorld& f) { return f.signed_count(1, {2, 0}); }, LogFault::miscounted},
        {"another count", [](const CountWorld& f) { return f.signed_count(2, {1, 0}); }, LogFault::miscounted},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        CountWorld f;
        auto shipment = f.stating(0, 2);
        shipment.stated = row.note(f);
        CHECK(is_conflict(f.take(shipment)));
        CHECK(*f.next_of("SE1") == 0);
        CHECK(f.only_fault().fault == row.fault);
        CHECK(f.only_fault().checkpoint == shipment.stated);
        CHECK(!*f.view->stated_count("SE1"));
    }
}

TEST_CASE(
    "who has signed a count cannot deny it: another one of as many entries, or less of more, is named, and both are "
    "kept") {
    CountWorld f;
    const auto said = f.stating(0, 3);
    REQUIRE(f.take(said));
    // As many entries, and one access less: first alone with a sign of life.
    auto denied = f.shipment({}, 3, 3);
    denied.served = {2, 0};
    denied.stated = f.signed_count(3, denied.served);
    REQUIRE(f.take(denied));
    CHECK(f.only_fault().fault == LogFault::miscounted);
    CHECK(f.only_fault().checkpoint == denied.stated);
    CHECK(f.account().stated->note == said.stated);
    // And of one entry more.
    auto fewer = f.stating(3, 4);
    fewer.served = {2, 1};
    fewer.stated = f.signed_count(4, fewer.served);
    REQUIRE(f.take(fewer));
    f.restart();
    CHECK(f.only_fault().count >= 2);
    CHECK(f.only_fault().checkpoint == fewer.stated);
    CHECK(f.account().stated->note == said.stated);
    CHECK(!f.account().complete());
}
