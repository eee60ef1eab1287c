// Following the index and waiting for it, with a whole hub's exchange behind it.
#include "exchange/index_following.h"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "exchange/access_view.h"
#include "exchange/index_waiting.h"
#include "ledger/file_system.h"
#include "store/testing.h"

using namespace idun;
using namespace idun::exchange;
using crypto::Pseudonym;
using std::chrono::milliseconds;

namespace {

Pseudonym number(char c) { return *Pseudonym::from(std::string(crypto::kPseudonymBytes, c)); }

rights::RuleTable rules_with_systems() {
    rights::RuleTable rules = rights::sweden();
    rules.care_roles |= rights::RuleTable::bit(rights::Role::system);
    return rules;
}

struct World {
    store::TemporaryStore temporary;
    ManualClock clock{{1'800'000'000'000}};
    crypto::SigningKey key = crypto::SigningKey::generate(system_random());
    rights::RuleTable rules = rules_with_systems();
    Metrics metrics;
    http::Loop loop{1};
    http::Client client{loop, {}};
    Workers workers{1};
    std::unique_ptr<ledger::Ledger> log = *ledger::Ledger::open(temporary.folder.path + "/log", "hub", key, ledger::system_files(), clock);
    std::unique_ptr<directory::Directory> directory = *directory::Directory::open(*temporary.store, clock);
    std::unique_ptr<people::Links> links = *people::Links::open(*temporary.store, clock);
    std::unique_ptr<AccessView> accesses = std::make_unique<AccessView>(*temporary.store, *log, clock);
    TicketBook tickets{*accesses, system_random()};
    SourceReceipts receipts{[](std::string_view) { return crypto::KeySet(); }, *accesses};
    std::unique_ptr<index::Index> index;
    std::unique_ptr<RightsRegister> rights;
    std::unique_ptr<Exchange> exchange;
    std::unique_ptr<IndexFollowing> following;
    std::unique_ptr<IndexWaiting> waiting;
    std::uint64_t version = 0;

    World() { start(); }
    ~World() { stop(); }
    void stop() {
        waiting.reset();
        following.reset();
        exchange.reset();
        rights.reset();
        index.reset();
    }
    void start(std::size_t changes_max = 65'536) {
        stop();
        index::Options options;
        options.changes_max = changes_max;
        index = *index::Index::open(*temporary.store, options);
        REQUIRE(index->settled(milliseconds(20'000)));
        rights = *RightsRegister::open(*temporary.store, *index, {"hub", std::chrono::hours(24), rules, links.get()}, key, clock, system_random());
        exchange = std::make_unique<Exchange>(
            "hub", rules, Parts{*directory, *links, *index, *rights, *log, key, client, workers, clock, system_random(), metrics, tickets, receipts});
        following = std::make_unique<IndexFollowing>(*exchange, *index, *links, rules, clock);
        waiting = std::make_unique<IndexWaiting>(*following, *index, *links, metrics);
    }
    void say(const std::string& provider, char who, const std::string& category = "imaging", milliseconds ago = milliseconds(0), bool withdrawn = false) {
        const index::Pointer pointer{number(who), category, clock.now() - ago, ++version, withdrawn};
        REQUIRE(index->put(provider, {&pointer, 1}, {clock.now(), version}));
    }
    std::string block(char who, const std::string& provider) {
        rights::Block block;
        block.scope.provider_id = provider;
        block.from = clock.now();
        return *rights->begin(number(who), rights::ChangeKind::block, block, by());
    }
    static rights::Author by() {
        return {.role = "patient", .user_id = "u", .name = "", .provider_id = "", .person = {}, .on_behalf_of = {}, .evidence = "", .warning = "w"};
    }
    static IndexFollower system_of(const std::string& provider) {
        IndexFollower out;
        out.requester = {"ehr", "EHR", trust::Role::system, provider, "", ""};
        out.care_relation = true;
        return out;
    }
    static IndexFollower person(char who) {
        IndexFollower out;
        out.requester = {"eva", "", trust::Role::patient, "", "", ""};
        out.herself = number(who);
        return out;
    }
    // Whom a follower is told of, by letter; where it goes on in `place`.
    std::string told(const IndexFollower& follower, IndexPlace& place, std::size_t count = 200) const {
        const auto news = following->news(follower, place, count);
        if (!news) return news.error().category == Category::gone ? "gone" : news.error().message;
        place = news->after;
        std::string out;
        for (const Pseudonym& one : news->persons) out += static_cast<char>(one.bytes[0]);
        return out;
    }
    std::string metric(const std::string& line) const {
        const std::string text = metrics.text();
        const std::size_t at = text.find("\n" + line + " ");
        if (at == std::string::npos) return "";
        const std::size_t from = at + line.size() + 2;
        return text.substr(from, text.find('\n', from) - from);
    }
};

// What came to those who waited.
struct Answers {
    std::mutex mutex;
    std::vector<Result<IndexNews>> got;
    IndexWaiting::Answer take() {
        return [this](Result<IndexNews> news) {
            const std::lock_guard lock(mutex);
            got.push_back(std::move(news));
        };
    }
    std::size_t count() {
        const std::lock_guard lock(mutex);
        return got.size();
    }
    bool reach(std::size_t wanted) {
        for (int i = 0; i < 1'000 && count() < wanted; ++i) std::this_thread::sleep_for(milliseconds(5));
        return count() == wanted;
    }
};

constexpr milliseconds kLong{60'000};

}  // namespace

TEST_CASE("a place is read as it is written, and nothing else is one") {
    for (const char* text : {"5123.1800000000", "0.0", "5.6.7.0", "5.6.7.65535"}) {
        const auto place = IndexPlace::from_text(text);
        REQUIRE(place);
        CHECK(place->text() == text);
    }
    for (const char* text : {"", "5", "5.", ".5", "5.x", "5.6.", "5.6.7", "5.6.7.", "5.6.7.x", "5.6.7.65536", "5.6.7.8.", "5.6.7.8.9", "-1.5", "5.99999999999", "99999999999999999999.1"})
        CHECK_FALSE(IndexPlace::from_text(text));
}

TEST_CASE("a system is told of its patients, of what others say that is new, once for each answer") {
    World w;
    w.say("SE1", 'a');
    w.say("SE1", 'b');
    IndexPlace ehr = w.following->here();
    IndexPlace hers = ehr;
    w.say("SE2", 'a');
    w.say("SE2", 'a', "other");
    w.say("SE2", 'c');
    w.say("SE1", 'b', "other");                                     // its own word
    w.say("SE2", 'b', "imaging", std::chrono::hours(8 * 24));       // written long ago: the index is filled, nothing happened
    w.say("SE3", 'b', "imaging", milliseconds(0), true);            // holds nothing
    CHECK(w.told(World::system_of("SE1"), ehr) == "a");
    CHECK(w.told(World::system_of("SE1"), ehr).empty());
    CHECK(w.told(World::person('c'), hers) == "c");
    IndexFollower careless = World::system_of("SE1");
    careless.care_relation = false;
    IndexPlace start{{1}, w.clock.now(), {}};
    CHECK(w.told(careless, start).empty());
}

TEST_CASE("under each number that the follower knows") {
    World w;
    w.say("SE1", 'a');
    w.say("SE1", 'b');
    REQUIRE(w.links->state({{number('a'), number('b')}, {}, people::Ground::merged, w.clock.now(), ""}, {people::By::Who::the_operator, "op"},
                           [](std::span<const people::Regrouped>, store::Batch&) {}));
    IndexPlace place = w.following->here();
    w.say("SE2", 'b');
    CHECK(w.told(World::system_of("SE1"), place) == "ab");
}

TEST_CASE("over a restart, or from further back than is remembered, a follower catches up by time, in pieces") {
    World w;
    bool restarts = false;
    SUBCASE("over a restart") { restarts = true; }
    SUBCASE("overtaken") { w.start(3); }
    for (char who = 'a'; who <= 'g'; ++who) w.say("SE1", who);
    w.say("SE2", 'a');
    w.clock.advance(std::chrono::hours(1));
    IndexPlace place = w.following->here();
    IndexPlace hers = place;
    for (const char who : {'f', 'b', 'd', 'c'}) w.say("SE2", who);
    w.say("SE2", 'z');
    w.block('c', "SE2");
    w.clock.advance(std::chrono::hours(1));
    if (restarts) w.start();
    IndexPlace copy = place;
    CHECK(w.told(World::system_of("SE1"), copy) == "bdf");
    CHECK(!copy.catch_up);
    CHECK(w.told(World::system_of("SE1"), copy).empty());
    std::string all;
    for (int i = 0; i < 10; ++i) {
        const std::string some = w.told(World::system_of("SE1"), place, 1);
        CHECK(some.size() <= 1);
        all += some;
        if (!place.catch_up) break;
        place = *IndexPlace::from_text(place.text());
    }
    CHECK(all == "bdf");
    CHECK(w.told(World::person('f'), hers, 1) == "f");
    CHECK(!hers.catch_up);
    w.say("SE2", 'e');
    CHECK(w.told(World::system_of("SE1"), place) == "e");
    IndexPlace old{{1}, w.clock.now() - std::chrono::hours(31 * 24), {}};
    CHECK(w.told(World::system_of("SE1"), old) == "gone");
    IndexPlace ahead{{1}, w.clock.now() + std::chrono::hours(1), {}};
    w.start();
    CHECK(w.told(World::system_of("SE1"), ahead) == "gone");
}

TEST_CASE("who waits is answered by what it is told of, and by nothing else") {
    Answers ehr, other, eva;
    World w;
    for (const char* provider : {"SE1", "SE4"})
        for (char who = 'a'; who <= 'c'; ++who) w.say(provider, who);
    w.block('b', "SE2");
    const IndexPlace here = w.following->here();
    w.waiting->wait(World::system_of("SE1"), here, 200, kLong, ehr.take());
    w.waiting->wait(World::system_of("SE9"), here, 200, kLong, other.take());
    w.waiting->wait(World::person('c'), here, 200, kLong, eva.take());
    w.say("SE2", 'b');                  // withheld
    w.say("SE2", 'z');                  // of somebody else's patient
    w.say("SE1", 'a', "other");         // its own word
    std::this_thread::sleep_for(milliseconds(100));
    CHECK(ehr.count() == 0);
    CHECK(eva.count() == 0);
    w.say("SE2", 'c');
    CHECK(ehr.reach(1));
    CHECK(eva.reach(1));
    CHECK(ehr.got[0]->persons == std::vector{number('c')});
    IndexPlace next = ehr.got[0]->after;
    CHECK(w.told(World::system_of("SE1"), next).empty());
    CHECK(other.count() == 0);
    w.waiting->end();
    CHECK(other.reach(1));
    CHECK(other.got[0]->persons.empty());
}

TEST_CASE("what happened before somebody waited is not waited for, and time ends every waiting") {
    Answers late, patient;
    World w;
    w.say("SE1", 'a');
    const IndexPlace before = w.following->here();
    w.say("SE2", 'a');
    w.waiting->wait(World::system_of("SE3"), w.following->here(), 200, milliseconds(150), patient.take());
    w.waiting->wait(World::system_of("SE1"), before, 200, kLong, late.take());
    CHECK(late.reach(1));
    CHECK(late.got[0]->persons == std::vector{number('a')});
    CHECK(patient.reach(1));
    CHECK(patient.got[0]->persons.empty());
    CHECK(patient.got[0]->after.version == w.index->changed_upto());
}

TEST_CASE("no provider takes all the places") {
    Answers some;
    World w;
    for (std::size_t i = 0; i <= kIndexWaitingOfOneMax; ++i) w.waiting->wait(World::system_of("SE1"), w.following->here(), 200, kLong, some.take());
    CHECK(some.reach(1));
    CHECK(some.got[0].error().category == Category::busy);
    w.waiting->end();
    CHECK(some.reach(kIndexWaitingOfOneMax + 1));
}

TEST_CASE("who comes while the hub ends is not led past what is new to it") {
    World w;
    w.say("SE1", 'e');
    for (int round = 0; round < 50; ++round) {
        Answers some;
        w.clock.advance(milliseconds(2'000));
        const IndexPlace before = w.following->here();
        w.say("SE2", 'e');
        w.waiting.reset();
        w.waiting = std::make_unique<IndexWaiting>(*w.following, *w.index, *w.links, w.metrics);
        w.waiting->wait(World::system_of("SE1"), before, 200, kLong, some.take());
        w.waiting->end();
        REQUIRE(some.reach(1));
        IndexPlace place = some.got[0]->after;
        const bool told = !some.got[0]->persons.empty();
        CHECK((told || w.told(World::system_of("SE1"), place) == "e"));
    }
}

TEST_CASE("200 who wait are looked for only when one of theirs changes") {
    Answers all;
    World w;
    for (int provider = 0; provider < 200; ++provider) w.say("P" + std::to_string(provider), static_cast<char>(provider));
    for (int provider = 0; provider < 200; ++provider)
        w.waiting->wait(World::system_of("P" + std::to_string(provider)), w.following->here(), 200, kLong, all.take());
    for (int i = 0; i < 300; ++i) w.say("SE" + std::to_string(i % 7), static_cast<char>(210 + i % 40), i % 2 == 0 ? "imaging" : "other");
    w.say("SE1", static_cast<char>(17));
    CHECK(all.reach(1));
    CHECK(w.metric("idun_index_looks_total") == "1");
    CHECK(w.metric("idun_index_followers_waiting") == "199");
}
