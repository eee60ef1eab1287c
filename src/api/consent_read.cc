// From a FHIR Consent to a choice.
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "api/consent.h"
#include "api/internal/consent_words.h"
#include "api/strict.h"
#include "fhir/category.h"
#include "fhir/summary_element.h"

namespace idun::api {
namespace {

tl::unexpected<Error> wrong(std::string message, std::string path) {
    return fail(Category::invalid, std::move(message), std::move(path));
}

struct Actor {
    std::string_view role;
    std::string_view system;
    std::string_view value;
    std::string_view display;
};

Result<Actor> read_actor(json::Value actor, const std::string& path) {
    TRY(only(actor, {"role", "reference"}, path));
    TRY_ASSIGN(const std::string_view role, code_of(actor["role"], words::kParticipation, path + ".role"));
    if (role != "CST" && role != "IRCP")
        return wrong("an actor is CST (whose records) or IRCP (to whom)", path + ".role");
    const json::Value reference = actor["reference"];
    TRY(only(reference, {"identifier", "display"}, path + ".reference"));
    TRY_ASSIGN(const Identifier identifier, identifier_of(reference["identifier"], path + ".reference.identifier"));
    const json::Value named = reference["identifier"];
    if (reference["display"].text().size() > kNameBytesMax)
        return wrong("a name is too long", path + ".reference.display");
    const std::string_view system = named["system"] ? named["system"].text() : words::kProvider;
    return Actor{role, system, named["value"].text(), reference["display"].text()};
}

Result<std::vector<Actor>> read_actors(json::Value provision, const std::string& path) {
    std::vector<Actor> out;
    const json::Value actors = provision["actor"];
    if (actors && !actors.is_array()) return wrong("actor is a list", path + ".actor");
    if (actors.size() > rights::kExceptMax) return fail(Category::too_large, "over 32 actors", path + ".actor");
    for (std::size_t i = 0; i < actors.size(); ++i) {
        TRY_ASSIGN(out.emplace_back(), read_actor(actors[i], fmt::format("{}.actor[{}]", path, i)));
    }
    return out;
}

// The one code of a list of one, or "" when the list is absent.
Result<std::string> one_code(json::Value list, std::string_view system, bool concept_list, const std::string& path) {
    if (!list) return std::string();
    if (!list.is_array() || list.size() != 1) return wrong("name one; make a choice for each", path);
    if (concept_list) {
        TRY_ASSIGN(const std::string_view code, code_of(list[0], system, path + "[0]"));
        return std::string(code);
    }
    TRY_ASSIGN(const std::string_view code, coding_of(list[0], system, path + "[0]"));
    return std::string(code);
}

Result<std::string> read_entry(json::Value list, std::string_view type, const std::string& path) {
    if (!list) return std::string();
    if (!list.is_array() || list.size() != 1) return wrong("name one; make a choice for each", path);
    TRY(only(list[0], {"meaning", "reference"}, path + "[0]"));
    TRY(only(list[0]["reference"], {"reference"}, path + "[0].reference"));
    if (list[0]["meaning"].text() != "instance") return wrong("meaning is instance", path + "[0].meaning");
    const std::string_view text = list[0]["reference"]["reference"].text();
    const std::size_t slash = text.find('/');
    const bool fits = slash != 0 && slash != std::string_view::npos && slash + 1 < text.size() && text.size() <= 128 &&
                      std::count(text.begin(), text.end(), '/') == 1 &&
                      (type.empty() || text.substr(0, slash) == type) &&
                      std::all_of(text.begin(), text.end(), [](char c) {
                          return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                                 c == '-' || c == '.' || c == '/';
                      });
    if (!fits) return wrong("the entry is named as Type/id", path + "[0].reference.reference");
    return std::string(text);
}

// Which records: actors CST, class, code, data, dataPeriod.
Result<rights::Scope> read_scope(json::Value provision, const std::vector<Actor>& actors, const std::string& path) {
    rights::Scope scope;
    for (const Actor& actor : actors) {
        if (actor.role != "CST") continue;
        std::string* const place = actor.system == words::kProvider ? &scope.provider_id
                                   : actor.system == words::kUnit   ? &scope.unit_id
                                                                    : nullptr;
        if (!place) return wrong("whose records: urn:idun:provider or urn:idun:unit", path + ".actor");
        if (!place->empty()) return wrong("name one; make a choice for each", path + ".actor");
        *place = actor.value;
    }
    if (!scope.unit_id.empty() && scope.provider_id.empty())
        return wrong("a unit is named with its provider", path + ".actor");
    TRY_ASSIGN(scope.category, one_code(provision["class"], words::kRecordCategory, false, path + ".class"));
    if (!scope.category.empty() && !fhir::priority_category(scope.category))
        return wrong("no such category of records", path + ".class");
    TRY_ASSIGN(scope.element, one_code(provision["code"], words::kElement, true, path + ".code"));
    if (!scope.element.empty() && !fhir::summary_element(scope.element))
        return wrong("no such element group", path + ".code");
    TRY_ASSIGN(scope.entry, read_entry(provision["data"], "", path + ".data"));
    if (!scope.entry.empty() && scope.provider_id.empty())
        return wrong("a single entry is named with its provider", path + ".actor");
    TRY_ASSIGN(const Period period, period_of(provision["dataPeriod"], path + ".dataPeriod"));
    scope.from = period.start;
    scope.to = period.end;
    return scope;
}

Result<std::vector<rights::Except>> read_exceptions(json::Value list, const std::string& path) {
    std::vector<rights::Except> out;
    if (!list) return out;
    if (!list.is_array() || list.size() != 1) return wrong("exceptions are one nested provision", path);
    const std::string at = path + "[0]";
    TRY(only(list[0], {"type", "actor"}, at));
    if (list[0]["type"].text() != "permit") return wrong("an exception is a permit", at + ".type");
    TRY_ASSIGN(const auto actors, read_actors(list[0], at));
    if (actors.empty()) return wrong("an exception names somebody", at + ".actor");
    for (const Actor& actor : actors) {
        if (actor.role != "IRCP" || (actor.system != words::kProvider && actor.system != words::kUser))
            return wrong("an exception is for a provider or a user, as IRCP", at + ".actor");
        rights::Except except;
        (actor.system == words::kProvider ? except.provider_id : except.user_id) = actor.value;
        out.push_back(std::move(except));
    }
    return out;
}

Status read_block(json::Value provision, std::string_view layer, Instant now, rights::Block& out) {
    const std::string path = "Consent.provision";
    TRY(only(provision, {"type", "period", "actor", "class", "code", "data", "dataPeriod", "provision"}, path));
    const auto found = words::from_word(words::kLayers, layer.empty() ? words::kLayers[0].second : layer);
    if (!found)
        return wrong(
            "the second category of a block is block-outer, block-inner "
            "or block-abroad",
            "Consent.category");
    out.layer = *found;
    TRY_ASSIGN(const auto actors, read_actors(provision, path));
    TRY_ASSIGN(out.scope, read_scope(provision, actors, path));
    for (const Actor& actor : actors) {
        if (actor.role != "IRCP") continue;
        if (out.layer != rights::Layer::abroad || actor.system != words::kCountry || !out.country.empty() ||
            !is_country(actor.value))
            return wrong("to whom: one country (urn:iso:std:iso:3166), of a block abroad", path + ".actor");
        out.country = actor.value;
    }
    if (out.layer == rights::Layer::inner && out.scope.provider_id.empty())
        return wrong("an inner block names its provider", path + ".actor");
    TRY_ASSIGN(out.except, read_exceptions(provision["provision"], path + ".provision"));
    TRY_ASSIGN(const Period period, period_of(provision["period"], path + ".period"));
    out.from = period.start.value_or(now);
    out.to = period.end;
    if (out.to && *out.to <= std::max(out.from, now)) return wrong("is over before it begins", path + ".period");
    return {};
}

Status read_lift(json::Value provision, Instant now, rights::Lift& out) {
    const std::string path = "Consent.provision";
    TRY(only(provision, {"type", "period", "actor", "data"}, path));
    TRY_ASSIGN(const auto actors, read_actors(provision, path));
    for (const Actor& actor : actors) {
        std::string* const place = actor.role != "IRCP"               ? nullptr
                                   : actor.system == words::kProvider ? &out.provider_id
                                   : actor.system == words::kUser     ? &out.user_id
                                                                      : nullptr;
        if (!place || !place->empty())
            return wrong("a lift is for a provider, a user, or a user at a provider, as IRCP", path + ".actor");
        *place = actor.value;
    }
    if (out.provider_id.empty() && out.user_id.empty())
        return wrong("a lift is for a provider, a user, or a user at a provider, as IRCP", path + ".actor");
    TRY_ASSIGN(const std::string block, read_entry(provision["data"], "Consent", path + ".data"));
    if (!block.empty()) out.block_id = block.substr(block.find('/') + 1);
    TRY_ASSIGN(const Period period, period_of(provision["period"], path + ".period"));
    if (!period.end) return wrong("a lift has an end", path + ".period.end");
    out.from = period.start.value_or(now);
    out.to = *period.end;
    if (out.to <= std::max(out.from, now)) return wrong("is over before it begins", path + ".period");
    return {};
}

Status read_scopes(json::Value provision, const std::vector<Actor>& actors, rights::Mandate& out) {
    const std::string path = "Consent.provision";
    TRY_ASSIGN(const rights::Scope whole, read_scope(provision, actors, path));
    const json::Value nested = provision["provision"];
    if (!nested) {
        if (!whole.everything()) out.scopes.push_back(whole);
        return {};
    }
    if (!whole.everything()) return wrong("records are named above or in nested provisions, not in both", path);
    if (!nested.is_array() || nested.size() == 0 || nested.size() > rights::kScopesMax)
        return wrong("1 to 32 nested provisions", path + ".provision");
    for (std::size_t i = 0; i < nested.size(); ++i) {
        const std::string at = fmt::format("{}.provision[{}]", path, i);
        TRY(only(nested[i], {"type", "actor", "class", "code", "data", "dataPeriod"}, at));
        if (nested[i]["type"].text() != "permit") return wrong("type must be permit", at + ".type");
        TRY_ASSIGN(const auto owners, read_actors(nested[i], at));
        for (const Actor& owner : owners)
            if (owner.role != "CST") return wrong("only whose records stands here", at + ".actor");
        TRY_ASSIGN(const rights::Scope scope, read_scope(nested[i], owners, at));
        if (scope.everything()) return wrong("a nested provision names records", at);
        out.scopes.push_back(scope);
    }
    return {};
}

Status read_actions(json::Value list, rights::Mandate& out) {
    const std::string path = "Consent.provision.action";
    if (list && (!list.is_array() || list.size() == 0 || list.size() > 3))
        return wrong("access, manage, despite-protection", path);
    for (std::size_t i = 0; i < list.size(); ++i) {
        TRY_ASSIGN(const std::string_view code, code_of(list[i], words::kAction, fmt::format("{}[{}]", path, i)));
        if (code == "manage")
            out.may_manage = true;
        else if (code == "despite-protection")
            out.despite_protection = true;
        else if (code != "access")
            return wrong("access, manage or despite-protection", path);
    }
    return {};
}

Status read_mandate(json::Value provision, std::string_view kind, Instant now, Choice& out) {
    const std::string path = "Consent.provision";
    TRY(only(provision,
             {"type", "period", "actor", "action", "purpose", "class", "code", "data", "dataPeriod", "provision"},
             path));
    const auto found = words::from_word(words::kMandateKinds, kind.empty() ? words::kMandateKinds[0].second : kind);
    if (!found || *found == rights::MandateKind::foreign)
        return wrong(
            "the second category of a mandate is mandate-chosen, "
            "mandate-guardian or mandate-parent",
            "Consent.category");
    out.mandate.kind = *found;
    TRY_ASSIGN(const auto actors, read_actors(provision, path));
    for (const Actor& actor : actors) {
        if (actor.role != "IRCP") continue;
        if (out.representative || actor.system == words::kProvider)
            return wrong("a mandate is for one person, by her identifier, as IRCP", path + ".actor");
        out.representative = Identifier{std::string(actor.system), std::string(actor.value)};
        out.representative_name = actor.display;
    }
    if (!out.representative) return wrong("a mandate is for one person, by her identifier, as IRCP", path + ".actor");
    TRY(read_scopes(provision, actors, out.mandate));
    TRY(read_actions(provision["action"], out.mandate));
    TRY_ASSIGN(out.mandate.purpose, one_code(provision["purpose"], words::kActReason, false, path + ".purpose"));
    if (!out.mandate.purpose.empty() && rights::purpose_from(out.mandate.purpose) == rights::Purpose::other)
        return wrong("purpose is a code of HL7 v3 PurposeOfUse", path + ".purpose");
    TRY_ASSIGN(const Period period, period_of(provision["period"], path + ".period"));
    out.mandate.from = period.start.value_or(now);
    out.mandate.to = period.end;
    if (out.mandate.to && *out.mandate.to <= std::max(out.mandate.from, now))
        return wrong("is over before it begins", path + ".period");
    return {};
}

struct Categories {
    ChoiceKind kind;
    std::string_view second;  // "" when there is one only
};

Result<Categories> read_categories(json::Value list) {
    const std::string path = "Consent.category";
    if (!list.is_array() || list.size() == 0 || list.size() > 2) return wrong("one category, or two", path);
    TRY_ASSIGN(const std::string_view first, code_of(list[0], words::kCategorySystem, path + "[0]"));
    const auto* const found = std::find_if(std::begin(words::kKinds), std::end(words::kKinds),
                                           [&](const words::KindWord& k) { return k.word == first; });
    if (found == std::end(words::kKinds))
        return wrong("category is one of opt-out, secondary-opt-out, block, lift, mandate", path + "[0]");
    Categories out{found->kind, {}};
    if (list.size() == 2) {
        TRY_ASSIGN(out.second, code_of(list[1], words::kCategorySystem, path + "[1]"));
        if (out.kind != ChoiceKind::block && out.kind != ChoiceKind::mandate)
            return wrong("only blocks and mandates have a second category", path + "[1]");
    }
    return out;
}

Result<std::string> read_warning(json::Value policy) {
    if (!policy) return std::string();
    if (!policy.is_array() || policy.size() != 1)
        return wrong("policy names the one text that was read", "Consent.policy");
    TRY(only(policy[0], {"uri"}, "Consent.policy[0]"));
    const std::string_view uri = policy[0]["uri"].text();
    if (uri.empty() || uri.size() > 128)
        return wrong("policy.uri is the canonical of the text that was read", "Consent.policy[0].uri");
    return std::string(uri);
}

Result<std::string> read_evidence(json::Value source) {
    if (!source) return std::string();
    TRY(only(source, {"identifier", "display"}, "Consent.sourceReference"));
    TRY(only(source["identifier"], {"value"}, "Consent.sourceReference.identifier"));
    const std::string_view value = source["identifier"]["value"].text();
    if (value.empty() || value.size() > 128)
        return wrong("evidence is named by 1 to 128 bytes", "Consent.sourceReference.identifier.value");
    return std::string(value);
}

}  // namespace

Result<Choice> choice_from_fhir(json::Value consent, Instant now) {
    if (consent["resourceType"].text() != "Consent") return wrong("send a Consent", "resourceType");
    TRY(only(consent,
             {"resourceType", "id", "meta", "status", "scope", "category", "patient", "dateTime", "performer",
              "organization", "sourceReference", "policy", "policyRule", "provision"},
             "Consent"));
    if (consent["status"].text() != "active") return wrong("status must be active", "Consent.status");
    TRY_ASSIGN(const std::string_view scope, code_of(consent["scope"], words::kScopeSystem, "Consent.scope"));
    if (scope != "patient-privacy") return wrong("scope must be patient-privacy", "Consent.scope");
    TRY_ASSIGN(const Categories categories, read_categories(consent["category"]));
    Choice out;
    out.kind = categories.kind;
    if (consent["patient"]) {
        TRY(only(consent["patient"], {"identifier"}, "Consent.patient"));
        TRY_ASSIGN(out.patient, identifier_of(consent["patient"]["identifier"], "Consent.patient.identifier"));
        if (out.patient->system.empty())
            return wrong("an identifier has a system and a value", "Consent.patient.identifier");
    }
    TRY_ASSIGN(out.warning, read_warning(consent["policy"]));
    TRY_ASSIGN(out.evidence, read_evidence(consent["sourceReference"]));
    const json::Value provision = consent["provision"];
    if (provision["type"].text() != words::word_of(out.kind).type)
        return wrong(fmt::format("type must be {}", words::word_of(out.kind).type), "Consent.provision.type");
    switch (out.kind) {
        case ChoiceKind::opt_out:
        case ChoiceKind::secondary_opt_out: TRY(only(provision, {"type"}, "Consent.provision")); break;
        case ChoiceKind::block: TRY(read_block(provision, categories.second, now, out.block)); break;
        case ChoiceKind::lift: TRY(read_lift(provision, now, out.lift)); break;
        case ChoiceKind::mandate: TRY(read_mandate(provision, categories.second, now, out)); break;
    }
    return out;
}

}  // namespace idun::api
