#include "api/fhir_answer.h"
#include "api/hub.h"
#include "json/writer.h"

namespace idun::api {
namespace {

void health_counts(json::Writer& w, std::string_view name, const directory::EndpointHealth::Counts& counts) {
    w.name(name).object();
    for (const directory::Answer answer : directory::kAnswers)
        w.member(directory::to_string(answer), counts[static_cast<std::size_t>(answer)]);
    w.end();
}

void write_speech(json::Writer& w, const directory::Speaks& speaks) {
    if (!speaks.interfaces.empty()) w.member("interfaces", speaks.interfaces_text());
    if (!speaks.software.empty()) w.member("software", speaks.software);
    if (const Status known = directory::understood(speaks, "its node"); !known) w.member("problem", known.error().message);
}

}  // namespace

// GET /directory/health: for the operator, how endpoints have answered gatherings lately.
http::Handler hub_directory_health(Hub& hub) {
    return [&hub](http::Request request, http::Reply reply) {
        const auto user = operator_of(hub, request);
        if (!user) return reply.send(refusal(user.error()));
        json::Writer w;
        w.object().member("time", to_iso(hub.clock.now())).name("endpoints").array();
        for (const auto& row : hub.endpoint_health.rows()) {
            w.object().member("provider", row.provider).member("name", hub.directory.name_of(row.provider));
            if (const auto endpoint = hub.directory.endpoint_of(row.provider)) write_speech(w, endpoint->speaks);
            health_counts(w, "minutes5", row.minutes5);
            health_counts(w, "hour", row.hour);
            health_counts(w, "day", row.day);
            w.member("slowestMsInHour", row.slowest_hour.count());
            if (row.last_answered) w.member("lastAnswered", to_iso(*row.last_answered));
            if (row.last_failed) w.member("lastFailed", to_iso(*row.last_failed));
            w.end();
        }
        w.end().end();
        http::Response response;
        response.headers.set("Content-Type", "application/json");
        response.body = w.take();
        reply.send(std::move(response));
    };
}

}  // namespace idun::api
