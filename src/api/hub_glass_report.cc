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

ledger::Access access_of(const Hub& hub, const trust::GlassReport& report, const http::Request& request) {
    ledger::Access access;
    access.time = hub.clock.now();
    access.action = ledger::Action::break_glass;
    access.person = report.person;
    access.requester = {report.user_id, report.name, std::string(trust::to_string(trust::Role::clinician)),
                        report.provider_id, report.unit_id};
    access.purpose = rights::to_string(rights::Purpose::BTG);
    access.rules = hub.rules.version;
    access.break_glass = ledger::BreakGlass{report.id, report.ground};
    access.request_id = std::string(request.headers.get("X-Request-Id"));
    return access;
}

// First the log, then the commit: what fails between them is reported again, and stands in the log twice rather than
// never.
Status take_report(Hub& hub, const http::Request& request) {
    TRY_ASSIGN(const auto provider, hub.nodes.provider(request));
    TRY_ASSIGN(const auto report, trust::decode_glass_report(request.body));
    if (report.provider_id != provider)
        return fail(Category::forbidden, "a node reports glasses of its own provider only");
    if (report.from > hub.clock.now() + kClocksDiffer)
        return fail(Category::invalid, "it has not been broken yet: the clocks differ");
    const exchange::Emergency glass = emergency_of(report);
    TRY_ASSIGN(const bool known, hub.emergencies.reported(report.person, glass));
    if (known) return {};
    TRY(hub.ledger.append(access_of(hub, report, request)));
    TRY(hub.emergencies.report(report.person, glass, hub.directory.name_of(provider)));
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
