#include <fmt/format.h>

#include <set>

#include "api/fhir_answer.h"
#include "api/given.h"
#include "api/subject.h"
#include "fhir/parameters.h"

namespace idun::api {
namespace {

// Somebody who might ask.
Result<exchange::Question> asker(const Hub& hub, const Given& given, const Subject& subject) {
    exchange::Question q;
    q.person = subject.person;
    TRY_ASSIGN(q.requester.provider_id, given.required("provider", 128));
    const auto provider = hub.directory.organisation(q.requester.provider_id);
    if (!provider || !provider->part_of.empty())
        return fail(Category::invalid, "no such provider in the directory", "provider");
    q.requester.unit_id = given.text("unit");
    q.requester.user_id = given.text("user");
    q.requester.task = given.text("task");
    q.requester.assurance = "loa4";  // what she sees when she has proved who she is
    const auto role = trust::role_from(given.has("role") ? given.text("role") : "clinician");
    if (!role || *role == trust::Role::patient || *role == trust::Role::representative)
        return fail(Category::invalid, "role is one of staff", "role");
    q.requester.role = *role;
    q.purpose = given.has("purpose") ? given.text("purpose") : "TREAT";
    if (rights::purpose_from(q.purpose) == rights::Purpose::other)
        return fail(Category::invalid, "purpose is a code of HL7 v3 PurposeOfUse, such as TREAT", "purpose");
    TRY_ASSIGN(q.care_relation, given.flag("careRelation", true));
    q.country = given.text("country");
    return q;
}

// What a block hides, as a record of that provider and category; nothing when it says nothing of them.
struct Probe {
    rights::Record record;
    std::string_view fact_id;
};
std::optional<Probe> probe(const rights::Block& block, std::string_view provider, std::string_view category) {
    const rights::Scope& scope = block.scope;
    if (!scope.provider_id.empty() && scope.provider_id != provider) return std::nullopt;
    if (!scope.category.empty() && scope.category != category) return std::nullopt;
    rights::Record record;
    record.provider_id = provider;
    record.unit_id = scope.unit_id;
    record.category = category;
    record.element = scope.element;
    record.entry = scope.entry;
    if (scope.from || scope.to) {
        const Instant inside = scope.from ? *scope.from : *scope.to - std::chrono::milliseconds(1);
        record.date = rights::Period{inside, inside};
    }
    return Probe{record, block.fact_id};
}

class Explanation {
public:
    Explanation(const Hub& hub, const rights::PersonFacts& facts, const rights::Judge& judge)
        : hub_(hub), facts_(facts), judge_(judge) {}

    void question() {
        const rights::Decision decision = judge_.question();
        w_.open("question").flag("permit", decision.permit);
        why(decision);
        w_.close();
    }

    void part(std::string_view provider, std::string_view category) {
        rights::Record plain;
        plain.provider_id = provider;
        plain.category = category;
        const bool some = judge_.may_ask(provider, category);
        std::vector<rights::Decision> hidden;
        if (some)
            for (const rights::Block& block : facts_.blocks)
                if (const auto found = probe(block, provider, category))
                    if (const rights::Decision decision = judge_(found->record); !decision.permit)
                        hidden.push_back(decision);
        w_.open("records").text("provider", "valueString", provider).text("name", "valueString", hub_.directory.name_of(provider));
        w_.text("category", "valueCode", category).text("visible", "valueCode", !some ? "none" : hidden.empty() ? "all" : "some");
        if (!some || hidden.empty()) why(judge_(plain));
        for (const rights::Decision& decision : hidden) {
            w_.open("hidden");
            why(decision);
            w_.close();
        }
        w_.close();
    }

    std::string take() { return w_.take(); }

private:
    void why(const rights::Decision& decision) {
        w_.text("rule", "valueCode", rights::id(decision.rule)).text("sv", "valueString", rights::reason_sv(decision.rule));
        w_.text("en", "valueString", rights::reason_en(decision.rule)).text("fact", "valueString", decision.fact_id);
        if (decision.until != rights::kForever) w_.text("until", "valueInstant", to_iso(decision.until));
    }

    const Hub& hub_;
    const rights::PersonFacts& facts_;
    const rights::Judge& judge_;
    fhir::ParametersWriter w_;
};

// What there is under any of her numbers, each once.
Result<std::set<std::pair<std::string, std::string>>> parts_of(const Hub& hub, const people::Numbers& numbers) {
    std::set<std::pair<std::string, std::string>> out;
    for (const crypto::Pseudonym& number : numbers.all()) {
        TRY_ASSIGN(const auto holdings, hub.index.holdings(number));
        for (const index::Holding& holding : holdings)
            for (const auto& part : holding.parts) out.emplace(holding.provider, part.category);
    }
    return out;
}

struct Explained {
    Subject subject;
    std::string body;
    store::Version seen;
};

Result<Explained> explain(const Hub& hub, const http::Request& request, const trust::UserToken& user) {
    TRY_ASSIGN(const Given given, given_in(request, {"identifier", "provider", "unit", "user", "task", "role",
                                                     "purpose", "careRelation", "country"}));
    TRY_ASSIGN(const Subject subject, subject_of(hub, user, given.identifier(), Reach::choices));
    TRY_ASSIGN(const exchange::Question asked, asker(hub, given, subject));
    TRY_ASSIGN(const store::Version seen, hub.index.version());
    const people::Numbers numbers = hub.links.of(subject.person);
    TRY_ASSIGN(const auto facts, hub.rights.facts_of(numbers));
    const exchange::RightsQuestion question(asked, hub.clock.now());
    const rights::Judge judge(question.request(), facts.facts(), hub.rules);
    Explanation explanation(hub, facts, judge);
    explanation.question();
    TRY_ASSIGN(const auto parts, parts_of(hub, numbers));
    for (const auto& [provider, category] : parts) explanation.part(provider, category);
    return Explained{subject, explanation.take(), seen};
}

}  // namespace

// POST /fhir/Patient/$explain: what somebody at a provider would see of the caller's data, and why.
http::Handler hub_explain(Hub& hub) {
    return [&hub](http::Request request, http::Reply reply) {
        const auto user = hub.users.caller(request);
        if (!user) return reply.send(refusal(user.error()));
        auto done = explain(hub, request, *user);
        if (!done) return reply.send(refusal(done.error()));
        ledger::Access access = access_about(hub, *user, done->subject, ledger::Action::search, request);
        access.query = "$explain";
        access.store_version = done->seen.number;
        release(hub, access, fhir(200, std::move(done->body)), std::move(reply));
    };
}

}  // namespace idun::api
