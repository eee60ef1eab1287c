#include "publish/publisher.h"

#include <doctest/doctest.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <mutex>
#include <thread>

#include "base/log.h"
#include "base/random.h"
#include "fhir/definitions.h"
#include "http/server.h"
#include "index/comparison.h"
#include "index/fhir_pointer.h"
#include "publish/told.h"
#include "store/testing.h"

using namespace idun;

namespace {

// A hub that answers as it is told, and counts.
struct Hub {
    std::atomic<int> status = 200;
    std::atomic<int> calls = 0;
    http::Loop loop{1};
    Metrics metrics;
    std::unique_ptr<http::Server> server;
    http::Client client{loop, {}};
    std::function<std::string(const http::Request&)> answers;  // set before anybody asks
    std::atomic<int> links_status = 200;                       // of /people/links

    Hub() {
        server = *http::Server::listen(loop, {}, [this](http::Request request, http::Reply reply) {
            ++calls;
            http::Response response;
            response.status = request.path == "/people/links" ? links_status : status;
            if (answers) response.body = answers(request);
            if (response.status != 200)
                response.body = R"({"resourceType":"OperationOutcome","issue":[{"diagnostics":"the provider is not known"}]})";
            reply.send(std::move(response));
        }, metrics);
    }
};

struct Fixture {
    Hub hub;
    store::TemporaryStore temporary;
    ManualClock clock{{1'800'000'000'000}};
    Metrics metrics;
    std::unique_ptr<records::Records> records;
    std::unique_ptr<publish::Publisher> publisher;
    publish::Knows knows;
    std::string several_keys;

    Fixture() {
        log::set_level(log::Level::off);
        records = *records::Records::open(*temporary.store, fhir::Definitions::r4(), clock, system_random(), {});
    }
    void start() {
        publish::Options options;
        options.hub_url = "http://127.0.0.1:" + std::to_string(hub.server->port());
        options.provider = {"SE1", "Norr", "", ""};
        options.url = "http://127.0.0.1:1/fhir";
        options.assertion = [] { return std::string("x"); };
        options.beat = std::chrono::milliseconds(20);
        options.knows = knows;
        options.several_keys = several_keys;
        publisher = std::make_unique<publish::Publisher>(options, *temporary.store, *records, hub.client, clock, metrics);
    }
    // Until `holds`, for as long as a slow machine may need.
    bool eventually(const std::function<bool()>& holds) {
        for (int i = 0; i < 3'000; ++i) {
            if (holds()) return true;
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
        return false;
    }
    // Moves the clock past the bound, once a failure of the wanted kind has been noted.
    bool becomes_unhealthy(const std::string& says) {
        return eventually([&] {
            clock.advance(publish::kUnhealthyAfter);
            const auto healthy = publisher->healthy();
            return !healthy && healthy.error().message.find(says) != std::string::npos;
        });
    }
};

}  // namespace

TEST_CASE("a hub that refuses makes the publisher unhealthy with the hub's words, and it recovers by itself") {
    Fixture f;
    f.hub.status = 422;
    f.start();
    CHECK(f.publisher->healthy());  // not at once
    CHECK(f.becomes_unhealthy("the hub answered 422: the provider is not known"));
    CHECK(!f.publisher->settled());
    f.hub.status = 200;
    CHECK(f.eventually([&] { return f.publisher->healthy().has_value() && f.publisher->settled(); }));
}

TEST_CASE("progress that cannot be read is tried again, not the end") {
    Fixture f;
    store::Batch broken;
    broken.put("publishdP", "abc");
    REQUIRE(f.temporary.store->commit(std::move(broken)));
    f.start();
    CHECK(f.becomes_unhealthy("progress"));
    CHECK(f.hub.calls == 0);
    store::Batch mended;
    mended.put("publishdP", std::string(8, '\0'));
    REQUIRE(f.temporary.store->commit(std::move(mended)));
    CHECK(f.eventually([&] { return f.publisher->healthy().has_value() && f.publisher->settled(); }));
}

namespace {

// A hub with an index, and a node with one patient of whom it holds one observation.
struct Indexed {
    store::TemporaryStore theirs;
    std::mutex mutex;
    std::unique_ptr<index::Index> index = *index::Index::open(*theirs.store);
    std::atomic<bool> compares = true;
    std::atomic<bool> loses_it = false;  // when next compared with
    std::atomic<const char*> word = "joined";  // about aliases of whom something is held
    std::atomic<int> asked = 0;                // about aliases
    std::atomic<int> not_held = 0;
    Fixture f;  // its threads end before what they use

    explicit Indexed(bool several_keys = false) {
        records::Options options;
        options.person_key = [](std::string_view, std::string_view value) { return std::string(16, value.front()); };
        if (several_keys) {
            options.other_keys = [](std::string_view, std::string_view value) { return std::vector{std::string(16, static_cast<char>(value.front() + 1))}; };
            f.several_keys = "key-one_ key-two_";
            f.knows = [](std::string_view, std::string_view value) {
                const auto one = *crypto::Pseudonym::from(std::string(16, value.front())), two = *crypto::Pseudonym::from(std::string(16, static_cast<char>(value.front() + 1)));
                return publish::KnownNumber{one, people::Kind::personal_number, {{one, "key-one_"}, {two, "key-two_"}}};
            };
        }
        f.records = *records::Records::open(*f.temporary.store, fhir::Definitions::r4(), f.clock, system_random(), options);
        add_patient("p");
        observe();
        f.hub.answers = [this](const http::Request& request) { return answer(request); };
    }
    ~Indexed() { f.publisher.reset(); }

    void add_patient(const std::string& id) {
        const auto patient = json::Document::parse(R"({"resourceType":"Patient","id":")" + id + R"(","identifier":[{"system":"s","value":"a"}]})");
        REQUIRE(f.records->update("Patient", id, patient->root(), {}).status == 201);
    }
    void observe() {
        const auto document = json::Document::parse(R"({"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/p"}})");
        REQUIRE(f.records->create("Observation", document->root(), {}).status == 201);
    }
    std::string answer(const http::Request& request) {
        const std::lock_guard lock(mutex);
        const auto document = json::Document::parse(request.body);
        REQUIRE(index->settled(std::chrono::seconds(30)));
        if (request.path == "/index/compare" && loses_it.exchange(false)) lose_it_here();
        if (request.path == "/index/compare") return !compares ? std::string() : *index::answer_comparison(*index, "SE1", document->root());
        if (request.path == "/people/links") {
            ++asked;
            if (!index->holdings(*crypto::Pseudonym::from(std::string(16, 'a')))->empty()) return R"({"results":[")" + std::string(word) + "\"]}";
            ++not_held;
            return R"({"results":["not held"]})";
        }
        if (request.path != "/fhir") return "";
        const std::uint64_t version = std::stoull(std::string(document->root()["identifier"]["value"].text()));
        std::vector<index::Pointer> pointers;
        for (const json::Value entry : document->root()["entry"].elements()) {
            pointers.push_back(*index::pointer_from_fhir(entry["resource"], "SE1", version));
            const std::string_view match = entry["request"]["ifMatch"].text();
            if (entry["request"]["ifNoneMatch"].text() == "*") pointers.back().if_believed = index::Belief{};
            else if (!match.empty()) pointers.back().if_believed = index::Belief{std::stoull(std::string(match.substr(3)))};
        }
        const auto taken = *index->put("SE1", pointers, {f.clock.now(), version});
        return R"({"identifier":{"system":"urn:idun:store-version","value":")" + std::to_string(taken.before.source_version) + "\"}}";
    }
    std::size_t known() {
        const std::lock_guard lock(mutex);
        return index->holdings(*crypto::Pseudonym::from(std::string(16, 'a')))->size();
    }
    void lose_it() {
        const std::lock_guard lock(mutex);
        lose_it_here();
    }
    void lose_it_here() {
        index.reset();
        theirs.store.reset();
        std::filesystem::remove_all(theirs.folder.path + "/store");
        theirs.reopen();
        index = *index::Index::open(*theirs.store);
    }
    // As if the hub had been told so: a fault that nobody noticed.
    void withdraw_it() {
        const std::lock_guard lock(mutex);
        const auto person = *crypto::Pseudonym::from(std::string(16, 'a'));
        const std::string category(index->holdings(person)->front().parts.front().category);
        const index::Pointer gone{person, category, {}, 1'000'000, true};
        REQUIRE(index->put("SE1", {{gone}}, {f.clock.now(), 1}));
    }
    double counted(const std::string& name) const {
        const std::string text = f.metrics.text();
        const auto at = text.find("\n" + name + " ");
        return at == std::string::npos ? 0 : std::stod(text.substr(at + name.size() + 2));
    }
};

}  // namespace

TEST_CASE("a hub that has forgotten what it acknowledged is compared with and corrected") {
    Indexed one;
    one.f.start();
    CHECK(one.f.eventually([&] { return one.known() == 1; }));
    one.lose_it();
    CHECK(one.known() == 0);
    CHECK(one.f.eventually([&] { return one.known() == 1; }));
}

TEST_CASE("a day's comparison reads what the hub was told; a week's walk through the records mends that account too") {
    Indexed one;
    one.f.start();
    REQUIRE(one.f.eventually([&] { return one.known() == 1; }));
    CHECK(one.counted("idun_index_walks_total") == 0);
    one.f.clock.advance(std::chrono::hours(2));  // the first is soon after start
    REQUIRE(one.f.eventually([&] { return one.counted("idun_index_comparisons_total") == 1; }));
    CHECK(one.counted("idun_index_walks_total") == 1);
    const auto told = [&] { return publish::told_pointers(**one.f.temporary.store->snapshot())->size(); };
    CHECK(told() == 1);

    one.withdraw_it();
    CHECK(one.known() == 0);
    one.f.clock.advance(std::chrono::hours(25));
    CHECK(one.f.eventually([&] { return one.counted("idun_index_corrected_total") == 1; }));
    CHECK(one.known() == 1);
    CHECK(one.counted("idun_index_walks_total") == 1);  // without it

    store::Batch damage;
    damage.erase("pubtoldsT" + std::string(16, 'a'));
    REQUIRE(one.f.temporary.store->commit(std::move(damage)));
    CHECK(told() == 0);
    one.f.clock.advance(std::chrono::hours(24 * 7));
    CHECK(one.f.eventually([&] { return one.counted("idun_index_strayed_total") == 1; }));
    CHECK(told() == 1);
    CHECK(one.counted("idun_index_walks_total") == 2);
    CHECK(one.counted("idun_index_corrected_total") == 1);  // the hub had been right
}

TEST_CASE("a hub that has forgotten is corrected at once, and told of links by a walk behind that") {
    Indexed one;
    one.f.start();
    one.f.clock.advance(std::chrono::hours(2));
    REQUIRE(one.f.eventually([&] { return one.counted("idun_index_walks_total") == 1; }));
    one.lose_it();
    CHECK(one.f.eventually([&] { return one.known() == 1 && one.counted("idun_index_walks_total") == 2; }));
    CHECK(one.counted("idun_index_strayed_total") == 0);
}

TEST_CASE("a hub that forgets while it is compared with is noticed by its answer to the corrections") {
    Indexed one;
    one.loses_it = true;
    one.f.start();
    one.f.clock.advance(std::chrono::hours(2));
    CHECK(one.f.eventually([&] { return one.counted("idun_index_walks_total") == 2; }));
    CHECK(one.known() == 1);
    CHECK(one.counted("idun_index_strayed_total") == 0);
}

TEST_CASE("a walk that a forgetful hub has made due is made by the next process where this one ends before it") {
    Indexed one;
    one.f.start();
    one.f.clock.advance(std::chrono::hours(2));
    REQUIRE(one.f.eventually([&] { return one.counted("idun_index_walks_total") == 1; }));
    one.compares = false;  // no walk begins behind a comparison that fails
    one.lose_it();
    REQUIRE(one.f.eventually([&] { return *publish::told_whole_since(**one.f.temporary.store->snapshot()) == publish::kWalkDue; }));
    one.f.publisher.reset();
    CHECK(one.counted("idun_index_walks_total") == 1);
    one.compares = true;
    one.f.start();
    one.f.clock.advance(std::chrono::hours(2));
    CHECK(one.f.eventually([&] { return one.counted("idun_index_walks_total") == 2; }));
    CHECK(one.known() == 1);
    CHECK(one.f.eventually([&] { return *publish::told_whole_since(**one.f.temporary.store->snapshot()) == one.f.clock.now(); }));
}

TEST_CASE("a hub that does not take aliases has the pointers all the same, and is asked again until it does") {
    const std::pair<int, const char*> cases[] = {{404, ""}, {409, ""}, {413, ""}, {500, ""}, {200, "refused: it does not fit"}, {200, "not held"}, {200, "\",\""}};
    for (const auto& [status, word] : cases) {
        CAPTURE(status);
        CAPTURE(word);
        Indexed one(true);
        one.f.hub.links_status = status;
        one.word = word;
        one.f.start();
        CHECK(one.f.eventually([&] { return one.f.publisher->settled() && one.asked >= 2; }));  // with the pointers, and of everybody
        CHECK(one.known() == 1);
        const int before = one.asked;
        one.f.hub.links_status = 200;
        one.word = "joined";
        const int calls = one.f.hub.calls;
        REQUIRE(one.f.eventually([&] { return one.f.hub.calls > calls + 3; }));
        CHECK(one.counted("idun_aliases_told") == 0);
        CHECK(one.asked == before);  // not at once
        one.f.clock.advance(std::chrono::seconds(61));
        CHECK(one.f.eventually([&] { return one.counted("idun_aliases_told") == 1; }));
        CHECK(one.asked == before + 1);
    }
}

TEST_CASE("a hub that is busy has the pointers all the same, and is asked for aliases again after a second") {
    Indexed one(true);
    one.f.hub.links_status = 503;
    one.f.start();
    REQUIRE(one.f.eventually([&] { return one.f.publisher->settled() && one.asked > 0; }));
    CHECK(one.known() == 1);
    one.f.hub.links_status = 200;
    one.f.clock.advance(std::chrono::seconds(2));
    REQUIRE(one.f.eventually([&] { return one.counted("idun_aliases_told") == 1; }));

    // Until it has heard of somebody who has come since, her keys must stay.
    one.f.hub.links_status = 503;
    one.add_patient("q");
    one.f.publisher->nudge();
    REQUIRE(one.f.eventually([&] { return one.counted("idun_aliases_told") == 0 && one.f.publisher->settled(); }));
    one.f.hub.links_status = 200;
    one.f.clock.advance(std::chrono::seconds(2));
    CHECK(one.f.eventually([&] { return one.counted("idun_aliases_told") == 1; }));
    CHECK(one.counted("idun_aliases_refused_total") == 0);
    CHECK(one.counted("idun_publish_failures_total") == 0);
}

TEST_CASE("a hub that is busy is told no more aliases in that round") {
    Indexed one(true);
    for (int i = 0; i < 250; ++i) one.add_patient("p" + std::to_string(i));  // more than one request
    one.f.hub.links_status = 503;
    one.f.start();
    REQUIRE(one.f.eventually([&] { return one.f.publisher->settled(); }));
    const int before = one.asked;
    one.f.clock.advance(std::chrono::seconds(2));
    REQUIRE(one.f.eventually([&] { return one.asked > before; }));
    const int calls = one.f.hub.calls;
    REQUIRE(one.f.eventually([&] { return one.f.hub.calls > calls + 3; }));
    CHECK(one.asked == before + 1);
}

TEST_CASE("a hub that has forgotten has its pointers again before it is told of aliases") {
    Indexed one(true);
    one.f.start();
    REQUIRE(one.f.eventually([&] { return one.counted("idun_aliases_told") == 1; }));
    const int before = one.asked;
    one.lose_it();
    CHECK(one.f.eventually([&] { return one.asked > before && one.counted("idun_aliases_told") == 1; }));
    CHECK(one.not_held == 0);
    CHECK(one.known() == 1);
}
