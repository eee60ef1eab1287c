#include "api/fhir_answer.h"
#include "api/hub.h"
#include "json/writer.h"

namespace idun::api {
namespace {

// What could not be verified then, and can be since the key is known.
void write(json::Writer& w, const std::vector<exchange::StrangeKey>& all) {
    w.name("unverifiable").array();
    for (const exchange::StrangeKey& one : all) {
        w.object()
            .member("from", to_iso(one.first))
            .member("to", to_iso(one.last))
            .member("count", one.count)
            .member("index", one.index);
        w.member("resolved", to_iso(one.resolved.value_or(one.last)))
            .member("by", "key-change")
            .member("checkpoint", one.checkpoint)
            .end();
    }
    w.end();
}

void write(json::Writer& w, const exchange::LogAccount& one) {
    w.object().member("log", one.log_id).member("complete", one.complete()).member("accounted", one.accounted());
    w.member("size", one.progress.size).member("shipped", one.progress.next);
    w.member("tickets", one.tickets).member("newestTicket", one.issued);
    w.member("receipts", one.receipts).member("matched", one.matched);
    w.member("unanswered", one.unanswered);
    if (one.unanswered_since) w.member("unansweredSince", to_iso(*one.unanswered_since));
    w.member("refused", one.refused);
    w.name("served").array().value(one.progress.served.own).value(one.progress.served.tickets).end();
    if (one.stated) {
        const ledger::ServedNote& said = one.stated->said;
        w.name("stated")
            .object()
            .member("size", said.size)
            .name("served")
            .array()
            .value(said.served.own)
            .value(said.served.tickets)
            .end();
        w.member("note", one.stated->note).end();
    }
    w.member("closed", one.progress.closed);
    w.member("missing", one.missing);
    if (one.missing_since) w.member("missingSince", to_iso(*one.missing_since));
    if (one.progress.heard.ms > 0) w.member("heard", to_iso(one.progress.heard));
    w.member("silent", one.silent);
    if (one.silent_since) w.member("silentSince", to_iso(*one.silent_since));
    w.member("behind", one.behind);
    if (one.progress.behind_since) w.member("behindSince", to_iso(*one.progress.behind_since));
    w.member("checkpoint", one.progress.checkpoint);
    if (!one.progress.successor.empty()) w.member("followedBy", one.progress.successor);
    if (one.clock) {
        w.name("clock").object().member("wrong", one.clock_wrong).member("first", to_iso(one.clock->first)).member("last", to_iso(one.clock->last));
        w.member("count", one.clock->count).member("index", one.clock->index).member("offMs", one.clock->off.count()).end();
    }
    w.name("faults").array();
    for (const exchange::FaultSeen& seen : one.faults) {
        w.object().member("fault", exchange::to_string(seen.fault)).member("first", to_iso(seen.first));
        w.member("last", to_iso(seen.last)).member("count", seen.count).member("index", seen.index);
        if (!seen.checkpoint.empty()) w.member("checkpoint", seen.checkpoint);
        w.end();
    }
    w.end();
    if (!one.unverifiable.empty()) write(w, one.unverifiable);
    w.end();
}

std::string report(const Hub& hub, const std::vector<exchange::LogAccount>& accounts) {
    json::Writer w;
    w.object().member("time", to_iso(hub.clock.now())).name("logs").array();
    for (const exchange::LogAccount& one : accounts) write(w, one);
    w.end();
    // What the witnesses say of the hub's log, and what it says as a witness of others.
    if (hub.cosigning) w.name("cosignedBy").raw(hub.cosigning->report());
    if (hub.witness) w.name("cosigns").raw(hub.witness->report());
    w.end();
    return w.take();
}

}  // namespace

// GET /log-accounts: for supervisors, whether every access is accounted for. See docs/formats/ledger-shipping.md.
http::Handler hub_log_accounts(Hub& hub) {
    return [&hub](http::Request request, http::Reply reply) {
        const auto user = hub.users.caller(request);
        if (!user) return reply.send(refusal(user.error()));
        if (user->role != trust::Role::supervisor)
            return reply.send(refusal(Error(Category::forbidden, "only supervisors read the accounts of the logs")));
        const auto accounts = hub.accesses.accounts();
        if (!accounts) return reply.send(refusal(accounts.error()));
        ledger::Access access = own_access(hub, *user, ledger::Action::search, request);
        access.person.reset();
        access.purpose = rights::to_string(rights::Purpose::HOPERAT);
        access.rule.clear();
        access.query = "log-accounts";
        http::Response response;
        response.headers.set("Content-Type", "application/json");
        response.body = report(hub, *accounts);
        release(hub, access, std::move(response), std::move(reply));
    };
}

}  // namespace idun::api
