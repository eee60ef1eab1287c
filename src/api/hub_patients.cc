// Who an identifier stands for, as far as the hub knows: numbers, and never a name. GET /fhir/Patient by identifier (IHE PDQm
// ITI-78), POST /fhir/Patient/$match by identifiers (ITI-119).
#include "api/fhir_answer.h"
#include "api/person_links.h"
#include "api/question.h"
#include "api/subject.h"
#include "fhir/outcome.h"
#include "index/fhir_pointer.h"
#include "json/writer.h"
#include "people/match.h"

namespace idun::api {
namespace {

using exchange::NumberHoldings;
using exchange::VisibleHoldings;

constexpr std::size_t kIdentifiersMax = 16;

constexpr std::string_view kNobody =
    "nobody is found by this. Somebody who comes with the identity of another country joins it to hers by a code: she asks for one with the identity "
    "that is known here (Patient/$identity-code), and gives it with the other (Patient/$prove-identity)";
constexpr std::string_view kSeveral =
    "as far as is known these identifiers are of different persons, so nobody is shown. That both are hers a person proves by a code "
    "(Patient/$identity-code, Patient/$prove-identity), or the operator of the hub says so (Patient/$link)";

constexpr std::string_view kContradicted =
    "the number says another birth date or sex than was asked for: somebody is found, and not certainly. Look whose number it is, or ask without onlyCertainMatches";

// One search, and what the log says of it.
struct Found {
    std::vector<ledger::Access> entries;
    Result<std::string> body;
    bool shows = false;  // a patient
};

// A Bundle of at most one Patient, with its grade where one was asked for; otherwise of the outcome that says what to do.
std::string bundle_of(const std::string& patient, const people::Match* match, std::string_view otherwise) {
    json::Writer w;
    w.object().member("resourceType", "Bundle").member("type", "searchset").member("total", patient.empty() ? 0 : 1).name("entry").array();
    w.object().name("resource");
    if (patient.empty()) w.raw(fhir::operation_outcome({{fhir::Severity::information, otherwise == kSeveral ? fhir::IssueCode::multiple_matches : fhir::IssueCode::not_found,
                                                         std::string(otherwise), "", 0, 0}}));
    else w.raw(patient);
    w.name("search").object();
    if (match && !patient.empty()) {
        w.name("extension").array().object().member("url", "http://hl7.org/fhir/StructureDefinition/match-grade");
        w.member("valueCode", people::to_string(match->grade)).end().end();
    }
    w.member("mode", patient.empty() ? "outcome" : "match");
    if (match && !patient.empty()) w.name("score").raw(people::score_text(*match));
    w.end().end().end().end();
    return w.take();
}

void write_pseudonym(json::Writer& w, const crypto::Pseudonym& number) {
    w.object().member("system", index::kPseudonymSystem).member("value", number.text()).end();
}

// What was asked for, and the numbers under which something may be shown to the caller.
std::string patient_of(const VisibleHoldings& visible, std::span<const Identifier> asked) {
    if (visible.numbers.empty()) return {};
    json::Writer w;
    w.object().member("resourceType", "Patient").member("id", visible.numbers.front().number.text()).name("identifier").array();
    for (const Identifier& one : asked) w.object().member("system", one.system).member("value", one.value).end();
    for (const NumberHoldings& under : visible.numbers) write_pseudonym(w, under.number);
    w.end();
    if (visible.numbers.size() > 1) {
        w.name("link").array();
        for (const NumberHoldings& under : std::span(visible.numbers).subspan(1)) {
            w.object().name("other").object().name("identifier");
            write_pseudonym(w, under.number);
            w.end().member("type", "seealso").end();
        }
        w.end();
    }
    w.end();
    return w.take();
}

Result<Found> found_by(const Hub& hub, const trust::UserToken& user, const AskedAtHub& asked, std::span<const Identifier> identifiers,
                       const http::Request& request, std::string_view query, const people::Match* match) {
    TRY_ASSIGN(const auto question, question_of(hub, user, asked, request));
    TRY_ASSIGN(const auto visible, hub.exchange.visible_holdings(question));
    ledger::Access access = exchange::access_of(question, hub.clock.now());
    access.action = ledger::Action::search;
    access.query = query;
    access.permit = visible.general.permit;
    access.rule = rights::id(visible.general.rule);
    access.rules = hub.rules.version;
    access.store_version = visible.seen.number;
    Found out{entries_under_numbers(access, visible), {}, !visible.numbers.empty()};
    if (!visible.general.permit) out.body = fail(exchange::denied(visible.general));
    else out.body = bundle_of(patient_of(visible, identifiers), match, kNobody);
    return out;
}

Result<Found> searched(const Hub& hub, const trust::UserToken& user, const http::Request& request) {
    TRY_ASSIGN(const auto asked, asked_in_query(request.query));
    if (asked.as_of) return fail(Category::invalid, "asOf is for pointers", "asOf");
    if (asked.bound) return fail(Category::invalid, "timeout is for $gather, which asks others", "timeout");
    std::vector<Identifier> identifiers;
    if (!asked.value.empty()) identifiers.push_back({asked.system, asked.value});
    return found_by(hub, user, asked, identifiers, request, exchange::kPatientsQuery, nullptr);
}

// ---- $match

struct MatchAsked {
    AskedAtHub asked;
    std::vector<Identifier> identifiers;  // that name a person nationally
    std::vector<crypto::Pseudonym> numbers;
    bool only_certain = false;
    people::Match grade{people::Grade::certain, 1};  // of the description and each number: the worst
};

Result<MatchAsked> match_asked(const Hub& hub, json::Value parameters) {
    if (parameters["resourceType"].text() != "Parameters") return fail(Category::invalid, "send a Parameters resource", "resourceType");
    MatchAsked out;
    json::Value patient;
    for (const json::Value one : parameters["parameter"].elements()) {
        const std::string_view name = one["name"].text();
        if (name == "resource") patient = one["resource"];
        else if (name == "purpose") out.asked.purpose = one["valueCode"].text();
        else if (name == "careRelation") out.asked.care_relation = one["valueBoolean"].boolean();
        else if (name == "onlyCertainMatches") out.only_certain = one["valueBoolean"].boolean();
        else if (name != "count")  // what is found here is one
            return fail(Category::invalid, "parameters are resource, onlyCertainMatches, count, purpose and careRelation", "Parameters.parameter");
    }
    if (!out.asked.purpose.empty() && rights::purpose_from(out.asked.purpose) == rights::Purpose::other)
        return fail(Category::invalid, "purpose is a code of HL7 v3 PurposeOfUse, such as TREAT", "purpose");
    if (patient["resourceType"].text() != "Patient") return fail(Category::invalid, "resource is a Patient", "Parameters.parameter");
    if (patient["identifier"].size() > kIdentifiersMax) return fail(Category::too_large, "at most 16 identifiers", "Patient.identifier");
    const people::Traits described = people::traits_of(patient, hub.clock.now());
    for (const json::Value identifier : patient["identifier"].elements()) {
        const std::string_view system = identifier["system"].text(), value = identifier["value"].text();
        const auto person = people::identify(system, value, hub.clock.now());
        if (!person && person.error().category == Category::unsupported) continue;
        if (!person) return fail(person.error().category, person.error().message, "Patient.identifier");
        out.identifiers.push_back({std::string(system), std::string(value)});
        TRY_ASSIGN(out.numbers.emplace_back(), pseudonym_of(hub, *person));
        const people::Match match = people::compare(described, people::said_by(*person));
        if (match.score < out.grade.score) out.grade = match;
    }
    if (out.numbers.empty())
        return fail(Category::invalid, "the hub knows nobody's name: say an identifier that names a person nationally", "Patient.identifier");
    out.asked.person = out.numbers.front();
    return out;
}

// About each number that was asked for.
std::vector<ledger::Access> entries_about_each(const MatchAsked& match, const ledger::Access& access) {
    std::vector<ledger::Access> out;
    for (const crypto::Pseudonym& number : match.numbers) {
        out.push_back(access);
        out.back().person = number;
    }
    return out;
}

// Of nobody known to be one person: an entry about each, and no data.
Found of_several(Found first, const MatchAsked& match) {
    ledger::Access access = std::move(first.entries.back());
    access.permit = false;
    access.rule = rights::id(rights::Rule::ambiguous_identity);
    return {entries_about_each(match, access), bundle_of({}, &match.grade, kSeveral)};
}

Result<Found> matched(const Hub& hub, const trust::UserToken& user, const http::Request& request) {
    TRY_ASSIGN(const auto document, body_of(request));
    TRY_ASSIGN(const MatchAsked match, match_asked(hub, document.root()));
    TRY_ASSIGN(auto found, found_by(hub, user, match.asked, match.identifiers, request, exchange::kMatchQuery, &match.grade));
    // Who may not ask is told that, and of whom nothing may be shown nobody hears whose numbers are linked.
    if (!found.body) return found;
    if (!found.shows) return Found{entries_about_each(match, found.entries.back()), std::move(found.body)};
    for (const crypto::Pseudonym& number : match.numbers)
        if (!hub.links.same(number, match.numbers.front())) return of_several(std::move(found), match);
    if (match.only_certain && match.grade.grade != people::Grade::certain) found.body = bundle_of({}, &match.grade, kContradicted);
    return found;
}

using Finds = Result<Found> (*)(const Hub&, const trust::UserToken&, const http::Request&);

http::Handler logged_search(Hub& hub, Finds finds) {
    return [&hub, finds](http::Request request, http::Reply reply) {
        const auto user = hub.users.caller(request);
        if (!user) return reply.send(refusal(user.error()));
        auto found = finds(hub, *user, request);
        if (!found) return reply.send(refusal(found.error()));
        auto response = found->body ? fhir(200, std::move(*found->body)) : refusal(found->body.error());
        release_all(hub, std::move(found->entries), std::move(response), std::move(reply));
    };
}

}  // namespace

http::Handler hub_patients(Hub& hub) { return logged_search(hub, searched); }
http::Handler hub_match(Hub& hub) { return logged_search(hub, matched); }

}  // namespace idun::api
