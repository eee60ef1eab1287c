#include "ledger/entry.h"

#include <doctest/doctest.h>

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
    return a;
}

}  // namespace

TEST_CASE("an access comes back from its bytes") {
    CHECK(decode(*encode(full())).value() == full());
    CHECK(decode(*encode(Access{})).value() == Access{});
    CHECK(*encode(Access{}) == R"({"v":1,"time":0,"action":"read","who":["","","","",""],"permit":true})");
    CHECK(encode(full())->starts_with(
        R"({"v":1,"time":1795428000123,"action":"gather","person":"cHBwcHBwcHBwcHBwcHBwcA","who":["u1","Anna Ek","clinician","SE1","SE1-E1"],"obo":"u2",)"));
    for (int i = 0; i <= static_cast<int>(Action::break_glass); ++i) {
        Access a;
        a.action = static_cast<Action>(i);
        CHECK(decode(*encode(a)).value() == a);
        CHECK(action_from(to_string(a.action)) == a.action);
    }
    CHECK(!action_from("Read"));
}

TEST_CASE("an access that breaks a bound is refused") {
    const auto category = [](auto change) {
        Access a = full();
        change(a);
        const auto bytes = encode(a);
        return bytes ? Category::gone : bytes.error().category;
    };
    CHECK(category([](Access& a) { a.records.resize(kRecordsMax + 1); }) == Category::too_large);
    CHECK(category([](Access& a) { a.sources.resize(kSourcesMax + 1); }) == Category::too_large);
    CHECK(category([](Access& a) {
              a.records.assign(kRecordsMax, {"Observation", std::string(1000, 'x'), "", "", ""});
          }) == Category::too_large);
    CHECK(category([](Access& a) { a.query = std::string(1025, 'x'); }) == Category::invalid);
    CHECK(category([](Access& a) { a.requester.name = "\xff"; }) == Category::invalid);
    CHECK(category([](Access& a) { a.time.ms = -1; }) == Category::invalid);
    CHECK(category([](Access& a) { a.records.assign(kRecordsMax, {"Observation", "1", "1", "laboratory", "SE1"}); }) ==
          Category::gone);
}

TEST_CASE("bytes that are not exactly one access are corrupt") {
    const std::string good = *encode(full());
    for (const std::string& bad :
         {std::string(), std::string("{}"), good + " ", good.substr(1), good.substr(0, good.size() - 1),
          std::string("[]"), std::string("null"),
          std::string(R"({"v":2,"time":0,"action":"read","who":["","","","",""],"permit":true})"),
          std::string(R"({"v":1,"time":0,"action":"steal","who":["","","","",""],"permit":true})"),
          std::string(R"({"v":1,"time":-1,"action":"read","who":["","","","",""],"permit":true})"),
          std::string(R"({"v":1,"time":0,"action":"read","who":["","","",""],"permit":true})"),
          std::string(R"({"v":1,"time":0,"action":"read","who":["","","","","",""],"permit":true})"),
          std::string(R"({"v":1,"time":0,"action":"read","who":["","","","",""]})"),
          std::string(R"({"v":1,"time":0,"action":"read","who":["","","","",""],"permit":true,"extra":1})"),
          std::string(R"({"v":1,"time":0,"action":"read","who":["","","","",""],"permit":true,"rule":""})"),
          std::string(R"({"v":1,"time":0,"action":"read","who":["","","","",""],"care":false,"permit":true})"),
          std::string(R"({"v":1,"time":0,"action":"read","who":["","","","",""],"permit":true,"records":[]})"),
          std::string(R"({"v":1,"time":0,"action":"read","who":["","","","",""],"permit":true,"store":0})"),
          std::string(R"({"time":0,"v":1,"action":"read","who":["","","","",""],"permit":true})")}) {
        const auto read = decode(bad);
        REQUIRE_MESSAGE(!read, bad);
        CHECK(read.error().category == Category::corrupt);
    }
}

TEST_CASE("receipts have one text") {
    const Receipt receipt{"SE2321000016-test_1.x", 1042, crypto::sha256("x")};
    CHECK(receipt.text() == "SE2321000016-test_1.x:1042:" + crypto::base64url(crypto::sha256("x").view()));
    CHECK(Receipt::from_text(receipt.text()) == receipt);
    const std::string hash = crypto::base64url(receipt.hash.view());
    for (const std::string& bad : {std::string(), std::string("a:1"), "a:1:" + hash + "A", "a:1:" + hash.substr(1),
                                   "a:01:" + hash, "a:-1:" + hash, "a::" + hash, ":1:" + hash, "a b:1:" + hash,
                                   "a:1:" + hash + ":", "a:99999999999999999999:" + hash, "å:1:" + hash})
        CHECK_MESSAGE(!Receipt::from_text(bad), bad);
    CHECK(!is_log_id(std::string(129, 'a')));
    CHECK(is_log_id(std::string(128, 'a')));
}

TEST_CASE("checkpoints are signed for their own use") {
    const auto key = *crypto::SigningKey::from_seed(std::string(32, 's'));
    const auto other = *crypto::SigningKey::from_seed(std::string(32, 't'));
    const crypto::KeySet keys(key.public_key());
    const Checkpoint checkpoint{"SE1", 7, crypto::sha256("x"), {1'795'428'000'123}};
    CHECK(verify_checkpoint(sign_checkpoint(key, checkpoint), keys).value() == checkpoint);
    CHECK(!verify_checkpoint(sign_checkpoint(other, checkpoint), keys));
    CHECK(!verify_checkpoint(crypto::sign_jws(key, "at+jwt", encode(checkpoint)), keys));
    CHECK(!verify_checkpoint(crypto::sign_jws(key, kCheckpointType, encode(checkpoint) + " "), keys));
    CHECK(!verify_checkpoint(crypto::sign_jws(key, kCheckpointType, "{}"), keys));
}

TEST_CASE("UTF-8 is told from other bytes") {
    for (const char* good : {"", "abc", "åäö", "€", "😀", "\xf4\x8f\xbf\xbf"}) CHECK_MESSAGE(is_utf8(good), good);
    for (const char* bad : {"\x80", "\xc0\x80", "\xc3", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80",
                            "\xf4\x90\x80\x80", "\xff", "\xe2\x82"})
        CHECK(!is_utf8(bad));
}
