// The whole way: a store, records, a log, and a receiver that answers as it is told.
#include "subscriptions/subscriptions.h"

#include <set>

#include "subscriptions/internal/testing.h"
#include "subscriptions/trigger.h"

using namespace idun;
using namespace idun::subscriptions;
using std::chrono::milliseconds;

TEST_CASE("a handshake, then every admission once, in order") {
    Fixture f;
    const std::string id = f.subscribed(f.resource("admission", "Encounter?patient=Patient/p1", "id-only"));
    CHECK(Fixture::eventually([&] { return f.status_of(id) == "active"; }));
    CHECK(f.receiver.bodies.front().find("\"handshake\"") != std::string::npos);
    f.encounter("e1", "planned", "p1");
    f.encounter("e1", "in-progress", "p1");
    f.encounter("e1", "in-progress", "p1");
    f.encounter("e2", "in-progress", "p2");
    f.encounter("e3", "in-progress", "p1");
    CHECK(Fixture::eventually([&] { return f.receiver.numbers() == "1 2"; }));
    for (const std::string& body : f.receiver.bodies) CHECK(body.find("Encounter/e2") == std::string::npos);
    CHECK(f.receiver.receipts.front().empty());
    CHECK(!f.receiver.receipts.back().empty());
    CHECK(f.log->size() >= 1);
}

TEST_CASE("the content level is kept") {
    Fixture f;
    f.subscribed(f.resource("admission", "", "empty"));
    f.encounter("e1", "in-progress", "p1");
    CHECK(Fixture::eventually([&] { return f.receiver.numbers() == "1"; }));
    CHECK(f.receiver.bodies.back().find("Encounter") == std::string::npos);
    CHECK(f.receiver.bodies.back().find("topic") == std::string::npos);
    CHECK(!f.receiver.receipts.back().empty());  // that something happened is told too
}

TEST_CASE("what fails is sent again with the same numbers, over a restart too") {
    Fixture f;
    const std::string id = f.subscribed(f.resource("patient-record", "patient=p1", "full-resource"));
    CHECK(Fixture::eventually([&] { return f.status_of(id) == "active"; }));
    f.receiver.status = 503;
    f.encounter("e1", "planned", "p1");
    f.encounter("e2", "planned", "p1");
    CHECK(Fixture::eventually([&] { return f.status_of(id) == "error"; }));
    f.encounter("e3", "planned", "p1");
    f.start();
    f.encounter("e4", "planned", "p1");
    f.receiver.status = 200;
    CHECK(Fixture::eventually([&] { return f.receiver.numbers() == "1 2 3 4"; }));
    CHECK(Fixture::eventually([&] { return f.status_of(id) == "active"; }));
    CHECK(f.receiver.bodies.back().find("planned") != std::string::npos);
}

TEST_CASE("changes made while the node was down make events at the next start") {
    Fixture f;
    const std::string id = f.subscribed(f.resource("admission", "", "id-only"));
    CHECK(Fixture::eventually([&] { return f.status_of(id) == "active"; }));
    f.subscriptions.reset();
    const auto document = json::Document::parse(R"({"resourceType":"Encounter","id":"e1","status":"in-progress","class":{"code":"IMP"}})");
    REQUIRE(f.records->update("Encounter", "e1", document->root(), {}).ok());
    f.start();
    CHECK(Fixture::eventually([&] { return f.receiver.numbers() == "1"; }));
}

TEST_CASE("a subscription that fails for too long, or whose queue is full, is off and says why") {
    Fixture f;
    f.options.give_up_after = milliseconds(200);
    f.options.waiting_events_max = 3;
    f.start();
    f.receiver.status = 500;
    const std::string failing = f.subscribed(f.resource("admission", "", "id-only"));
    CHECK(Fixture::eventually([&] { return f.status_of(failing) == "off"; }));
    CHECK(f.records->read("Subscription", failing, {}).body->find("the receiver answered 500, for too long") != std::string::npos);
    const int calls = f.receiver.calls;
    f.encounter("e0", "in-progress", "p1");
    std::this_thread::sleep_for(milliseconds(200));
    CHECK(f.receiver.calls == calls);

    f.options.give_up_after = std::chrono::hours(1);
    f.start();
    const std::string full = f.subscribed(f.resource("admission", "", "id-only"));
    for (int i = 1; i <= 5; ++i) f.encounter("e" + std::to_string(i), "in-progress", "p1");
    CHECK(Fixture::eventually([&] { return f.status_of(full) == "off"; }));
    CHECK(f.subscriptions->events(full, 1, 100, {}, f.owner).touched.size() == 3);
}

TEST_CASE("headers reach the receiver only; another endpoint does not inherit them") {
    Fixture f;
    const std::string id = f.subscribed(f.resource("admission", "", "id-only", R"(,"header":["Authorization: secret"])"));
    CHECK(Fixture::eventually([&] { return f.status_of(id) == "active"; }));
    CHECK(f.records->read("Subscription", id, {}).body->find("secret") == std::string::npos);
    CHECK(f.records->vread("Subscription", id, 1, {}).body->find("secret") == std::string::npos);
}

TEST_CASE("one that was changed behind the back is off, one that was deleted is forgotten") {
    Fixture f;
    const std::string id = f.subscribed(f.resource("admission", "", "id-only"));
    CHECK(Fixture::eventually([&] { return f.status_of(id) == "active"; }));
    std::string text = f.resource("patient-record", "", "full-resource");
    text.insert(1, "\"id\":\"" + id + "\",");
    const auto document = json::Document::parse(text);
    REQUIRE(f.records->update("Subscription", id, document->root(), {}).ok());
    f.subscriptions->nudge();
    const auto off = [&] { return f.subscriptions->status({id}, {}, f.owner).body->find("another way") != std::string::npos; };
    CHECK(Fixture::eventually(off));
    f.start();
    CHECK(off());
    REQUIRE(f.subscriptions->remove(id, f.owner, {}).status == 204);
    CHECK(f.subscriptions->status({id}, {}, f.owner).status == 404);
    f.start();
    CHECK(f.subscriptions->status({id}, {}, f.owner).status == 404);
}

TEST_CASE("$status and $events") {
    Fixture f;
    CHECK(f.subscriptions->status({}, {}, f.owner).body->find(R"("total":0)") != std::string::npos);
    CHECK(f.subscriptions->events("none", 0, 10, {}, f.owner).status == 404);
    const std::string id = f.subscribed(f.resource("admission", "", "id-only"));
    CHECK(Fixture::eventually([&] { return f.status_of(id) == "active"; }));
    for (int i = 1; i <= 3; ++i) f.encounter("e" + std::to_string(i), "in-progress", "p1");
    CHECK(Fixture::eventually([&] { return f.receiver.numbers() == "1 2 3"; }));
    CHECK(f.subscriptions->events(id, 2, 3, {}, f.owner).touched.size() == 2);
    CHECK(f.subscriptions->events(id, 2, 3, {}, f.owner).body->find("Encounter/e2") != std::string::npos);
    CHECK(f.subscriptions->events(id, 2, 3, Content::empty, f.owner).body->find("Encounter/e2") == std::string::npos);
    CHECK(f.subscriptions->events(id, 2, 3, {}, f.owner).body->find("in-progress") == std::string::npos);
    CHECK(f.subscriptions->events(id, 4, 9, {}, f.owner).touched.empty());
    CHECK(f.subscriptions->status({}, {"off"}, f.owner).body->find(id) == std::string::npos);
    CHECK(f.subscriptions->status({}, {"active", "error"}, f.owner).body->find(id) != std::string::npos);
}

TEST_CASE("what is no subscription is refused, and nothing is stored") {
    Fixture f;
    CHECK(f.subscribe(R"({"resourceType":"Patient"})").status == 422);
    CHECK(f.subscribe(R"({"resourceType":"Subscription"})").status == 422);
    CHECK(f.subscribe("[]").status == 422);
    CHECK(f.records->search("Subscription", {}, {}).touched.empty());
}

TEST_CASE("a subscription is its owner's alone: to others it does not exist") {
    Fixture f;
    const std::string id = f.subscribed(f.resource("admission", "", "id-only", R"(,"header":["Authorization: secret"])"));
    CHECK(Fixture::eventually([&] { return f.status_of(id) == "active"; }));
    const auto document = json::Document::parse(R"({"id":")" + id + "\"," + f.resource("admission", "", "id-only").substr(1));
    REQUIRE(document);
    const Owner colleague{{"lab", "LAB", "system", "SE1", ""}, f.owner.issuer};
    const Owner namesake{f.owner.actor, "https://elsewhere"};
    f.start();  // who owns it survives a restart
    for (const Owner& other : {colleague, namesake}) {
        CHECK(f.subscriptions->update(id, document->root(), other, {}).status == 404);
        CHECK(f.subscriptions->remove(id, other, {}).status == 404);
        CHECK(f.subscriptions->status({id}, {}, other).status == 404);
        CHECK(f.subscriptions->status({}, {}, other).body->find(R"("total":0)") != std::string::npos);
        CHECK(f.subscriptions->events(id, 0, 10, {}, other).status == 404);
    }
    CHECK(f.subscriptions->status({id}, {}, f.owner).body->find(R"("total":1)") != std::string::npos);
    CHECK(f.subscriptions->update(id, document->root(), f.owner, {}).status == 200);
    CHECK(f.subscriptions->remove(id, f.owner, {}).status == 204);
}

TEST_CASE("administrators look after all subscriptions, but take none over") {
    Fixture f;
    const std::string id = f.subscribed(f.resource("admission", "", "id-only"));
    CHECK(Fixture::eventually([&] { return f.status_of(id) == "active"; }));
    const Owner administrator{{"root", "Root", "administrator", "SE1", ""}, f.owner.issuer, true};
    const auto document = json::Document::parse(R"({"id":")" + id + "\"," + f.resource("patient-record", "", "id-only").substr(1));
    REQUIRE(document);
    CHECK(f.subscriptions->shows(id, administrator));
    CHECK(f.subscriptions->status({id}, {}, administrator).body->find(id) != std::string::npos);
    CHECK(f.subscriptions->update(id, document->root(), administrator, {}).status == 200);
    CHECK(f.subscriptions->shows(id, f.owner));
    CHECK(f.subscriptions->status({id}, {}, f.owner).status == 200);
    CHECK(f.subscriptions->update("another", json::Document::parse(R"({"id":"another",)" + f.resource("admission", "", "id-only").substr(1))->root(),
                                  administrator, {}).status == 404);
    CHECK(f.subscriptions->remove(id, administrator, {}).status == 204);
}

TEST_CASE("a deleted subscription's id, whose versions were its owner's, is not used again") {
    Fixture f;
    const std::string id = f.subscribed(f.resource("admission", "", "id-only"));
    const auto document = json::Document::parse(R"({"id":")" + id + "\"," + f.resource("admission", "", "id-only").substr(1));
    CHECK(f.subscriptions->remove(id, f.owner, {}).status == 204);
    const Owner other{{"lab", "LAB", "system", "SE1", ""}, f.owner.issuer};
    CHECK(f.subscriptions->update(id, document->root(), other, {}).status == 409);
    CHECK(!f.subscriptions->shows(id, other));
    CHECK(!f.subscriptions->shows(id, f.owner));
    // What never was looks like what is another's.
    CHECK(f.subscriptions->remove("never", other, {}).status == 404);
}

TEST_CASE("a notification is logged about everybody whom its record names, however many") {
    Fixture f;
    std::string participants;
    for (int i = 0; i < 80; ++i) {
        const std::string id = "p" + std::to_string(i);
        f.put("Patient", id, R"("identifier":[{"system":"urn:person","value":")" + id + R"("}])");
        participants += (i == 0 ? "" : ",") + std::string(R"({"actor":{"reference":"Patient/)") + id + R"("},"status":"accepted"})";
    }
    const std::string id = f.subscribed(f.resource("patient-record", "", "id-only"));
    CHECK(Fixture::eventually([&] { return f.status_of(id) == "active"; }));
    f.put("Appointment", "a", R"("status":"booked","participant":[)" + participants + "]");
    CHECK(Fixture::eventually([&] { return f.receiver.numbers() == "1"; }));
    const auto persons = [&] {
        std::set<std::string> out;
        CHECK(f.log->for_each(0, [&](const ledger::Entry& entry) -> Status {
            const ledger::Access access = *entry.access;
            if (access.person && access.records.at(0).type == "Appointment") out.insert(access.person->text());
            return {};
        }));
        return out.size();
    };
    CHECK(persons() == 80);
    CHECK(f.subscriptions->events(id, 1, 9, {}, f.owner).touched.at(0).other_patients.size() >= 79);
    CHECK(f.records->remove("Appointment", "a", {}).touched.at(0).other_patients.size() == 79);
}

TEST_CASE("notifications to all receivers together are bounded in bytes") {
    Fixture f;
    f.options.under_way_bytes_max = 1;
    f.start();
    f.receiver.hold = true;
    for (int i = 0; i < 3; ++i) f.subscribed(f.resource("admission", "", "id-only"));
    CHECK(Fixture::eventually([&] { return f.receiver.calls == 1; }));
    std::this_thread::sleep_for(milliseconds(300));  // time enough for the others, if they could
    CHECK(f.receiver.calls == 1);
    f.receiver.hold = false;
    {
        const std::lock_guard lock(f.receiver.mutex);
        for (http::Reply& reply : f.receiver.held) reply.send({});
        f.receiver.held.clear();
    }
    CHECK(Fixture::eventually([&] { return f.subscriptions->status({}, {"active"}, f.owner).body->find(R"("total":3)") != std::string::npos; }));
}

TEST_CASE("$events never tells more than the subscription does") {
    Fixture f;
    const std::string id = f.subscribed(f.resource("admission", "", "id-only"));
    const std::string quiet = f.subscribed(f.resource("admission", "", "empty"));
    f.encounter("e1", "in-progress", "p1");
    CHECK(Fixture::eventually([&] { return f.subscriptions->events(id, 1, 9, {}, f.owner).touched.size() == 1; }));
    CHECK(Fixture::eventually([&] { return f.subscriptions->events(quiet, 1, 9, {}, f.owner).touched.size() == 1; }));
    const auto told = f.subscriptions->events(id, 1, 9, Content::full_resource, f.owner);
    CHECK(told.body->find("Encounter/e1") != std::string::npos);
    CHECK(told.body->find("in-progress") == std::string::npos);
    CHECK(f.subscriptions->events(quiet, 1, 9, Content::full_resource, f.owner).body->find("Encounter/e1") == std::string::npos);
}

TEST_CASE("one owner cannot take every place of the node") {
    Fixture f;
    f.options.owner_subscriptions_max = 2;
    f.start();
    const std::string text = f.resource("admission", "", "empty");
    const std::string first = f.subscribed(text);
    f.subscribed(text);
    CHECK(f.subscribe(text).status == 422);
    const auto document = json::Document::parse(R"({"id":"mine",)" + text.substr(1));
    REQUIRE(document);
    CHECK(f.subscriptions->update("mine", document->root(), f.owner, {}).status == 422);
    const Owner other{{"lab", "LAB", "system", "SE1", ""}, f.owner.issuer};
    CHECK(f.subscriptions->create(document->root(), other).status == 201);
    CHECK(f.subscriptions->remove(first, f.owner, {}).status == 204);
    CHECK(f.subscribe(text).status == 201);
}

TEST_CASE("nobody waits while the feed is judged") {
    Fixture f;
    const std::string id = f.subscribed(f.resource("admission", "", "id-only"));
    CHECK(Fixture::eventually([&] { return f.status_of(id) == "active"; }));
    CHECK(Fixture::eventually([&] { return f.subscriptions->status({id}, {}, f.owner).body->find("active") != std::string::npos; }));
    std::this_thread::sleep_for(milliseconds(100));  // its thread has nothing to do
    std::atomic<bool> done = false;
    std::thread watchdog([&] {
        for (int i = 0; i < 1'000 && !done; ++i) std::this_thread::sleep_for(milliseconds(10));
        f.gate.closed = false;
    });
    f.gate.closed = true;
    f.encounter("e1", "in-progress", "p1");
    CHECK(Fixture::eventually([&] { return f.gate.held.load(); }));
    CHECK(f.subscriptions->healthy());
    CHECK(f.subscriptions->status({id}, {}, f.owner).status == 200);
    const std::string later = f.subscribed(f.resource("patient-record", "", "id-only"));
    const std::string gone = f.subscribed(f.resource("patient-record", "", "id-only"));
    CHECK(f.subscriptions->remove(gone, f.owner, {}).status == 204);
    CHECK(f.gate.closed.load());  // nobody had to wait for the judge
    done = true;
    watchdog.join();
    CHECK(Fixture::eventually([&] { return f.receiver.numbers() == "1"; }));
    CHECK(Fixture::eventually([&] { return f.status_of(later) == "active"; }));
    CHECK(f.subscriptions->events(later, 0, 9, {}, f.owner).touched.empty());  // what was written before it is not its
    f.encounter("e2", "in-progress", "p1");
    CHECK(Fixture::eventually([&] { return f.subscriptions->events(later, 0, 9, {}, f.owner).touched.size() == 1; }));
    CHECK(Fixture::eventually([&] { return f.subscriptions->events(id, 0, 9, {}, f.owner).touched.size() == 2; }));
}

TEST_CASE("a query is read once, not for each write") {
    Fixture f;
    Questions questions(*f.records);
    Subscription subscription;
    subscription.filters = {{"Encounter", {{"status", "planned"}, {"status", "planned,finished"}}}};
    for (int i = 0; i < 10; ++i) {
        const std::string id = "e" + std::to_string(i);
        f.encounter(id, i % 2 == 0 ? "planned" : "finished", "p1");
        records::NotedWrite write;
        write.kind = records::WriteKind::create;
        write.type = "Encounter";
        write.id = id;
        write.version = 1;
        const auto passed = WrittenResource(write, questions).passes(subscription);
        REQUIRE(passed);
        CHECK(*passed == (i % 2 == 0));
    }
    CHECK(questions.read() == 2);
    CHECK(questions.find("Encounter", "nonsense", "x") == nullptr);
}

TEST_CASE("what is hidden from a subscriber makes no event, and what is hidden later is told no more") {
    Fixture f;
    std::atomic<bool> all = false;
    f.options.visible_to = [&](const ledger::Actor& owner) -> records::Visible {
        CHECK(owner.user_id == "ehr");
        return [&](const records::Touched& touched) {
            return !touched.id.starts_with("h") && !(all && touched.type == "Encounter");
        };
    };
    f.start();
    const std::string id = f.subscribed(f.resource("admission", "", "full-resource"));
    CHECK(Fixture::eventually([&] { return f.status_of(id) == "active"; }));
    f.encounter("h1", "in-progress", "p1");
    f.encounter("e1", "in-progress", "p1");
    CHECK(Fixture::eventually([&] { return f.receiver.numbers() == "1"; }));
    CHECK(f.receiver.bodies.back().find("Encounter/e1") != std::string::npos);
    for (const std::string& body : f.receiver.bodies) CHECK(body.find("h1") == std::string::npos);
    // Numbered while it could be seen, and hidden before it arrived.
    f.receiver.status = 503;
    f.encounter("e2", "in-progress", "p1");
    CHECK(Fixture::eventually([&] { return f.status_of(id) == "error"; }));
    all = true;
    f.receiver.status = 200;
    CHECK(Fixture::eventually([&] { return f.receiver.numbers() == "1 2"; }));
    const std::lock_guard lock(f.receiver.mutex);
    for (const std::string& body : f.receiver.bodies) CHECK(body.find("Encounter/e2") == std::string::npos);
}
