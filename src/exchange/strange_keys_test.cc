#include "exchange/strange_keys.h"

#include "exchange/internal/access_world.h"
#include "exchange/source_receipts.h"

using namespace idun;
using namespace idun::exchange;
using std::chrono::minutes;

namespace {

// A node that signs with a key which the hub may not know yet.
struct KeyWorld : AccessWorld {
    crypto::KeySet keys{node_key.public_key()};
    crypto::SigningKey next = crypto::SigningKey::generate(system_random());

    std::string signed_by(const crypto::SigningKey& key, std::uint64_t size) const {
        return ledger::sign_checkpoint(key, {"SE1", size, ledger::peek_checkpoint(checkpoint(size))->root});
    }
    Result<std::uint64_t> shipped_under(const std::string& note, std::uint64_t size) {
        auto one = shipment({at_node(size - 1, "", "r" + std::to_string(size))}, size - 1, size);
        one.checkpoint = note;
        return view->take(one, keys);
    }
    // Its answer came with a receipt under that note.
    bool answered_under(const std::string& note) {
        const SourceReceipts receipts([this](std::string_view) { return keys; }, *view);
        return receipts.open(ledger::receipt_under(note, 0)->text(), "SE1").has_value();
    }
    FaultSeen forged() {
        const auto all = account().faults;
        REQUIRE(all.size() == 1);
        CHECK(all[0].fault == LogFault::forged);
        return all[0];
    }
    static std::string with_last_byte_changed(const std::string& note) {
        auto parsed = *crypto::Note::parse(note);
        parsed.signatures[0].bytes.back() ^= 1;
        return parsed.print();
    }
};

}  // namespace

TEST_CASE("what was forged stays so, whatever right things come after and whenever the hub starts again") {
    KeyWorld f;
    REQUIRE(f.shipped_under(f.checkpoint(1), 1));
    const Instant then = f.clock.now();
    CHECK(is_conflict(f.shipped_under(f.with_last_byte_changed(f.checkpoint(2)), 2)));
    f.clock.advance(minutes(1));
    REQUIRE(f.shipped_under(f.checkpoint(2), 2));
    f.restart();
    f.clock.advance(std::chrono::hours(24 * 400));
    REQUIRE(f.shipped_under(f.checkpoint(3), 3));
    CHECK(f.forged().first - then < minutes(1));
    CHECK(f.forged().count == 1);
    CHECK(f.account().unverifiable.empty());
    CHECK(!f.account().complete());
    CHECK(f.view->incomplete(f.eva, {})->size() == 1);
}

TEST_CASE(
    "by a key that the hub does not know it is forged until the hub is told the key; then it was unverifiable, from "
    "when to when") {
    KeyWorld f;
    REQUIRE(f.shipped_under(f.checkpoint(1), 1));
    const Instant first = f.clock.now();
    CHECK(!f.answered_under(f.signed_by(f.next, 1)));
    f.clock.advance(minutes(3));
    CHECK(is_conflict(f.shipped_under(f.signed_by(f.next, 2), 2)));
    const Instant last = f.clock.now();
    CHECK(f.forged().count == 2);
    CHECK(f.forged().first == first);
    CHECK(f.forged().last == last);
    f.restart();
    f.clock.advance(minutes(1));
    REQUIRE(f.shipped_under(f.checkpoint(2), 2));  // by the former key: that says nothing of the other one
    CHECK(!f.account().complete());
    f.clock.advance(minutes(1));
    f.keys.add(f.next.public_key());
    REQUIRE(f.shipped_under(f.signed_by(f.next, 3), 3));
    f.restart();
    const LogAccount account = f.account();
    CHECK(account.faults.empty());
    CHECK(account.complete());
    CHECK(f.view->incomplete(f.eva, {})->empty());
    REQUIRE(account.unverifiable.size() == 1);
    CHECK(account.unverifiable[0].first == first);
    CHECK(account.unverifiable[0].last == last);
    CHECK(account.unverifiable[0].count == 2);
    CHECK(account.unverifiable[0].resolved == f.clock.now());
    CHECK(account.unverifiable[0].checkpoint == f.signed_by(f.next, 2));
}

TEST_CASE("a forgery beside it is not excused by the key change") {
    KeyWorld f;
    REQUIRE(f.shipped_under(f.checkpoint(1), 1));
    CHECK(!f.answered_under(f.signed_by(f.next, 1)));
    CHECK(!f.answered_under(f.with_last_byte_changed(f.checkpoint(1))));
    CHECK(!f.answered_under(f.signed_by(crypto::SigningKey::generate(system_random()), 1)));
    CHECK(f.forged().count == 3);
    f.keys.add(f.next.public_key());
    REQUIRE(f.shipped_under(f.signed_by(f.next, 2), 2));
    CHECK(f.forged().count == 2);  // the known key's, and the stranger's
    CHECK(f.account().unverifiable.size() == 1);
}

TEST_CASE("what names the next key and does not hold by it was forged, whether it came first or last") {
    for (const bool first : {true, false}) {
        KeyWorld f;
        REQUIRE(f.shipped_under(f.checkpoint(1), 1));
        const std::string right = f.signed_by(f.next, 1), wrong = f.with_last_byte_changed(right);
        CHECK(!f.answered_under(first ? wrong : right));
        CHECK(!f.answered_under(first ? right : wrong));
        f.keys.add(f.next.public_key());
        for (std::uint64_t size = 2; size < 4; ++size) REQUIRE(f.shipped_under(f.signed_by(f.next, size), size));
        CHECK(f.forged().count == 2);
        CHECK(f.account().unverifiable.empty());
    }
}

TEST_CASE("a stranger cannot fill the store with keys: what comes by more is forged, and stays") {
    KeyWorld f;
    REQUIRE(f.shipped_under(f.checkpoint(1), 1));
    for (std::size_t i = 0; i < kStrangeKeysMax; ++i)
        CHECK(!f.answered_under(f.signed_by(crypto::SigningKey::generate(system_random()), 1)));
    CHECK(!f.answered_under(f.signed_by(f.next, 1)));
    f.keys.add(f.next.public_key());
    REQUIRE(f.shipped_under(f.signed_by(f.next, 2), 2));
    CHECK(f.forged().count == kStrangeKeysMax + 1);
    CHECK(f.account().unverifiable.empty());
}

TEST_CASE("a key that was known and is taken away again is strange again") {
    KeyWorld f;
    REQUIRE(f.shipped_under(f.checkpoint(1), 1));
    CHECK(!f.answered_under(f.signed_by(f.next, 1)));
    f.keys.add(f.next.public_key());
    REQUIRE(f.shipped_under(f.signed_by(f.next, 2), 2));
    CHECK(f.account().complete());
    f.keys = crypto::KeySet(f.node_key.public_key());
    CHECK(!f.answered_under(f.signed_by(f.next, 2)));
    CHECK(f.forged().count == 2);
    CHECK(f.account().unverifiable.empty());
}

TEST_CASE("which key is strange: table") {
    const auto known = crypto::SigningKey::generate(system_random()),
               other = crypto::SigningKey::generate(system_random());
    const crypto::KeySet keys{known.public_key()};
    const auto note = [](const crypto::SigningKey& key, const std::string& name) {
        return crypto::sign_note(
            "idun/SE1\n1\n" + crypto::Note::parse(ledger::sign_checkpoint(key, {"SE1", 1, {}}))->text.substr(11), name,
            key);
    };
    CHECK(strange_key(note(other, "idun/SE1"), keys));
    CHECK(!strange_key(note(known, "idun/SE1"), keys));  // it should hold
    CHECK(!strange_key(note(other, "idun/SE2"), keys));  // nobody has signed it for SE1
    CHECK(!strange_key("idun/SE1\n1\n", keys));
    CHECK(!strange_key("", keys));
    CHECK(!strange_key(crypto::sign_note("idun/SE1\nno checkpoint\n", "idun/SE1", other), keys));
}
