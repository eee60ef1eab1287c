// Declared care relations are checked at a node that answers, is away, or answers rubbish.
#include "exchange/care_checks.h"

#include <doctest/doctest.h>

#include <mutex>
#include <thread>

#include "base/bytes.h"
#include "base/log.h"
#include "http/server.h"
#include "ledger/receipt.h"
#include "ledger/succession.h"
#include "store/faulty.h"
#include "store/testing.h"
#include "trust/ticket.h"

using namespace idun;
using namespace idun::exchange;
using std::chrono::milliseconds;

namespace {

std::string receipt_of(const std::string& log, const crypto::SigningKey& key) {
    return ledger::receipt_under(ledger::sign_checkpoint(key, {log, 2, crypto::sha256("root")}), 1)->text();
}

struct ChecksFixture {
    store::TemporaryStore temporary;
    store::FaultyStore faulty{*temporary.store};  // of the checks alone
    ManualClock clock{{1'800'000'000'000}};
    Metrics metrics;
    http::Loop loop{2};
    http::Client client{loop, {}};
    crypto::SigningKey key = crypto::SigningKey::generate(system_random());
    std::unique_ptr<directory::Directory> directory = *directory::Directory::open(*temporary.store);
    std::mutex mutex;
    int status = 200;
    std::string word = "none";
    std::string log = "SE1";
    crypto::SigningKey node_key = crypto::SigningKey::generate(system_random());
    const crypto::SigningKey* signs = &node_key;
    std::size_t asked = 0;
    std::string query;
    Result<trust::Ticket> ticket = fail(Category::internal, "none yet");
    std::unique_ptr<http::Server> node;
    std::unique_ptr<ledger::Ledger> hub_log =
        *ledger::Ledger::open(temporary.folder.path + "/log", "hub", key, ledger::system_files(), clock);
    AccessView accesses{*temporary.store, *hub_log, clock};
    TicketBook tickets{accesses, system_random()};
    SourceReceipts receipts{[this](std::string_view) { return crypto::KeySet(node_key.public_key()); }, accesses};
    std::unique_ptr<CareChecks> checks;
    DeclaredCare declared{{}, "SE1", "U1", "anna", "Anna", clock.now()};

    ChecksFixture() {
        REQUIRE(open_declared(*temporary.store, "hub"));
        accesses.follow_with({});
        log::set_level(log::Level::off);
        declared.person.bytes.fill(3);
        node = *http::Server::listen(
            loop, {},
            [this](http::Request request, http::Reply reply) {
                const std::lock_guard lock(mutex);
                ++asked;
                query = request.query;
                ticket = trust::verify_ticket(request.bearer(), crypto::KeySet(key.public_key()),
                                              {.audience = "SE1", .now = clock.now()});
                http::Response out;
                out.status = status;
                out.headers.set("X-Idun-Receipt", receipt_of(log, *signs));
                out.body = R"({"resourceType":"Parameters","parameter":[{"name":"careRelation","valueCode":")" + word +
                           R"("}]})";
                reply.send(std::move(out));
            },
            metrics);
        directory::Endpoint endpoint;
        endpoint.id = endpoint.provider = "SE1";
        endpoint.url = "http://127.0.0.1:" + std::to_string(node->port());
        REQUIRE(directory->put(endpoint));
    }
    ~ChecksFixture() {
        checks.reset();
        node.reset();
    }
    // An entry of the hub's log that declares it.
    void note() {
        ledger::Access access;
        access.time = declared.at;
        access.action = ledger::Action::search;
        access.query = kPointersQuery;
        access.person = declared.person;
        access.requester = {declared.user_id, declared.name, "clinician", declared.provider_id, declared.unit_id};
        access.care_relation = true;
        REQUIRE(hub_log->append(access));
        REQUIRE(accesses.come_up_to_date());
        if (checks) checks->wake();
    }
    void start(milliseconds after = milliseconds(0)) {
        checks.reset();
        checks = std::make_unique<CareChecks>(
            CareCheckOptions{"hub", after},
            CareCheckParts{faulty, *directory, key, client, clock, system_random(), metrics, tickets, receipts});
        checks->start();
    }
    void answer(int how, std::string what, std::string whose = "SE1") {
        const std::lock_guard lock(mutex);
        status = how;
        word = std::move(what);
        log = std::move(whose);
    }
    std::size_t waiting() {
        return (*temporary.store->snapshot())->scan(store::prefix_range("hubcarew"))->entries.size();
    }
    template <typename Holds>
    static bool soon(Holds holds) {
        for (int i = 0; i < 4'000 && !holds(); ++i) std::this_thread::sleep_for(milliseconds(5));
        return holds();
    }
    std::size_t count_asked() {
        const std::lock_guard lock(mutex);
        return asked;
    }
    CareChecks::Page unshown(std::string_view before = "") { return *checks->unshown("SE1", before, 2); }
};

}  // namespace

TEST_CASE("what nothing shows is kept, and what is shown leaves no row") {
    ChecksFixture f;
    f.start();
    f.note();
    REQUIRE(f.soon([&] { return f.unshown().unshown.size() == 1; }));
    CHECK(f.waiting() == 0);
    f.start();  // and is not asked about again
    const UnshownCare found = f.unshown().unshown[0];
    CHECK(found.declared == f.declared);
    CHECK(found.answered);
    REQUIRE(f.ticket);
    CHECK(f.ticket->person == f.declared.person);
    CHECK(f.ticket->purpose == "HSYSADMIN");
    CHECK(f.query == "at=" + to_iso(f.declared.at));
    CHECK(f.checks->unshown("SE2", "", 10)->unshown.empty());

    f.answer(200, "known");
    f.declared.user_id = "bo";
    const std::size_t before = f.count_asked();
    f.note();
    REQUIRE(f.soon([&] { return f.count_asked() > before; }));
    f.checks.reset();
    CHECK(f.count_asked() == before + 1);
    CHECK(f.waiting() == 0);
    f.start();
    CHECK(f.unshown().unshown.size() == 1);
}

TEST_CASE("one user's declarations about one person within an hour are one, and none is checked before its time") {
    ChecksFixture f;
    f.start(std::chrono::hours(24));
    f.note();
    f.declared.at = f.declared.at + milliseconds(5);
    f.note();
    f.declared.user_id = "bo";
    f.note();
    std::this_thread::sleep_for(milliseconds(1'500));  // a round goes by
    CHECK(f.count_asked() == 0);
    CHECK(f.waiting() == 0);
    f.clock.advance(std::chrono::hours(24));
    f.start(std::chrono::hours(24));  // and a restart loses none
    REQUIRE(f.soon([&] { return f.unshown().unshown.size() == 2; }));
    CHECK(f.count_asked() == 2);
    f.start(std::chrono::hours(24));
    f.declared.user_id = "anna";
    f.declared.at = f.declared.at + milliseconds(7);
    f.note();  // of the hour that is over, after a restart: asked about, and still one
    REQUIRE(f.soon([&] { return f.count_asked() == 3; }));
    f.checks.reset();
    f.start(std::chrono::hours(24));
    CHECK(f.checks->unshown("SE1", "", 10)->unshown.size() == 2);
}

TEST_CASE("what nothing shows is kept though the store failed when it was found, and what a node did not answer is asked again") {
    for (const auto& [status, kept, waits] : {std::tuple{200, 1u, 0u}, {503, 0u, 1u}}) {
        CAPTURE(status);
        ChecksFixture f;
        f.answer(status, "none");
        f.note();
        f.faulty.next = store::FaultyStore::Next::fails;
        f.start();
        REQUIRE(f.soon([&] { return f.unshown().unshown.size() == kept && f.waiting() == waits && f.count_asked() >= 2; }));
    }
}

TEST_CASE("what was declared while the clock was wrong waits for its own time, and nothing behind it waits with it") {
    ChecksFixture f;
    const Instant now = f.clock.now();
    f.declared.at = now + std::chrono::hours(24 * 365);
    f.note();
    f.declared.at = now;
    f.declared.user_id = "bo";
    f.note();
    f.clock.advance(std::chrono::hours(25));
    f.start(std::chrono::hours(24));
    REQUIRE(f.soon([&] { return f.unshown().unshown.size() == 1; }));
    CHECK(f.unshown().unshown[0].declared.user_id == "bo");
    CHECK(f.count_asked() == 1);
    CHECK(f.waiting() == 1);
    f.clock.advance(std::chrono::hours(24 * 366));
    f.start(std::chrono::hours(24));
    REQUIRE(f.soon([&] { return f.unshown().unshown.size() == 2; }));
    CHECK(f.waiting() == 0);
}

TEST_CASE("what a program of before has written is asked about as it lies, and the log from there on") {
    ChecksFixture f;
    store::Batch older;
    older.erase("hubcarepP");
    const auto hour = [&] {
        std::string out;
        append_be(out, static_cast<std::uint64_t>(f.declared.at.ms / 3'600'000 * 3'600'000));
        return out;
    };
    const auto digest = [&] {
        return std::string(crypto::sha256("SE1" + std::string(1, '\0') + f.declared.user_id + '\0' + std::string(f.declared.person.view())).view().substr(0, 16));
    };
    older.put("hubcarew" + hour() + digest(),
              R"({"person":")" + f.declared.person.text() + R"(","provider":"SE1","unit":"U1","user":"anna","name":"Anna","at":")" + to_iso(f.declared.at) + R"("})");
    REQUIRE(f.temporary.store->commit(std::move(older)));
    f.note();  // taken in by that program, which has written the row
    REQUIRE(open_declared(*f.temporary.store, "hub"));
    f.declared.user_id = "bo";
    f.note();
    REQUIRE(open_declared(*f.temporary.store, "hub"));  // goes on where it was
    CHECK(f.waiting() == 1);
    f.start();
    REQUIRE(f.soon([&] { return f.waiting() == 0 && f.unshown().unshown.size() == 2; }));
    CHECK(f.count_asked() == 2);
}

TEST_CASE("declarations of a log that another one follows are checked before those of that one") {
    ChecksFixture f;
    f.note();
    const auto next_log = *ledger::Ledger::open(f.temporary.folder.path + "/log-2", "hub.log2", f.key, ledger::system_files(), f.clock);
    AccessView renewed(*f.temporary.store, *next_log, f.clock);
    renewed.follow_with({});
    const ledger::Checkpoint ended{"hub", f.hub_log->size(), *f.hub_log->root(f.hub_log->size())};
    REQUIRE(next_log->append(ledger::access_of({ended, ended}, f.clock.now())));
    ledger::Access first;
    first.time = f.clock.now();
    first.action = ledger::Action::gather;
    first.person = f.declared.person;
    first.requester = {"bo", "Bo", "clinician", "SE1", ""};
    first.care_relation = true;
    REQUIRE(next_log->append(first));
    REQUIRE(renewed.come_up_to_date());
    f.start();
    REQUIRE(f.soon([&] { return f.unshown().unshown.size() == 2; }));
    CHECK(f.count_asked() == 2);
}

TEST_CASE(
    "a node that is away, or answers without a receipt of its log, is asked again, and in the end is unanswered") {
    ChecksFixture f;
    f.answer(503, "known");
    f.start();
    f.note();
    REQUIRE(f.soon([&] { return f.count_asked() >= 1; }));
    f.answer(200, "known", "SE2");
    f.start();
    const std::size_t before = f.count_asked();
    REQUIRE(f.soon([&] { return f.count_asked() > before && f.waiting() == 1; }));
    CHECK(f.unshown().unshown.empty());
    f.clock.advance(kCareAskedFor);
    f.start();
    REQUIRE(f.soon([&] { return f.waiting() == 0; }));
    REQUIRE(f.unshown().unshown.size() == 1);
    CHECK(!f.unshown().unshown[0].answered);
}

TEST_CASE("what a node answers with a receipt that it did not sign shows nothing, and is a fault of its log") {
    ChecksFixture f;
    const auto stranger = crypto::SigningKey::generate(system_random());
    f.signs = &stranger;
    f.answer(200, "known");
    f.start();
    f.note();
    REQUIRE(f.soon([&] { return f.accesses.accounts()->size() == 1 && !f.accesses.accounts()->at(0).faults.empty(); }));
    CHECK(f.accesses.accounts()->at(0).faults[0].fault == LogFault::forged);
    CHECK(f.soon([&] { return f.waiting() == 1; }));
}

TEST_CASE("unshown declarations come newest first, in pages") {
    ChecksFixture f;
    f.start();
    for (int i = 0; i < 5; ++i) {
        f.declared.user_id = "u" + std::to_string(i);
        f.note();
        f.clock.advance(milliseconds(1));
        f.declared.at = f.clock.now();
    }
    REQUIRE(f.soon([&] { return f.checks->unshown("SE1", "", 10)->unshown.size() == 5; }));
    const auto first = f.unshown();
    REQUIRE(first.unshown.size() == 2);
    CHECK(first.unshown[0].declared.user_id == "u4");
    const auto second = f.unshown(first.next);
    CHECK(second.unshown[0].declared.user_id == "u2");
    const auto last = f.unshown(second.next);
    REQUIRE(last.unshown.size() == 1);
    CHECK(last.unshown[0].declared.user_id == "u0");
    CHECK(last.next.empty());
    CHECK(f.checks->unshown("SE1", "zz", 2).error().category == Category::invalid);
}
