#include "app/loader.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <atomic>
#include <filesystem>
#include <sstream>

#include "app/compressed.h"
#include "base/metrics.h"
#include "http/server.h"
#include "store/testing.h"

using namespace idun;
using namespace idun::app;

namespace {

// Takes transactions, but none with a "bad" resource, and imports, but no line that is "bad" or not JSON; `forbidden`
// answers 403 after that many requests.
struct Node {
    std::atomic<bool> imports = true;
    std::atomic<int> requests = 0;
    std::atomic<int> forbidden_after = 1'000;
    http::Loop loop{1};
    Metrics metrics;
    std::unique_ptr<http::Server> server;
    http::Client client{loop, {}};

    Node() {
        server = *http::Server::listen(loop, {}, [this](http::Request request, http::Reply reply) {
            http::Response response;
            const bool bad = request.body.find("\"bad\"") != std::string::npos;
            if (++requests > forbidden_after) response.status = 403;
            else if (request.path.ends_with("$import")) response = import(request.body);
            else if (bad) response.status = 422;
            if (response.status != 200)
                response.body = R"({"resourceType":"OperationOutcome","issue":[{"diagnostics":"not so"}]})";
            reply.send(std::move(response));
        }, metrics);
    }
    http::Response import(const std::string& body) const {
        http::Response response;
        if (!imports) {
            response.status = 404;
            return response;
        }
        std::istringstream lines(body);
        std::size_t number = 0, refused = 0;
        std::string list;
        for (std::string line; std::getline(lines, line);) {
            ++number;
            if (line.starts_with("{") && line.find("\"bad\"") == std::string::npos) continue;
            ++refused;
            list += fmt::format(R"(,{{"name":"refusal","part":[{{"name":"line","valuePositiveInt":{}}}]}})", number);
        }
        response.body = fmt::format(R"({{"resourceType":"Parameters","parameter":[{{"name":"refused","valueUnsignedInt":{}}}{}]}})", refused, list);
        return response;
    }
    std::string url() const { return "http://127.0.0.1:" + std::to_string(server->port()); }
};

struct Fixture {
    store::TemporaryFolder folder;
    Node node;
    LoadOptions options;
    std::uint64_t done = 0, all = 0;

    Fixture() {
        options.node_url = node.url();
        options.token = "t";
        options.journal = folder.path + "/journal";
        options.bundle_resources = 2;
        options.in_flight = 1;
        options.progress = [this](std::uint64_t d, std::uint64_t a, std::uint64_t) { done = d, all = a; };
        const auto line = [](const char* id, const char* gender) {
            return fmt::format("{{\"resourceType\":\"Patient\",\"id\":\"{}\",\"gender\":\"{}\"}}\n", id, gender);
        };
        std::filesystem::create_directory(folder.path + "/in");
        REQUIRE(write_file(folder.path + "/in/a.ndjson", line("1", "male") + line("2", "bad") + "\nno json\n" +
                                                             line("3", "male") + line("4", "male") + line("5", "bad")));
        REQUIRE(write_file(folder.path + "/in/b.json", line("6", "bad")));
        REQUIRE(write_file(folder.path + "/in/c.json", "broken"));
        REQUIRE(write_file(folder.path + "/in/d.json", line("7", "male")));
    }
    LoadReport load() {
        auto report = app::load(node.client, {folder.path + "/in"}, options);
        REQUIRE(report);
        return std::move(*report);
    }
    std::vector<std::string> refusals(const LoadReport& report) const {
        std::vector<std::string> out;
        for (const Refused& r : report.refused)
            out.push_back(std::filesystem::path(r.file).filename().string() + " " + r.place + " " + r.reason);
        return out;
    }
};

}  // namespace

TEST_CASE("a second run with the journal sends nothing and reports the same refusals") {
    Fixture f;
    const LoadReport first = f.load();
    CHECK(first.taken == 4);
    CHECK(first.files_skipped == 0);
    CHECK(first.refused_count == 5);
    const auto refused = f.refusals(first);
    REQUIRE(refused.size() == 5);
    CHECK(refused[0] == "a.ndjson line 2 not so");
    CHECK(refused[1].starts_with("a.ndjson line 4 "));
    CHECK(refused[2] == "a.ndjson line 7 not so");
    CHECK(refused[3] == "b.json  not so");
    CHECK(refused[4].starts_with("c.json"));
    CHECK(f.done == f.all);

    const int requests = f.node.requests;
    f.done = 0;
    const LoadReport second = f.load();
    CHECK(f.node.requests == requests);
    CHECK(second.taken == 0);
    CHECK(second.files_skipped == 3);
    CHECK(second.refused_count == first.refused_count);
    CHECK(f.refusals(second) == refused);
    CHECK(f.done == f.all);
}

TEST_CASE("a run that breaks off says what it knows, and the next one goes on to the same report") {
    Fixture whole;
    const auto expected = whole.refusals(whole.load());
    Fixture f;
    f.node.forbidden_after = 4;
    const LoadReport first = f.load();
    REQUIRE(first.broken_off);
    CHECK(first.broken_off->category == Category::unavailable);
    const auto known = f.refusals(first);
    REQUIRE(!known.empty());
    CHECK(known[0] == "a.ndjson line 2 not so");
    f.node.forbidden_after = 1'000;
    const LoadReport second = f.load();
    CHECK(!second.broken_off);
    CHECK(f.refusals(second) == expected);
    CHECK(first.taken + second.taken == 4);
}

TEST_CASE("a node without import gets transactions, to the same report") {
    Fixture with, without;
    without.node.imports = false;
    const LoadReport expected = with.load();
    const LoadReport report = without.load();
    CHECK(report.taken == expected.taken);
    CHECK(without.refusals(report) == with.refusals(expected));
    CHECK(without.done == without.all);
}

TEST_CASE("lines without an id, and Bundles in a line, are taken when they come again by themselves") {
    Fixture f;
    REQUIRE(write_file(f.folder.path + "/in/a.ndjson", "{\"resourceType\":\"Bundle\",\"type\":\"collection\",\"entry\":[{\"resource\":{\"resourceType\":\"Patient\",\"id\":\"x\"}},"
                                                       "{\"resource\":{\"resourceType\":\"Patient\",\"id\":\"y\"}}]}\n"));
    f.node.imports = false;
    const auto report = app::load(f.node.client, {f.folder.path + "/in/a.ndjson"}, f.options);
    REQUIRE(report);
    CHECK(report->taken == 2);
    CHECK(report->refused_count == 0);
}

TEST_CASE("another node has not got what the first one took") {
    Fixture f;
    f.load();
    Node other;
    f.options.node_url = other.url();
    const LoadReport report = f.load();
    CHECK(report.files_skipped == 0);
    CHECK(report.taken == 4);
}

TEST_CASE("a run without refusals leaves no journal; one that cannot begin is an error") {
    Fixture f;
    REQUIRE(app::load(f.node.client, {f.folder.path + "/in/d.json"}, f.options));
    CHECK(!std::filesystem::exists(f.options.journal));
    CHECK(!app::load(f.node.client, {f.folder.path + "/none"}, f.options));
    REQUIRE(write_file(f.options.journal, "my letter"));
    CHECK(!app::load(f.node.client, {f.folder.path + "/in"}, f.options));
    CHECK(*read_file(f.options.journal) == "my letter");
}

TEST_CASE("send_all says how many a batch refused, and the first with its reason") {
    http::Loop loop{1};
    Metrics metrics;
    const auto server = *http::Server::listen(loop, {}, [](http::Request request, http::Reply reply) {
        http::Response response;
        response.status = request.body.find("\"transaction\"") != std::string::npos ? 422 : 200;
        response.body = R"({"resourceType":"Bundle","entry":[{"response":{"status":"201"}},{"response":{"status":"422",
            "outcome":{"resourceType":"OperationOutcome","issue":[{"diagnostics":"no"}]}}},{"response":{"status":"400"}}]})";
        reply.send(std::move(response));
    }, metrics);
    http::Client client(loop, {});
    const std::vector<Imported> resources = {{"Patient", "a", "{}", "", {}}, {"Patient", "b", "{}", "", {}}, {"Patient", "c", "{}", "", {}}};
    const auto sent = send_all(client, "http://127.0.0.1:" + std::to_string(server->port()), "t", resources);
    REQUIRE(sent);
    CHECK(sent->refused == 2);
    CHECK(sent->place == "Patient/b");
    CHECK(sent->reason == "no");
}
