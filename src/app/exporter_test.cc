#include "app/exporter.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <mutex>

#include "app/compressed.h"
#include "base/metrics.h"
#include "http/server.h"
#include "store/testing.h"

using namespace idun;
using namespace idun::app;

namespace {

// An export of two files; busy once, running once.
struct Node {
    std::mutex mutex;
    std::vector<std::string> asked;
    std::string manifest = R"({"transactionTime":"2026-01-01T00:00:00.000Z","output":[
        {"type":"Patient","url":"http://elsewhere.example/fhir/$export-job/j/Patient.ndjson","count":2}],
        "deleted":[{"type":"Bundle","url":"http://elsewhere.example/fhir/$export-job/j/deleted.ndjson","count":1}],"error":[]})";
    http::Loop loop{1};
    Metrics metrics;
    std::unique_ptr<http::Server> server;
    http::Client client{loop, {}};
    store::TemporaryFolder folder;
    int looks = 0, files = 0;
    int start_status = 202;

    Node() {
        server = *http::Server::listen(loop, {}, http::answering([this](const http::Request& request) { return answer(request); }), metrics);
    }
    http::Response answer(const http::Request& request) {
        const std::lock_guard lock(mutex);
        asked.push_back(request.method + " " + request.path + (request.query.empty() ? "" : "?" + request.query));
        http::Response response;
        if (request.path == "/fhir/$export") {
            response.status = start_status;
            response.headers.set("Content-Location", "http://elsewhere.example/fhir/$export-job/j");
        } else if (request.path == "/fhir/$export-job/j" && request.method == "GET") {
            if (++looks == 1) response.status = 202;
            else response.body = manifest;
        } else if (request.path.ends_with(".ndjson")) {
            if (++files == 1) response.status = 429;
            else response.body = request.path.ends_with("Patient.ndjson") ? "{}\n{}\n" : "{}\n";
        }
        return response;
    }
    Result<ExportReport> run(std::vector<std::string> types = {}, std::string since = {}) {
        return export_node(client, {.node_url = "http://127.0.0.1:" + std::to_string(server->port()), .token = "t", .folder = folder.path + "/out",
                                    .types = std::move(types), .since = std::move(since), .progress = {}});
    }
};

}  // namespace

TEST_CASE("an export is waited for, fetched from the node that was named, counted and removed") {
    Node node;
    const auto report = node.run({"Patient", "Condition"}, "2025-01-01T00:00:00Z");
    REQUIRE(report);
    CHECK(report->files == 2);
    CHECK(report->resources == 2);
    CHECK(report->deletions == 1);
    CHECK(node.asked.front() == "GET /fhir/$export?_type=Patient%2CCondition&_since=2025-01-01T00%3A00%3A00Z");
    CHECK(node.asked.back() == "DELETE /fhir/$export-job/j");
    CHECK(*read_file(node.folder.path + "/out/Patient.ndjson") == "{}\n{}\n");
    CHECK(*read_file(node.folder.path + "/out/export-manifest") == node.manifest);
    CHECK(node.run().error().category == Category::conflict);  // the folder is not empty
}

TEST_CASE("what does not fit together is refused") {
    Node fewer;
    fewer.manifest.replace(fewer.manifest.find("\"count\":2"), 9, "\"count\":3");
    CHECK(fewer.run().error().category == Category::corrupt);
    Node outside;
    outside.manifest.replace(outside.manifest.find("/j/Patient"), 2, "/..");
    CHECK(!outside.run());
    CHECK(!std::filesystem::exists(outside.folder.path + "/Patient.ndjson"));
    Node forbidden;
    forbidden.start_status = 403;
    CHECK(forbidden.run().error().message.find("403") != std::string::npos);
    Node broken;
    broken.manifest = "no json";
    CHECK(!broken.run());
}
