// What is new at other providers: a node's subscriptions between a receiver and a hub that speaks as docs/formats/index.md says.
#include <algorithm>
#include <set>

#include "subscriptions/internal/testing.h"

using namespace idun;
using namespace idun::subscriptions;

namespace {

crypto::Pseudonym person(std::string_view value) { return *crypto::Pseudonym::from(crypto::sha256(value).view().substr(0, crypto::kPseudonymBytes)); }

// Its places are "N.1": so many were said.
struct Hub {
    std::atomic<int> status = 200;
    std::atomic<int> asks = 0;
    std::mutex mutex;
    std::vector<crypto::Pseudonym> said;
    std::set<crypto::Pseudonym> withheld;
    std::vector<std::string> questions;
    std::vector<std::pair<std::size_t, http::Reply>> held;
    http::Loop loop{1};
    Metrics metrics;
    std::unique_ptr<http::Server> server;

    Hub() {
        server = *http::Server::listen(loop, {}, [this](http::Request request, http::Reply reply) {
            ++asks;
            const std::lock_guard lock(mutex);
            questions.push_back(request.body);
            const auto document = json::Document::parse(request.body);
            http::Response response;
            response.status = request.path == "/index/changes" && request.bearer() == "node" ? status.load() : 404;
            const std::string after(document->root()["after"].text());
            if (response.status != 200) return reply.send(std::move(response));
            if (after.empty()) return answer(said.size(), std::move(reply));
            const std::size_t from = std::stoul(after);
            if (whom(from).empty()) return held.emplace_back(from, std::move(reply)), void();
            answer(from, std::move(reply));
        }, metrics);
    }
    std::string url() const { return "http://127.0.0.1:" + std::to_string(server->port()); }

    std::vector<crypto::Pseudonym> whom(std::size_t from) const {
        std::vector<crypto::Pseudonym> out;
        for (std::size_t i = from; i < said.size(); ++i)
            if (!withheld.contains(said[i]) && std::ranges::find(out, said[i]) == out.end()) out.push_back(said[i]);
        return out;
    }
    void answer(std::size_t from, http::Reply reply) const {
        http::Response response;
        for (const crypto::Pseudonym& one : whom(from)) response.body += (response.body.empty() ? "\"" : ",\"") + one.text() + "\"";
        response.body = R"({"persons":[)" + response.body + R"(],"after":")" + std::to_string(said.size()) + ".1\"}";
        reply.send(std::move(response));
    }
    void say(const std::string& value) {
        const std::lock_guard lock(mutex);
        said.push_back(person(value));
        for (auto& [from, reply] : std::exchange(held, {})) {
            if (whom(from).empty()) held.emplace_back(from, std::move(reply));
            else answer(from, std::move(reply));
        }
    }
    void withhold(const std::string& value) {
        const std::lock_guard lock(mutex);
        withheld.insert(person(value));
    }
    void let_go() {
        const std::lock_guard lock(mutex);
        for (auto& [from, reply] : std::exchange(held, {})) answer(from, std::move(reply));
    }
};

const std::string kTopic = "new-at-another-provider";

struct World : Fixture {
    Hub hub;
    std::mutex mutex;
    std::set<std::string> cared_for{"p1", "p2", "p3"};
    bool fails = false;

    World() {
        options.ask_hub = hub_asker(hub.url(), [] { return std::string("node"); }, client);
        options.cares_for = [this](const std::string& patient) -> Result<bool> {
            const std::lock_guard lock(mutex);
            if (fails) return fail(Category::unavailable, "x");
            return cared_for.contains(patient);
        };
        owner.assurance = "loa3";
        owner.task = "care";
        start();
        for (const char* one : {"1", "2", "3"}) patient("p" + std::string(one), one);
    }
    ~World() { subscriptions.reset(); }
    void patient(const std::string& id, const std::string& value) {
        put("Patient", id, R"("identifier":[{"system":"urn:person","value":")" + value + "\"}]");
    }
    std::string follows(const std::string& content = "id-only", const std::string& more = "") {
        const std::string id = subscribed(resource(kTopic, "", content, more));
        REQUIRE(eventually([&] { return status_of(id) == "active" && asks_from("0.1") > 0; }));
        return id;
    }
    records::Outcome updates(const std::string& id, const std::string& topic, const Owner& by) {
        const auto document = json::Document::parse(R"({"id":")" + id + "\"," + resource(topic, "", "id-only").substr(1));
        REQUIRE(document);
        return subscriptions->update(id, document->root(), by, {});
    }
    int asks_from(const std::string& place) {
        const std::lock_guard lock(hub.mutex);
        return static_cast<int>(std::ranges::count_if(hub.questions, [&](const auto& one) { return one.find("\"after\":\"" + place + "\"") != std::string::npos; }));
    }
    // Of the events that came, in order: number and Patient, "-" for none.
    std::string told() {
        const std::lock_guard lock(receiver.mutex);
        std::string out;
        for (const std::string& body : receiver.bodies) {
            const auto document = json::Document::parse(body);
            for (const json::Value parameter : document->root()["entry"][0]["resource"]["parameter"].elements()) {
                if (parameter["name"].text() != "notification-event") continue;
                const std::string_view focus = parameter["part"][2]["valueReference"]["reference"].text();
                out += (out.empty() ? "" : " ") + std::string(parameter["part"][0]["valueString"].text()) + ":" +
                       std::string(focus.empty() ? "-" : focus.substr(focus.rfind('/') + 1));
            }
        }
        return out;
    }
    bool comes(const std::string& wanted) {
        if (eventually([&] { return told() == wanted; })) return true;
        MESSAGE(told());
        return false;
    }
};

void rest() { std::this_thread::sleep_for(milliseconds(150)); }

}  // namespace

TEST_CASE("a system is called when something is new elsewhere about a Patient for whom its provider cares") {
    World w;
    w.cared_for.erase("p3");
    w.follows();
    w.hub.say("2");
    CHECK(w.comes("1:p2"));
    w.hub.say("3");         // no care shows
    w.hub.say("stranger");  // no Patient here
    w.hub.say("1");
    CHECK(w.comes("1:p2 2:p1"));
    const std::string last = [&] { const std::lock_guard lock(w.receiver.mutex); return w.receiver.bodies.back(); }();
    CHECK(last.find(R"("method":"GET","url":"Patient/p1")") != std::string::npos);
    CHECK(last.find("identifier") == std::string::npos);
    CHECK(!w.receiver.receipts.back().empty());
    const std::lock_guard lock(w.hub.mutex);
    for (const std::string& question : w.hub.questions)
        CHECK(question.find(R"("requester":{"id":"ehr","name":"EHR","unit":"","assurance":"loa3","task":"care"})") != std::string::npos);
}

TEST_CASE("several Patients with one number are all told of, once for each answer, and a deleted one is not") {
    World w;
    w.patient("p4", "1");
    w.cared_for.insert("p4");
    w.follows();
    w.hub.say("1");
    CHECK(w.comes("1:p1 2:p4"));
    REQUIRE(w.records->remove("Patient", "p4", {}).ok());
    w.hub.say("1");
    CHECK(w.comes("1:p1 2:p4 3:p1"));
}

TEST_CASE("nothing is asked for without a subscription, nor where nobody may know; and it is told by id at most") {
    World w;
    rest();
    CHECK(w.hub.asks == 0);
    CHECK(w.subscribe(w.resource(kTopic, "", "full-resource")).status == 422);
    CHECK(w.subscribe(w.resource(kTopic, "Patient?_id=p1", "id-only")).status == 422);
    w.options.news_subscriptions_max = 1;
    w.start();
    w.follows("empty");
    CHECK(w.subscribe(w.resource(kTopic, "", "empty")).status == 422);
    w.hub.say("1");
    CHECK(w.comes("1:-"));
    w.options.ask_hub = {};
    w.options.no_news = "by the rules";
    w.start();
    const auto refused = w.subscribe(w.resource(kTopic, "", "id-only"));
    CHECK(refused.status == 422);
    CHECK(refused.issues.front().text.find("by the rules") != std::string::npos);
}

TEST_CASE("the place outlives a restart of the node, and a hub that is away") {
    World w;
    const std::string id = w.follows();
    w.hub.say("1");
    CHECK(w.comes("1:p1"));
    w.subscriptions.reset();
    w.hub.let_go();
    w.hub.say("2");
    w.hub.status = 503;
    w.start();
    rest();
    CHECK(w.status_of(id) == "active");
    CHECK(w.subscriptions->hears_of_elsewhere());  // for less than a minute
    w.hub.status = 200;
    CHECK(w.comes("1:p1 2:p2"));
}

TEST_CASE("what cannot be read here is asked for again") {
    World w;
    { const std::lock_guard lock(w.mutex); w.fails = true; }
    w.follows();
    w.hub.say("1");
    rest();
    CHECK(w.told().empty());
    { const std::lock_guard lock(w.mutex); w.fails = false; }
    CHECK(w.comes("1:p1"));
}

TEST_CASE("while the receiver is away nothing is asked, and what waited too long is decided anew") {
    World w;
    w.options.decision_holds = milliseconds(100);
    w.start();
    const std::string id = w.follows();
    w.receiver.status = 503;
    w.hub.say("1");
    w.hub.say("2");
    CHECK(Fixture::eventually([&] { return w.status_of(id) == "error"; }));
    rest();
    const int asks = w.hub.asks;
    w.hub.withhold("1");  // by a choice of hers
    w.hub.say("3");
    rest();
    CHECK(w.hub.asks == asks);
    // Not even by asking for its events.
    const auto events = w.subscriptions->events(id, 1, 100, {}, w.owner);
    CHECK(events.body->find("Patient/p1") == std::string::npos);
    w.receiver.status = 200;
    CHECK(Fixture::eventually([&] {
        const std::string told = w.told();
        return told.find(":p2") != std::string::npos && told.find(":p3") != std::string::npos;
    }));
    CHECK(w.told().find("p1") == std::string::npos);
    CHECK(w.told().starts_with("1:-"));  // the number was given, and tells of nobody
}

TEST_CASE("over a restart, too, nothing is sent that was decided long ago") {
    World w;
    const std::string id = w.follows();
    w.receiver.status = 503;
    w.hub.say("1");
    CHECK(Fixture::eventually([&] { return w.status_of(id) == "error"; }));
    w.subscriptions.reset();
    w.hub.withhold("1");
    w.options.decision_holds = milliseconds(1);
    w.receiver.status = 200;
    w.start();
    CHECK(w.comes("1:-"));
    w.hub.say("2");
    CHECK(w.comes("1:- 2:p2"));
}

TEST_CASE("a hub that forbids it, or does not know any more, ends the subscription and says why") {
    for (const auto& [status, why] : std::vector<std::pair<int, std::string>>{{403, "nothing of others"}, {410, "ask anew"}}) {
        World w;
        const std::string id = w.follows();
        w.hub.status = status;
        w.hub.say("1");
        CHECK(w.comes("1:p1"));
        CHECK(Fixture::eventually([&] { return w.status_of(id) == "off"; }));
        const auto now = w.records->read("Subscription", id, {});
        CHECK(now.body->find(why) != std::string::npos);
        // It begins again from now on, and numbers go on.
        w.hub.status = 200;
        w.hub.say("2");
        REQUIRE(w.updates(id, kTopic, w.owner).ok());
        CHECK(Fixture::eventually([&] { return w.asks_from("2.1") > 0; }));
        w.hub.say("3");
        CHECK(w.comes("1:p1 2:p3"));
    }
}

TEST_CASE("a subscription that turns to another topic asks no more, and only its owner turns it to this one") {
    World w;
    const std::string id = w.follows();
    REQUIRE(w.updates(id, "admission", w.owner).ok());
    w.hub.let_go();
    rest();
    const int asks = w.hub.asks;
    w.hub.say("1");
    rest();
    CHECK(w.hub.asks == asks);
    CHECK(w.told().empty());
    Owner root = w.owner;
    root.administrator = true;
    CHECK(w.updates(id, kTopic, root).status == 422);
    CHECK(w.updates(id, kTopic, w.owner).ok());
}

TEST_CASE("answers of a hub are read strictly") {
    const auto answer = [](int status, std::string body) {
        http::Response response;
        response.status = status;
        response.body = std::move(body);
        return news_answer(response);
    };
    const auto good = answer(200, R"({"persons":["AQEBAQEBAQEBAQEBAQEBAQ"],"after":"5.6"})");
    REQUIRE(good);
    CHECK(good->persons.size() == 1);
    CHECK(good->after == "5.6");
    for (const char* body : {"", "[]", "{}", R"({"persons":[]})", R"({"persons":["x"],"after":"5.6"})", R"({"persons":[7],"after":"5.6"})"}) CHECK_FALSE(answer(200, body));
    CHECK(answer(403, "").error().category == Category::forbidden);
    CHECK(answer(410, "").error().category == Category::gone);
    CHECK(answer(404, "").error().category == Category::unavailable);
    CHECK(news_answer(fail(Category::busy, "late")).error().category == Category::unavailable);
}
