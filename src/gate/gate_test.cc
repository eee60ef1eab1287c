#include "gate/gate.h"

#include <doctest/doctest.h>

#include <future>

#include "fhir/definitions.h"
#include "ledger/file_system.h"
#include "store/testing.h"

using namespace idun;
using namespace idun::gate;

namespace {

constexpr Instant kNow{1'800'000'000'000};

struct Fixture {
    store::TemporaryStore temporary;
    ManualClock clock{kNow};
    Metrics metrics;
    crypto::SigningKey hub = crypto::SigningKey::generate(system_random());
    crypto::SigningKey node = crypto::SigningKey::generate(system_random());
    crypto::Pseudonym eva;
    std::unique_ptr<records::Records> records;
    std::unique_ptr<ledger::Ledger> ledger;
    std::unique_ptr<RightsCopy> rights;
    std::unique_ptr<Gate> gate;
    std::uint64_t tickets = 0;

    Fixture() {
        eva.bytes.fill(7);
        records::Options options;
        options.person_key = [this](std::string_view system, std::string_view) -> std::optional<std::string> {
            if (system != "urn:person") return std::nullopt;
            return std::string(eva.view());
        };
        records = *records::Records::open(*temporary.store, fhir::Definitions::r4(), clock, system_random(), options);
        ledger = *ledger::Ledger::open(temporary.folder.path + "/log", "SE1", node, ledger::system_files(), clock);
        rights = *RightsCopy::open(*temporary.store, clock);
        gate = std::make_unique<Gate>(Options{.provider_id = "SE1", .base_url = "http://n/fhir",
                                              .hub_keys = crypto::KeySet(hub.public_key()), .rules = {}},
                                      *records, *ledger, *rights, clock, metrics);
        lease({});
    }
    void lease(std::vector<rights::FactChange> changes) {
        rights::FeedPage page;
        page.after = rights->number();
        for (rights::FactChange& change : changes) {
            change.number = page.after + page.changes.size() + 1;
            change.person = eva;
            change.time = clock.now();
            page.changes.push_back(change);
        }
        page.upto = page.head = page.after + page.changes.size();
        page.lease_until = clock.now() + std::chrono::hours(1);
        REQUIRE(rights->apply(page));
    }
    void put(const std::string& type, const std::string& id, const std::string& members) {
        const auto document = *json::Document::parse(R"({"resourceType":")" + type + R"(","id":")" + id + "\"," + members + "}");
        REQUIRE(records->update(type, id, document.root(), {}).ok());
    }
    void write_eva() {
        put("Patient", "p1", R"("identifier":[{"system":"urn:person","value":"1"}])");
        put("Condition", "c1", R"("subject":{"reference":"Patient/p1"})");
    }
    trust::Ticket ticket(const std::string& provider = "SE2") {
        trust::Ticket t;
        t.id = trust::make_ticket_id(++tickets, system_random());
        t.issuer = "hub";
        t.audience = "SE1";
        t.person = eva;
        t.purpose = "TREAT";
        t.requester = {"u1", "Anna", trust::Role::clinician, provider, "", "loa3"};
        t.care = "declared";
        t.issued = clock.now();
        t.expires = clock.now() + std::chrono::seconds(60);
        return t;
    }
    Result<Disclosure> ask(const trust::Ticket& t, const crypto::SigningKey* key = nullptr) {
        return ask(*trust::sign_ticket(key ? *key : hub, t));
    }
    Result<Disclosure> ask(const std::string& token) {
        std::promise<Result<Disclosure>> promise;
        gate->everything(token, "r1", [&](Result<Disclosure> answer) { promise.set_value(std::move(answer)); });
        return promise.get_future().get();
    }
    ledger::Access last_entry() { return *ledger::decode(ledger->read(ledger->size() - 1, 1)->at(0).payload); }
};

rights::FactChange block_of(const char* provider) {
    rights::FactChange change;
    change.kind = rights::ChangeKind::block;
    change.fact = rights::Block{.fact_id = "f1", .scope = {.provider_id = provider}};
    return change;
}

}  // namespace

TEST_CASE("a ticket opens the person's records, and the log says so") {
    Fixture f;
    f.write_eva();
    const auto answer = f.ask(f.ticket());
    REQUIRE(answer);
    CHECK(answer->records == 2);
    const auto bundle = *json::Document::parse(answer->body);
    CHECK(bundle.root()["entry"].size() == 2);
    const ledger::Access entry = f.last_entry();
    CHECK(entry.permit);
    CHECK(entry.rule == "shared-care");
    CHECK(entry.records.size() == 2);
    CHECK(entry.requester.user_id == "u1");
    CHECK(answer->receipt.index + 1 == f.ledger->size());
}

TEST_CASE("blocked, opted out and unknown look the same to another provider") {
    Fixture f;
    const std::string unknown = f.ask(f.ticket())->body;
    f.write_eva();
    CHECK(f.ask(f.ticket())->records == 2);
    f.lease({block_of("SE1")});
    CHECK(f.ask(f.ticket())->body == unknown);
    CHECK(f.last_entry().rule == "block");
    CHECK(!f.last_entry().permit);
    rights::FactChange out;
    out.kind = rights::ChangeKind::opt_out;
    f.lease({out});
    CHECK(f.ask(f.ticket())->body == unknown);
    CHECK(f.ask(f.ticket("SE1"))->records == 2);  // the provider reads its own record
}

TEST_CASE("forged, foreign, used and old tickets are refused and open nothing") {
    Fixture f;
    f.write_eva();
    const auto other = crypto::SigningKey::generate(system_random());
    CHECK(f.ask(f.ticket(), &other).error().category == Category::unauthorized);
    CHECK(f.ask(std::string("x.y.z")).error().category == Category::unauthorized);
    trust::Ticket foreign = f.ticket();
    foreign.audience = "SE3";
    CHECK(f.ask(foreign).error().category == Category::forbidden);
    const trust::Ticket once = f.ticket();
    CHECK(f.ask(once));
    CHECK(f.ask(once).error().category == Category::unauthorized);
    const trust::Ticket late = f.ticket();
    f.clock.advance(std::chrono::seconds(70));
    CHECK(f.ask(late).error().category == Category::unauthorized);
}

TEST_CASE("a stale copy refuses others, and the refusal is in the log") {
    Fixture f;
    f.write_eva();
    f.clock.advance(std::chrono::hours(1));
    const auto answer = f.ask(f.ticket());
    CHECK(answer.error().category == Category::forbidden);
    CHECK(f.last_entry().rule == "stale-facts");
    CHECK(!f.last_entry().permit);
}

TEST_CASE("a ticket without care relation or for another purpose opens nothing") {
    Fixture f;
    f.write_eva();
    trust::Ticket t = f.ticket();
    t.care.clear();
    CHECK(f.ask(t)->records == 0);
    CHECK(f.last_entry().rule == "care-relation");
    t = f.ticket();
    t.purpose = "HRESCH";
    CHECK(f.ask(t)->records == 0);
    CHECK(f.last_entry().rule == "purpose");
}

TEST_CASE("an answer that holds no more says so") {
    Fixture f;
    f.write_eva();
    Gate small(Options{.provider_id = "SE1", .base_url = "http://n/fhir", .hub_keys = crypto::KeySet(f.hub.public_key()),
                       .rules = {}, .records_max = 1},
               *f.records, *f.ledger, *f.rights, f.clock, f.metrics);
    std::promise<Result<Disclosure>> promise;
    small.everything(*trust::sign_ticket(f.hub, f.ticket()), "r1", [&](Result<Disclosure> a) { promise.set_value(std::move(a)); });
    const auto answer = promise.get_future().get();
    REQUIRE(answer);
    CHECK(answer->records == 1);
    CHECK(answer->body.find("incomplete") != std::string::npos);
}
