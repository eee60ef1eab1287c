#include "ledger/entry.h"

#include <doctest/doctest.h>

#include <random>

#include "crypto/encoding.h"
#include "ledger/internal/text.h"
#include "ledger/receipt.h"

using namespace idun;
using namespace idun::ledger;

namespace {

Access full() {
    Access a;
    a.time = {1'795'428'000'123};
    a.action = Action::gather;
    a.person = *crypto::Pseudonym::from(std::string(16, 'p'));
    a.requester = {"u1", "Anna Ek", "clinician", "SE1", "SE1-E1"};
    a.on_behalf_of = "u2";
    a.purpose = "TREAT";
    a.care_relation = true;
    a.permit = false;
    a.rule = "care-relation";
    a.rules = "sweden-2026-1";
    a.break_glass = BreakGlass{"g1", "life"};
    a.ticket_id = "17-x";
    a.store_version = UINT64_MAX;
    a.records = {{"Observation", "1", "3", "laboratory", "SE2"}, {"Condition", "å\"\\\n", "", "", ""}};
    a.sources = {{"SE2", "answered", "SE2:5:x", 12}, {"SE3", "down", "", 0}};
    a.request_id = "r1";
    a.query = "code=718-7";
    a.token = {"5d1c3ee4-7a08-4f0f-b2a5-3f3f6f3b6d11", "journal", "ehr-1", "Journal North"};
    a.mandate = Mandate{"m1", 20'000};
    return a;
}

// What decode() gives back: an entry has time and person around it.
Access bare(Access access) {
    access.time = {};
    access.person.reset();
    return access;
}

Result<Access> again(const Access& access) {
    TRY_ASSIGN(const std::string bytes, encode(access, "SE1"));
    return decode(bytes, "SE1");
}

// Texts of every form, and of some that only look like one.
std::string any_text(std::mt19937& random) {
    static const std::vector<std::string> some = {
        "", "SE1", "SE2", "clinician", "Clinician", "Observation", "laboratory", "0c6b1f3d-edb2-422b-a0af-a262fb90ed07",
        "0C6B1F3D-EDB2-422B-A0AF-A262FB90ED07", "0c6b1f3d-edb2-422b-a0af-a262fb90ed0", "17-AAAAAAAAAAAAAAAAAAAAAA",
        "017-AAAAAAAAAAAAAAAAAAAAAA", "17-AAAAAAAAAAAAAAAAAAAAAB", "-AAAAAAAAAAAAAAAAAAAAAA",
        "18446744073709551615-AAAAAAAAAAAAAAAAAAAAAA", "åäö €", std::string(1, '\0'), std::string(kTextBytesMax, 'x'),
        Receipt{"SE2", 5, 9, crypto::sha256("r"), std::string(kNoteSignatureBytes, 's')}.text(),
        Receipt{"SE1", UINT64_MAX - 1, UINT64_MAX, {}, std::string(kNoteSignatureBytes, '\0')}.text(),
        "SE1-E1", "1", "xyz"};
    return some[random() % some.size()];
}

Access any_access(std::mt19937& random) {
    Access a;
    a.time.ms = static_cast<std::int64_t>(random());
    a.action = static_cast<Action>(random() % (static_cast<unsigned>(Action::break_glass) + 1));
    const auto some = [&](auto change) {
        if (random() % 2 == 0) change();
    };
    for (std::string* text : {&a.requester.user_id, &a.requester.name, &a.requester.role, &a.requester.provider_id,
                              &a.requester.unit_id, &a.purpose, &a.rule, &a.rules, &a.ticket_id, &a.request_id, &a.query})
        some([&] { *text = any_text(random); });
    some([&] { a.requester.unit_id = a.requester.provider_id + "-E1"; });
    if (a.requester.unit_id.size() > kTextBytesMax) a.requester.unit_id = "E1";
    some([&] { a.person = *crypto::Pseudonym::from(std::string(16, 'p')); });
    some([&] { a.on_behalf_of = any_text(random); });
    some([&] { a.token.id = any_text(random); });
    some([&] { a.token.client_id = any_text(random); });
    some([&] { a.token.actor_id = any_text(random); });
    if (!a.token.actor_id.empty()) a.token.actor_name = any_text(random);
    some([&] { a.mandate = Mandate{"m" + any_text(random).substr(0, 100), static_cast<std::uint32_t>(random())}; });
    some([&] { a.care_relation = true; });
    some([&] { a.permit = false; });
    some([&] { a.break_glass = BreakGlass{any_text(random), any_text(random)}; });
    some([&] { a.store_version = std::uint64_t{1} << random() % 64; });
    for (unsigned i = random() % 4; i > 0; --i)
        a.records.push_back({any_text(random), any_text(random), any_text(random), any_text(random), any_text(random)});
    for (unsigned i = random() % 4; i > 0; --i)
        a.sources.push_back({any_text(random), any_text(random), any_text(random), random()});
    return a;
}

}  // namespace

TEST_CASE("an access comes back from its bytes") {
    CHECK(again(full()).value() == bare(full()));
    CHECK(again(Access{}).value() == Access{});
    CHECK(crypto::hex(encode(Access{}, "SE1").value()) == "010001");
    for (int i = 0; i <= static_cast<int>(Action::break_glass); ++i) {
        Access a;
        a.action = static_cast<Action>(i);
        CHECK(again(a).value() == a);
        CHECK(action_from(to_string(a.action)) == a.action);
    }
    CHECK(!action_from("Read"));
    const unsigned seed = 20261126;
    INFO("seed " << seed);
    std::mt19937 random(seed);
    for (int i = 0; i < 3000; ++i) {
        const Access a = any_access(random);
        const auto read = again(a);
        REQUIRE(read);
        REQUIRE(*read == bare(a));
        // Another log's entry says the same, unless the log's own id stands in it.
        const auto bytes = encode(a, "SE9").value();
        REQUIRE(decode(bytes, "SE9").value() == bare(a));
    }
}

TEST_CASE("texts that are met often are short") {
    const auto bytes = [](const std::string& text) {
        Access a;
        const std::size_t without = encode(a, "SE1")->size();
        a.purpose = text;
        return encode(a, "SE1")->size() - without - 1;  // and a byte more of flags
    };
    CHECK(bytes("TREAT") == 1);
    CHECK(bytes("laboratory") == 2);
    CHECK(bytes("SE1") == 1);
    CHECK(bytes("SE2") == 4);
    CHECK(bytes("0c6b1f3d-edb2-422b-a0af-a262fb90ed07") == 17);
    CHECK(bytes("17-AAAAAAAAAAAAAAAAAAAAAA") == 18);
    CHECK(bytes(Receipt{"SE2", 5, 9, {}, std::string(kNoteSignatureBytes, 's')}.text()) == 107);
}

TEST_CASE("an access that breaks a bound is refused") {
    const auto category = [](auto change) {
        Access a = full();
        change(a);
        const auto bytes = encode(a, "SE1");
        return bytes ? Category::gone : bytes.error().category;
    };
    CHECK(category([](Access& a) { a.records.resize(kRecordsMax + 1); }) == Category::too_large);
    CHECK(category([](Access& a) { a.sources.resize(kSourcesMax + 1); }) == Category::too_large);
    CHECK(category([](Access& a) { a.records.assign(kRecordsMax, {"Observation", std::string(100, 'x'), "", "", ""}); }) ==
          Category::too_large);
    CHECK(category([](Access& a) { a.query = std::string(1025, 'x'); }) == Category::invalid);
    CHECK(category([](Access& a) { a.requester.name = "\xff"; }) == Category::invalid);
    CHECK(category([](Access& a) { a.requester.unit_id = "SE1" + std::string(1022, 'x'); }) == Category::invalid);
    CHECK(category([](Access& a) { a.time.ms = -1; }) == Category::invalid);
    CHECK(category([](Access& a) { a.records.assign(kRecordsMax, {"Observation", "1", "1", "laboratory", "SE1"}); }) ==
          Category::gone);
}

TEST_CASE("an access that does not fit is as many parts as it takes, and nothing is lost") {
    Access a = full();
    for (std::size_t i = 0; i < kRecordsMax; ++i)
        a.records.push_back({"Observation", std::to_string(i) + std::string(60, 'x'), "1", "laboratory", "SE2"});
    a.records.resize(kRecordsMax);
    for (std::size_t i = 0; i < kSourcesMax - 2; ++i)
        a.sources.push_back({"SE" + std::to_string(i), "answered",
                             Receipt{"SE2", i, i + 1, {}, std::string(kNoteSignatureBytes, 's')}.text(), i});
    const auto parts = encode_parts(a, "SE1");
    REQUIRE(parts);
    CHECK(parts->size() > 4);
    Access joined = bare(a);
    joined.records.clear();
    joined.sources.clear();
    for (const std::string& part : *parts) {
        CHECK(part.size() <= kAccessBytesMax);
        const Access one = decode(part, "SE1").value();
        CHECK(one.request_id == a.request_id);
        joined.records.insert(joined.records.end(), one.records.begin(), one.records.end());
        joined.sources.insert(joined.sources.end(), one.sources.begin(), one.sources.end());
    }
    CHECK(joined == bare(a));
    CHECK(encode_parts(full(), "SE1")->size() == 1);
    a.records.push_back({});
    CHECK(encode_parts(a, "SE1").error().category == Category::too_large);
    Access bad = full();
    bad.query = "\xff";
    CHECK(encode_parts(bad, "SE1").error().category == Category::invalid);
}

TEST_CASE("bytes that are not exactly one access are corrupt") {
    const std::string good = encode(full(), "SE1").value();
    const auto refused = [](const std::string& bad) {
        const auto read = decode(bad, "SE1");
        return !read && read.error().category == Category::corrupt;
    };
    CHECK(refused(""));
    CHECK(refused(good + '\0'));
    for (std::size_t i = 0; i < good.size(); ++i) CHECK(refused(good.substr(0, i)));
    const auto bytes = [](std::string_view digits) { return crypto::from_hex(digits).value(); };
    CHECK(!refused(bytes("010001")));
    CHECK(refused(bytes("020001")));                // version
    CHECK(refused(bytes("010e01")));                // action
    CHECK(refused(bytes("01008100")));              // a number that is not the shortest
    CHECK(refused(bytes("0100808020")));            // a flag that is none
    CHECK(refused(bytes("0100050014")));            // an empty user
    CHECK(!refused(bytes("010005086162")));      // user "ab"
    CHECK(refused(bytes("01000503")));              // a receipt that ends
    CHECK(refused(bytes("01000521ff01")));       // behind the end
    CHECK(refused(bytes("01008501086162")));     // unit of a provider that is not there
    CHECK(refused(bytes("010081040c534531")));   // "SE1" as a plain text
    CHECK(refused(bytes("0100810414" "5452454154")));  // "TREAT" as a plain text
    CHECK(!refused(bytes("0100810406")));         // the log itself
    CHECK(refused(bytes("01008104d90f")));       // a word that is none
    CHECK(refused(bytes("010081040e")));         // a special text that is none
    CHECK(refused(bytes("010081800200")));       // no records, but said so
}

TEST_CASE("a receipt has one text, and is the signed checkpoint that it came from") {
    const auto key = *crypto::SigningKey::from_seed(std::string(32, 's'));
    const std::string note = sign_checkpoint(key, {"SE2321000016-test_1.x", 1050, crypto::sha256("x")});
    const Receipt receipt = *receipt_under(note, 1042);
    CHECK(!receipt_under(note, 1050));
    CHECK(!receipt_under(note.substr(0, note.find("\n\n") + 2), 1042));  // nobody signed
    CHECK(!receipt_under("signed", 0));
    CHECK(receipt.text().starts_with("SE2321000016-test_1.x:1042:1050:" + crypto::base64url(crypto::sha256("x").view()) + ":"));
    CHECK(receipt.text().size() == std::string("SE2321000016-test_1.x:1042:1050:").size() + 43 + 1 + kSignatureTextBytes);
    CHECK(Receipt::from_text(receipt.text()) == receipt);
    CHECK(receipt.note() == note);
    const std::string root = crypto::base64url(receipt.root.view()), signature = crypto::base64url(receipt.signature);
    const std::string end = ":" + root + ":" + signature;
    CHECK(Receipt::from_text("a:1:2" + end));
    for (const std::string& bad :
         {std::string(), std::string("a:1:2"), "a:1:2:" + root, "a:1:2" + end + "A", "a:1:2" + end + ":", "a:01:2" + end,
          "a:1:02" + end, "a:-1:2" + end, "a::2" + end, ":1:2" + end, "a b:1:2" + end, "a:2:2" + end, "a:3:2" + end,
          "a:99999999999999999999:2" + end, "\xc3\xa5:1:2" + end, "a:1:2:" + root.substr(1) + ":" + signature,
          "a:1:2:" + signature + ":" + root})
        CHECK_MESSAGE(!Receipt::from_text(bad), bad);
    CHECK(!is_log_id(std::string(129, 'a')));
    CHECK(is_log_id(std::string(128, 'a')));
}

TEST_CASE("checkpoints are signed under their log's name") {
    const auto key = *crypto::SigningKey::from_seed(std::string(32, 's'));
    const auto other = *crypto::SigningKey::from_seed(std::string(32, 't'));
    const crypto::KeySet keys(key.public_key());
    const Checkpoint checkpoint{"SE1", 7, crypto::sha256("x")};
    const std::string note = sign_checkpoint(key, checkpoint);
    CHECK(note.starts_with("idun/SE1\n7\n" + crypto::base64(crypto::sha256("x").view()) + "\n\n\u2014 idun/SE1 "));
    CHECK(open_checkpoint(note, keys).value() == checkpoint);
    CHECK(!open_checkpoint(sign_checkpoint(other, checkpoint), keys));
    CHECK(peek_checkpoint(sign_checkpoint(other, checkpoint)) == checkpoint);
    const auto changed = [&](std::string_view from, std::string_view to) {
        std::string out = note;
        for (std::size_t at = out.find(from); at != std::string::npos; at = out.find(from, at + to.size()))
            out.replace(at, from.size(), to);
        return out;
    };
    CHECK(!open_checkpoint(changed("\n7\n", "\n8\n"), keys));
    CHECK(!open_checkpoint(changed("idun/SE1", "idun/SE2"), keys));
    CHECK(!open_checkpoint(crypto::sign_note("other\n7\n" + crypto::base64(checkpoint.root.view()) + "\n", "other", key), keys));
    CHECK(!open_checkpoint("", keys));
}

TEST_CASE("UTF-8 is told from other bytes") {
    for (const char* good : {"", "abc", "åäö", "€", "😀", "\xf4\x8f\xbf\xbf"}) CHECK_MESSAGE(is_utf8(good), good);
    for (const char* bad : {"\x80", "\xc0\x80", "\xc3", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80",
                            "\xf4\x90\x80\x80", "\xff", "\xe2\x82"})
        CHECK(!is_utf8(bad));
}
