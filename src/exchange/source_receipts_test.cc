#include "exchange/source_receipts.h"

#include "exchange/internal/access_world.h"

using namespace idun;
using namespace idun::exchange;

namespace {

struct ReceiptWorld : AccessWorld {
    crypto::KeySet keys{node_key.public_key()};
    SourceReceipts receipts{[this](std::string_view provider) { return provider == "SE1" ? keys : crypto::KeySet(); }, *view};

    static ledger::Receipt signed_by(const crypto::SigningKey& key, const std::string& log_id, std::uint64_t index) {
        const std::string note = ledger::sign_checkpoint(key, {log_id, index + 1, crypto::sha256("root")});
        return *ledger::receipt_under(note, index);
    }
    Category refused(std::string_view text, std::string_view provider = "SE1") const {
        const auto opened = receipts.open(text, provider);
        return opened ? Category::internal : opened.error().category;
    }
};

}  // namespace

TEST_CASE("what the source's own key has signed is its receipt, whichever of its keys and of its logs") {
    ReceiptWorld f;
    const auto receipt = f.signed_by(f.node_key, "SE1", 4);
    CHECK(*f.receipts.open(receipt.text(), "SE1") == receipt);
    CHECK(f.receipts.open(f.signed_by(f.node_key, "SE1.log2", 0).text(), "SE1"));
    const auto older = crypto::SigningKey::generate(system_random());
    f.keys.add(older.public_key());
    CHECK(f.receipts.open(f.signed_by(older, "SE1", 4).text(), "SE1"));
    CHECK(f.view->accounts()->empty());
}

TEST_CASE("a receipt that another key signed, or that was changed since, is none, and a lasting fault of the log with the evidence") {
    ReceiptWorld f;
    const auto stranger = crypto::SigningKey::generate(system_random());
    const auto strange = f.signed_by(stranger, "SE1", 7);
    CHECK(f.refused(strange.text()) == Category::unauthorized);
    auto moved = f.signed_by(f.node_key, "SE1", 7);
    moved.root = crypto::sha256("another root");
    CHECK(f.refused(moved.text()) == Category::unauthorized);
    f.restart();
    const auto account = f.account();
    REQUIRE(account.faults.size() == 1);
    CHECK(account.faults[0].fault == LogFault::forged);
    CHECK(account.faults[0].index == 7);
    CHECK(account.faults[0].count == 2);
    CHECK(account.faults[0].checkpoint == moved.note());
    CHECK(!account.complete());
    CHECK((*f.view->incomplete({}, {"SE1"})).size() == 1);
}

TEST_CASE("a forged receipt of a log that the source does not have is a fault of its first log, where everybody sees it") {
    ReceiptWorld f;
    CHECK(f.refused(f.signed_by(crypto::SigningKey::generate(system_random()), "SE1.log7", 2).text()) == Category::unauthorized);
    REQUIRE((*f.view->incomplete({}, {"SE1"})).size() == 1);
    CHECK(f.account().faults[0].checkpoint.starts_with("idun/SE1.log7\n"));
}

TEST_CASE("no receipt, an unreadable one, and one of somebody else's log are none, and no fault of anybody's") {
    ReceiptWorld f;
    CHECK(f.refused("") == Category::invalid);
    CHECK(f.refused("SE1:1:2") == Category::invalid);
    CHECK(f.refused(f.signed_by(f.node_key, "SE2", 0).text()) == Category::invalid);
    CHECK(f.view->accounts()->empty());
}

TEST_CASE("a source whose keys the hub does not know gives no receipt") {
    ReceiptWorld f;
    CHECK(f.refused(f.signed_by(f.node_key, "SE2", 0).text(), "SE2") == Category::unauthorized);
}
