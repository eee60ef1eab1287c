#include <charconv>

#include "api/fhir_answer.h"
#include "api/given.h"
#include "api/hub.h"
#include "http/problem.h"
#include "json/writer.h"
#include "ledger/append_each.h"

namespace idun::api {
namespace {

constexpr std::size_t kUnshownDefault = 50;
constexpr std::size_t kUnshownMax = 200;

struct UnshownAsk {
    std::string provider;
    std::string before;
    std::size_t count = kUnshownDefault;
};

Result<UnshownAsk> unshown_ask(const Hub& hub, const http::Request& request) {
    TRY_ASSIGN(const Given given, given_in_query(request, {"provider", "_count", "_page"}));
    UnshownAsk out;
    TRY_ASSIGN(out.provider, given.required("provider", 128));
    if (!hub.directory.organisation(out.provider)) return fail(Category::invalid, "no such provider in the directory");
    out.before = given.text("_page");
    const std::string_view text = given.text("_count");
    if (text.empty()) return out;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out.count);
    if (error != std::errc() || end != text.data() + text.size() || out.count == 0)
        return fail(Category::invalid, "_count is a number from 1");
    out.count = std::min(out.count, kUnshownMax);
    return out;
}

std::string unshown_list(const UnshownAsk& ask, const exchange::CareChecks::Page& page) {
    json::Writer w;
    w.object().member("provider", ask.provider).name("declared").array();
    for (const exchange::UnshownCare& one : page.unshown) {
        const exchange::DeclaredCare& d = one.declared;
        w.object().member("at", to_iso(d.at)).member("user", d.user_id).member("name", d.name);
        w.member("unit", d.unit_id).member("person", d.person.text());
        w.member("state", one.answered ? "none" : "unanswered").member("checked", to_iso(one.checked)).end();
    }
    w.end();
    if (!page.next.empty()) w.member("next", page.next);
    w.end();
    return w.take();
}

// One entry for each person in the list; one without a person when nobody is.
ledger::NextAccess entries_of_list(ledger::Access access, std::vector<exchange::UnshownCare> unshown) {
    return [access = std::move(access), unshown = std::move(unshown),
            at = std::size_t{0}]() mutable -> std::optional<ledger::Access> {
        if (at >= std::max<std::size_t>(unshown.size(), 1)) return std::nullopt;
        ledger::Access out = access;
        if (!unshown.empty()) out.person = unshown[at].declared.person;
        ++at;
        return out;
    };
}

Result<UnshownAsk> unshown_asked(const Hub& hub, const http::Request& request, const trust::UserToken& user) {
    if (user.role != trust::Role::supervisor)
        return fail(Category::forbidden, "only supervisors see which declared care relations nothing shows");
    return unshown_ask(hub, request);
}

}  // namespace

// GET /rights/unshown-care?provider=ID: care relations that staff of the provider has declared and its bookings and
// encounters do not show, newest first, by user; persons by pseudonym.
http::Handler hub_unshown_care(Hub& hub) {
    return [&hub](http::Request request, http::Reply reply) {
        const auto user = hub.users.caller(request);
        if (!user) return reply.send(http::problem(user.error()));
        const auto ask = unshown_asked(hub, request, *user);
        if (!ask) return reply.send(http::problem(ask.error()));
        auto page = hub.care.unshown(ask->provider, ask->before, ask->count);
        if (!page) return reply.send(http::problem(page.error()));
        ledger::Access access = own_access(hub, *user, ledger::Action::search, request);
        access.purpose = rights::to_string(rights::Purpose::HSYSADMIN);
        access.rule.clear();
        access.query = "unshown-care";
        const auto shared =
            std::make_shared<std::pair<http::Response, http::Reply>>(http::Response{}, std::move(reply));
        shared->first.body = unshown_list(*ask, *page);
        shared->first.headers.set("Content-Type", "application/json");
        ledger::append_each(hub.ledger, entries_of_list(std::move(access), std::move(page->unshown)),
                            [shared](Result<ledger::Receipt> receipt) {
                                if (!receipt) return shared->second.send(http::problem(receipt.error()));
                                shared->first.headers.set("X-Idun-Receipt", receipt->text());
                                shared->second.send(std::move(shared->first));
                            });
    };
}

}  // namespace idun::api
