#include "api/subject.h"

#include <fmt/format.h>

#include <algorithm>

#include "api/person_links.h"
#include "fhir/category.h"
#include "index/fhir_pointer.h"

namespace idun::api {
namespace {

constexpr std::string_view kNobodysBusiness = "only the person herself does this, or somebody with her mandate";

bool is_person(const trust::UserToken& user) {
    return user.person && (user.role == trust::Role::patient || user.role == trust::Role::representative);
}

// The question that the mandate is for, asked by its representative.
rights::Request asked_under(const Hub& hub, const rights::Mandate& mandate) {
    rights::Request request;
    request.now = hub.clock.now();
    request.purpose = mandate.purpose.empty() ? rights::Purpose::PWATRNY : rights::purpose_from(mandate.purpose);
    request.role = rights::Role::representative;
    request.representative = &mandate.representative;
    return request;
}

bool holds_alone(const Hub& hub, const rights::PersonFacts& facts, const rights::Mandate& mandate) {
    rights::Facts alone;
    alone.protected_identity = facts.protected_identity;
    alone.mandates = {&mandate, 1};
    return rights::Judge(asked_under(hub, mandate), alone, hub.rules).may_ask({});
}

bool reaches(const Hub& hub, const rights::Mandate& mandate, Reach reach) {
    return reach == Reach::choices ? mandate.may_manage : opens_everything(hub, mandate);
}

struct FoundMandate {
    crypto::Pseudonym number;  // of the person, under which it stands
    ledger::Mandate mandate;
};

// Such a mandate, of the number that was named first.
Result<std::optional<FoundMandate>> mandate_for(const Hub& hub, const crypto::Pseudonym& person,
                                                const crypto::Pseudonym& representative, Reach reach) {
    using Found = std::optional<FoundMandate>;
    const people::Numbers numbers = hub.links.of(person);
    TRY_ASSIGN(const auto all, hub.rights.facts_of(numbers));
    std::vector<crypto::Pseudonym> order(numbers.all().begin(), numbers.all().end());
    std::iter_swap(order.begin(), std::ranges::find(order, person));
    for (const crypto::Pseudonym& number : order) {
        TRY_ASSIGN(const auto own, hub.rights.facts_under(number));
        for (const rights::Mandate& mandate : own.mandates)
            if (hub.links.same(mandate.representative, representative) && reaches(hub, mandate, reach) && holds_alone(hub, all, mandate))
                return Found({number, {mandate.fact_id, ledger::day_of(mandate.from)}});
    }
    return Found();
}

}  // namespace

Result<crypto::Pseudonym> person_named(const Hub& hub, const trust::UserToken& user, const Identifier& identifier) {
    const bool may_use_pseudonyms = is_person(user) || is_registrar(user);
    if (identifier.system == index::kPseudonymSystem && may_use_pseudonyms) {
        const auto person = crypto::Pseudonym::from_text(identifier.value);
        if (!person) return fail(Category::invalid, "not a pseudonym", "identifier");
        return *person;
    }
    const auto person = people::identify(identifier.system, identifier.value, hub.clock.now());
    if (!person) return fail(person.error().category, person.error().message, "identifier");
    return pseudonym_of(hub, *person);
}

Status unambiguous(const Hub& hub, const crypto::Pseudonym& number) {
    if (!hub.links.of(number).ambiguous()) return {};
    return fail(Category::conflict, std::string(rights::reason_en(rights::Rule::ambiguous_identity)));
}

bool opens_everything(const Hub& hub, const rights::Mandate& mandate) {
    if (!mandate.scopes.empty()) return false;
    rights::Facts alone;
    alone.mandates = {&mandate, 1};
    const rights::Request request = asked_under(hub, mandate);
    const rights::Judge judge(request, alone, hub.rules);
    for (const rights::MinorRow& row : hub.rules.minors)
        for (const fhir::PriorityCategory category : fhir::kPriorityCategories) {
            rights::Record most_private;
            most_private.category = fhir::to_string(category);
            most_private.labels = row.hidden_labels;
            if (!judge(most_private).permit) return false;
        }
    return true;
}

Result<Subject> subject_of(const Hub& hub, const trust::UserToken& user, const std::optional<Identifier>& who,
                           Reach reach) {
    if (!is_person(user)) return fail(Category::forbidden, std::string(kNobodysBusiness));
    Subject out{*user.person, Standing::herself};
    if (who) {
        TRY_ASSIGN(out.person, person_named(hub, user, *who));
    }
    TRY(unambiguous(hub, *user.person));  // of her own number everybody may know that
    if (hub.links.same(out.person, *user.person)) {
        if (user.role != trust::Role::patient) return fail(Category::forbidden, std::string(kNobodysBusiness));
        out.own = *user.person;
        return out;
    }
    TRY_ASSIGN(auto found, mandate_for(hub, out.person, *user.person, reach));
    if (!found) return fail(Category::forbidden, std::string(kNobodysBusiness));
    out.own = found->number;
    out.mandate = std::move(found->mandate);
    TRY(unambiguous(hub, out.person));  // told to nobody who has no business with her
    out.standing = Standing::representative;
    return out;
}

bool is_registrar(const trust::UserToken& user) {
    return user.role == trust::Role::administrator || user.role == trust::Role::supervisor;
}

rights::Author author_of(const trust::UserToken& user, const Subject& subject, std::string warning,
                         std::string evidence) {
    rights::Author by;
    const bool acts = subject.standing == Standing::representative;
    by.role = acts ? "representative" : trust::to_string(user.role);
    by.user_id = user.subject;
    by.name = user.name;
    by.provider_id = user.provider_id;
    if (subject.standing != Standing::staff) by.person = user.person;
    if (subject.standing != Standing::herself) by.on_behalf_of = subject.person;
    by.warning = std::move(warning);
    by.evidence = std::move(evidence);
    return by;
}

exchange::AccessFilter filter_for(const Hub& hub, const Subject& subject, exchange::AccessFilter asked) {
    asked.rules = &hub.rules;
    if (subject.standing == Standing::representative) asked.reader = "representative";
    return asked;
}

ledger::Access access_about(const Hub& hub, const trust::UserToken& user, const Subject& subject, ledger::Action action,
                            const http::Request& request) {
    ledger::Access access = own_access(hub, user, action, request);
    access.person = subject.person;
    if (subject.standing == Standing::representative) {
        access.requester.role = trust::to_string(trust::Role::representative);
        access.purpose = rights::to_string(rights::Purpose::PWATRNY);
        access.rule = rights::id(rights::Rule::representative);
        access.mandate = subject.mandate;
    } else if (subject.standing == Standing::staff) {
        access.purpose = rights::to_string(rights::Purpose::HSYSADMIN);
        access.rule.clear();
    }
    return access;
}

std::string link_to(const Subject& subject) {
    if (subject.standing == Standing::herself) return "";
    return fmt::format("&patient.identifier={}%7C{}", index::kPseudonymSystem, subject.person.text());
}

Result<Identifier> identifier_from(std::string_view text, std::string_view name) {
    const std::size_t bar = text.find('|');
    if (bar == std::string_view::npos || bar == 0 || bar + 1 == text.size())
        return fail(Category::invalid, std::string(name) + " is SYSTEM|VALUE", std::string(name));
    return Identifier{std::string(text.substr(0, bar)), std::string(text.substr(bar + 1))};
}

}  // namespace idun::api
