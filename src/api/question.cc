#include "api/question.h"

#include <fmt/format.h>

#include <charconv>
#include <set>

#include "api/subject.h"
#include "fhir/category.h"

namespace idun::api {
namespace {

constexpr std::string_view kAllowed = "identifier, purpose, careRelation, timeout, category, breakGlass, and of pointers asOf";

Result<std::chrono::milliseconds> bound_of(std::string_view text) {
    std::int64_t ms = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ms);
    const std::int64_t max = exchange::kBoundMax.count();
    if (error != std::errc() || end != text.data() + text.size() || ms < exchange::kBoundMin.count() || ms > max)
        return fail(Category::invalid,
                    fmt::format("timeout is in milliseconds, from {} to {}", exchange::kBoundMin.count(), max),
                    "timeout");
    return std::chrono::milliseconds(ms);
}

Result<bool> boolean_of(std::string_view text) {
    if (text == "true") return true;
    if (text == "false") return false;
    return fail(Category::invalid, "careRelation is true or false", "careRelation");
}

Status add_category(AskedAtHub& asked, std::string_view word) {
    if (!fhir::priority_category(word))
        return fail(Category::invalid,
                    "category is one of patient-summary, eprescription, edispensation, imaging, test-result, "
                    "discharge-report, other",
                    "category");
    if (asked.categories.size() >= fhir::kPriorityCategories.size())
        return fail(Category::invalid, "a category is named twice", "category");
    asked.categories.emplace_back(word);
    return {};
}

Status take_identifier(AskedAtHub& asked, std::string_view text) {
    const std::size_t bar = text.find('|');
    if (bar == std::string_view::npos || bar == 0 || bar + 1 == text.size())
        return fail(Category::invalid, "identifier is SYSTEM|VALUE", "identifier");
    asked.system = text.substr(0, bar);
    asked.value = text.substr(bar + 1);
    return {};
}

// Said twice it would be unclear who or what is meant.
Status once(std::set<std::string>& seen, std::string_view name) {
    if (name != "category" && !seen.emplace(name).second)
        return fail(Category::invalid, "a parameter is given twice", "Parameters.parameter");
    return {};
}

// The text of a Parameters.parameter, whichever primitive it is.
std::string_view primitive(json::Value parameter) {
    for (const json::Member& member : parameter.members()) {
        if (!member.name.starts_with("value")) continue;
        if (member.value.kind() == json::Kind::boolean) return member.value.boolean() ? "true" : "false";
        return member.value.text();
    }
    return {};
}

// A patient who asks about somebody else may have a mandate of that person's: then she asks as representative, for what
// it is for. Whether it holds and what it opens is for the rights to say.
Status represent(const Hub& hub, const trust::UserToken& user, bool purpose_given, exchange::Question& q) {
    TRY(unambiguous(hub, *user.person));
    TRY_ASSIGN(const auto facts, hub.rights.facts_of(q.person));
    const Instant now = hub.clock.now();
    const auto rank = [now](const rights::Mandate& one) {
        const bool holds = one.from <= now && (!one.to || now < *one.to);
        return (holds ? 2 : 0) + (one.purpose.empty() ? 1 : 0);
    };
    const rights::Mandate* hers = nullptr;
    for (const rights::Mandate& mandate : facts.mandates)
        if (hub.links.same(mandate.representative, *user.person) && (!hers || rank(mandate) > rank(*hers))) hers = &mandate;
    if (!hers) return {};
    q.representative = hers->representative;  // the number of hers that the mandate names
    q.mandate = ledger::Mandate{hers->fact_id, ledger::day_of(hers->from)};
    q.requester.role = trust::Role::representative;
    if (!purpose_given) q.purpose = hers->purpose.empty() ? "PWATRNY" : hers->purpose;
    return {};
}

Status break_glass(const Hub& hub, const trust::UserToken& user, const AskedAtHub& asked, exchange::Question& q) {
    if (asked.break_glass.empty()) return {};
    std::optional<exchange::Emergency> glass;
    const people::Numbers numbers = hub.links.of(q.person);
    for (const crypto::Pseudonym& number : numbers.all())
        if (!glass) {
            TRY_ASSIGN(glass, hub.emergencies.find(number, asked.break_glass, user.subject));
        }
    if (!glass || glass->provider_id != user.provider_id)
        return fail(Category::forbidden, "no glass of yours is broken for this person; it may be shut again",
                    "breakGlass");
    if (hub.rules.break_glass_needs_second_person && glass->second_user.empty())
        return fail(Category::forbidden, "the glass waits for a second person: $confirm-break-glass", "breakGlass");
    q.break_glass = trust::BreakGlass{glass->id, glass->ground, glass->until, !glass->second_user.empty()};
    return {};
}

}  // namespace

Status take_asked(AskedAtHub& asked, std::string_view name, std::string_view text) {
    if (name == "purpose") {
        // Free text here would end up in the person's list of accesses.
        if (rights::purpose_from(text) == rights::Purpose::other)
            return fail(Category::invalid, "purpose is a code of HL7 v3 PurposeOfUse, such as TREAT", "purpose");
        asked.purpose = text;
    } else if (name == "careRelation") {
        TRY_ASSIGN(asked.care_relation, boolean_of(text));
    } else if (name == "timeout") {
        TRY_ASSIGN(asked.bound, bound_of(text));
    } else if (name == "category") {
        TRY(add_category(asked, text));
    } else if (name == "breakGlass") {
        if (text.empty() || text.size() > 64)
            return fail(Category::invalid, "breakGlass is the id that $break-glass gave", "breakGlass");
        asked.break_glass = text;
    } else if (name == "asOf") {
        asked.as_of = from_iso(text);
        if (!asked.as_of) return fail(Category::invalid, "asOf is an instant, such as 2026-11-23T08:00:00Z", "asOf");
    } else {
        return fail(Category::invalid, fmt::format("unknown parameter; allowed are {}", kAllowed),
                    "Parameters.parameter");
    }
    return {};
}

Result<AskedAtHub> asked_in_query(std::string_view query) {
    AskedAtHub asked;
    TRY_ASSIGN(const auto parameters, http::parameters(query));
    std::set<std::string> seen;
    for (const auto& [name, value] : parameters) {
        TRY(once(seen, name));
        if (name == "identifier")
            TRY(take_identifier(asked, value));
        else
            TRY(take_asked(asked, name, value));
    }
    return asked;
}

Result<AskedAtHub> asked_in_parameters(json::Value resource) {
    if (resource["resourceType"].text() != "Parameters")
        return fail(Category::invalid, "send a Parameters resource", "resourceType");
    AskedAtHub asked;
    std::set<std::string> seen;
    for (const json::Value parameter : resource["parameter"].elements()) {
        const std::string_view name = parameter["name"].text();
        TRY(once(seen, name));
        if (name == "identifier" && parameter["valueString"]) {
            TRY(take_identifier(asked, parameter["valueString"].text()));
        } else if (name == "identifier") {
            asked.system = parameter["valueIdentifier"]["system"].text();
            asked.value = parameter["valueIdentifier"]["value"].text();
            if (asked.system.empty() || asked.value.empty())
                return fail(Category::invalid, "identifier needs a system and a value", "Parameters.parameter.value");
        } else {
            TRY(take_asked(asked, name, primitive(parameter)));
        }
    }
    return asked;
}

Result<exchange::Question> question_of(const Hub& hub, const trust::UserToken& user, const AskedAtHub& asked,
                                       const http::Request& request) {
    exchange::Question q;
    q.requester = {user.subject, user.name, user.role, user.provider_id, user.unit_id, user.assurance, user.task, user.use};
    q.care_relation = asked.care_relation;
    q.categories = asked.categories;
    q.bound = asked.bound.value_or(std::chrono::milliseconds(2'000));
    q.as_of = asked.as_of;
    q.request_id = std::string(request.headers.get("X-Request-Id"));
    const bool patient = user.role == trust::Role::patient;
    q.purpose = !asked.purpose.empty() ? asked.purpose : patient ? "PATRQT" : "TREAT";
    if (asked.person) {
        q.person = *asked.person;
    } else if (asked.value.empty()) {
        if (!patient || !user.person)
            return fail(Category::invalid, "say whom you mean: identifier=SYSTEM|VALUE", "identifier");
        q.person = *user.person;
    } else {
        TRY_ASSIGN(q.person, person_named(hub, user, {asked.system, asked.value}));
    }
    const bool hers = user.person && hub.links.same(*user.person, q.person);
    q.is_the_person = patient && hers;
    const bool for_another = user.person && (patient || user.role == trust::Role::representative) && !hers;
    if (for_another) TRY(represent(hub, user, !asked.purpose.empty(), q));
    TRY(break_glass(hub, user, asked, q));
    return q;
}

std::vector<ledger::Access> entries_under_numbers(ledger::Access access, const exchange::VisibleHoldings& visible) {
    std::vector<ledger::Access> out;
    out.reserve(1 + visible.numbers.size());
    for (const exchange::NumberHoldings& under : visible.numbers) {
        if (under.number == access.person) continue;
        out.push_back(access);
        out.back().person = under.number;
        out.back().query = exchange::kOtherNumberQuery;
    }
    out.push_back(std::move(access));
    return out;
}

}  // namespace idun::api
