#include "exchange/withdrawals.h"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "store/faulty.h"
#include "store/testing.h"

using namespace idun;
using namespace idun::exchange;

namespace {

const Ruling kBankrupt{"ada", "bankrupt", "D-1"};
const Ruling kTakenOver{"bo", "taken over", "D-2"};

struct Nation {
    store::TemporaryStore temporary;
    ManualClock clock{Instant{1'800'000'000'000}};
    std::unique_ptr<directory::Directory> directory;
    std::unique_ptr<index::Index> index;
    std::unique_ptr<Withdrawals> withdrawals;

    Nation() { open(); }
    void open() {
        directory = *directory::Directory::open(*temporary.store, clock);
        index = *index::Index::open(*temporary.store);
        withdrawals = *Withdrawals::open(*temporary.store, *directory, *index, clock);
    }
    void close() {
        withdrawals.reset();
        index.reset();
        directory.reset();
    }
    void reopen() {
        close();
        temporary.reopen();
        open();
    }
    void join(const std::string& provider) {
        REQUIRE(directory->put(directory::Organisation{provider, "Kliniken", "", ""}));
        REQUIRE(directory->put(directory::Endpoint{provider, provider, "http://127.0.0.1:1/fhir", clock.now() + std::chrono::hours(1)}));
        const index::Pointer pointer{person(), "imaging", clock.now(), 1};
        REQUIRE(index->put(provider, {&pointer, 1}, {clock.now(), 1}));
    }
    static crypto::Pseudonym person() {
        crypto::Pseudonym out;
        out.bytes.fill(7);
        return out;
    }
    std::size_t holdings() const { return index->holdings(person())->size(); }
    bool active(const std::string& provider) const {
        const json::Value flag = directory->view().find(directory::Type::organization, provider)->root()["active"];
        return flag.kind() != json::Kind::boolean || flag.boolean();
    }
};

}  // namespace

TEST_CASE("a withdrawn provider is out of index and directory, also after a restart, until it is let in again") {
    Nation nation;
    nation.join("SE1-N1");
    nation.join("SE2-N1");
    const auto done = nation.withdrawals->withdraw("SE1-N1", kBankrupt);
    REQUIRE(done);
    CHECK(done->whole);
    CHECK(done->ended.size() == 2);
    for (int round = 0; round < 2; ++round) {
        CHECK(nation.holdings() == 1);
        CHECK_FALSE(nation.active("SE1-N1"));
        CHECK(nation.active("SE2-N1"));
        CHECK_FALSE(nation.directory->endpoint_of("SE1-N1"));
        CHECK(nation.directory->endpoint_of("SE2-N1"));
        CHECK(nation.withdrawals->let_speak("SE1-N1").error().category == Category::forbidden);
        CHECK(nation.withdrawals->let_speak("SE2-N1"));
        CHECK(nation.withdrawals->withdraw("SE1-N1", kBankrupt).error().category == Category::conflict);
        CHECK(nation.directory->put(directory::Endpoint{"SE1-N1", "SE1-N1", "http://127.0.0.1:1/fhir", {}}).error().category == Category::forbidden);
        nation.reopen();
    }
    CHECK(nation.withdrawals->all().front().ruling == kBankrupt);
    const auto back = nation.withdrawals->end("SE1-N1", kTakenOver);
    REQUIRE(back);
    CHECK(back->left.empty());
    nation.reopen();
    CHECK(nation.active("SE1-N1"));
    CHECK(nation.directory->endpoint_of("SE1-N1")->url == "http://127.0.0.1:1/fhir");
    CHECK(nation.withdrawals->let_speak("SE1-N1"));
    CHECK(nation.withdrawals->all().front().end_ruling == kTakenOver);
    CHECK(nation.withdrawals->end("SE1-N1", kTakenOver).error().category == Category::conflict);
    // Its word about itself is the node's again.
    CHECK(nation.directory->put(directory::Endpoint{"SE1-N1", "SE1-N1", "http://127.0.0.1:2/fhir", nation.clock.now()}));
    CHECK(nation.directory->endpoint_of("SE1-N1")->url == "http://127.0.0.1:2/fhir");
    CHECK(nation.withdrawals->withdraw("nobody", kBankrupt).error().category == Category::not_found);
}

TEST_CASE("what somebody has written since is left as it is") {
    Nation nation;
    nation.join("SE1-N1");
    REQUIRE(nation.withdrawals->withdraw("SE1-N1", kBankrupt));
    const auto moved = json::Document::parse(
        R"({"resourceType":"Organization","id":"SE1-N1","active":false,"name":"Kliniken i konkurs"})");
    const directory::Write write{.type = directory::Type::organization, .id = "SE1-N1", .resource = moved->root()};
    REQUIRE(nation.directory->write({&write, 1}, {directory::Writer::Kind::operator_, "ada"}));
    const auto back = nation.withdrawals->end("SE1-N1", kTakenOver);
    REQUIRE(back);
    CHECK(back->left == std::vector<std::string>{"Organization/SE1-N1"});
    CHECK(nation.directory->name_of("SE1-N1") == "Kliniken i konkurs");
    CHECK(nation.directory->endpoint_of("SE1-N1"));
}

TEST_CASE("a withdrawal waits for what the provider is saying, and nothing comes after it") {
    Nation nation;
    nation.join("SE1-N1");
    auto speaking = std::make_optional(*nation.withdrawals->let_speak("SE1-N1"));
    std::atomic<bool> done = false;
    std::thread withdrawing([&] {
        CHECK(nation.withdrawals->withdraw("SE1-N1", kBankrupt));
        done = true;
    });
    while (nation.withdrawals->all().empty()) std::this_thread::yield();
    CHECK_FALSE(nation.withdrawals->let_speak("SE1-N1"));
    CHECK_FALSE(done.load());
    const index::Pointer late{Nation::person(), "imaging", nation.clock.now(), 2};
    REQUIRE(nation.index->put("SE1-N1", {&late, 1}, {nation.clock.now(), 2}));
    speaking.reset();
    withdrawing.join();
    CHECK(nation.holdings() == 0);
}

TEST_CASE("whatever commit fails, the same call goes on, and so does the next start") {
    for (int before = 0; before < 4; ++before)  // commits that work first
        for (const bool restart : {false, true}) {
            CAPTURE(before);
            CAPTURE(restart);
            Nation nation;
            nation.join("SE1-N1");
            nation.close();
            store::FaultyStore faulty(*nation.temporary.store);
            nation.directory = *directory::Directory::open(faulty, nation.clock);
            nation.index = *index::Index::open(faulty);
            nation.withdrawals = *Withdrawals::open(faulty, *nation.directory, *nation.index, nation.clock);
            faulty.first = before;
            faulty.next = store::FaultyStore::Next::fails;
            const auto first = nation.withdrawals->withdraw("SE1-N1", kBankrupt);
            CHECK_FALSE(first);
            if (restart) {
                nation.reopen();
                if (before == 0) CHECK(nation.withdrawals->all().empty());  // it was never said
                else CHECK(nation.withdrawals->all().front().whole);
            }
            const auto again = nation.withdrawals->withdraw("SE1-N1", kBankrupt);
            CHECK((again || again.error().category == Category::conflict));
            CHECK(nation.holdings() == 0);
            CHECK_FALSE(nation.active("SE1-N1"));
            REQUIRE(nation.withdrawals->end("SE1-N1", kTakenOver));
            CHECK(nation.active("SE1-N1"));
            CHECK(nation.directory->endpoint_of("SE1-N1"));
            nation.close();
        }
}
