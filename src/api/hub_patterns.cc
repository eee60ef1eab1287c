#include "api/access_entry.h"
#include "api/counted_entries.h"
#include "api/fhir_answer.h"
#include "api/given.h"
#include "api/subject.h"
#include "exchange/watched.h"
#include "json/writer.h"

namespace idun::api {
namespace {

constexpr std::size_t kFoundMax = 100;
constexpr std::size_t kSubjectBytesMax = 256;
constexpr std::size_t kBehindMax = 2'000;
constexpr std::string_view kUnanswered = "glass-without-answer";

// Protected identities and whom supervisors watch; of each person looked up once.
std::function<bool(const crypto::Pseudonym&)> watched_by(const Hub& hub, const std::vector<exchange::Watched>& watched) {
    auto known = std::make_shared<std::map<crypto::Pseudonym, bool>>();
    for (const exchange::Watched& one : watched) known->emplace(one.person, true);
    return [&hub, known](const crypto::Pseudonym& person) {
        const auto place = known->find(person);
        if (place != known->end()) return place->second;
        const auto facts = hub.rights.facts_of(person);
        return known->emplace(person, facts && facts->protected_identity).first->second;
    };
}

struct FactsNow {
    exchange::PatternFacts facts;
    bool all = true;  // false: there is more that nothing shows than could be looked at
};

Result<FactsNow> facts_now(const Hub& hub, const CountedEntries& period) {
    TRY_ASSIGN(const auto snapshot, hub.store.snapshot());
    TRY_ASSIGN(const auto watched, exchange::watched_people(*snapshot));
    TRY_ASSIGN(const auto unshown, hub.care.unshown_between(period.from, period.to));
    return FactsNow{{watched_by(hub, watched), exchange::unshown_behind(unshown.declared, hub.id)}, unshown.all};
}

Result<std::vector<exchange::Case>> unanswered(const Hub& hub, const CountedEntries& period) {
    TRY_ASSIGN(auto cases, hub.cases.all());
    std::erase_if(cases, [&](const exchange::Case& one) {
        const Instant began = one.steps.front().time;
        return one.kind != exchange::CaseKind::follow_up || one.status() != exchange::CaseStatus::received || began < period.from ||
               period.to <= began;
    });
    if (cases.size() > kFoundMax) cases.resize(kFoundMax);
    return cases;
}

void write_rule(json::Writer& w, const exchange::PatternRule& rule) {
    w.object().member("rule", rule.id).name("counts").object().member("sv", rule.sv).member("en", rule.en).end();
    w.member("shownFrom", rule.shown_from).name("found").array();
}

// What each rule found, in their order.
using Found = std::vector<std::vector<exchange::PatternFound>>;

Found found_by(const exchange::PatternCounter& counter) {
    Found out;
    for (std::size_t i = 0; i < counter.rules().size(); ++i) out.push_back(counter.found(i, kFoundMax));
    return out;
}

std::string patterns_as_json(const exchange::PatternCounter& counter, const Found& found, const CountedEntries& period, bool complete,
                             const std::vector<exchange::Case>& cases) {
    json::Writer w;
    w.object().member("from", to_iso(period.from)).member("to", to_iso(period.to)).member("entries", counter.entries());
    w.member("complete", complete && counter.complete()).name("rules").array();
    for (std::size_t i = 0; i < counter.rules().size(); ++i) {
        const exchange::PatternRule& rule = counter.rules()[i];
        write_rule(w, rule);
        for (const exchange::PatternFound& one : found[i]) {
            w.object().member("count", one.count);
            if (rule.about == exchange::PatternRule::About::user) {
                w.member("user", one.subject).member("name", one.name).member("provider", one.provider_id);
            } else {
                w.member("person", one.subject);
            }
            w.end();
        }
        w.end().end();
    }
    write_rule(w, {kUnanswered, exchange::PatternRule::About::user, "nödöppningar som den som öppnade inte har svarat om",
                   "broken glasses about which who broke them has not answered", 1});
    for (const exchange::Case& one : cases)
        w.object().member("count", 1).member("user", one.user_id).member("provider", one.provider_id)
            .member("glass", one.break_glass).member("since", to_iso(one.steps.front().time)).end();
    w.end().end();
    w.end().end();
    return w.take();
}

// Those whom patterns_as_json() shows.
Status add_counted_people(const Hub& hub, const exchange::PatternCounter& counter, const Found& found, ShownPeople& people) {
    for (std::size_t i = 0; i < counter.rules().size(); ++i) {
        if (counter.rules()[i].about != exchange::PatternRule::About::person) continue;
        for (const exchange::PatternFound& one : found[i])
            if (const auto person = crypto::Pseudonym::from_text(one.subject)) TRY(people.add_counted(hub, *person));
    }
    return {};
}

Result<Supervised> patterns_for(Hub& hub, const http::Request& request) {
    TRY_ASSIGN(const Supervision supervision, supervision_of(hub, request));
    TRY_ASSIGN(const CountedEntries period, counted_entries(hub, request));
    const OneScan scan(hub.counting);
    TRY(scan.granted());
    TRY_ASSIGN(const FactsNow now, facts_now(hub, period));
    exchange::PatternCounter counter(exchange::pattern_rules(hub.thresholds), now.facts);
    TRY_ASSIGN(const bool complete, each_counted(hub, period, [&](const exchange::LoggedEntry& one) -> Result<bool> {
        counter.add(one);
        return true;
    }));
    TRY_ASSIGN(const auto cases, unanswered(hub, period));
    Supervised out;
    ShownPeople people;
    out.response.headers.set("Content-Type", "application/json");
    const Found found = found_by(counter);
    out.response.body = patterns_as_json(counter, found, period, complete && now.all, cases);
    TRY(add_counted_people(hub, counter, found, people));
    out.entries = std::move(people).entries(supervision_access(hub, supervision, ledger::Action::search, request, "access-patterns"));
    return out;
}

Result<exchange::PatternRule> rule_named(const Hub& hub, std::string_view id) {
    for (const exchange::PatternRule& rule : exchange::pattern_rules(hub.thresholds))
        if (rule.id == id) return rule;
    return fail(Category::not_found, "there is no such pattern");
}

Result<std::string> subject_in(const http::Request& request) {
    TRY_ASSIGN(const auto parameters, http::parameters(request.query));
    for (const auto& [name, value] : parameters)
        if (name == "subject" && !value.empty() && value.size() <= kSubjectBytesMax) return value;
    return fail(Category::invalid, "subject is needed: of whom the count is", "subject");
}

// The entries behind one count, newest of each log first.
Result<Supervised> behind(Hub& hub, const http::Request& request) {
    TRY_ASSIGN(const Supervision supervision, supervision_of(hub, request));
    TRY_ASSIGN(const std::string subject, subject_in(request));
    TRY_ASSIGN(const CountedEntries period, counted_entries(hub, request, {"subject"}));
    TRY_ASSIGN(const exchange::PatternRule rule, rule_named(hub, request.parts.at(0)));
    const OneScan scan(hub.counting);
    TRY(scan.granted());
    TRY_ASSIGN(const FactsNow now, facts_now(hub, period));
    Supervised out;
    ShownPeople people;
    out.response.headers.set("Content-Type", "application/fhir+ndjson");
    std::size_t count = 0;
    const auto visit = [&](const exchange::LoggedEntry& one) -> Result<bool> {
        const auto counted = exchange::counted_by(rule, one, now.facts);
        if (!counted || counted->subject != subject) return true;
        if (count++ == kBehindMax || out.response.body.size() >= exchange::kPageBytesMax) return false;
        const auto seen = hub.accesses.seen(one);
        TRY(people.add(hub, seen));
        out.response.body.append(audit_event_of(hub, seen)).append("\n");
        return true;
    };
    TRY_ASSIGN(const bool complete, each_counted(hub, period, visit));
    out.response.headers.set("X-Idun-Complete", complete && now.all ? "true" : "false");
    out.entries = std::move(people).entries(supervision_access(hub, supervision, ledger::Action::export_data, request,
                                                               "access-patterns " + std::string(rule.id)));
    return out;
}

std::string watched_as_json(const std::vector<exchange::Watched>& watched) {
    json::Writer w;
    w.object().name("watched").array();
    for (const exchange::Watched& one : watched)
        w.object().member("person", one.person.text()).member("since", to_iso(one.since)).member("by", one.by).member("reference", one.reference).end();
    w.end().end();
    return w.take();
}

// Changes it when it is asked to, and shows all.
Result<Supervised> watched_for(Hub& hub, const http::Request& request) {
    TRY_ASSIGN(const Supervision supervision, supervision_of(hub, request));
    Supervised out;
    ShownPeople people;
    std::string what = "watched people";
    if (request.method == "POST") {
        TRY_ASSIGN(const auto document, body_of(request));
        TRY_ASSIGN(const Given given, given_in(document.root(), {"identifier", "on"}));
        const auto who = given.identifier();
        if (!who) return fail(Category::invalid, "identifier is needed", "Parameters.parameter");
        TRY_ASSIGN(const auto person, person_named(hub, supervision.user, *who));
        TRY_ASSIGN(const bool on, given.flag("on", true));
        if (on) TRY(exchange::watch(hub.store, {person, hub.clock.now(), supervision.user.subject, supervision.reference}));
        else TRY(exchange::watch_no_more(hub.store, person));
        people.add(person);
        what += on ? " one more" : " one less";
    } else {
        TRY_ASSIGN(const Given given, given_in_query(request, {"ground", "reference"}));
    }
    TRY_ASSIGN(const auto snapshot, hub.store.snapshot());
    TRY_ASSIGN(const auto watched, exchange::watched_people(*snapshot));
    if (request.method == "GET")
        for (const exchange::Watched& one : watched) people.add(one.person);
    out.response.headers.set("Content-Type", "application/json");
    out.response.body = request.method == "GET" ? watched_as_json(watched) : watched_as_json({});
    out.entries = std::move(people).entries(supervision_access(hub, supervision, ledger::Action::search, request, std::move(what)));
    return out;
}

}  // namespace

// GET /supervision/patterns?since=&until=&ground=&reference=: what is worth a look, with counts.
http::Handler hub_patterns(Hub& hub) { return answering_supervisors(hub, patterns_for); }
// GET /supervision/patterns/:rule?subject=&since=&until=&ground=&reference=: the entries behind one count, as FHIR NDJSON.
http::Handler hub_pattern_entries(Hub& hub) { return answering_supervisors(hub, behind); }
// GET, POST /supervision/watched?ground=&reference=: people whom supervisors look after.
http::Handler hub_watched(Hub& hub) { return answering_supervisors(hub, watched_for); }

}  // namespace idun::api
