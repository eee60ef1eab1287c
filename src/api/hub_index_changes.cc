// Who follows the index: asks now and then of whom something is new, from where she was.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "api/fhir_answer.h"
#include "api/question.h"
#include "json/writer.h"
#include "ledger/append_each.h"

namespace idun::api {
namespace {

constexpr std::size_t kToldMax = 1'000;     // persons in an answer
constexpr std::size_t kLookedAtOnce = 4'096;  // changes

struct FollowAsk {
    std::optional<store::Version> after;  // nothing: from now on
    bool care_relation = false;
    std::size_t count = 200;
};

Result<FollowAsk> follow_ask(const http::Request& request) {
    TRY_ASSIGN(const auto parameters, http::parameters(request.query));
    FollowAsk out;
    std::set<std::string_view> seen;
    for (const auto& [name, value] : parameters) {
        if (!seen.insert(name).second) return fail(Category::invalid, "a parameter is given twice");
        if (name == "careRelation") {
            if (value != "true" && value != "false") return fail(Category::invalid, "careRelation is true or false", "careRelation");
            out.care_relation = value == "true";
            continue;
        }
        std::uint64_t number = 0;
        const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
        const bool whole = error == std::errc() && end == value.data() + value.size();
        if (name == "after" && whole) out.after = store::Version{number};
        else if (name == "_count" && whole && number >= 1 && number <= kToldMax) out.count = number;
        else return fail(Category::invalid, fmt::format("allowed are after (of the answer before), careRelation, and _count from 1 to {}", kToldMax));
    }
    return out;
}

// Who follows: a system of a provider, of persons of whom that provider has pointers; or a person, of herself.
class Follower {
public:
    Follower(const Hub& hub, const trust::UserToken& user, const FollowAsk& ask, const http::Request& request)
        : hub_(hub), user_(user), ask_(ask), request_(request) {}

    static Status may_follow(const Hub& hub, const trust::UserToken& user) {
        const bool herself = user.role == trust::Role::patient && user.person;
        const bool system = user.role == trust::Role::system && !user.provider_id.empty();
        if (system && (hub.rules.care_roles & rights::RuleTable::bit(rights::Role::system)) == 0)
            return fail(Category::forbidden, "by the national rules (care-roles) systems see nothing of other providers: there is nothing to follow");
        if (herself || system) return {};
        return fail(Category::forbidden, "systems of providers follow the index for their patients, and people for themselves");
    }

    // The number by which the follower knows the person of a change; nothing when it is not told of it: of somebody whom it does not
    // follow, or of something that it may not know of. What is withheld is as if nothing had happened; so is what a source no
    // longer holds, and what the follower itself has said.
    Result<std::optional<crypto::Pseudonym>> told_as(const index::Change& change) {
        using Told = std::optional<crypto::Pseudonym>;
        if (change.provider == user_.provider_id) return Told();
        TRY_ASSIGN(const auto known, known_as(change.person));
        if (!known) return Told();
        TRY_ASSIGN(const auto visible, hub_.exchange.visible_holdings(question(*known)));
        if (!visible.general.permit) return Told();
        const auto under = std::ranges::find(visible.numbers, change.person, &exchange::NumberHoldings::number);
        if (under == visible.numbers.end()) return Told();
        const auto of = std::ranges::find(under->holdings, change.provider, &index::Holding::provider);
        if (of == under->holdings.end()) return Told();
        const bool shown = std::ranges::any_of(of->parts, [&](const auto& part) {
            return std::ranges::find(change.categories, part.category) != change.categories.end();
        });
        return shown ? known : Told();
    }

    ledger::Access entry(const crypto::Pseudonym& person, store::Version seen) const {
        ledger::Access access = exchange::access_of(question(person), hub_.clock.now());
        access.action = ledger::Action::notify;
        access.query = "index/changes";
        access.rules = hub_.rules.version;
        access.store_version = seen.number;
        return access;
    }

private:
    Result<std::optional<crypto::Pseudonym>> known_as(const crypto::Pseudonym& person) const {
        using Known = std::optional<crypto::Pseudonym>;
        const people::Numbers numbers = hub_.links.of(person);
        if (user_.role == trust::Role::patient) return numbers.has(*user_.person) ? Known(*user_.person) : Known();
        for (const crypto::Pseudonym& number : numbers.all()) {
            TRY_ASSIGN(const auto holdings, hub_.index.holdings(number));
            if (std::ranges::find(holdings, user_.provider_id, &index::Holding::provider) != holdings.end()) return Known(number);
        }
        return Known();
    }

    exchange::Question question(const crypto::Pseudonym& person) const {
        exchange::Question q;
        q.requester = {user_.subject, user_.name, user_.role, user_.provider_id, user_.unit_id, user_.assurance, user_.task, user_.use};
        q.person = person;
        q.is_the_person = user_.role == trust::Role::patient;
        q.purpose = q.is_the_person ? "PATRQT" : "TREAT";
        q.care_relation = ask_.care_relation;
        q.request_id = std::string(request_.headers.get("X-Request-Id"));
        return q;
    }

    const Hub& hub_;
    const trust::UserToken& user_;
    const FollowAsk& ask_;
    const http::Request& request_;
};

struct ToldOf {
    std::vector<crypto::Pseudonym> persons;  // each once, in the order of their first change
    store::Version after;
};

// Goes on until there are `count` to tell of or nothing is left: a short page would say that something was withheld.
Result<ToldOf> look(const Hub& hub, Follower& follower, store::Version after, std::size_t count) {
    ToldOf out{{}, after};
    std::set<crypto::Pseudonym> known;
    const auto all = [](const crypto::Pseudonym&) { return true; };
    for (;;) {
        TRY_ASSIGN(const auto piece, hub.index.changes(out.after, all, kLookedAtOnce));
        for (std::size_t i = 0; i < piece.changes.size(); ++i) {
            const index::Change& change = piece.changes[i];
            // A commit is told whole: its version is a place to go on from.
            const bool new_commit = i > 0 && piece.changes[i - 1].version != change.version;
            if (new_commit) out.after = piece.changes[i - 1].version;
            if (new_commit && out.persons.size() >= count) return out;
            TRY_ASSIGN(const auto told, follower.told_as(change));
            if (told && known.insert(*told).second) out.persons.push_back(*told);
        }
        out.after = piece.upto;
        if (piece.changes.empty() || out.persons.size() >= count) return out;
    }
}

std::string told_body(const ToldOf& told) {
    json::Writer w;
    w.object().name("persons").array();
    for (const crypto::Pseudonym& person : told.persons) w.value(person.text());
    w.end().member("after", std::to_string(told.after.number)).end();
    return w.take();
}

http::Response json_answer(std::string body) {
    http::Response response;
    response.headers.set("Content-Type", "application/json");
    response.headers.set("Cache-Control", "no-store");
    response.body = std::move(body);
    return response;
}

}  // namespace

// GET /index/changes?after=...&careRelation=...&_count=...
http::Handler hub_index_changes(Hub& hub) {
    return [&hub](http::Request request, http::Reply reply) {
        const auto user = hub.users.caller(request);
        if (!user) return reply.send(refusal(user.error()));
        if (const Status may = Follower::may_follow(hub, *user); !may) return reply.send(refusal(may.error()));
        const auto ask = follow_ask(request);
        if (!ask) return reply.send(refusal(ask.error()));
        Follower follower(hub, *user, *ask, request);
        const auto told = ask->after ? look(hub, follower, *ask->after, ask->count) : Result<ToldOf>(ToldOf{{}, hub.index.changed_upto()});
        if (!told) return reply.send(refusal(told.error()));
        http::Response response = json_answer(told_body(*told));
        if (told->persons.empty()) return reply.send(std::move(response));  // nobody is shown
        std::vector<ledger::Access> entries;
        for (const crypto::Pseudonym& person : told->persons) entries.push_back(follower.entry(person, told->after));
        auto next = [entries = std::move(entries), at = std::size_t{0}]() mutable -> std::optional<ledger::Access> {
            if (at == entries.size()) return std::nullopt;
            return std::move(entries[at++]);
        };
        const auto held = std::make_shared<std::pair<http::Response, http::Reply>>(std::move(response), std::move(reply));
        ledger::append_each(hub.ledger, std::move(next), [held](Result<ledger::Receipt> last) {
            if (!last) return held->second.send(refusal(last.error()));
            held->first.headers.set("X-Idun-Receipt", last->text());
            held->second.send(std::move(held->first));
        });
    };
}

}  // namespace idun::api
