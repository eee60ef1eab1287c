#include "gate/gate.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <future>

#include "crypto/hash.h"
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
    crypto::Pseudonym bo;
    std::function<CaughtUp(std::uint64_t)> catch_up = [](std::uint64_t) { return CaughtUp::behind; };
    bool cut_off = false;
    std::unique_ptr<records::Records> records;
    std::unique_ptr<ledger::Ledger> ledger;
    std::unique_ptr<RightsCopy> rights;
    std::unique_ptr<Gate> gate;
    std::uint64_t tickets = 0;

    Fixture() {
        eva.bytes.fill(7);
        bo.bytes.fill(9);
        records::Options options;
        options.person_key = [this](std::string_view system, std::string_view value) -> std::optional<std::string> {
            if (system == "urn:other") return std::string(bo.view());
            if (system == "urn:another") return std::string(crypto::sha256(value).view().substr(0, crypto::kPseudonymBytes));
            if (system != "urn:person") return std::nullopt;
            return std::string(eva.view());
        };
        records = *records::Records::open(*temporary.store, fhir::Definitions::r4(), clock, system_random(), options);
        ledger = *ledger::Ledger::open(temporary.folder.path + "/log", "SE1", node, ledger::system_files(), clock);
        rights = *RightsCopy::open(*temporary.store, clock);
        gate = std::make_unique<Gate>(Options{.provider_id = "SE1",
                                              .base_url = "http://n/fhir",
                                              .hub_keys = [this] { return crypto::KeySet(hub.public_key()); },
                                              .rules = {},
                                              .catch_up = [this](std::uint64_t number) { return catch_up(number); },
                                              .cut_off = [this] { return cut_off; }},
                                      *records, *ledger, *rights, clock, metrics);
        lease({});
    }
    void lease(std::vector<rights::FactChange> changes) { lease(std::move(changes), eva); }
    void lease(std::vector<rights::FactChange> changes, const crypto::Pseudonym& whose) {
        rights::FeedPage page;
        page.after = rights->number();
        for (rights::FactChange& change : changes) {
            change.number = page.after + page.changes.size() + 1;
            change.person = whose;
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
    ledger::Access last_entry() { return *ledger->read(ledger->size() - 1, 1)->at(0).access; }
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

TEST_CASE("whom a record names beside the person of the ticket is in the log too") {
    Fixture f;
    f.write_eva();
    f.put("Patient", "p2", R"("identifier":[{"system":"urn:another","value":"2"}])");
    f.put("Appointment", "a1", R"("status":"booked","participant":[{"actor":{"reference":"Patient/p1"},"status":"accepted"},{"actor":{"reference":"Patient/p2"},"status":"accepted"}])");
    const std::uint64_t before = f.ledger->size();
    REQUIRE(f.ask(f.ticket()));
    REQUIRE(f.ledger->size() == before + 2);
    const ledger::Access other = f.last_entry();
    CHECK(other.person == crypto::Pseudonym::from(std::string(crypto::sha256("2").view().substr(0, crypto::kPseudonymBytes))));
    REQUIRE(other.records.size() == 1);
    CHECK(other.records[0].type == "Appointment");
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
    Gate small(Options{.provider_id = "SE1", .base_url = "http://n/fhir", .hub_keys = [&f] { return crypto::KeySet(f.hub.public_key()); },
                       .rules = {}, .records_max = 1},
               *f.records, *f.ledger, *f.rights, f.clock, f.metrics);
    std::promise<Result<Disclosure>> promise;
    small.everything(*trust::sign_ticket(f.hub, f.ticket()), "r1", [&](Result<Disclosure> a) { promise.set_value(std::move(a)); });
    const auto answer = promise.get_future().get();
    REQUIRE(answer);
    CHECK(answer->records == 1);
    CHECK(answer->body.find("incomplete") != std::string::npos);
}

namespace {

rights::FactChange fact(rights::ChangeKind kind, rights::Fact fact = {}) {
    rights::FactChange change;
    change.kind = kind;
    change.fact = std::move(fact);
    return change;
}

// The ids in an answer, sorted, with spaces.
std::string ids(const Result<Disclosure>& answer) {
    if (!answer) return "!";
    const auto bundle = *json::Document::parse(answer->body);
    std::vector<std::string> found;
    for (const json::Value entry : bundle.root()["entry"].elements())
        found.emplace_back(entry["resource"]["id"].text());
    std::ranges::sort(found);
    std::string out;
    for (const std::string& one : found) out += (out.empty() ? "" : " ") + one;
    return out;
}

}  // namespace

TEST_CASE("each record is judged by all that its row says") {
    Fixture f;
    f.put("Patient", "p1", R"("identifier":[{"system":"urn:person","value":"1"}])");
    const std::string about = R"("subject":{"reference":"Patient/p1"})";
    f.put("Condition", "c1", R"("meta":{"tag":[{"system":"urn:idun:unit","code":"U1"}]},)" + about);
    f.put("Condition", "c2", R"("meta":{"tag":[{"system":"urn:idun:unit","code":"U2"}]},)" + about);
    f.put("Procedure", "r1", R"("status":"completed","performedDateTime":"2020-05-05",)" + about);
    f.put("AllergyIntolerance", "a1", R"("patient":{"reference":"Patient/p1"})");
    CHECK(ids(f.ask(f.ticket())) == "a1 c1 c2 p1 r1");
    const auto with = [&](rights::Scope scope) {
        scope.provider_id = "SE1";
        f.lease({fact(rights::ChangeKind::block, rights::Block{.fact_id = "b", .scope = scope})});
        const std::string out = ids(f.ask(f.ticket()));
        f.lease({fact(rights::ChangeKind::end_block, std::string("b"))});
        return out;
    };
    CHECK(with({.entry = "Condition/c1"}) == "a1 c2 p1 r1");
    CHECK(with({.element = "allergies"}) == "c1 c2 p1 r1");
    CHECK(with({.category = "patient-summary"}) == "p1");
    // What does not say its unit or date may be of it.
    CHECK(with({.unit_id = "U1"}) == "c2 p1");
    CHECK(with({.from = from_iso("2021-01-01T00:00:00Z")}) == "p1 r1");
    CHECK(with({}) == "");
    CHECK(ids(f.ask(f.ticket())) == "a1 c1 c2 p1 r1");
}

TEST_CASE("a broken glass opens blocks, is in the log, and never an opt-out") {
    Fixture f;
    f.write_eva();
    f.lease({block_of("SE1")});
    trust::Ticket t = f.ticket();
    t.break_glass = trust::BreakGlass{"g1", "life", f.clock.now() + std::chrono::minutes(30)};
    CHECK(ids(f.ask(t)) == "c1 p1");
    CHECK(f.last_entry().rule == "break-glass");
    REQUIRE(f.last_entry().break_glass);
    CHECK(f.last_entry().break_glass->id == "g1");
    t = f.ticket();
    t.break_glass = trust::BreakGlass{"g1", "life", f.clock.now() - std::chrono::minutes(1)};
    CHECK(ids(f.ask(t)).empty());
    f.lease({fact(rights::ChangeKind::opt_out)});
    t = f.ticket();
    t.break_glass = trust::BreakGlass{"g2", "health", f.clock.now() + std::chrono::minutes(30)};
    CHECK(ids(f.ask(t)).empty());
    CHECK(f.last_entry().rule == "opt-out");
}

TEST_CASE("who acts for a person sees what her mandate opens") {
    Fixture f;
    f.write_eva();
    f.put("DiagnosticReport", "d1", R"("status":"final","code":{"text":"x"},"subject":{"reference":"Patient/p1"})");
    trust::Ticket t = f.ticket();
    crypto::Pseudonym adam;
    adam.bytes.fill(8);
    t.requester = {"adam", "", trust::Role::representative, "", "", ""};
    t.purpose = "FAMRQT";
    t.care.clear();
    t.representative = adam;
    CHECK(ids(f.ask(t)).empty());
    f.lease({fact(rights::ChangeKind::mandate,
                  rights::Mandate{
                      .fact_id = "m", .representative = adam, .scopes = {rights::Scope{.category = "test-result"}}})});
    t.id = trust::make_ticket_id(++f.tickets, system_random());
    CHECK(ids(f.ask(t)) == "d1");
    CHECK(f.last_entry().rule == "representative");
    f.lease({fact(rights::ChangeKind::end_mandate, std::string("m"))});
    t.id = trust::make_ticket_id(++f.tickets, system_random());
    CHECK(ids(f.ask(t)).empty());
}

TEST_CASE("of a person with protected identity others do not get where she is to be found") {
    Fixture f;
    f.put(
        "Patient", "p1",
        R"("identifier":[{"system":"urn:person","value":"1"}],"address":[{"city":"Umea"}],"telecom":[{"value":"070"}])");
    CHECK(f.ask(f.ticket())->body.find("Umea") != std::string::npos);
    f.lease({fact(rights::ChangeKind::protect)});
    CHECK(ids(f.ask(f.ticket())) == "p1");
    CHECK(f.ask(f.ticket())->body.find("Umea") == std::string::npos);
    CHECK(f.ask(f.ticket())->body.find("070") == std::string::npos);
    CHECK(f.ask(f.ticket("SE1"))->body.find("Umea") != std::string::npos);
    trust::Ticket abroad = f.ticket();
    abroad.country = "NO";
    CHECK(ids(f.ask(abroad)).empty());
}

TEST_CASE("a copy that is behind the ticket catches up or refuses") {
    Fixture f;
    f.write_eva();
    trust::Ticket t = f.ticket();
    t.rights = f.rights->number() + 1;
    CHECK(f.ask(t).error().category == Category::forbidden);
    CHECK(f.last_entry().rule == "stale-facts");
    f.catch_up = [&](std::uint64_t number) {
        f.lease({block_of("SE1")});
        return f.rights->number() >= number ? CaughtUp::reached : CaughtUp::behind;
    };
    t.id = trust::make_ticket_id(++f.tickets, system_random());
    CHECK(ids(f.ask(t)).empty());
    CHECK(f.last_entry().rule == "block");
    // The provider's own staff are not refused for it.
    f.catch_up = [](std::uint64_t) { return CaughtUp::behind; };
    t = f.ticket("SE1");
    t.rights = f.rights->number() + 1;
    CHECK(ids(f.ask(t)) == "c1 p1");
}

TEST_CASE("a node that is cut off from the hub says so about everybody alike") {
    Fixture f;
    f.write_eva();
    f.catch_up = [&](std::uint64_t) {
        f.cut_off = true;
        return CaughtUp::cut_off;
    };
    CHECK(ids(f.ask(f.ticket())) == "c1 p1");
    trust::Ticket changed = f.ticket();
    changed.rights = f.rights->number() + 1;
    const Error of_changed = f.ask(changed).error();
    CHECK(of_changed.category == Category::unavailable);
    CHECK(f.last_entry().rule == "stale-facts");
    // From then on the same about those who have chosen nothing, in the same words.
    trust::Ticket other = f.ticket();
    other.person = f.bo;
    for (const trust::Ticket& one : {f.ticket(), other}) {
        const Error error = f.ask(one).error();
        CHECK(error.category == of_changed.category);
        CHECK(error.message == of_changed.message);
        CHECK(f.last_entry().rule == "stale-facts");
    }
    CHECK(ids(f.ask(f.ticket("SE1"))) == "c1 p1");  // own staff
    f.cut_off = false;
    CHECK(ids(f.ask(f.ticket())) == "c1 p1");
}

TEST_CASE("when the lease is over nobody's changes are asked for") {
    Fixture f;
    f.write_eva();
    bool asked = false;
    f.catch_up = [&](std::uint64_t) {
        asked = true;
        return CaughtUp::reached;
    };
    f.clock.advance(std::chrono::hours(1));
    trust::Ticket changed = f.ticket();
    changed.rights = f.rights->number() + 1;
    const Error of_changed = f.ask(changed).error();
    const Error of_unchanged = f.ask(f.ticket()).error();
    CHECK(of_changed.category == Category::forbidden);
    CHECK(of_changed.message == of_unchanged.message);
    CHECK(!asked);
}

TEST_CASE("a record that names several persons is hidden by what one of them has chosen") {
    Fixture f;
    f.write_eva();
    f.put("Patient", "p2", R"("identifier":[{"system":"urn:other","value":"2"}])");
    f.put(
        "Appointment", "a1",
        R"("status":"booked","participant":[{"actor":{"reference":"Patient/p1"},"status":"accepted"},{"actor":{"reference":"Patient/p2"},"status":"accepted"}])");
    CHECK(ids(f.ask(f.ticket())) == "a1 c1 p1");
    rights::FactChange out = fact(rights::ChangeKind::opt_out);
    f.lease({out}, f.bo);
    CHECK(ids(f.ask(f.ticket())) == "c1 p1");
}

TEST_CASE("the hub can ask whether the provider cared for a person") {
    Fixture f;
    f.write_eva();
    const auto ask = [&] {
        std::promise<Result<Relation>> promise;
        f.gate->care_relation(*trust::sign_ticket(f.hub, f.ticket()), f.clock.now(), "r1",
                              [&](Result<Relation> one) { promise.set_value(std::move(one)); });
        return promise.get_future().get();
    };
    CHECK(ask()->care == rights::Care::none);
    f.put("Encounter", "e1",
          R"("status":"finished","class":{"code":"AMB"},"period":{"start":")" + to_iso(f.clock.now()) +
              R"("},"subject":{"reference":"Patient/p1"})");
    const auto known = ask();
    CHECK(known->care == rights::Care::known);
    CHECK(f.last_entry().query.starts_with("care-relation"));
    CHECK(known->receipt.index + 1 == f.ledger->size());
}
