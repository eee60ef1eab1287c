#include "trust/key_change.h"

#include <doctest/doctest.h>

#include "crypto/note.h"
#include "store/testing.h"
#include "trust/peer_keys.h"

using namespace idun;
using namespace idun::trust;

namespace {

constexpr Instant kDay{1'795'428'000'000};
constexpr std::chrono::hours kHour(1);

crypto::SigningKey key_of(char letter) { return *crypto::SigningKey::from_seed(std::string(32, letter)); }

std::string change(const std::string& owner, std::uint32_t number, char former, char next, Instant from = kDay) {
    const auto a = key_of(former), b = key_of(next);
    return sign_key_change({owner, number, from, a.public_key(), b.public_key()}, a, b);
}
bool has(const crypto::KeySet& keys, char letter) { return keys.find(key_of(letter).id().text) != nullptr; }

struct World {
    store::TemporaryStore books;
    ManualClock clock{kDay};
    std::unique_ptr<PeerKeys> peers;

    explicit World(char told = 'a') { open(told); }
    void open(char told) {
        ProviderKeys keys;
        REQUIRE(keys.add("SE1", key_of(told).public_key()));
        REQUIRE(keys.add("SE2", key_of('z').public_key()));
        peers.reset();
        peers = std::move(PeerKeys::open(*books.store, keys, clock).value());
    }
    std::uint32_t take(const std::string& note) {
        const auto taken = peers->take(note);
        return taken ? *taken : 99;
    }
};

}  // namespace

TEST_CASE("a key change says what both keys have signed") {
    const std::string note = change("SE1", 3, 'a', 'b', kDay);
    const auto read = open_key_change(note);
    REQUIRE(read);
    CHECK(read->owner == "SE1");
    CHECK(read->number == 3);
    CHECK(read->from == kDay);
    CHECK(read->former == key_of('a').public_key());
    CHECK(read->next == key_of('b').public_key());
    CHECK(note.size() < kKeyChangeBytesMax);
}

TEST_CASE("what is no key change is refused") {
    const std::string good = change("SE1", 1, 'a', 'b');
    const auto replaced = [&](const std::string& what, const std::string& by) {
        std::string out = good;
        return out.replace(out.find(what), what.size(), by);
    };
    const std::size_t last = good.rfind("\xE2\x80\x94");
    for (const std::string& bad : {
             std::string(), good.substr(0, good.size() / 2), good.substr(0, last),  // the next key has not signed
             replaced("SE1 key", "SE2 key"), replaced("\n1\n", "\n2\n"), replaced("\n1\n", "\n01\n"), replaced("\n1\n", "\n0\n"),
             replaced("\n1\n", "\n65\n"), replaced("key-change", "key-chance"), replaced(".000Z", "Z"), "x" + good, good + "\n",
             good + std::string(kKeyChangeBytesMax, 'x')})
        CHECK_MESSAGE(!open_key_change(bad), bad);
    // Signed rightly, by keys that are not those in it.
    const auto note = crypto::Note::parse(good);
    REQUIRE(note);
    const auto c = key_of('c'), d = key_of('d');
    CHECK(!open_key_change(crypto::Note{note->text, {crypto::sign_note_text(note->text, "idun/SE1", c), crypto::sign_note_text(note->text, "idun/SE1", d)}}.print()));
    // A checkpoint of that owner is none.
    CHECK(!open_key_change(crypto::sign_note("idun/SE1\n5\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n", "idun/SE1", c)));
}

TEST_CASE("from the keys that were told one follows the owner's word, and nobody else's") {
    World w;
    CHECK(w.take(change("SE1", 1, 'a', 'b', kDay + kHour)) == 1);
    CHECK(w.take(change("SE1", 1, 'a', 'b', kDay + kHour)) == 1);  // again
    CHECK(has(w.peers->live("SE1"), 'a'));
    CHECK(has(w.peers->live("SE1"), 'b'));
    CHECK(w.peers->live()->provider_of(key_of('b').id()) == "SE1");
    CHECK(!has(w.peers->live("SE2"), 'b'));

    CHECK(w.peers->take(change("SE1", 1, 'a', 'c')).error().category == Category::conflict);
    CHECK(w.peers->take(change("SE1", 2, 'a', 'c')).error().category == Category::conflict);  // a has been followed by b
    CHECK(w.peers->take(change("SE3", 1, 'a', 'c')).error().category == Category::forbidden);
    CHECK(w.take(change("SE2", 1, 'a', 'c')) == 0);  // a is not SE2's
    CHECK(!has(w.peers->all("SE2"), 'c'));
    CHECK(w.take(change("SE1", 2, 'x', 'y')) == 1);  // passed over
    CHECK(w.take(change("SE1", 1, 'x', 'y')) == 1);  // the same: whoever has no key of SE1 contradicts nothing
    CHECK(!has(w.peers->all("SE1"), 'y'));
}

TEST_CASE("a former key ends some hours after its time, for what is signed now") {
    World w;
    REQUIRE(w.take(change("SE1", 1, 'a', 'b', kDay + kHour)) == 1);
    w.clock.advance(kHour + kFormerKeyGrace - std::chrono::seconds(11));
    CHECK(has(w.peers->live("SE1"), 'a'));
    w.clock.advance(std::chrono::seconds(11));
    CHECK(!has(w.peers->live("SE1"), 'a'));
    CHECK(has(w.peers->live("SE1"), 'b'));
    CHECK(has(w.peers->all("SE1"), 'a'));
}

TEST_CASE("what was taken is there after a restart, as far as it follows from what is told then") {
    World w;
    REQUIRE(w.take(change("SE1", 1, 'a', 'b')) == 1);
    REQUIRE(w.take(change("SE1", 2, 'b', 'c')) == 2);
    w.open('a');
    CHECK(w.peers->number("SE1") == 2);
    CHECK(has(w.peers->all("SE1"), 'c'));
    w.open('b');  // told later: only what followed
    CHECK(!has(w.peers->all("SE1"), 'a'));
    CHECK(has(w.peers->all("SE1"), 'c'));
    w.open('q');  // the key was stolen, and another one told by hand
    CHECK(w.peers->number("SE1") == 0);
    CHECK(!has(w.peers->all("SE1"), 'c'));
    CHECK(w.peers->take(change("SE1", 3, 'c', 'd')).value() == 0);
    CHECK(w.take(change("SE1", 3, 'q', 'r')) == 3);
}

TEST_CASE("whoever wants to know hears of a key when it comes, once") {
    World w;
    std::vector<std::string> heard;
    w.peers->told_by([&](const std::string& owner, const crypto::PublicKey& next) { heard.push_back(owner + " " + next.base64url()); });
    for (int again = 0; again < 2; ++again) REQUIRE(w.take(change("SE1", 1, 'a', 'b')) == 1);
    CHECK(heard == std::vector<std::string>{"SE1 " + key_of('b').public_key().base64url()});
}
