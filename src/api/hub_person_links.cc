#include "api/fhir_answer.h"
#include "api/given.h"
#include "api/person_links.h"
#include "api/subject.h"
#include "fhir/parameters.h"
#include "index/fhir_pointer.h"

namespace idun::api {
namespace {

using people::Said;

constexpr std::size_t kReasonMax = people::kLinkTextBytesMax;

// A number as the operator names it.
struct NamedNumber {
    crypto::Pseudonym number;
    std::vector<crypto::Pseudonym> under_all_keys;  // itself first
    std::optional<people::Kind> kind;
};

bool kept_by_links(const Error& error) { return error.category == Category::conflict || error.category == Category::too_large; }

Result<NamedNumber> number_named(const Hub& hub, const trust::UserToken& user, const Given& given, std::string_view name) {
    const auto who = given.identifier(name);
    if (!who) return fail(Category::invalid, "say which number: " + std::string(name), "Parameters.parameter");
    NamedNumber out;
    const auto id = people::identify(who->system, who->value, hub.clock.now());
    const auto settled = person_named(hub, user, *who);
    // What keeps the hub from remembering what it knows is for the operator to put in order.
    if (!settled && !(id && kept_by_links(settled.error()))) return fail(settled.error());
    if (!id) return NamedNumber{*settled, {*settled}, {}};
    out.number = hub.pseudonyms.of(id->canonical());
    for (const crypto::Alias& one : hub.pseudonyms.all(id->canonical())) out.under_all_keys.push_back(one.pseudonym);
    out.kind = id->kind();
    return out;
}

people::By by_operator(const trust::UserToken& user) { return {people::By::Who::the_operator, user.subject}; }

using Operation = Result<LinkChange> (*)(Hub&, const trust::UserToken&, const http::Request&);

Result<LinkChange> link(Hub& hub, const trust::UserToken& user, const http::Request& request) {
    TRY_ASSIGN(const Given given, given_in(request, {"identifier", "otherIdentifier", "ground", "since", "evidence"}));
    people::Link out;
    TRY_ASSIGN(const NamedNumber one, number_named(hub, user, given, "identifier"));
    TRY_ASSIGN(const NamedNumber other, number_named(hub, user, given, "otherIdentifier"));
    out.numbers[0] = one.number, out.numbers[1] = other.number;
    out.kinds[0] = one.kind, out.kinds[1] = other.kind;
    const auto ground = people::ground_from(given.text("ground"));
    if (!ground || *ground == people::Ground::code || *ground == people::Ground::record)
        return fail(Category::invalid, "ground is replaced, resolved or merged", "Parameters.parameter");
    out.ground = *ground;
    if (given.has("since")) {
        out.since = from_iso(given.text("since"));
        if (!out.since) return fail(Category::invalid, "since is an instant", "Parameters.parameter");
    }
    TRY_ASSIGN(out.why, given.required("evidence", kReasonMax));
    return state_link(hub, out, by_operator(user), hub.directory.name_of(hub.id));
}

Result<LinkChange> unlink(Hub& hub, const trust::UserToken& user, const http::Request& request) {
    TRY_ASSIGN(const Given given, given_in(request, {"identifier", "otherIdentifier", "reason"}));
    TRY_ASSIGN(const NamedNumber one, number_named(hub, user, given, "identifier"));
    TRY_ASSIGN(const NamedNumber other, number_named(hub, user, given, "otherIdentifier"));
    TRY_ASSIGN(std::string why, given.required("reason", kReasonMax));
    return separate_number(hub, one.under_all_keys, other.under_all_keys, by_operator(user), std::move(why));
}

Result<LinkChange> mark_as(Hub& hub, const trust::UserToken& user, const http::Request& request, bool ambiguous) {
    TRY_ASSIGN(const Given given, given_in(request, {"identifier", "reason"}));
    TRY_ASSIGN(const NamedNumber one, number_named(hub, user, given, "identifier"));
    TRY_ASSIGN(std::string why, given.required("reason", kReasonMax));
    return mark_number(hub, one.number, ambiguous, by_operator(user), std::move(why));
}
Result<LinkChange> mark(Hub& hub, const trust::UserToken& user, const http::Request& request) { return mark_as(hub, user, request, true); }
Result<LinkChange> clear(Hub& hub, const trust::UserToken& user, const http::Request& request) { return mark_as(hub, user, request, false); }

void write_number(fhir::ParametersWriter& w, const crypto::Pseudonym& number) { w.identifier("number", index::kPseudonymSystem, number.text()); }

// Whether something was said that was not said before, and the person's numbers as they are now.
std::string answer_of(const Hub& hub, const LinkChange& change) {
    const people::Numbers numbers = hub.links.of(change.numbers.front());
    fhir::ParametersWriter w;
    w.flag("changed", change.changed).flag("ambiguous", numbers.ambiguous());
    for (const crypto::Pseudonym& number : numbers.all()) write_number(w, number);
    return w.take();
}

http::Handler by_the_operator(Hub& hub, Operation operation, std::string_view name) {
    return [&hub, operation, name](http::Request request, http::Reply reply) {
        const auto user = operator_of(hub, request);
        if (!user) return reply.send(refusal(user.error()));
        const auto done = operation(hub, *user, request);
        if (!done) return reply.send(refusal(done.error()));
        const ledger::Access access = operator_access(hub, *user, ledger::Action::update, request, std::string(name));
        release_all(hub, entries_about(access, done->numbers), fhir(200, answer_of(hub, *done)), std::move(reply));
    };
}

// ---- reading

class Shown {
public:
    explicit Shown(const Hub& hub) : hub_(hub) {}

    void numbers(const people::Numbers& numbers) {
        w_.flag("ambiguous", numbers.ambiguous());
        for (const crypto::Pseudonym& number : numbers.all()) write_number(w_, number);
    }
    void pair(const people::Links::Pair& pair) {
        w_.open("link");
        for (const crypto::Pseudonym& number : pair.numbers) write_number(w_, number);
        w_.flag("holds", pair.holds);
        for (const people::Statement& one : pair.statements) statement(one);
        w_.close();
    }
    void marks(const std::vector<people::Statement>& statements) {
        if (statements.empty()) return;
        w_.open("mark");
        for (const people::Statement& one : statements) statement(one);
        w_.close();
    }
    std::string take() { return w_.take(); }

private:
    void statement(const people::Statement& one) {
        w_.open("statement").text("said", "valueCode", people::to_string(one.said)).text("time", "valueInstant", to_iso(one.time));
        w_.text("by", "valueCode", people::to_string(one.by.who));
        if (one.by.who == people::By::Who::provider)
            w_.text("provider", "valueString", one.by.id).text("name", "valueString", hub_.directory.name_of(one.by.id));
        if (one.ground) w_.text("ground", "valueCode", people::to_string(*one.ground));
        if (one.since) w_.text("since", "valueInstant", to_iso(*one.since));
        w_.text("why", "valueString", one.why).close();
    }

    const Hub& hub_;
    fhir::ParametersWriter w_;
};

struct ShownLinks {
    ledger::Access access;
    std::string body;
};

Result<ShownLinks> shown_links(Hub& hub, const http::Request& request) {
    TRY_ASSIGN(const auto user, hub.users.caller(request));
    TRY_ASSIGN(const Given given, given_in_query(request, {"identifier"}));
    ShownLinks out;
    crypto::Pseudonym number;
    if (user.role == trust::Role::administrator) {
        TRY_ASSIGN(const auto caller, operator_of(hub, request));
        TRY_ASSIGN(const NamedNumber named, number_named(hub, caller, given, "identifier"));
        number = named.number;
        out.access = operator_access(hub, caller, ledger::Action::search, request, "Patient/$links");
    } else {
        TRY_ASSIGN(const Subject subject, subject_of(hub, user, given.identifier(), Reach::choices));
        number = subject.person;
        out.access = access_about(hub, user, subject, ledger::Action::search, request);
        out.access.query = "Patient/$links";
    }
    out.access.person = number;
    TRY_ASSIGN(const auto known, hub.links.known_of(number));
    Shown shown(hub);
    shown.numbers(hub.links.of(number));
    for (const auto& pair : known.pairs) shown.pair(pair);
    shown.marks(known.marks);
    out.body = shown.take();
    return out;
}

}  // namespace

// By the operator, who has the population register's word. See docs/formats/person-links.md.
http::Handler hub_link(Hub& hub) { return by_the_operator(hub, link, "Patient/$link"); }
http::Handler hub_unlink(Hub& hub) { return by_the_operator(hub, unlink, "Patient/$unlink"); }
http::Handler hub_mark_ambiguous(Hub& hub) { return by_the_operator(hub, mark, "Patient/$mark-ambiguous"); }
http::Handler hub_clear_ambiguous(Hub& hub) { return by_the_operator(hub, clear, "Patient/$clear-ambiguous"); }

// GET /fhir/Patient/$links: a number, those that are the same person, and everything that was ever said of it.
http::Handler hub_links(Hub& hub) {
    return [&hub](http::Request request, http::Reply reply) {
        const auto shown = shown_links(hub, request);
        if (!shown) return reply.send(refusal(shown.error()));
        release(hub, shown->access, fhir(200, shown->body), std::move(reply));
    };
}

}  // namespace idun::api
