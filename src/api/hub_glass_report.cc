#include "api/fhir_answer.h"
#include "api/hub.h"
#include "http/problem.h"
#include "trust/glass_report.h"

namespace idun::api {
namespace {

constexpr std::chrono::milliseconds kClocksDiffer{5'000};

exchange::Emergency emergency_of(const trust::GlassReport& report) {
    return {report.id,     report.user_id, report.name, report.provider_id, report.unit_id,
            report.ground, report.reason,  report.from, report.until};
}

Status take_report(Hub& hub, const http::Request& request) {
    TRY_ASSIGN(const auto provider, hub.nodes.provider(request));
    TRY_ASSIGN(const auto report, trust::decode_glass_report(request.body));
    if (report.provider_id != provider)
        return fail(Category::forbidden, "a node reports glasses of its own provider only");
    if (report.from > hub.clock.now() + kClocksDiffer)
        return fail(Category::invalid, "it has not been broken yet: the clocks differ");
    TRY(hub.emergencies.report(report.person, emergency_of(report), hub.directory.name_of(provider)));
    return {};
}

}  // namespace

// POST /rights/glasses: a glass that was broken at the sender's node. 204 once the person is told and the breaker
// asked; the same when it comes again. docs/formats/glass-report.md.
http::Handler hub_glass_report(Hub& hub) {
    return http::answering([&hub](const http::Request& request) {
        if (const Status taken = take_report(hub, request); !taken) return http::problem(taken.error());
        http::Response done;
        done.status = 204;
        return done;
    });
}

}  // namespace idun::api
