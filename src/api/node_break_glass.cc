#include "api/node_answer.h"
#include "crypto/encoding.h"
#include "fhir/parameters.h"
#include "trust/glass_report.h"

namespace idun::api {
namespace {

struct Wish {
    rights::Ground ground = rights::Ground::life;
    std::string reason;
};

Result<Wish> wish_of(json::Value body) {
    if (body["resourceType"].text() != "Parameters")
        return fail(Category::invalid, "send Parameters with ground and reason");
    std::optional<rights::Ground> ground;
    std::string reason;
    for (const json::Value parameter : body["parameter"].elements()) {
        const std::string_view name = parameter["name"].text();
        if (name == "ground")
            ground = rights::ground_from(parameter["valueCode"].text());
        else if (name == "reason")
            reason = parameter["valueString"].text();
        else
            return fail(Category::invalid, "$break-glass takes the parameters ground and reason");
    }
    if (!ground) return fail(Category::invalid, "the ground is life or health (valueCode)", "Parameters.parameter");
    if (reason.empty() || reason.size() > trust::kGlassReasonBytesMax)
        return fail(Category::invalid, "say why, in at most 500 bytes (reason, valueString)", "Parameters.parameter");
    return Wish{*ground, std::move(reason)};
}

Result<gate::Glasses::Opened> opened_by(Node& node, const Staff& user, const std::string& patient, const Wish& wish) {
    TRY_ASSIGN(const auto snapshot, node.records.snapshot());
    TRY_ASSIGN(const auto behind, node.records.persons_behind(patient, *snapshot));
    std::vector<crypto::Pseudonym> persons;
    for (const std::string& bytes : behind)
        if (const auto person = crypto::Pseudonym::from(bytes)) persons.push_back(*person);
    return node.glasses.open(crypto::hex(owner_of(user)), patient, wish.ground, wish.reason, persons,
                             {user.subject, user.name, user.unit_id});
}

std::string parameters_of(const gate::Glasses::Opened& opened) {
    return fhir::ParametersWriter().text("id", "valueString", opened.token).text("until", "valueInstant", to_iso(opened.glass.until)).take();
}

}  // namespace

// POST /fhir/Patient/:id/$break-glass: for the provider's own staff, against blocks between its units. It answers the
// same whatever is blocked, if anything is; the person is told by the hub as soon as it can be reached. What it gives
// goes into X-Idun-Break-Glass of the requests that follow.
http::Handler node_break_glass(Node& node) {
    return [&node](http::Request request, http::Reply reply) {
        const auto user = staff_of(node, request);
        if (!user) return reply.send(refusal(user.error()));
        if (user->role != trust::Role::clinician)
            return reply.send(refusal(Error(Category::forbidden, "only people in care break a glass")));
        const auto document = body_of(request);
        if (!document) return reply.send(refusal(document.error()));
        const auto wish = wish_of(document->root());
        if (!wish) return reply.send(refusal(wish.error()));
        records::Outcome outcome = node.records.read("Patient", request.parts[0], context_of(node, *user, request));
        if (!outcome.ok()) return answer(node, *user, ledger::Action::read, request, outcome, std::move(reply));
        const auto opened = opened_by(node, *user, request.parts[0], *wish);
        if (!opened) return reply.send(refusal(opened.error()));
        node.glass_broken();
        outcome.body = std::make_shared<const std::string>(parameters_of(*opened));
        outcome.version.reset();
        outcome.last_modified.reset();
        outcome.touched.clear();
        Asked asked;
        asked.patients.push_back(request.parts[0]);
        asked.glass = opened->glass;
        answer(node, *user, ledger::Action::break_glass, request, outcome, std::move(reply), asked);
    };
}

}  // namespace idun::api
