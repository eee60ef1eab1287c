#include "verify/check.h"

#include <doctest/doctest.h>

#include <map>

#include "base/bytes.h"
#include "crypto/encoding.h"
#include "crypto/note.h"
#include "crypto/tree_head.h"
#include "ledger/internal/fault_files.h"
#include "ledger/tiles.h"

using namespace idun;
using namespace idun::verify;

namespace {

class MemorySource final : public Source {
public:
    std::map<std::string, std::string> files;
    bool broken = false;

    Result<std::string> read(const std::string& name) override {
        if (broken) return fail(Category::unavailable, "no connection");
        const auto found = files.find(name);
        if (found == files.end()) return fail(Category::not_found, name + " is missing");
        return found->second;
    }
};

const crypto::SigningKey& owner() {
    static const auto key = *crypto::SigningKey::from_seed(std::string(32, 'o'));
    return key;
}
const crypto::SigningKey& observer() {
    static const auto key = *crypto::SigningKey::from_seed(std::string(32, 'w'));
    return key;
}

std::string sealed(std::uint64_t n, std::int64_t time_ms = 1'795'428'000'000) {
    std::string out(1, '\1');
    for (int shift = 40; shift >= 0; shift -= 8)
        out += static_cast<char>((time_ms + static_cast<std::int64_t>(n)) >> shift);
    return out + "sealed " + std::to_string(n);
}

std::vector<std::string> sealed_up_to(std::uint64_t count) {
    std::vector<std::string> out;
    for (std::uint64_t i = 0; i < count; ++i) out.push_back(sealed(i));
    return out;
}

std::string signed_head(std::uint64_t size, const crypto::Hash& root, bool cosigned = true) {
    const std::string text = crypto::TreeHead{"idun/SE1", size, root}.text();
    crypto::Note note{text, {crypto::sign_note_text(text, "idun/SE1", owner())}};
    if (cosigned) note.signatures.push_back(crypto::cosign_note_text(text, "w.example", observer(), 1'795'428'000));
    return note.print();
}

// A log as the ledger writes it.
MemorySource log_of(const std::vector<std::string>& entries) {
    ledger::FaultFiles files;
    auto writer = ledger::TileWriter::open(files, "public").value();
    REQUIRE(writer.append(entries));
    REQUIRE(writer.publish(signed_head(writer.size(), writer.range().root())));
    MemorySource out;
    for (const std::string& path : files.paths()) out.files[path.substr(7)] = files.bytes(path);
    return out;
}

std::string receipt_of(const std::vector<std::string>& entries, std::uint64_t index, std::uint64_t size) {
    crypto::CompactRange range;
    for (std::uint64_t i = 0; i < size; ++i) range.append(crypto::leaf_hash(entries[i]));
    const auto signature =
        crypto::sign_note_text(crypto::TreeHead{"idun/SE1", size, range.root()}.text(), "idun/SE1", owner());
    std::string raw;
    append_be(raw, signature.key_id);
    raw += signature.bytes;
    return "SE1:" + std::to_string(index) + ":" + std::to_string(size) + ":" + crypto::base64url(range.root().view()) +
           ":" + crypto::base64url(raw);
}

Question question() {
    Question out;
    out.log_keys.push_back(Key::from_text(crypto::VerifierKey::of("idun/SE1", owner().public_key())->text()).value());
    return out;
}

// What is said of a log that does not hold; "" when it holds.
std::string fault(MemorySource source, const Question& asked = question()) {
    const auto verdict = check(source, asked);
    REQUIRE_MESSAGE(verdict, verdict.error().message);
    CHECK(verdict->holds == !verdict->checkpoint.empty());
    return verdict->holds ? "" : verdict->sentence;
}

bool says(const std::string& sentence, const std::string& part) { return sentence.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("logs of every size around the edges of tiles hold, also when only whole tiles are left") {
    for (const std::uint64_t size : {0, 1, 2, 3, 255, 256, 257, 511, 512, 513, 700}) {
        MemorySource source = log_of(sealed_up_to(size));
        CHECK(fault(source) == "");
        if (size % 256 == 0) continue;
        // The log has gone on since its checkpoint was read: partial tiles went.
        const MemorySource later = log_of(sealed_up_to(1024));
        const std::string checkpoint = source.files["checkpoint"];
        source = later;
        source.files["checkpoint"] = checkpoint;
        source.files["tile/1/000.p/" + std::to_string(size / 256)] =
            later.files.at("tile/1/000.p/4").substr(0, size / 256 * 32);
        CHECK(fault(source) == "");
    }
    MemorySource large = log_of(sealed_up_to(65'536 + 257));
    CHECK(fault(large) == "");
    large.files["tile/2/000.p/1"][3] ^= 1;
    CHECK(says(fault(large), "tile/2/000.p/1 does not hold the hashes"));
}

TEST_CASE("a key may be given as jwks.json has it; another key, or a former one alone, does not do") {
    const MemorySource source = log_of(sealed_up_to(5));
    Question asked;
    asked.log_keys.push_back(Key::of("", 1, owner().public_key()));
    CHECK(fault(source, asked) == "");
    asked.log_keys[0] = Key::of("", 1, observer().public_key());
    CHECK(says(fault(source, asked), "not signed with the log's key"));
    asked.log_keys.push_back(Key::of("", 1, owner().public_key()));
    CHECK(fault(source, asked) == "");
    for (const char* text : {"", "x", "a+b", "a+b+c", "idun/SE1+00000000+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"})
        CHECK(!Key::from_text(text));
}

namespace {

std::string key_change(int number, const crypto::SigningKey& former, const crypto::SigningKey& next, const std::string& origin = "idun/SE1") {
    const std::string text = origin + " key-change\n" + std::to_string(number) + "\n2026-12-01T12:00:00.000Z\n" + crypto::base64(former.public_key().raw()) + "\n" +
                             crypto::base64(next.public_key().raw()) + "\n";
    return crypto::Note{text, {crypto::sign_note_text(text, origin, former), crypto::sign_note_text(text, origin, next)}}.print();
}

}  // namespace

TEST_CASE("who was told an earlier key follows the owner's word to the one that signs now") {
    const auto first = *crypto::SigningKey::from_seed(std::string(32, '1')), second = *crypto::SigningKey::from_seed(std::string(32, '2'));
    MemorySource log = log_of(sealed_up_to(300));  // signed by owner()
    const auto verdict = [&](const crypto::SigningKey& told) {
        Question question;
        question.log_keys = {Key::of("", 1, told.public_key())};
        return check(log, question).value();
    };
    CHECK(!verdict(first).holds);
    log.files["key/1"] = key_change(1, first, second);
    CHECK(!verdict(first).holds);
    log.files["key/2"] = key_change(2, second, owner());
    CHECK(verdict(first).holds);
    CHECK(verdict(second).holds);  // the first change is none of its business
    CHECK(verdict(owner()).holds);
    CHECK(!verdict(observer()).holds);
    SUBCASE("a change without its number's place") {
        log.files["key/2"] = key_change(3, second, owner());
        CHECK(verdict(first).sentence.find("key/2: it is not written as a key change") != std::string::npos);
    }
    SUBCASE("one that the key before has not signed") {
        std::string note = key_change(2, observer(), owner());
        const std::string wanted = crypto::base64(second.public_key().raw()), is = crypto::base64(observer().public_key().raw());
        log.files["key/2"] = note.replace(note.find(is), is.size(), wanted);
        CHECK(verdict(first).sentence.find("key/2 is not signed by both") != std::string::npos);
    }
    SUBCASE("one of another log") {
        log.files["key/2"] = key_change(2, second, owner(), "idun/SE2");
        CHECK(!verdict(first).holds);
    }
    SUBCASE("nonsense") {
        for (const std::string& text : {std::string(), std::string("x"), std::string("\n\n"), std::string(5000, '\n')}) {
            log.files["key/1"] = text;
            CHECK(!verdict(first).holds);
        }
    }
}

TEST_CASE("a changed, lost, added or moved entry is named") {
    const auto entries = sealed_up_to(600);
    const MemorySource good = log_of(entries);
    MemorySource bad = good;
    std::string& bundle = bad.files["tile/entries/001"];
    bundle[bundle.find("sealed 300")] ^= 1;
    CHECK(says(fault(bad), "entry 300 is not the one whose hash stands in tile/0/001"));

    bad = good;
    std::string& last = bad.files["tile/entries/002.p/88"];
    last.resize(last.size() - 2 - sealed(599).size());
    CHECK(says(fault(bad), "tile/entries/002.p/88 is not 88 whole entries"));
    bad.files["tile/entries/002.p/88"] = good.files.at("tile/entries/002.p/88") + std::string("\0\0", 2);
    CHECK(says(fault(bad), "tile/entries/002.p/88 is not 88 whole entries"));
    bad.files["tile/entries/002.p/88"].pop_back();
    CHECK(says(fault(bad), "tile/entries/002.p/88 is not 88 whole entries"));

    auto moved = entries;
    std::swap(moved[10], moved[11]);
    bad = good;
    bad.files["tile/entries/000"] = log_of(moved).files.at("tile/entries/000");
    CHECK(says(fault(bad), "entry 10 is not the one"));
    // With its tile, but not the tile above.
    bad.files["tile/0/000"] = log_of(moved).files.at("tile/0/000");
    CHECK(says(fault(bad), "tile/1/000.p/2 does not hold the hashes"));
    // With all tiles: the signature is left.
    bad = log_of(moved);
    bad.files["checkpoint"] = good.files.at("checkpoint");
    CHECK(says(fault(bad), "do not have the root that was signed"));

    for (const auto& [name, bytes] : good.files) {
        if (name == "checkpoint") continue;
        bad = good;
        bad.files.erase(name);
        CHECK_MESSAGE(says(fault(bad), name), name);
        bad.files[name] = bytes.substr(0, bytes.size() / 2);
        CHECK_MESSAGE(!fault(bad).empty(), name);
        bad.files[name] = bytes + "x";
        CHECK_MESSAGE(!fault(bad).empty(), name);
        bad.files[name] = "";
        CHECK_MESSAGE(!fault(bad).empty(), name);
    }
}

TEST_CASE("every changed bit of the checkpoint is noticed") {
    const MemorySource good = log_of(sealed_up_to(3));
    Question asked = question();
    asked.witnesses.push_back(Key::of("w.example", 4, observer().public_key()));
    CHECK(fault(good, asked) == "");
    const std::string& note = good.files.at("checkpoint");
    for (std::size_t i = 0; i < note.size(); ++i) {
        MemorySource bad = good;
        bad.files["checkpoint"][i] ^= 1;
        CHECK_MESSAGE(!fault(bad, asked).empty(), i);
        bad.files["checkpoint"] = note.substr(0, i);
        CHECK(!fault(bad, asked).empty());
    }
}

TEST_CASE("what its owner signs anew is found by an older checkpoint and by receipts") {
    const auto entries = sealed_up_to(600);
    auto changed = entries;
    changed[100] = sealed(100) + "!";
    auto shorter = entries;
    shorter.erase(shorter.begin() + 100);
    Question since = question();
    since.since.push_back(log_of(sealed_up_to(300)).files["checkpoint"]);
    Question receipt = question();
    receipt.receipts = {receipt_of(entries, 99, 150), receipt_of(entries, 100, 150)};

    for (const Question& asked : {since, receipt}) {
        CHECK(fault(log_of(entries), asked) == "");
        CHECK(fault(log_of(changed)) == "");  // by itself it is a log like another
        CHECK(says(fault(log_of(changed), asked), "changed, moved or taken out since"));
        CHECK(says(fault(log_of(shorter), asked), "changed, moved or taken out since"));
        CHECK(says(fault(log_of(sealed_up_to(120)), asked), "it was set back"));
    }
    CHECK(says(fault(log_of(changed), since), "the first 300 entries"));
    CHECK(says(fault(log_of(changed), receipt), "the receipt of entry 99"));
}

TEST_CASE("a log that shows two readers two histories is a fork") {
    const auto entries = sealed_up_to(400);
    auto other = entries;
    other[399] = sealed(399) + "?";
    Question asked = question();
    asked.since.push_back(log_of(other).files["checkpoint"]);
    CHECK(says(fault(log_of(entries), asked), "different readers were shown different logs"));
    // Both of them older, and the log agrees with one.
    asked.since.push_back(log_of(entries).files["checkpoint"]);
    CHECK(says(fault(log_of(sealed_up_to(600)), asked), "different readers were shown different logs"));
    asked = question();
    asked.receipts = {receipt_of(entries, 5, 400), receipt_of(other, 7, 400)};
    CHECK(says(fault(log_of(sealed_up_to(600)), asked), "different readers were shown different logs"));
}

TEST_CASE("witnesses must have cosigned, and nobody else will do") {
    MemorySource source = log_of(sealed_up_to(5));
    Question asked = question();
    asked.witnesses.push_back(Key::of("w.example", 4, observer().public_key()));
    CHECK(fault(source, asked) == "");
    asked.witnesses[0] = Key::of("w.example", 4, owner().public_key());
    CHECK(says(fault(source, asked), "not cosigned by the witness w.example"));
    asked.witnesses[0] = Key::of("v.example", 4, observer().public_key());
    CHECK(says(fault(source, asked), "not cosigned by the witness v.example"));
    asked.witnesses[0] = Key::of("w.example", 4, observer().public_key());
    source.files["checkpoint"] = signed_head(5, crypto::sha256("other"), false);
    CHECK(says(fault(source, asked), "not cosigned by the witness w.example"));
}

TEST_CASE("some of several witnesses may be enough, and are named with their times") {
    MemorySource source = log_of(sealed_up_to(5));
    Question asked = question();
    const auto third = *crypto::SigningKey::from_seed(std::string(32, 't'));
    asked.witnesses = {Key::of("u.example", 4, third.public_key()), Key::of("w.example", 4, observer().public_key()),
                       Key::of("v.example", 4, third.public_key())};
    CHECK(says(fault(source, asked), "not cosigned by the witness u.example, v.example"));
    asked.witnesses_needed = 2;
    CHECK(says(fault(source, asked), "cosigned by 1 of the 2 witnesses that are asked for; missing are u.example, v.example"));
    CHECK(check(source, asked)->early);
    asked.witnesses_needed = 1;
    const auto verdict = check(source, asked);
    REQUIRE(verdict);
    CHECK(verdict->holds);
    CHECK(!verdict->early);
    CHECK(says(verdict->sentence, "1 witnesses. It is cosigned by w.example at 2026-11-23T10:00:00Z."));
    // A wrong cosignature is never passed over, however many are right.
    auto note = *crypto::Note::parse(source.files["checkpoint"]);
    note.signatures.push_back(crypto::cosign_note_text(note.text, "u.example", third, 7));
    note.signatures.back().bytes.back() ^= 1;
    source.files["checkpoint"] = note.print();
    CHECK(says(fault(source, asked), "wrong signature by u.example"));
}

TEST_CASE("a clock that was set back is named, a small correction is not") {
    auto entries = sealed_up_to(300);
    entries[50] = sealed(50, 1'795'428'000'000 - 30'000);
    CHECK(fault(log_of(entries)) == "");
    entries[280] = sealed(280, 1'795'428'000'000 - 3'600'000);
    const std::string said = fault(log_of(entries));
    CHECK(says(said, "entry 280 says that it was written 3599 seconds before"));
    // A worse fault comes first.
    MemorySource bad = log_of(entries);
    bad.files["tile/0/001.p/44"][0] ^= 1;
    CHECK(says(fault(bad), "entry 256 is not the one"));
}

TEST_CASE("what is no entry of an access log is named") {
    for (const std::string& wrong : {std::string(), std::string("\1short"), "\5" + sealed(1).substr(1)}) {
        auto entries = sealed_up_to(10);
        entries[4] = wrong;
        CHECK(says(fault(log_of(entries)), "entry 4 does not begin as an entry"));
    }
}

TEST_CASE("what could not be checked is no verdict") {
    const auto entries = sealed_up_to(20);
    MemorySource source = log_of(entries);
    const auto unchecked = [&](const Question& asked) { return !check(source, asked).has_value(); };
    Question asked = question();
    asked.since.push_back("not a note");
    CHECK(unchecked(asked));
    asked = question();
    const std::string good = receipt_of(entries, 5, 10);
    for (const std::string& text :
         {std::string(), std::string("SE1:5"), good + ":", good.substr(1), "SE2" + good.substr(3),
          good.substr(0, good.size() - 1), "SE1:10" + good.substr(5), " " + good}) {
        asked.receipts = {text};
        CHECK_MESSAGE(unchecked(asked), text);
    }
    asked.receipts = {good};
    CHECK(!unchecked(asked));
    source.broken = true;
    CHECK(unchecked(question()));
    source.broken = false;
    source.files.erase("checkpoint");
    CHECK(unchecked(question()));
}
