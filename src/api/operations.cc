#include "api/operations.h"

#include <algorithm>

#include "api/fhir_answer.h"
#include "http/problem.h"
#include "json/writer.h"

namespace idun::api {
namespace {

http::Response not_without_entry(const http::Request& request, const Error& why) {
    const Error error(Category::unavailable, "nothing was done: the log of accesses takes no entry: " + why.message);
    return request.path.starts_with("/fhir") ? refusal(error) : http::problem(error);
}

}  // namespace

void Operations::add(std::string_view method, std::string_view path, http::Handler handler) {
    all_.push_back({std::string(path), std::string(method), true});
    router_.add(method, path, [&ledger = ledger_, handler = std::move(handler)](http::Request request, http::Reply reply) {
        if (const Status log = ledger.healthy(); !log) return reply.send(not_without_entry(request, log.error()));
        handler(std::move(request), std::move(reply));
    });
}

void Operations::add_unlogged(std::string_view method, std::string_view path, http::Handler handler) {
    all_.push_back({std::string(path), std::string(method), false});
    router_.add(method, path, std::move(handler));
}

void Operations::add_list() {
    std::ranges::sort(all_);
    json::Writer w;
    w.object().name("operations").array();
    for (const Operation& one : all_) w.object().member("method", one.method).member("path", one.path).member("logged", one.logged).end();
    w.end().end();
    router_.add("GET", "/operations", http::answering([text = w.take()](const http::Request&) {
        http::Response response;
        response.headers.set("Content-Type", "application/json");
        response.body = text;
        return response;
    }));
}

}  // namespace idun::api
