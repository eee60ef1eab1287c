#include "verify/person.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <map>
#include <thread>

#include "crypto/encoding.h"
#include "ledger/closed_log.h"
#include "ledger/internal/sealed.h"
#include "ledger/internal/test_world.h"
#include "ledger/tiles.h"
#include "verify/check.h"
#include "verify/map_roots.h"

using namespace idun;
using namespace idun::verify;
namespace lt = idun::ledger::test;
using ledger::Opens;
using ledger::PersonProof;

namespace {

class LogFiles final : public Source {
public:
    explicit LogFiles(lt::World& world) : world_(world) {}
    Result<std::string> read(const std::string& name) override {
        for (const std::string& path : world_.files.paths())
            if (path == "log/public/" + name) return world_.files.bytes(path);
        return fail(Category::not_found, name + " is missing");
    }

private:
    lt::World& world_;
};

Question about(const lt::World& world, const std::vector<std::string>& files) {
    Question out;
    out.log_keys.push_back(Key::of("", 1, world.key.public_key()));
    out.persons = files;
    return out;
}

// What is said; the exit code before it.
std::string answer(const Result<Verdict>& verdict) {
    if (!verdict) return "2 " + verdict.error().message;
    return (verdict->holds ? "0 " : "1 ") + verdict->sentence;
}
std::string alone(const lt::World& world, const PersonProof& proof) {
    return answer(check_person(about(world, {proof.text()})));
}
std::string with_log(lt::World& world, const PersonProof& proof) {
    LogFiles files(world);
    return answer(check(files, about(world, {proof.text()})));
}
bool in(const std::string& said, const std::string& part) { return said.find(part) != std::string::npos; }

#define SAYS(said, part)                             \
    do {                                             \
        const std::string what_was_said = (said);    \
        CHECK_MESSAGE(in(what_was_said, part), what_was_said); \
    } while (false)

std::unique_ptr<ledger::Ledger> log_of(lt::World& world, int entries) {
    auto log = world.open({}).value();
    REQUIRE(lt::append_some(*log, 0, entries).size() == static_cast<std::size_t>(entries));
    return log;
}

// Its root anew, so that what was changed is in the tree of a checkpoint that the owner signs: all that is left is what the file
// says of itself.
void sign_anew(const lt::World& world, PersonProof& proof) {
    std::map<std::uint64_t, std::string> leaves{{proof.root.index, proof.root.bytes}};
    for (const auto& entry : proof.entries) leaves[entry.leaf.index] = entry.leaf.bytes;
    if (proof.forgotten) leaves[proof.forgotten->index] = proof.forgotten->bytes;
    crypto::CompactRange range;
    std::vector<crypto::Hash> all;
    std::vector<std::uint64_t> indexes;
    for (std::uint64_t i = 0; i <= leaves.rbegin()->first; ++i) {
        all.push_back(crypto::leaf_hash(leaves.contains(i) ? leaves[i] : "x"));
        range.append(all.back());
        if (leaves.contains(i)) indexes.push_back(i);
    }
    const auto hashes = [&](unsigned level, std::uint64_t index) -> Result<crypto::Hash> {
        crypto::CompactRange part;
        for (std::uint64_t i = index << level; i < (index + 1) << level; ++i) part.append(all[static_cast<std::size_t>(i)]);
        return part.root();
    };
    proof.hashes = crypto::inclusion_of_all(indexes, range.size(), hashes).value();
    proof.checkpoint = ledger::sign_checkpoint(world.key, {"SE1", range.size(), range.root()});
}

}  // namespace

TEST_CASE("a person's proof holds by itself and against the log, for whoever has entries and who has none") {
    lt::World world;
    auto log = log_of(world, 30);
    const PersonProof eva = log->prove(lt::kEva).value();
    const PersonProof adam = log->prove(lt::kAdam).value();
    const PersonProof nobody = log->prove(*crypto::Pseudonym::from(std::string(16, 'n'))).value();
    lt::settle(*log);
    CHECK(eva.entries.size() == 10);
    CHECK(eva.root.index == 30);
    SAYS(alone(world, eva), "0 The log idun/SE1, as it signed, holds 10 entries about this person up to entry 30 (2026-");
    SAYS(alone(world, eva), "all are here, none is missing, each is in the log; all else in the log stays sealed.");
    SAYS(with_log(world, eva), "0 The log idun/SE1, all 31 entries of which were checked, holds 10 entries about this person");
    SAYS(with_log(world, adam), "holds 10 entries about this person");
    SAYS(alone(world, nobody), "holds no entry about this person up to entry 30");
    SAYS(with_log(world, nobody), "holds no entry about this person up to entry 30");
    Question asked = about(world, {eva.text()});
    asked.pseudonym = lt::kEva.text();
    SAYS(answer(check_person(asked)), "0 ");
    asked.pseudonym = lt::kAdam.text();
    SAYS(answer(check_person(asked)), "1 The person's proof does not hold: it is about another person than the one asked for");
    asked = about(world, {eva.text()});
    asked.log_keys = {Key::of("", 1, crypto::SigningKey::from_seed(std::string(32, 't'))->public_key())};
    SAYS(answer(check_person(asked)), "1 The person's proof does not hold: the checkpoint is not signed with the log's key");
    asked = about(world, {eva.text(), adam.text()});
    SAYS(answer(check_person(asked)), "the files are about different people");
    // No key opens anything of another's, and none is in the file but of these entries.
    for (const auto& entry : eva.entries)
        for (const auto& other : adam.entries) CHECK(entry.key != other.key);
}

TEST_CASE("the keys of a file open its entries and no other") {
    lt::World world;
    auto log = log_of(world, 12);
    const PersonProof eva = log->prove(lt::kEva).value();
    PersonProof forged = eva;
    forged.entries[0].key = eva.entries[1].key;
    SAYS(alone(world, forged), "number 4 (entry 9) does not open with the key that is given for it");
    // An entry of Adam's with one of her keys.
    forged = eva;
    forged.entries[0].leaf = log->prove(lt::kAdam)->entries[0].leaf;
    SAYS(alone(world, forged), "does not open with the key that is given for it: it was changed, or is about somebody else");
}

TEST_CASE("every forged proof fails with a sentence of its own") {
    lt::World world;
    auto log = log_of(world, 30);
    const PersonProof good = log->prove(lt::kEva).value();
    const PersonProof adam = log->prove(lt::kAdam).value();
    const auto says = [&](const PersonProof& forged, const std::string& part) {
        const std::string said = alone(world, forged);
        CHECK_MESSAGE(in(said, part), said);
        CHECK(said.starts_with("1 "));
    };
    PersonProof forged = good;
    forged.entries.erase(forged.entries.begin() + 4);
    says(forged, "behind number 7 (entry 18) comes number 5 (entry 12): an entry is missing");
    forged = good;
    forged.entries.erase(forged.entries.begin());
    says(forged, "its entries and hashes do not have the root that was signed");
    sign_anew(world, forged);
    says(forged, "the map counts 10 entries about this person, the newest is entry 27, and the newest here is number 9 (entry 24): newer ones are missing");
    forged = good;
    forged.entries.pop_back();
    says(forged, "the oldest entry here is number 2 (entry 3), and it says that entry 0 comes before it: older ones were left out");
    forged = good;
    forged.entries.back().opens = Opens::closed;
    forged.entries.back().sequence = 2;
    says(forged, "behind number 2 (entry 3) comes number 2 (entry 0): an entry is missing");
    forged = good;
    forged.entries[2].leaf.bytes[20] ^= 1;
    says(forged, "number 8 (entry 21) does not open");
    forged.entries[2].opens = Opens::closed;  // closed, so that nobody tries
    says(forged, "its entries and hashes do not have the root that was signed");
    forged = good;
    forged.entries[3].leaf.index = 17;
    forged.entries[3].opens = Opens::closed;
    says(forged, "number 8 (entry 21) does not lead to number 7 (entry 17)");
    forged = good;
    forged.entries.clear();
    sign_anew(world, forged);
    says(forged, "the map counts 10 entries about this person, the newest is entry 27, and none is here");
    forged = good;
    forged.person = lt::kAdam;
    says(forged, "does not open");
    forged = good;
    forged.way = adam.way;
    says(forged, "its way through the map does not lead to the map root (entry 30)");
    forged = good;
    forged.way.found->count = 9;
    says(forged, "its way through the map");
    forged = good;
    forged.hashes.push_back(crypto::sha256("x"));
    says(forged, "its entries and hashes do not have the root that was signed");
    forged = good;
    forged.root = {5, "\1"};
    says(forged, "entry 5 is not a map root");
    forged = good;
    forged.checkpoint = ledger::sign_checkpoint(world.key, {"SE2", 31, crypto::sha256("x")});
    says(forged, "its checkpoint is of another log, idun/SE2");
    forged = good;
    forged.log_id = "SE2";
    says(forged, "its checkpoint is of another log, idun/SE1");
    forged = good;
    forged.more = 0;
    says(forged, "number 1 (entry 0) is the first, and more are promised");
    forged = good;
    forged.forgotten = good.root;
    says(forged, "nothing says by which decision");
    // A checkpoint of another tree by the same owner: by itself it does not hold, and together it is a fork.
    forged = good;
    forged.checkpoint = ledger::sign_checkpoint(world.key, {"SE1", 31, crypto::sha256("x")});
    says(forged, "its entries and hashes do not have the root that was signed");
    lt::settle(*log);
    LogFiles files(world);
    Question asked = about(world, {good.text()});
    asked.since = {ledger::sign_checkpoint(world.key, {"SE1", 31, crypto::sha256("x")})};
    SAYS(answer(check(files, asked)), "1 The log idun/SE1 does not hold: ");
    SAYS(answer(check(files, asked)), "different readers were shown different logs");
    SAYS(answer(check_person(asked)), "different readers were shown different logs");
}

TEST_CASE("what is kept closed is counted, and not opened") {
    lt::World world;
    auto log = log_of(world, 30);
    PersonProof proof = log->prove(lt::kEva).value();
    for (const std::size_t i : {std::size_t{0}, std::size_t{4}, proof.entries.size() - 1}) {
        proof.entries[i].opens = Opens::closed;
        proof.entries[i].key.clear();
    }
    SAYS(alone(world, proof), "0 The log idun/SE1, as it signed, holds 10 entries about this person");
    SAYS(alone(world, proof), "3 of them stay closed for now");
    // The closed oldest may not stand for several.
    proof.entries.back().sequence = 1;
    proof.entries.erase(proof.entries.end() - 2);
    SAYS(alone(world, proof), "an entry is missing");
    proof.entries.pop_back();
    proof.entries.back().opens = Opens::closed;
    SAYS(alone(world, proof), "the oldest entry here is number 3 (entry 6): older ones were left out");
}

TEST_CASE("an older map root is named where the log is at hand, and tells its age where it is not") {
    lt::World world;
    ledger::Options often;
    often.map_root_every = std::chrono::milliseconds(1);
    auto log = world.open(often).value();
    lt::append_some(*log, 0, 9);
    const PersonProof older = log->prove(lt::kEva).value();
    lt::append_some(*log, 9, 9);
    PersonProof newer = log->prove(lt::kEva).value();
    while (newer.entries.size() < 6) newer = log->prove(lt::kEva).value();
    lt::settle(*log);
    // Under its own checkpoint it is what it says; under a newer one it leaves something out.
    SAYS(with_log(world, older), "0 ");
    PersonProof forged = newer;
    forged.root = older.root;
    forged.way = older.way;
    SAYS(alone(world, forged), "is newer than the map root covers: the map root is older than the entries");
    forged = older;
    const auto size = ledger::peek_checkpoint(newer.checkpoint)->size;
    std::vector<std::uint64_t> leaves{older.root.index};
    for (const auto& entry : older.entries) leaves.push_back(entry.leaf.index);
    std::sort(leaves.begin(), leaves.end());
    forged.hashes = crypto::inclusion_of_all(leaves, size, ledger::TileReader(world.files, "log/public").hashes(size)).value();
    forged.checkpoint = newer.checkpoint;
    SAYS(alone(world, forged), "0 ");
    SAYS(with_log(world, forged), "1 The person's proof does not hold: it uses the map root of entry " + std::to_string(older.root.index) + ", and when it was made there was a newer one");
}

TEST_CASE("a long history comes in several files, which are read together") {
    lt::World world;
    auto log = world.open({}).value();
    constexpr std::size_t kMany = 2 * ledger::kProvenEntriesMax + 7;
    ledger::Access a = lt::access(0);
    std::atomic<std::size_t> written = 0;
    for (std::size_t i = 0; i < kMany; ++i) log->append(a, [&](Result<ledger::Receipt> receipt) { written += receipt.has_value(); });
    while (written < kMany) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    std::vector<std::string> files;
    std::optional<std::uint64_t> before;
    do {
        const PersonProof page = log->prove(lt::kEva, before).value();
        CHECK(PersonProof::from_text(page.text()).value() == page);
        files.push_back(page.text());
        before = page.more;
    } while (before);
    REQUIRE(files.size() == 3);
    const auto said = [&](std::vector<std::string> some) { return answer(check_person(about(world, std::move(some)))); };
    SAYS(said(files), "0 The log idun/SE1, as it signed, holds 4007 entries about this person");
    SAYS(said({files[2], files[0], files[1]}), "0 ");
    SAYS(said({files[0]}), "2 older entries follow from entry 2006 on");
    SAYS(said({files[0], files[1]}), "2 older entries follow from entry 6 on");
    SAYS(said({files[0], files[2]}), "1 The person's proof does not hold: the files do not follow each other");
    SAYS(said({files[1], files[2]}), "newer ones are missing");
    CHECK(log->prove(lt::kEva, kMany + 1).error().category == Category::not_found);
    CHECK(log->prove(lt::kAdam, 5).error().category == Category::not_found);
    MESSAGE("bytes of a file with 2,000 entries: " << files[0].size());
}

TEST_CASE("what was forgotten is not counted, or said to be forgotten") {
    lt::World world;
    auto log = world.open({}).value();
    const auto receipts = lt::append_some(*log, 0, 9);
    REQUIRE(receipts.size() == 9);
    REQUIRE(log->prove(lt::kAdam)->entries.size() == 3);
    REQUIRE(log->forget(lt::kAdam, "decision-17"));
    const auto just_now = log->prove(lt::kAdam);
    if (!just_now) CHECK(just_now.error().category == Category::busy);
    log.reset();
    log = world.open({}).value();
    PersonProof adam = log->prove(lt::kAdam).value();
    SAYS(alone(world, adam), "0 The log idun/SE1, as it signed, holds no entry about this person");
    REQUIRE(log->append(lt::access(1)));
    log.reset();
    log = world.open({}).value();
    adam = log->prove(lt::kAdam).value();
    lt::settle(*log);
    SAYS(with_log(world, adam), "holds 1 entry about this person");
    SAYS(with_log(world, adam), "By 1 statement of the log keys were forgotten: its map counts 3 entries about people no more.");
    // By their age: the count goes on.
    world.clock.advance(std::chrono::hours(24 * 366));
    lt::append_some(*log, 0, 3);
    world.clock.advance(std::chrono::hours(24 * 365 * 5));
    REQUIRE(log->forget_expired("rule of five years"));
    log.reset();
    log = world.open({}).value();
    const PersonProof eva = log->prove(lt::kEva).value();
    lt::settle(*log);
    REQUIRE(eva.entries.size() == 2);
    SAYS(with_log(world, eva), "holds 4 entries about this person");
    SAYS(with_log(world, eva), "the oldest 3 had passed their retention and cannot be opened any more (rule of five years)");
    // An entry of before it may be hers: whoever kept its receipt is not told that the log lies.
    Question asked = about(world, {eva.text()});
    asked.receipts = {receipts[0].text()};
    SAYS(answer(check_person(asked)), "0 The log idun/SE1, as it signed, holds 4 entries about this person");
    PersonProof forged = eva;
    forged.forgotten->bytes = ledger::forgotten_entry(lt::kStart, {{1}, "too soon"});
    sign_anew(world, forged);
    SAYS(alone(world, forged), "had not passed the three years of the law");
    forged.forgotten->bytes = eva.root.bytes;
    SAYS(alone(world, forged), "does not say that keys were forgotten");
}

TEST_CASE("a closed log proves from its files what it proved while it was written, and nothing of them changes") {
    lt::World world;
    ledger::Options seldom;
    seldom.map_root_every = std::chrono::hours(1);
    const auto stranger = *crypto::Pseudonym::from(std::string(16, 'n'));
    std::map<crypto::Pseudonym, PersonProof> then;
    {
        auto log = world.open(seldom).value();
        lt::append_some(*log, 0, 30);
        for (const auto& person : {lt::kEva, lt::kAdam, stranger}) then[person] = log->prove(person).value();
    }
    const auto disk = world.disk();
    ledger::ClosedLog closed("log", "SE1", world.keys, world.files);
    for (const auto& [person, before] : then) {
        const PersonProof proof = closed.prove(person).value();
        CHECK(proof.text() == before.text());
        SAYS(with_log(world, proof), person == stranger ? "holds no entry" : "holds 10 entries about this person");
    }
    CHECK(closed.prove(lt::kEva, 27)->entries.size() == 10);
    CHECK(closed.prove(lt::kEva, 12)->entries.size() == 5);
    CHECK(closed.prove(lt::kEva, 28).error().category == Category::not_found);
    CHECK(closed.prove(stranger, 27).error().category == Category::not_found);
    CHECK(world.disk() == disk);
    // Entries behind its last map root are not proven, and do not disturb: also of somebody whom it did not know.
    {
        auto log = world.open(seldom).value();
        lt::append_some(*log, 0, 7);
        ledger::Access fresh = lt::access(0);
        fresh.person = stranger;
        REQUIRE(log->append(fresh));
    }
    const ledger::ClosedLog longer("log", "SE1", world.keys, world.files);
    for (const auto& [person, before] : then) {
        const PersonProof proof = longer.prove(person).value();
        CHECK(proof.entries.size() == before.entries.size());
        CHECK(proof.way == before.way);
        SAYS(with_log(world, proof), "about this person up to entry 30 ");
    }
    // What its files do not give any more is said, and never guessed.
    const auto whole = world.disk();
    const auto refuses = [&](Category category, const std::string& part) {
        const auto proof = ledger::ClosedLog("log", "SE1", world.keys, world.files).prove(lt::kEva);
        REQUIRE(!proof);
        CHECK(proof.error().category == category);
        CHECK_MESSAGE(in(proof.error().message, part), proof.error().message);
        world.put_back(whole);
    };
    {
        auto log = world.open(seldom).value();
        REQUIRE(log->forget(lt::kAdam, "decision"));
    }
    refuses(Category::not_found, "keys were forgotten since");
    world.files.drop("log/keys");
    world.files.drop(world.journal().front());
    refuses(Category::corrupt, "log:");
    world.files.drop("log/public/checkpoint");
    refuses(Category::not_found, "");
    const auto other = crypto::KeySet(crypto::SigningKey::from_seed(std::string(32, 't'))->public_key());
    CHECK(!ledger::ClosedLog("log", "SE1", other, world.files).prove(lt::kEva));
    CHECK(!ledger::ClosedLog("log", "SE2", world.keys, world.files).prove(lt::kEva));
    CHECK(!ledger::ClosedLog("nowhere", "SE1", world.keys, world.files).prove(lt::kEva));
    lt::World young;
    { CHECK(lt::append_some(*young.open(seldom).value(), 0, 5).size() == 5); }
    const auto none = ledger::ClosedLog("log", "SE1", young.keys, young.files).prove(lt::kEva);
    REQUIRE(!none);
    CHECK(in(none.error().message, "before it had a map of its people"));
}

namespace {

// Counts what is read, and lets nobody read while it is closed. Nothing is written.
class ReadFiles final : public ledger::FileSystem {
public:
    explicit ReadFiles(ledger::FileSystem& inner) : inner_(inner) {}
    std::atomic<std::size_t> reads = 0;
    std::atomic<bool> closed = false;
    std::atomic<bool> fails = false;

    Result<std::vector<std::string>> list(const std::string& folder) override { return inner_.list(folder); }
    Result<std::uint64_t> size(const std::string& path) override { return inner_.size(path); }
    Result<std::string> read(const std::string& path, std::uint64_t offset, std::size_t length) override {
        ++reads;
        while (closed) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        if (fails) return fail(Category::unavailable, "the disk does not answer");
        return inner_.read(path, offset, length);
    }
    Result<std::shared_ptr<void>> lock(const std::string& folder) override { return inner_.lock(folder); }
    Status create_folder(const std::string&) override { return nothing(); }
    Result<std::unique_ptr<ledger::File>> open(const std::string&) override { return tl::make_unexpected(nothing().error()); }
    Status truncate(const std::string&, std::uint64_t) override { return nothing(); }
    Status write_whole(const std::string&, std::string_view, bool) override { return nothing(); }
    Status sync_file(const std::string&) override { return nothing(); }
    Status remove(const std::string&) override { return nothing(); }
    Status remove_folder(const std::string&) override { return nothing(); }
    Status sync_folder(const std::string&) override { return nothing(); }

private:
    static Status nothing() { return fail(Category::internal, "a closed log is read only"); }
    ledger::FileSystem& inner_;
};

}  // namespace

TEST_CASE("who asks a closed log while it is read for another is told to ask again, and it is read once") {
    lt::World world;
    REQUIRE(log_of(world, 30)->prove(lt::kEva));  // makes a map root
    ReadFiles files(world.files);
    const ledger::ClosedLog closed("log", "SE1", world.keys, files);
    files.closed = true;
    auto first = std::async(std::launch::async, [&] { return closed.prove(lt::kEva); });
    while (files.reads == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    CHECK(closed.prove(lt::kEva).error().category == Category::busy);
    CHECK(files.reads == 1);
    files.closed = false;
    CHECK(first.get());
    const std::size_t reads = files.reads;
    CHECK(closed.prove(lt::kAdam));
    CHECK(files.reads - reads < reads);  // her entries alone
}

TEST_CASE("that a closed log can prove nothing is remembered, and that a disk did not answer is not") {
    lt::World world;
    REQUIRE(log_of(world, 30)->prove(lt::kEva));  // makes a map root
    const auto whole = world.disk();
    for (const Category category : {Category::not_found, Category::corrupt}) {
        world.put_back(whole);
        if (category == Category::not_found) {
            world.files.drop("log/public/checkpoint");
        } else {
            world.files.drop("log/keys");
            world.files.drop(world.journal().front());
        }
        ReadFiles files(world.files);
        const ledger::ClosedLog closed("log", "SE1", world.keys, files);
        const auto once = closed.prove(lt::kEva);
        REQUIRE(!once);
        CHECK(once.error().category == category);
        const std::size_t reads = files.reads;
        const auto again = closed.prove(lt::kAdam);
        REQUIRE(!again);
        CHECK(again.error().category == category);
        CHECK(again.error().message == once.error().message);
        CHECK(files.reads == reads);
    }
    world.put_back(whole);
    ReadFiles files(world.files);
    const ledger::ClosedLog closed("log", "SE1", world.keys, files);
    files.fails = true;
    CHECK(closed.prove(lt::kEva).error().category == Category::unavailable);
    files.fails = false;
    CHECK(closed.prove(lt::kEva));
}

TEST_CASE("a proof of a log that follows another says that there is one before it") {
    lt::World world;
    auto log = ledger::Ledger::open("log", "SE1.log3", world.key, world.files, world.clock, nullptr, {}).value();
    lt::append_some(*log, 0, 3);
    const PersonProof eva = log->prove(lt::kEva).value();
    SAYS(alone(world, eva), "It follows idun/SE1.log2, which was closed: what was logged before is in the proof of that log.");
    lt::settle(*log);
    SAYS(with_log(world, eva), "It follows idun/SE1.log2, which was closed");
    log.reset();
    lt::World second;
    log = ledger::Ledger::open("log", "SE1.log2", second.key, second.files, second.clock, nullptr, {}).value();
    SAYS(alone(second, log->prove(lt::kEva).value()), "It follows idun/SE1, which was closed");
    log.reset();  // before its world
}

TEST_CASE("receipts are compared with the person's entries") {
    lt::World world;
    auto log = world.open({}).value();
    const auto receipts = lt::append_some(*log, 0, 9);
    const PersonProof eva = log->prove(lt::kEva).value();
    Question asked = about(world, {eva.text()});
    asked.receipts = {receipts[3].text()};
    SAYS(answer(check_person(asked)), "0 ");
    // The same signature, said to be of another entry.
    ledger::Receipt moved = receipts[3];
    moved.index = 1;
    asked.receipts = {moved.text()};
    SAYS(answer(check_person(asked)), "1 The person's proof does not hold: the receipt of entry 1 is not of one of this person's entries");
    lt::settle(*log);
    LogFiles files(world);
    SAYS(answer(check(files, asked)), "the receipt of entry 1 is not of one of this person's entries");
    asked.receipts = {ledger::receipt_under(ledger::sign_checkpoint(world.key, {"SE1", 99, crypto::sha256("x")}), 98)->text()};
    SAYS(answer(check_person(asked)), "0 ");  // later than the map root: nothing is known of it
    SAYS(answer(check(files, asked)), "it was set back: the receipt of entry 98 knows 99 entries");
}

TEST_CASE("what is no proof file is not checked") {
    lt::World world;
    auto log = log_of(world, 9);
    const std::string good = log->prove(lt::kEva)->text();
    const auto said = [&](const std::string& text) { return answer(check_person(about(world, {text}))); };
    SAYS(said(good), "0 ");
    for (const char* text : {"", "idun-person-proof/v1", "idun-person-proof/v2\n", "idun-person-proof/v1\nlog SE1\n"})
        SAYS(said(text), "2 the file is not a person's proof");
    // Cut off anywhere, or changed anywhere, it is one thing or the other, and never right.
    for (std::size_t i = 0; i < good.size(); i += 7) {
        CHECK(!said(good.substr(0, i)).starts_with("0"));
        std::string bad = good;
        bad[i] ^= 1;
        const std::string what = said(bad);
        CHECK_MESSAGE(!what.starts_with("0"), i);
        CHECK(PersonProof::from_text(good.substr(0, i)).has_value() <= (i > good.find("\n\n")));
    }
}

TEST_CASE("maps that leave entries out are found by everybody") {
    const auto head = [](char kind) { return std::string(1, kind) + std::string(6, '\0'); };
    const auto entry = [&](char kind) { return head(kind) + std::string(24, 's'); };
    const auto root = [&](std::uint64_t covered, std::uint64_t keys, std::uint64_t counted) {
        return ledger::map_root_entry(Instant{0}, {covered, keys, {crypto::sha256("x"), counted}});
    };
    const auto fault = [](const std::vector<std::string>& entries) {
        MapRoots roots;
        for (std::size_t i = 0; i < entries.size(); ++i)
            if (const auto wrong = roots.take(i, *plain_entry(entries[i]))) return wrong->sentence;
        return std::string();
    };
    const std::string p = entry(1), n = entry(2);
    CHECK(fault({p, n, p, root(3, 2, 2), p, root(5, 2, 3), root(6, 2, 3)}) == "");
    CHECK(fault({root(0, 0, 0), p, root(0, 0, 0), root(2, 1, 1)}) == "");
    SAYS(fault({p, n, p, root(4, 2, 2)}), "entry 3, a map root, covers 4 entries, more than stand before it");
    SAYS(fault({p, p, root(2, 2, 2), root(1, 1, 1)}), "entry 3, a map root, covers 1 entries, fewer than the one before it");
    SAYS(fault({p, n, p, root(3, 1, 1)}), "entry 3, a map root, counts 1 entries about people where there are 2: the map leaves some out");
    SAYS(fault({p, n, p, root(3, 1, 3)}), "entry 3, a map root, counts 3 entries about people where there are 2");
    SAYS(fault({p, p, root(2, 3, 2)}), "has 3 people for 2 entries");
    SAYS(fault({p, p, root(2, 0, 2)}), "has 0 people for 2 entries");
    SAYS(fault({p, head(3) + "short"}), "entry 1 is not as long as a map root is");
    // Keys were forgotten: fewer are counted from then on.
    const auto forgotten = [](std::optional<std::uint64_t> uncounted) { return ledger::forgotten_entry(Instant{0}, {{1}, "decision", uncounted}); };
    for (const std::string& f : {forgotten(1), forgotten(std::nullopt)}) {
        CHECK(fault({p, p, root(2, 2, 2), f, root(4, 1, 1), p, root(6, 2, 2)}) == "");
        SAYS(fault({p, p, root(2, 2, 2), f, root(3, 1, 1)}), "the map leaves some out");
        SAYS(fault({p, p, root(2, 2, 2), f, root(4, 1, 1), p, root(6, 1, 1)}), "counts 1 entries about people where there are 2");
        SAYS(fault({p, p, root(2, 2, 2), f, root(4, 1, 1), p, root(6, 2, 3)}), "counts 3 entries about people where there are 2");
    }
    SAYS(fault({p, entry(4)}), "entry 1 says that keys were forgotten, in a form that nobody reads");
}

TEST_CASE("a statement that keys were forgotten says how many entries it closes, and no other number") {
    const std::string p = std::string(1, 1) + std::string(30, 's');
    const auto root = [&](std::uint64_t covered, std::uint64_t counted) {
        return ledger::map_root_entry(Instant{0}, {covered, counted == 0 ? 0u : 1u, {crypto::sha256("x"), counted}});
    };
    const auto says = [](std::optional<std::uint64_t> uncounted) { return ledger::forgotten_entry(Instant{0}, {{1}, "decision", uncounted}); };
    MapRoots roots;
    const auto fault = [&](const std::vector<std::string>& entries) {
        roots = MapRoots();
        for (std::size_t i = 0; i < entries.size(); ++i)
            if (const auto wrong = roots.take(i, *plain_entry(entries[i]))) return wrong->sentence;
        return std::string();
    };
    CHECK(fault({p, p, p, says(2), root(4, 1)}) == "");
    CHECK(roots.silent() == 0);
    CHECK(roots.ahead() == 0);
    // Two more about others left out under its cover, and fewer.
    SAYS(fault({p, p, p, says(1), root(4, 0)}),
         "entry 3 says that keys were forgotten and that the map counts 1 entries no more, and entry 4, a map root, counts 3 no more");
    SAYS(fault({p, p, p, says(2), root(4, 2)}), "counts 2 entries no more, and entry 4, a map root, counts 1 no more");
    SAYS(fault({p, p, p, says(2), root(4, 3)}), "counts 0 no more");
    SAYS(fault({p, p, p, says(~std::uint64_t{0}), says(2), root(5, 3)}), "entry 3, 4 say that keys were forgotten and that the map counts 18446744073709551615");
    // Several between two roots are compared together; whose key is not the newest closes none that the map counts.
    CHECK(fault({p, p, says(1), says(0), p, says(1), root(6, 1)}) == "");
    SAYS(fault({p, p, says(1), says(0), p, says(1), root(6, 0)}), "entry 2, 3, 5 say");
    // Each is compared at the root that covers it first.
    SAYS(fault({p, p, p, says(1), root(4, 2), says(1), root(6, 0)}), "entry 5 says");
    CHECK(fault({p, p, p, says(1), root(4, 2), says(1)}) == "");
    CHECK(roots.ahead() == 1);
    // Older ones do not say: there may be more, and never fewer.
    CHECK(fault({p, p, p, says(std::nullopt), says(1), root(5, 0)}) == "");
    CHECK(roots.silent() == 1);
    SAYS(fault({p, p, p, says(std::nullopt), says(2), root(5, 2)}), "entry 3, 4 say");
}
