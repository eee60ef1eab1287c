#include "witness/witness.h"

#include <doctest/doctest.h>

#include <map>
#include <mutex>
#include <random>
#include <set>
#include <thread>

#include "base/log.h"
#include "crypto/merkle.h"
#include "crypto/tree_head.h"
#include "json/document.h"
#include "ledger/internal/fault_files.h"
#include "witness/request.h"
#include "witness/shown.h"

using namespace idun;
using namespace idun::witness;
using crypto::Hash;

namespace {

const std::string kOrigin = "idun/SE1";

// A log that tells what it is asked to tell: two of them with one key are two histories.
struct TestLog {
    crypto::SigningKey key = *crypto::SigningKey::from_seed(std::string(32, 'l'));
    std::vector<Hash> leaves;

    void grow(std::size_t to, const std::string& kind = "entry") {
        while (leaves.size() < to) leaves.push_back(crypto::leaf_hash(kind + std::to_string(leaves.size())));
    }
    Hash subtree(std::uint64_t begin, std::uint64_t end) const {
        crypto::CompactRange range;
        for (std::uint64_t i = begin; i < end; ++i) range.append(leaves[static_cast<std::size_t>(i)]);
        return range.root();
    }
    crypto::TreeHead head(std::uint64_t size) const { return {kOrigin, size, subtree(0, size)}; }
    std::string note(std::uint64_t size) const { return crypto::sign_note(head(size).text(), kOrigin, key); }
    std::vector<Hash> proof(std::uint64_t first, std::uint64_t second) const {
        if (first == 0 || first == second) return {};
        return *crypto::consistency_proof(first, second, [&](unsigned level, std::uint64_t index) -> Result<Hash> {
            return subtree(index << level, (index + 1) << level);
        });
    }
    std::string request(std::uint64_t from, std::uint64_t to) const {
        return AddCheckpoint{from, proof(from, to), note(to)}.print();
    }
};

struct Room {
    ledger::FaultFiles files;
    ManualClock clock{{1'800'000'000'500}};
    Metrics metrics;
    crypto::SigningKey key = *crypto::SigningKey::from_seed(std::string(32, 'w'));
    TestLog log;
    std::unique_ptr<Witness> witness;

    Room() {
        log::set_level(log::Level::off);
        open();
    }
    Status open() {
        witness.reset();
        const auto log_key = *crypto::VerifierKey::of(kOrigin, log.key.public_key());
        auto opened = Witness::open({"example/w", "w", {log_key}}, key, files, clock, metrics);
        if (!opened) return fail(opened.error());
        witness = std::move(*opened);
        return {};
    }
    int asked(const std::string& body) { return witness->add_checkpoint(body).status; }
    std::uint64_t known() { return witness->logs().at(0).size; }
};

}  // namespace

TEST_CASE("a witness cosigns what grows out of what it cosigned before") {
    Room room;
    room.log.grow(300);
    std::uint64_t from = 0;
    for (const std::uint64_t to : {1, 2, 3, 7, 8, 200, 256, 257, 300, 300}) {
        const Answer answer = room.witness->add_checkpoint(room.log.request(from, to));
        REQUIRE_MESSAGE(answer.status == 200, answer.body);
        const auto opened = crypto::open_note(room.log.head(to).text() + "\n" + answer.body, {&room.witness->key(), 1});
        REQUIRE(opened);
        CHECK(opened->signatures.at(0).time_s == 1'800'000'000);
        CHECK(room.known() == to);
        from = to;
    }
}

TEST_CASE("the times of cosignatures do not go back with the clock") {
    Room room;
    room.log.grow(2);
    REQUIRE(room.asked(room.log.request(0, 1)) == 200);
    room.clock.advance(std::chrono::hours(-1));
    const Answer answer = room.witness->add_checkpoint(room.log.request(1, 2));
    const auto opened = crypto::open_note(room.log.head(2).text() + "\n" + answer.body, {&room.witness->key(), 1});
    REQUIRE(opened);
    CHECK(opened->signatures.at(0).time_s == 1'800'000'000);
}

TEST_CASE("each refusal has its status, and changes nothing") {
    Room room;
    room.log.grow(20);
    TestLog other;  // the same key, another history
    other.grow(20, "other");
    TestLog stranger;
    stranger.key = *crypto::SigningKey::from_seed(std::string(32, 'x'));
    stranger.grow(20);
    REQUIRE(room.asked(room.log.request(0, 10)) == 200);
    const auto head = room.log.head(12);
    const auto with = [&](std::uint64_t old, std::vector<Hash> proof, const std::string& note) {
        return AddCheckpoint{old, std::move(proof), note}.print();
    };
    std::vector<Hash> wrong = room.log.proof(10, 12);
    wrong[0] = crypto::leaf_hash("no");
    struct Row {
        int status;
        std::string body;
        const char* what;
    };
    const std::string good = room.log.note(12);
    for (const Row& row : {
             Row{413, std::string(kRequestBytesMax + 1, 'o'), "too long"},
             Row{400, "", "nothing"},
             Row{400, "old 10\n\nidun/SE1\n12\n", "no note"},
             Row{400, with(10, {}, crypto::sign_note("idun/SE1\nmany\nx\n", kOrigin, room.log.key)), "no checkpoint"},
             Row{400, with(13, {}, good), "the old size is over the new one"},
             Row{404, with(0, {}, crypto::sign_note(crypto::TreeHead{"idun/SE2", 12, head.root}.text(), "idun/SE2", room.log.key)), "unknown log"},
             Row{403, with(10, room.log.proof(10, 12), stranger.note(12)), "another's signature"},
             Row{403, with(10, room.log.proof(10, 12), crypto::sign_note(head.text(), "idun/SE9", room.log.key)), "under another name"},
             Row{409, room.log.request(0, 12), "as if it was the first"},
             Row{409, room.log.request(9, 12), "from an older one"},
             Row{409, room.log.request(5, 9), "an older one"},
             Row{409, with(10, {}, other.note(10)), "another root of the same size"},
             Row{409, with(0, {}, other.note(10)), "the same, from nothing"},
             Row{422, with(10, {}, good), "no proof"},
             Row{422, with(10, wrong, good), "a wrong proof"},
             Row{422, with(10, other.proof(10, 12), other.note(12)), "another history"},
             Row{422, with(10, room.log.proof(10, 12), room.log.note(10)), "a proof where there is nothing to prove"},
         }) {
        const Answer answer = room.witness->add_checkpoint(row.body);
        CHECK_MESSAGE(answer.status == row.status, row.what);
        CHECK_MESSAGE(room.known() == 10, row.what);
        if (row.status != 409) continue;
        CHECK(answer.body == "10\n");
        CHECK(answer.type == "text/x.tlog.size");
    }
    CHECK(room.asked(room.log.request(10, 12)) == 200);
}

TEST_CASE("a key that has ended signs nothing new for a witness, and what it signed before still counts") {
    Room room;
    room.log.grow(3);
    REQUIRE(room.asked(room.log.request(0, 2)) == 200);
    const crypto::SigningKey former = *crypto::SigningKey::from_seed(std::string(32, 'l')), next = *crypto::SigningKey::from_seed(std::string(32, 'n'));
    const auto verifier = [](const crypto::SigningKey& key) { return *crypto::VerifierKey::of(kOrigin, key.public_key()); };
    bool ended = false;
    room.witness.reset();
    room.witness = *Witness::open({"example/w", "w", {verifier(former)}, [&](const crypto::VerifierKey& key) { return !ended || key.id() != verifier(former).id(); }},
                                  room.key, room.files, room.clock, room.metrics);
    CHECK(room.known() == 2);
    TestLog later;
    later.grow(3);
    later.key = *crypto::SigningKey::from_seed(std::string(32, 'n'));
    CHECK(room.asked(later.request(2, 3)) == 403);  // not announced
    REQUIRE(room.witness->trust(verifier(next)));
    REQUIRE(room.witness->trust(verifier(next)));
    CHECK(room.witness->trust(*crypto::VerifierKey::of("idun/SE9", next.public_key())).error().category == Category::not_found);
    ended = true;
    CHECK(room.asked(room.log.request(2, 3)) == 403);
    CHECK(room.asked(later.request(2, 3)) == 200);
    CHECK(room.known() == 3);
}

TEST_CASE("two histories are kept as proof, over restarts, and wrong proofs never in their place") {
    Room room;
    room.log.grow(40);
    TestLog other;
    other.grow(40, "other");
    REQUIRE(room.asked(room.log.request(0, 10)) == 200);
    CHECK(room.asked(other.request(10, 10)) == 409);
    CHECK(room.asked(other.request(10, 10)) == 409);  // once is enough
    for (std::uint64_t size = 11; size < 40; ++size) CHECK(room.asked(other.request(10, size)) == 422);
    REQUIRE(room.open());
    const auto seen = room.witness->logs().at(0).refused;
    REQUIRE(seen.size() == 5);
    CHECK(seen[0].why == Why::two_roots);
    CHECK(seen[0].size == 10);
    // Both signed by the log: that is the proof.
    const auto log_key = *crypto::VerifierKey::of(kOrigin, room.log.key.public_key());
    const auto first = crypto::open_note(seen[0].cosigned, {&log_key, 1});
    const auto request = AddCheckpoint::parse(seen[0].request);
    REQUIRE(request);
    const auto second = crypto::open_note(request->checkpoint, {&log_key, 1});
    REQUIRE(first);
    REQUIRE(second);
    CHECK(first->text == room.log.head(10).text());
    CHECK(second->text == other.head(10).text());
    std::set<std::uint64_t> sizes;
    for (std::size_t i = 1; i < seen.size(); ++i) sizes.insert(seen[i].size);
    CHECK(sizes.contains(39));
    const auto report = json::Document::parse(room.witness->report());
    REQUIRE(report);
    CHECK(report->root()["logs"][0]["refused"][0]["why"].text() == "two-roots");
    CHECK(report->root()["key"].text() == room.witness->key().text());
}

TEST_CASE("who asks for one owner's logs sees those and no other's, also before anything was cosigned") {
    ledger::FaultFiles files;
    ManualClock clock{{1'800'000'000'500}};
    Metrics metrics;
    const auto key = *crypto::SigningKey::from_seed(std::string(32, 'w'));
    const auto log_key = *crypto::SigningKey::from_seed(std::string(32, 'l'));
    std::vector<crypto::VerifierKey> keys;
    for (const char* origin : {"idun/SE1", "idun/SE1.log2", "idun/SE10", "example/SE1"})
        keys.push_back(*crypto::VerifierKey::of(origin, log_key.public_key()));
    const auto opened = Witness::open({"example/w", "w", keys}, key, files, clock, metrics);
    REQUIRE(opened);
    const Witness& witness = **opened;
    CHECK(witness.logs().size() == 4);
    const auto seen = witness.logs("SE1");
    REQUIRE(seen.size() == 2);
    CHECK(seen[0].origin == "idun/SE1");
    CHECK(seen[1].origin == "idun/SE1.log2");
    CHECK(witness.logs("SE2").empty());
    const auto report = json::Document::parse(witness.report("SE1"));
    REQUIRE(report);
    CHECK(report->root()["logs"].size() == 2);
    const auto shown = shown_checkpoints(witness.report("SE1"));
    REQUIRE(shown);  // that there is nothing yet is an answer
    CHECK(shown->empty());
}

// Two histories of one log, told in turn, while calls fail and the power is cut: of one size one root is signed, and who was
// told a size is not told a smaller one afterwards.
TEST_CASE("whatever fails, a witness never signs two histories") {
    TestLog one, two;
    one.grow(64);
    two.grow(64, "two");
    // Seed 25 found a state that was read, signed again and lost, since its name had never been synced.
    for (unsigned seed = 0; seed < 200; ++seed) {
        CAPTURE(seed);
        std::mt19937 random(seed);
        Room room;
        std::map<std::uint64_t, Hash> was_signed;
        std::uint64_t largest = 0;
        for (int step = 0; step < 30; ++step) {
            if (random() % 3 == 0)
                room.files.fail_at(1 + random() % 4, random() % 2 == 0 ? ledger::Fault::once : ledger::Fault::short_write);
            const TestLog& log = random() % 2 == 0 ? one : two;
            const std::uint64_t from = room.known();
            const std::uint64_t to = std::min<std::uint64_t>(from + random() % 3, 64);
            const auto head = log.head(to);
            const Answer answer = room.witness->add_checkpoint(log.request(from, to));
            if (answer.status == 200) {
                const auto [at, fresh] = was_signed.emplace(to, head.root);
                CHECK((fresh || at->second == head.root));
                CHECK(to >= largest);
                largest = std::max(largest, to);
            }
            if (random() % 4 != 0) continue;
            room.files.heal();
            if (random() % 2 == 0) {
                room.witness.reset();
                room.files.power_cut(static_cast<unsigned>(random()));
            }
            REQUIRE(room.open());
            CHECK(room.known() >= largest);
        }
    }
}

TEST_CASE("many ask at once, and one state follows the other") {
    Room room;
    room.log.grow(200);
    TestLog other;
    other.grow(200, "other");
    std::mutex mutex;
    std::map<std::uint64_t, std::set<std::string>> roots;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&, t] {
            const TestLog& log = t % 2 == 0 ? room.log : other;
            std::uint64_t from = 0;
            for (int i = 0; i < 100 && from < 190; ++i) {
                const std::uint64_t to = from + 1 + static_cast<std::uint64_t>(t);
                const Answer answer = room.witness->add_checkpoint(log.request(from, to));
                if (answer.status == 200) {
                    const std::lock_guard lock(mutex);
                    roots[to].insert(std::string(log.head(to).root.view()));
                    from = to;
                } else if (answer.status == 409) {
                    from = *size_from(std::string_view(answer.body).substr(0, answer.body.size() - 1));
                } else {
                    break;  // the other history was first
                }
            }
        });
    for (auto& thread : threads) thread.join();
    CHECK(!roots.empty());
    for (const auto& [size, seen] : roots) CHECK(seen.size() == 1);
}

TEST_CASE("a state that is damaged, of another log, or not signed is refused, and so is a folder that is in use") {
    Room room;
    room.log.grow(5);
    REQUIRE(room.asked(room.log.request(0, 5)) == 200);
    const auto again = Witness::open({"example/w", "w", {}}, room.key, room.files, room.clock, room.metrics);
    REQUIRE(!again);
    CHECK(again.error().category == Category::conflict);
    std::string file;
    for (const std::string& path : room.files.paths())
        if (path.starts_with("w/logs/") && !path.ends_with("lock")) file = path;
    REQUIRE(!file.empty());
    const std::string good = room.files.bytes(file);
    TestLog stranger;
    stranger.key = *crypto::SigningKey::from_seed(std::string(32, 'x'));
    stranger.grow(5);
    for (const std::string& bad : {std::string(), good.substr(0, good.size() / 2), good + "x", stranger.note(5),
                                   crypto::sign_note(crypto::TreeHead{"idun/SE2", 5, room.log.head(5).root}.text(), kOrigin, room.log.key)}) {
        room.files.set_bytes(file, bad);
        const Status opened = room.open();
        REQUIRE_MESSAGE(!opened, bad);
        CHECK(opened.error().category == Category::corrupt);
    }
    room.files.set_bytes(file, good);
    CHECK(room.open());
}

TEST_CASE("a witness cosigns the log's checkpoints under each of its keys, and keeps no signature of others") {
    Room room;
    room.log.grow(5);
    const auto second = *crypto::SigningKey::from_seed(std::string(32, 'm'));
    room.witness.reset();
    room.witness = *Witness::open({"example/w", "w", {*crypto::VerifierKey::of(kOrigin, room.log.key.public_key()),
                                                      *crypto::VerifierKey::of(kOrigin, second.public_key())}},
                                  room.key, room.files, room.clock, room.metrics);
    const std::string rotated = crypto::sign_note(room.log.head(3).text(), kOrigin, second);
    CHECK(room.asked(AddCheckpoint{0, {}, rotated}.print()) == 200);
    auto note = *crypto::Note::parse(room.log.note(5));
    for (int i = 0; i < 20; ++i) note.signatures.push_back(crypto::sign_note_text(note.text, "somebody" + std::to_string(i), second));
    CHECK(room.asked(AddCheckpoint{3, room.log.proof(3, 5), note.print()}.print()) == 200);
    bool found = false;
    for (const std::string& path : room.files.paths()) {
        CHECK(room.files.bytes(path).find("somebody") == std::string::npos);
        found = found || room.files.bytes(path) == room.log.note(5);
    }
    CHECK(found);
}
