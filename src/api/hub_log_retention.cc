#include "api/fhir_answer.h"
#include "api/hub.h"
#include "json/writer.h"

namespace idun::api {
namespace {

void words(json::Writer& w, std::string_view name, const rights::Words& all) {
    w.name(name).array();
    for (const std::string& word : all) w.value(word);
    w.end();
}

void gone(json::Writer& w, std::string_view rule, const std::vector<exchange::PurgedByRule>& purged) {
    for (const exchange::PurgedByRule& one : purged)
        if (one.rule == rule) w.member("gone", one.entries).member("goneUntil", to_iso(one.newest));
}

std::string report(Instant now, const rights::RuleTable& table, const std::vector<exchange::PurgedByRule>& purged) {
    json::Writer w;
    w.object().member("time", to_iso(now)).member("rules", table.version).name("logs").array();
    for (const rights::LogRow& row : table.logs) {
        w.object().member("name", row.name);
        words(w, "origins", row.origins);
        words(w, "categories", row.categories);
        w.member("years", row.years);
        words(w, "hiddenFrom", row.hidden_from);
        gone(w, row.name, purged);
        w.end();
    }
    w.object().member("name", std::string(exchange::kStandardRule)).member("years", table.log_years);
    gone(w, exchange::kStandardRule, purged);
    w.end().end().end();
    return w.take();
}

}  // namespace

// GET /log-retention: for supervisors, by which rules accesses are kept, and how many went by each.
http::Handler hub_log_retention(Hub& hub) {
    return [&hub](http::Request request, http::Reply reply) {
        const auto user = hub.users.caller(request);
        if (!user) return reply.send(refusal(user.error()));
        if (user->role != trust::Role::supervisor)
            return reply.send(refusal(Error(Category::forbidden, "only supervisors read how long logs are kept")));
        const auto purged = hub.accesses.purged();
        if (!purged) return reply.send(refusal(purged.error()));
        ledger::Access access = own_access(hub, *user, ledger::Action::search, request);
        access.person.reset();
        access.purpose = rights::to_string(rights::Purpose::HOPERAT);
        access.rule.clear();
        access.query = "log-retention";
        http::Response response;
        response.headers.set("Content-Type", "application/json");
        response.body = report(hub.clock.now(), hub.rules, *purged);
        release(hub, access, std::move(response), std::move(reply));
    };
}

}  // namespace idun::api
