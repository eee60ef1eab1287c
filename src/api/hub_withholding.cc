#include "api/access_entry.h"
#include "api/fhir_answer.h"
#include "api/given.h"
#include "api/supervision.h"
#include "fhir/parameters.h"
#include "ledger/audit_event.h"

namespace idun::api {
namespace {

constexpr std::size_t kDecisionBytesMax = 128;
constexpr std::size_t kWithholdingsMax = 10'000;

Result<trust::UserToken> officer(const Hub& hub, const http::Request& request) {
    TRY_ASSIGN(auto user, hub.users.caller(request));
    if (user.role != trust::Role::supervisor)
        return fail(Category::forbidden, "only supervisors withhold accesses, by a decision");
    return user;
}

// Not given: until it is lifted.
Result<std::optional<Instant>> until_in(const Hub& hub, const Given& given) {
    if (!given.has("until")) return std::optional<Instant>();
    const auto until = from_iso(given.text("until"));
    if (!until || *until <= hub.clock.now())
        return fail(Category::invalid, "until is an instant that is to come", "until");
    return until;
}

// Says nothing of the person: her list must not tell that something is withheld.
ledger::Access nobodys_access(const Hub& hub, const trust::UserToken& user, ledger::Action action, const http::Request& request,
                         std::string what) {
    ledger::Access access = own_access(hub, user, action, request);
    access.person.reset();
    access.purpose = rights::to_string(rights::Purpose::HOPERAT);
    access.rule.clear();
    access.query = std::move(what);
    return access;
}

Result<ledger::Access> withhold_or_lift(Hub& hub, const trust::UserToken& user, const http::Request& request, bool withhold) {
    const std::string& id = request.parts.at(0);
    TRY_ASSIGN(const auto entry, supervised_entry(hub, id));
    TRY_ASSIGN(const Given given,
               withhold ? given_in(request, {"reason", "decision", "until"}) : given_in(request, {"decision"}));
    TRY_ASSIGN(const std::string decision, given.required("decision", kDecisionBytesMax));
    if (withhold) {
        TRY_ASSIGN(const std::string reason, given.required("reason", exchange::kWithholdReasonBytesMax));
        TRY_ASSIGN(const auto until, until_in(hub, given));
        TRY(hub.accesses.withhold(
            entry, {entry.log_id, entry.entry.index, reason, decision, user.subject, hub.clock.now(), {}, {}, until}));
    } else {
        TRY(hub.accesses.lift(entry, decision));
    }
    return nobodys_access(hub, user, ledger::Action::rights_change, request,
                     (withhold ? "withhold AuditEvent/" : "show AuditEvent/") + id + " decision " + decision);
}

std::string withheld_parameters(const std::vector<exchange::Withholding>& all, Instant now) {
    fhir::ParametersWriter w;
    std::size_t active = 0;
    for (const auto& one : all) active += one.holds(now);
    w.count("active", active).count("total", all.size());
    for (const auto& one : all) {
        w.open("withheld").text("id", "valueId", ledger::audit_event_id({one.log_id, one.index, 0, {}, {}}));
        w.text("reason", "valueString", one.reason).text("decision", "valueString", one.decision);
        w.text("by", "valueString", one.by).text("since", "valueInstant", to_iso(one.since));
        if (one.until) w.text("until", "valueInstant", to_iso(*one.until));
        if (one.lifted)
            w.text("lifted", "valueInstant", to_iso(*one.lifted)).text("liftedBy", "valueString", one.lifted_by);
        w.close();
    }
    return w.take();
}

http::Handler changing(Hub& hub, bool withhold) {
    return [&hub, withhold](http::Request request, http::Reply reply) {
        const auto user = officer(hub, request);
        if (!user) return reply.send(refusal(user.error()));
        const auto access = withhold_or_lift(hub, *user, request, withhold);
        if (!access) return reply.send(refusal(access.error()));
        http::Response response;
        response.status = 204;
        release(hub, *access, std::move(response), std::move(reply));
    };
}

}  // namespace

// POST /fhir/AuditEvent/:id/$withhold, Parameters reason, decision and until: keeps an access from the person's list.
http::Handler hub_access_withhold(Hub& hub) { return changing(hub, true); }
// POST /fhir/AuditEvent/:id/$show, Parameters decision: it is there again.
http::Handler hub_access_show(Hub& hub) { return changing(hub, false); }

// GET /fhir/AuditEvent/$withheld: how many, which, why and by what decision, those that were lifted or whose time is
// over too.
http::Handler hub_accesses_withheld(Hub& hub) {
    return [&hub](http::Request request, http::Reply reply) {
        const auto user = officer(hub, request);
        if (!user) return reply.send(refusal(user.error()));
        const auto all = hub.accesses.withheld(kWithholdingsMax);
        if (!all) return reply.send(refusal(all.error()));
        const ledger::Access access =
            nobodys_access(hub, *user, ledger::Action::search, request, "AuditEvent/$withheld");
        release(hub, access, fhir(200, withheld_parameters(*all, hub.clock.now())), std::move(reply));
    };
}

}  // namespace idun::api
