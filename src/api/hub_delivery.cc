#include "api/fhir_answer.h"
#include "api/given.h"
#include "api/subject.h"
#include "exchange/delivery.h"
#include "fhir/parameters.h"

namespace idun::api {
namespace {

std::string choice_as_parameters(const exchange::DeliveryChoice& choice) {
    fhir::ParametersWriter w;
    w.text("pace", "valueCode", exchange::to_string(choice.pace)).text("address", "valueString", choice.address);
    if (choice.refused) w.flag("refused", true);
    return w.take();
}

Result<exchange::DeliveryChoice> choose(Hub& hub, const http::Request& request, const crypto::Pseudonym& person) {
    TRY(unambiguous(hub, person));
    const auto aliases = hub.links.sure_aliases_of(person);
    if (request.method == "GET") {
        TRY_ASSIGN(const auto snapshot, hub.store.snapshot());
        return exchange::delivery_of(*snapshot, aliases);
    }
    TRY_ASSIGN(const Given given, given_in(request, {"pace", "address"}));
    const auto pace = exchange::pace_from(given.text("pace"));
    if (!pace) return fail(Category::invalid, "pace is off, immediate or digest", "Parameters.parameter");
    exchange::DeliveryChoice out{*pace, std::string(given.text("address")), false};
    TRY(hub.notices.choose_delivery(aliases, out));
    return out;
}

}  // namespace

// GET, POST /fhir/Patient/$notification-delivery: whether, how often and where the person is told outside of messages here.
http::Handler hub_delivery(Hub& hub) {
    return [&hub](http::Request request, http::Reply reply) {
        const auto user = hub.users.patient(request);
        if (!user) return reply.send(refusal(user.error()));
        const auto choice = choose(hub, request, *user->person);
        if (!choice) return reply.send(refusal(choice.error()));
        const bool changes = request.method == "POST";
        ledger::Access access = own_access(hub, *user, changes ? ledger::Action::rights_change : ledger::Action::search, request);
        access.query = "notification delivery";
        if (changes) access.query.append(" ").append(exchange::to_string(choice->pace));
        release(hub, access, fhir(200, choice_as_parameters(*choice)), std::move(reply));
    };
}

}  // namespace idun::api
