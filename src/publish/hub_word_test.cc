#include "publish/hub_word.h"

#include <doctest/doctest.h>

#include <map>

#include "crypto/merkle.h"
#include "ledger/file_system.h"
#include "store/testing.h"

using namespace idun;
using namespace idun::publish;

namespace {

struct LogOfTen {
    store::TemporaryFolder folder;
    ManualClock clock{{1'800'000'000'000}};
    crypto::SigningKey key = crypto::SigningKey::generate(system_random());
    std::unique_ptr<ledger::Ledger> log = *ledger::Ledger::open(folder.path + "/log", "SE1", key, ledger::system_files(), clock);

    LogOfTen() {
        for (int i = 0; i < 10; ++i) REQUIRE(log->append(ledger::Access{}));
    }
};

// A hub that had the same as the log up to some place, other ones behind it, and has let go of some.
struct Hub {
    const ledger::Ledger& log;
    std::map<std::uint64_t, crypto::Hash> kept;
    int asked = 0;

    Hub(const ledger::Ledger& of, std::uint64_t shared) : log(of) {
        for (std::uint64_t i = 0; i < 12; ++i)
            kept[i] = i < shared ? crypto::leaf_hash(log.read(i, 1)->at(0).bytes) : crypto::sha256("another " + std::to_string(i));
    }
    void let_go(std::uint64_t from, std::uint64_t to) {
        for (; from < to; ++from) kept.erase(from);
    }
    std::uint64_t first() {
        return *first_of_its_own(log, 12, [this](std::uint64_t index) -> Result<HubWord> {
            ++asked;
            HubWord out;
            const auto found = kept.lower_bound(index);
            if (found != kept.end()) out.kept = HubWord::Kept{found->first, found->second};
            return out;
        });
    }
};

}  // namespace

TEST_CASE("the first entry of a log's own is found, wherever its history parts from the hub's") {
    const LogOfTen ten;
    for (std::uint64_t shared = 0; shared <= 10; ++shared) {
        Hub hub(*ten.log, shared);
        CHECK(hub.first() == shared);
        CHECK(hub.asked <= 4);
    }
}

TEST_CASE("entries of a log's own are found where the hub has let go of those in their places") {
    const LogOfTen ten;
    for (std::uint64_t shared = 0; shared <= 10; ++shared)
        for (std::uint64_t from = 0; from < 10; ++from)
            for (std::uint64_t to = from + 1; to <= 12; ++to) {
                Hub hub(*ten.log, shared);
                hub.let_go(from, to);
                const std::uint64_t first = hub.first();
                INFO("shared " << shared << " let go " << from << " to " << to);
                CHECK(first <= shared);                               // none of its own is left out
                CHECK((first == shared || (from <= first && shared <= to)));  // and no more is taken for one than what is not known
            }
}

TEST_CASE("a hub that says of an entry before the one that was asked for is asked no further") {
    const LogOfTen ten;
    Hub hub(*ten.log, 10);
    const auto first = first_of_its_own(*ten.log, 12, [&](std::uint64_t) -> Result<HubWord> {
        HubWord out;
        out.kept = HubWord::Kept{0, hub.kept.at(0)};
        return out;
    });
    CHECK(*first <= 1);
}
