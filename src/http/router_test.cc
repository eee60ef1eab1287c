#include "http/router.h"

#include <doctest/doctest.h>

namespace idun::http {
namespace {

struct Catcher final : Reply::Sink {
    explicit Catcher(Response& response) : response_(response) {}
    void send(Response response) override { response_ = std::move(response); }
    std::unique_ptr<BodyStream> stream(Response) override { return nullptr; }
    Response& response_;
};

Response ask(const Handler& handler, std::string method, std::string path) {
    Request request;
    request.method = std::move(method);
    request.path = std::move(path);
    Response response;
    handler(std::move(request), Reply(std::make_unique<Catcher>(response)));
    return response;
}

Handler named(std::string name) {
    return answering([name = std::move(name)](const Request& request) {
        Response response;
        response.body = name;
        for (const std::string& part : request.parts) response.body += "|" + part;
        return response;
    });
}

}  // namespace

TEST_CASE("the most literal pattern wins") {
    Router router;
    router.add("GET", "/", named("root"));
    router.add("GET", "/fhir/:type", named("search"));
    router.add("POST", "/fhir/:type", named("create"));
    router.add("GET", "/fhir/metadata", named("metadata"));
    router.add("GET", "/fhir/:type/:id", named("read"));
    router.add("GET", "/fhir/:type/:id/_history/:version", named("vread"));
    router.add("GET", "/fhir/Patient/$match", named("match"));
    router.add("GET", "/assets/*", named("assets"));
    router.add("GET", "/assets/:a/b", named("deep"));
    const Handler handler = std::move(router).handler();
    for (const auto& [path, expected] : std::vector<std::pair<std::string, std::string>>{
             {"/", "root"},
             {"/fhir/Patient", "search|Patient"},
             {"/fhir/metadata", "metadata"},
             {"/fhir/Patient/p1", "read|Patient|p1"},
             {"/fhir/metadata/p1", "read|metadata|p1"},
             {"/fhir/Patient/$match", "match"},
             {"/fhir/Patient/p1/_history/2", "vread|Patient|p1|2"},
             {"/assets/a/b", "deep|a"},
             {"/assets/a/c/d", "assets|a/c/d"},
             {"/assets/", "assets|"},
         }) {
        CAPTURE(path);
        const Response response = ask(handler, "GET", path);
        CHECK(response.status == 200);
        CHECK(response.body == expected);
    }
    CHECK(ask(handler, "POST", "/fhir/Patient").body == "create|Patient");
}

TEST_CASE("what fits nothing is 404, what fits another method is 405 with Allow") {
    Router router;
    router.add("GET", "/a/:x", named("a"));
    router.add("PUT", "/a/:x", named("b"));
    router.add("DELETE", "/a/b", named("c"));
    const Handler handler = std::move(router).handler();
    for (const char* path : {"/", "/a", "/a/", "/a//", "/b", "/a/b/c", "/A/x"}) CHECK(ask(handler, "GET", path).status == 404);
    const Response response = ask(handler, "POST", "/a/b");
    CHECK(response.status == 405);
    CHECK(response.headers.get("Allow") == "DELETE, GET, PUT");
    CHECK(ask(handler, "GET", "/a/b").body == "a|b");
    std::string deep;
    for (int i = 0; i < 1000; ++i) deep += "/a";
    CHECK(ask(handler, "GET", deep).status == 404);
}

TEST_CASE("other answers than problem documents can be given") {
    Router router;
    router.add("GET", "/a", named("a"));
    router.otherwise([](const Request&, const Error& error) {
        Response response;
        response.status = error.category == Category::not_found ? 404 : 501;
        response.body = "mine";
        return response;
    });
    const Handler handler = std::move(router).handler();
    CHECK(ask(handler, "GET", "/b").body == "mine");
    CHECK(ask(handler, "PUT", "/a").status == 405);
    CHECK(ask(handler, "PUT", "/a").body == "mine");
}

}  // namespace idun::http
