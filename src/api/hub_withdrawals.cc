// /directory/withdrawals: a provider withdrawn by the operator in its stead, and let in again. docs/formats/directory.md.
#include "api/fhir_answer.h"
#include "api/hub.h"
#include "api/strict.h"
#include "json/writer.h"

namespace idun::api {
namespace {

Result<std::string> short_text(json::Value root, std::string_view name, std::size_t bytes_max) {
    const json::Value value = root[name];
    if (!value.is_string() || value.text().empty() || value.text().size() > bytes_max)
        return fail(Category::invalid, "a text of 1 to " + std::to_string(bytes_max) + " bytes", std::string(name));
    return std::string(value.text());
}

Result<exchange::Ruling> ruling_in(json::Value root, const trust::UserToken& user) {
    exchange::Ruling out;
    out.by = user.subject;
    TRY_ASSIGN(out.reason, short_text(root, "reason", exchange::kWithdrawalReasonBytesMax));
    TRY_ASSIGN(out.decision, short_text(root, "decision", exchange::kWithdrawalDecisionBytesMax));
    return out;
}

void write_ruling(json::Writer& w, const exchange::Ruling& ruling) {
    w.member("by", ruling.by).member("reason", ruling.reason).member("decision", ruling.decision);
}

void write_withdrawal(json::Writer& w, const Hub& hub, const exchange::Withdrawal& one, const std::vector<std::string>& left = {}) {
    w.object().member("provider", one.provider).member("name", hub.directory.name_of(one.provider));
    w.member("since", to_iso(one.since));
    write_ruling(w, one.ruling);
    w.member("whole", one.whole).name("ended").array();
    for (const auto& resource : one.ended) w.value(std::string(directory::to_string(resource.type)) + "/" + resource.id);
    w.end();
    if (one.end) {
        w.name("end").object().member("time", to_iso(*one.end));
        write_ruling(w, one.end_ruling);
        w.end();
    }
    if (!left.empty()) {
        w.name("left").array();
        for (const std::string& name : left) w.value(name);
        w.end();
    }
    w.end();
}

http::Response ruled_answer(int status, std::string body) {
    http::Response response;
    response.status = status;
    response.headers.set("Content-Type", "application/json");
    response.body = std::move(body);
    return response;
}

struct Ruled {
    http::Response response;
    ledger::Action action{};
    std::string what;
};

Result<Ruled> withdraw(Hub& hub, const http::Request& request, const trust::UserToken& user) {
    TRY_ASSIGN(const auto document, body_of(request));
    TRY(only(document.root(), {"provider", "reason", "decision"}, "withdrawal"));
    TRY_ASSIGN(const std::string provider, short_text(document.root(), "provider", 64));
    TRY_ASSIGN(const exchange::Ruling ruling, ruling_in(document.root(), user));
    TRY_ASSIGN(const exchange::Withdrawal done, hub.withdrawals.withdraw(provider, ruling));
    json::Writer w;
    write_withdrawal(w, hub, done);
    return Ruled{ruled_answer(201, w.take()), ledger::Action::remove,
                 "withdraw provider " + provider + " by decision " + ruling.decision + ": " + ruling.reason};
}

Result<Ruled> let_in(Hub& hub, const http::Request& request, const trust::UserToken& user) {
    const std::string& provider = request.parts[0];
    TRY_ASSIGN(const auto document, body_of(request));
    TRY(only(document.root(), {"reason", "decision"}, "withdrawal"));
    TRY_ASSIGN(const exchange::Ruling ruling, ruling_in(document.root(), user));
    TRY_ASSIGN(const auto done, hub.withdrawals.end(provider, ruling));
    json::Writer w;
    write_withdrawal(w, hub, done.withdrawal, done.left);
    return Ruled{ruled_answer(200, w.take()), ledger::Action::update,
                 "let provider " + provider + " in again by decision " + ruling.decision + ": " + ruling.reason};
}

http::Handler ruling(Hub& hub, Result<Ruled> (*rule)(Hub&, const http::Request&, const trust::UserToken&)) {
    return [&hub, rule](http::Request request, http::Reply reply) {
        const auto user = operator_of(hub, request);
        if (!user) return reply.send(refusal(user.error()));
        auto done = rule(hub, request, *user);
        if (!done) return reply.send(refusal(done.error()));
        release(hub, operator_access(hub, *user, done->action, request, std::move(done->what)), std::move(done->response), std::move(reply));
    };
}

}  // namespace

http::Handler hub_withdraw(Hub& hub) { return ruling(hub, withdraw); }
http::Handler hub_withdrawal_end(Hub& hub) { return ruling(hub, let_in); }

http::Handler hub_withdrawals(Hub& hub) {
    return [&hub](http::Request request, http::Reply reply) {
        const auto user = hub.users.caller(request);
        if (!user) return reply.send(refusal(user.error()));
        if (user->role != trust::Role::supervisor && !operator_of(hub, request))
            return reply.send(refusal(Error(Category::forbidden, "for supervisors and the hub's operator")));
        json::Writer w;
        w.object().name("withdrawals").array();
        for (const exchange::Withdrawal& one : hub.withdrawals.all()) write_withdrawal(w, hub, one);
        w.end().end();
        reply.send(ruled_answer(200, w.take()));
    };
}

}  // namespace idun::api
