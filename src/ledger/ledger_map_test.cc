// The map by person: that its roots are in the log, and are those of what the log says.
#include <doctest/doctest.h>

#include <map>
#include <random>

#include "crypto/merkle.h"
#include "ledger/internal/frame.h"
#include "ledger/internal/sealed.h"
#include "ledger/internal/segment.h"
#include "ledger/internal/test_world.h"

using namespace idun;
using namespace idun::ledger;
using namespace idun::ledger::test;

namespace {

Options often(std::chrono::milliseconds every = std::chrono::milliseconds(1)) {
    Options out;
    out.tiles_after = std::chrono::milliseconds(0);
    out.map_root_every = every;
    return out;
}

// The map of the first `covered` entries, from what they say one by one. `people` who were forgotten among them are not in it.
crypto::MapNode naive_root(const Ledger& log, std::uint64_t covered, const std::vector<crypto::Pseudonym>& forgotten = {}) {
    std::map<crypto::Pseudonym, crypto::MapEntry> people;
    const Status read = log.for_each(0, [&](const Entry& entry) -> Status {
        if (entry.index >= covered) return {};
        if (entry.kind == Kind::forgotten)
            for (const auto& person : forgotten) people.erase(person);
        if (entry.access && entry.access->person)
            people[*entry.access->person] = {crypto::map_key("SE1", entry.access->person->view()), entry.sequence, entry.index};
        return {};
    });
    CHECK(read);
    std::vector<crypto::MapEntry> entries;
    for (const auto& [person, entry] : people) entries.push_back(entry);
    return crypto::KeyMap(entries).root();
}

std::vector<std::pair<std::uint64_t, MapRoot>> roots_of(const Ledger& log) {
    std::vector<std::pair<std::uint64_t, MapRoot>> out;
    CHECK(log.for_each(0, [&](const Entry& entry) -> Status {
        if (const auto root = read_map_root(entry.bytes)) out.emplace_back(entry.index, *root);
        return {};
    }));
    return out;
}

void wait_for_root(const Ledger& log, std::uint64_t covered) {
    for (;;) {
        const auto roots = roots_of(log);
        if (!roots.empty() && roots.back().second.covered >= covered) return;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
}

// A root may still be on its way that covers what came while the one before was made.
std::uint64_t size_at_rest(const Ledger& log) {
    for (std::uint64_t size = log.size();; size = log.size()) {
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
        if (log.size() == size) return size;
    }
}

}  // namespace

TEST_CASE("a map root comes when something has changed, and not else") {
    World w;
    auto log = w.open(often()).value();
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    CHECK(log->size() == 0);
    append_some(*log, 0, 6);
    wait_for_root(*log, 5);
    const std::uint64_t size = size_at_rest(*log);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    CHECK(log->size() == size);
    REQUIRE(log->append(access(2)));  // about nobody
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    CHECK(log->size() == size + 1);
}

TEST_CASE("every map root is the one of the entries that it covers, over openings and forgetting") {
    World w;
    std::vector<Receipt> receipts;
    const auto check_roots = [&](const Ledger& log, const std::vector<crypto::Pseudonym>& forgotten) {
        for (const auto& [index, root] : roots_of(log)) {
            CHECK(root.covered <= index);
            CHECK(root.root == naive_root(log, root.covered, forgotten));
        }
    };
    for (int life = 0; life < 3; ++life) {
        auto log = w.open(often()).value();
        for (int i = 0; i < 20; ++i) {
            const auto some = append_some(*log, static_cast<std::uint64_t>(i), 3);
            receipts.insert(receipts.end(), some.begin(), some.end());
            if (i % 7 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(3));
        }
        wait_for_root(*log, receipts.back().index);
        CHECK(roots_of(*log).size() >= 2);
        check_roots(*log, {});
        check_intact(w, log, receipts);
    }
    auto log = w.open(often()).value();
    const std::uint64_t before = roots_of(*log).size();
    receipts.push_back(log->forget(kEva, "decision").value());
    wait_for_root(*log, log->size() - 1);
    // What older roots counted of hers nobody can read any more.
    const auto roots = roots_of(*log);
    CHECK(roots.size() > before);
    CHECK(roots.back().second.keys == 1);
    CHECK(roots.back().second.root == naive_root(*log, roots.back().second.covered));
    receipts.push_back(log->append(access(0)).value());
    wait_for_root(*log, receipts.back().index + 1);
    CHECK(roots_of(*log).back().second.keys == 2);
    CHECK(roots_of(*log).back().second.root == naive_root(*log, roots_of(*log).back().second.covered));
    check_intact(w, log, receipts);
}

TEST_CASE("a proof is made of what the log holds, and is the same after it was opened again") {
    World w;
    auto log = w.open({}).value();
    append_some(*log, 0, 30);
    for (const bool again : {false, true}) {
        if (again) {
            log.reset();
            log = w.open({}).value();
        }
        const PersonProof proof = log->prove(kEva).value();
        const auto root = read_map_root(proof.root.bytes);
        REQUIRE(root);
        const auto found = crypto::verify_map(root->root, crypto::map_key("SE1", kEva.view()), proof.way).value();
        REQUIRE(found);
        CHECK(found->count == 10);
        REQUIRE(proof.entries.size() == 10);
        CHECK(found->last == proof.entries[0].leaf.index);
        for (std::size_t i = 0; i < 10; ++i) {
            CHECK(proof.entries[i].leaf.index == 27 - 3 * i);
            CHECK(proof.entries[i].sequence == 10 - i);
            CHECK(proof.entries[i].leaf.bytes == log->read(27 - 3 * i, 1)->at(0).bytes);
        }
        CHECK(PersonProof::from_text(proof.text()).value() == proof);
        CHECK(log->prove(kEva, 12)->entries.front().sequence == 5);
        CHECK(log->prove(kEva, 13).error().category == Category::not_found);
        CHECK(log->prove(kEva, 999).error().category == Category::not_found);
        const PersonProof none = log->prove(*crypto::Pseudonym::from(std::string(16, 'n'))).value();
        CHECK(none.entries.empty());
        CHECK(!crypto::verify_map(read_map_root(none.root.bytes)->root, crypto::map_key("SE1", none.person.view()), none.way).value());
    }
}

TEST_CASE("a page of a proof that was to begin where keys were forgotten since says so, and its number") {
    World w;
    Options options;
    options.retention_years = 3;
    auto log = w.open(options).value();
    append_some(*log, 0, 6);  // hers are 0 and 3
    w.clock.advance(std::chrono::hours(24 * 731));
    append_some(*log, 6, 6);  // 6 and 9
    CHECK(log->prove(kEva, 3)->entries.size() == 2);
    w.clock.advance(std::chrono::hours(24 * 731));
    REQUIRE(log->forget_expired("rule"));
    const PersonProof proof = log->prove(kEva, 3).value();
    REQUIRE(proof.entries.size() == 1);
    CHECK(proof.entries[0].leaf.index == 3);
    CHECK(proof.entries[0].sequence == 2);
    CHECK(proof.entries[0].opens == Opens::forgotten);
    REQUIRE(proof.forgotten);
    CHECK(read_forgotten(proof.forgotten->bytes)->decision == "rule");
    CHECK(PersonProof::from_text(proof.text()).value() == proof);
    // The same as where it is met on the way; and neither somebody else's nor what is behind it is hers.
    CHECK(log->prove(kEva)->entries.back().sequence == 2);
    CHECK(log->prove(kEva, 4).error().category == Category::not_found);
    CHECK(log->prove(kEva, 0).error().category == Category::not_found);
}

TEST_CASE("a log without people proves that there are none") {
    World w;
    auto log = w.open({}).value();
    const PersonProof proof = log->prove(kEva).value();
    CHECK(read_map_root(proof.root.bytes) == MapRoot{});
    CHECK(!proof.way.found);
    CHECK(proof.way.siblings.empty());
}

TEST_CASE("while map roots come, power cuts and failed writes lose nothing, and the next root is right again") {
    const unsigned seed = 20261126;
    INFO("seed " << seed);
    std::mt19937 random(seed);
    World w;
    std::vector<Receipt> receipts;
    for (int life = 0; life < 25; ++life) {
        INFO("life " << life);
        Options options = often();
        options.segment_bytes_max = 1500;
        auto log = w.open(options);
        REQUIRE_MESSAGE(log, log.error().message);
        w.files.fail_at(1 + random() % 80, random() % 2 == 0 ? Fault::once : Fault::short_write);
        const auto some = append_some(**log, random() % 100, 12);
        receipts.insert(receipts.end(), some.begin(), some.end());
        if ((*log)->healthy()) (void)(*log)->prove(kEva);
        log->reset();
        w.files.heal();
        w.files.power_cut(static_cast<unsigned>(random()));
    }
    auto log = w.open(often()).value();
    REQUIRE(log->prove(kEva));
    for (const auto& [index, root] : roots_of(*log)) CHECK(root.root == naive_root(*log, root.covered));
    check_intact(w, log, receipts);
}

TEST_CASE("a log whose entries were sealed in the older way is refused with a clear sentence") {
    World w;
    {
        auto log = w.open({}).value();
        append_some(*log, 0, 3);
    }
    const std::string path = w.journal().front();
    const std::string bytes = w.files.bytes(path);
    const FrameRead first = read_frame(bytes);
    std::string payload(first.frame.payload);
    payload[0] = 2;
    std::string older;
    append_frame(older, FrameType::segment, payload);
    w.files.set_bytes(path, older + bytes.substr(first.frame.bytes()));
    const auto log = w.open({});
    REQUIRE(!log);
    CHECK(log.error().category == Category::unsupported);
    CHECK(tells(log.error(), "a log of an older shape, which this version does not read"));
    CHECK(w.files.bytes(path) == older + bytes.substr(first.frame.bytes()));
}
