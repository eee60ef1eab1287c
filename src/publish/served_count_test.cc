#include "publish/served_count.h"

#include <doctest/doctest.h>

#include "ledger/file_system.h"
#include "store/testing.h"

using namespace idun;
using namespace idun::publish;

namespace {

struct CountedLog {
    store::TemporaryFolder folder;
    ManualClock clock{{1'800'000'000'000}};
    crypto::SigningKey key = crypto::SigningKey::generate(system_random());
    std::unique_ptr<ledger::Ledger> log = *ledger::Ledger::open(folder.path + "/log", "SE1", key, ledger::system_files(), clock);
    const crypto::Pseudonym eva = *crypto::Pseudonym::from(std::string(crypto::kPseudonymBytes, 'e'));

    void append(int count) {
        for (int i = 0; i < count; ++i) {
            ledger::Access access;
            access.person = eva;
            REQUIRE(log->append(access));
        }
    }
    ServedCount counted() const { return ServedCount(*log, ledger::system_files(), folder.path + "/served"); }
};

}  // namespace

TEST_CASE("a count that was lost after keys were forgotten goes on from the hub's, and states no less than came") {
    CountedLog f;
    f.append(3);
    REQUIRE(f.log->forget(f.eva, "decision"));
    f.append(2);
    auto count = f.counted();
    CHECK(f.counted().until(3)->own == 0);  // all that the log itself says still
    count.heard(4, {3, 0}, false);
    CHECK(*count.until(4) == ledger::Served{3, 0});
    CHECK(*count.until(6) == ledger::Served{5, 0});
    CHECK(!count.ours());  // the hub says so: it is not signed
    count.heard(4, {3, 0}, true);
    CHECK(*count.until(6) == ledger::Served{5, 0});
    CHECK(count.ours());
}

TEST_CASE("what was counted when it could be read stays, whatever the hub could read of it") {
    CountedLog f;
    f.append(3);
    f.counted().reached(3, {3, 0});
    REQUIRE(f.log->forget(f.eva, "decision"));
    auto count = f.counted();
    count.heard(3, {1, 0}, false);
    CHECK(*count.until(4) == ledger::Served{3, 0});
    count.heard(1, {1, 0}, false);  // a hub that was set back gets the rest again, as it is now
    CHECK(*count.until(3) == ledger::Served{1, 0});
}

TEST_CASE("whatever a hub says of what was counted here, it is not what this node signs") {
    CountedLog f;
    f.append(5);
    auto count = f.counted();
    CHECK(*count.until(3) == ledger::Served{3, 0});
    for (const std::uint64_t size : {3u, 4u, 5u}) count.heard(size, {90, 90}, false);
    CHECK(*count.until(5) == ledger::Served{5, 0});
    CHECK(count.ours());
}

TEST_CASE("a count that was lost is made anew while every entry can be opened, and then it is the node's own") {
    CountedLog f;
    f.append(5);
    auto count = f.counted();
    count.heard(4, {90, 90}, false);
    CHECK(*count.until(5) == ledger::Served{5, 0});
    CHECK(count.ours());
}
