#include "api/fhir_answer.h"
#include "api/hub.h"
#include "http/problem.h"
#include "index/comparison.h"

namespace idun::api {
namespace {

Result<http::Response> compared(const Hub& hub, const http::Request& request) {
    TRY_ASSIGN(const std::string provider, hub.nodes.provider(request));
    TRY_ASSIGN(const auto document, body_of(request));
    TRY_ASSIGN(const auto speaking, hub.withdrawals.let_speak(provider));
    http::Response response;
    response.headers.set("Content-Type", "application/json");
    TRY_ASSIGN(response.body, index::answer_comparison(hub.index, provider, document.root()));
    return response;
}

}  // namespace

// POST /index/compare: what the index has of the calling node, as sums. See docs/formats/index.md.
http::Handler hub_index_compare(Hub& hub) {
    return [&hub](http::Request request, http::Reply reply) {
        auto answer = compared(hub, request);
        reply.send(answer ? std::move(*answer) : http::problem(answer.error()));
    };
}

}  // namespace idun::api
