#include "api/witness.h"

#include "http/problem.h"
#include "json/writer.h"

namespace idun::api {
namespace {

http::Response for_everybody(std::string type, std::string body) {
    http::Response response;
    response.headers.set("Content-Type", std::move(type));
    response.headers.set("Cache-Control", "no-cache");
    response.headers.set("Access-Control-Allow-Origin", "*");
    response.headers.set("X-Content-Type-Options", "nosniff");
    response.body = std::move(body);
    return response;
}

std::string no_witnesses(const std::string& log_id) {
    json::Writer w;
    w.object().member("log", log_id).name("witnesses").array().end().end();
    return w.take();
}

}  // namespace

void add_witness_routes(http::Router& router, const std::string& prefix, witness::Witness& witness) {
    router.add("POST", prefix + "/add-checkpoint", http::answering([&witness](const http::Request& request) {
                   witness::Answer answer = witness.add_checkpoint(request.body);
                   http::Response response = for_everybody(std::move(answer.type), std::move(answer.body));
                   response.status = answer.status;
                   return response;
               }));
    router.add("GET", prefix + "/witness", http::answering([&witness](const http::Request& request) {
                   // ?log=OWNER: a log asks about itself.
                   const auto parameters = http::parameters(request.query);
                   const bool one = parameters && parameters->size() == 1 && (*parameters)[0].first == "log";
                   if (!request.query.empty() && !one)
                       return http::problem(Error(Category::invalid, "ask with log only"));
                   return for_everybody(
                       "application/json",
                       witness.report(one ? std::string_view((*parameters)[0].second) : std::string_view()));
               }));
}

void add_log_witnesses_route(http::Router& router, std::string log_id, const witness::Cosigning* cosigning) {
    router.add("GET", "/log/witnesses", http::answering([log_id = std::move(log_id), cosigning](const http::Request&) {
                   return for_everybody("application/json", cosigning ? cosigning->report() : no_witnesses(log_id));
               }));
}

}  // namespace idun::api
