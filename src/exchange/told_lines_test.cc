#include "exchange/told_lines.h"

#include "exchange/implied.h"
#include "exchange/internal/access_world.h"
#include "store/person_key.h"

using namespace idun;
using namespace idun::exchange;

namespace {

constexpr std::chrono::hours kKept{24};

// A hub whose list is followed as in the role.
struct Told : AccessWorld {
    Metrics metrics;
    std::unique_ptr<directory::Directory> directory = *directory::Directory::open(*temporary.store, clock);
    std::unique_ptr<people::Links> links = *people::Links::open(*temporary.store, clock);
    ToldLines lines{*directory, clock, "hub", kKept};
    Notices notices{*temporary.store, clock, system_random(), links.get(), &lines};
    http::Loop loop{1};
    http::Client client{loop, {}};
    TicketBook tickets{*view, system_random()};
    SourceReceipts receipts{[this](std::string_view) { return crypto::KeySet(node_key.public_key()); }, *view};
    CareChecks care{{"hub"},
                    {*temporary.store, *directory, key, client, clock, system_random(), metrics, tickets, receipts}};
    Implied implied{*directory, *links, notices, care};

    Told() {
        view->follow_with(
            {[this](Draft& draft, const LoggedEntry& one, bool own) { return implied.follow(draft, one, own); }, [] {},
             [this](std::span<const crypto::Pseudonym> people) { implied.prepare(people); }});
    }
    void look(const std::string& by, const crypto::Pseudonym& at) {
        ledger::Access one = access(at, ledger::Action::search, "r");
        one.query = kPointersQuery;
        one.requester = {by, by, "clinician", "SE1", ""};
        REQUIRE(log->append(one));
        REQUIRE(view->come_up_to_date());
    }
    void write(const std::string& text) {
        clock.advance(std::chrono::milliseconds(1));
        store::Batch batch;
        notices.add(batch, eva, NoticeKind::identity, text, text);
        REQUIRE(temporary.store->commit(std::move(batch)));
    }
    // Who or what, newest first, by pages of that size.
    std::string told(std::size_t count = 10) {
        std::string out, next;
        do {
            const auto page = notices.about(eva, next, count);
            REQUIRE(page);
            CHECK(page->notices.size() <= count);
            for (const Notice& one : page->notices) {
                if (one.kind == NoticeKind::identity)
                    out += one.en + " ";
                else
                    out += one.en.substr(0, one.en.find(' ')) + " ";
            }
            next = page->next;
        } while (!next.empty());
        return out;
    }
    std::size_t messages() {
        return (*temporary.store->snapshot())->scan(store::prefix_range(store::person_key(eva, 'N')))->entries.size();
    }
};

}  // namespace

TEST_CASE_FIXTURE(Told, "a look is told by its line, in one list with what is written, in whatever pages") {
    look("anna", eva);
    write("one");
    look("bo", eva);
    look("cia", adam);
    write("two");
    look("dan", eva);
    CHECK(messages() == 2);
    CHECK(told() == "Dan two Bo one Anna ");
    for (const std::size_t count : {1, 2, 3, 5}) CHECK(told(count) == "Dan two Bo one Anna ");
    const auto page = notices.about(eva, "", 1);
    CHECK(page->notices[0].kind == NoticeKind::access);
    CHECK(page->notices[0].time == clock.now());
    CHECK(!notices.about(eva, "00", 1));
}

TEST_CASE_FIXTURE(
    Told,
    "it is told as long as messages are kept, and not while it is withheld or when she does not want to be told") {
    look("anna", eva);
    REQUIRE(notices.want(eva, false));
    look("bo", eva);
    REQUIRE(view->come_up_to_date());
    REQUIRE(notices.want(eva, true));
    look("cia", eva);
    CHECK(told() == "Cia Anna ");
    Withholding why;
    why.log_id = "hub";
    why.index = 2;
    why.reason = "investigation";
    why.decision = "D-1";
    why.by = "ada";
    why.since = clock.now();
    REQUIRE(view->withhold(**view->find("hub", 2), why));
    REQUIRE(view->come_up_to_date());
    clock.advance(kKept - std::chrono::milliseconds(2));  // anna was at 1, bo at 2, cia at 3
    REQUIRE(view->come_up_to_date());
    clock.advance(std::chrono::milliseconds(1));
    CHECK(told().empty());
    REQUIRE(view->lift(**view->find("hub", 2), "D-2"));
    CHECK(told() == "Cia ");
    CHECK(shown() == "hub2 hub1 hub0 ");
}

TEST_CASE_FIXTURE(Told, "what was read ahead of her settings is what she said last") {
    const std::vector people{eva, adam, eva};
    notices.read_ahead(people);
    CHECK(*notices.wanted(eva));
    REQUIRE(notices.want(eva, false));
    notices.read_ahead(people);
    CHECK(!*notices.wanted(eva));
    CHECK(*notices.wanted(adam));
    REQUIRE(notices.choose_delivery(std::vector{eva}, {Pace::immediate, "eva@example.org", false}));
    notices.read_ahead(people);
    store::Batch batch;
    notices.add_due(batch, adam, false);
    CHECK(batch.empty());
    notices.add_due(batch, eva, false);
    CHECK(batch.writes().size() == 1);
}

TEST_CASE_FIXTURE(Told, "gatherings, and what nodes ship, are told by messages of their own") {
    ledger::Access one = access(eva, ledger::Action::gather, "g");
    one.requester = {"anna", "anna", "clinician", "SE1", ""};
    REQUIRE(log->append(one));
    REQUIRE(view->come_up_to_date());
    clock.advance(std::chrono::milliseconds(1));  // two of one moment come in any order
    ledger::ShippedEntry shipped = at_node(0, "", "r");
    shipped.access.requester = {"bo", "bo", "clinician", "SE1", ""};
    REQUIRE(ship({shipped}, 0, 1));
    CHECK(messages() == 2);
    CHECK(told() == "Bo Anna ");
}

TEST_CASE_FIXTURE(Told, "where she is told outside it is due, from her choice on") {
    const auto due = [this] {
        return (*temporary.store->snapshot())->scan(store::prefix_range("duenotic"))->entries.size();
    };
    look("anna", eva);
    CHECK(due() == 0);
    REQUIRE(notices.choose_delivery(std::vector{eva}, {Pace::immediate, "eva@example.org", false}));
    look("bo", eva);
    look("cia", adam);
    CHECK(due() == 1);
}
