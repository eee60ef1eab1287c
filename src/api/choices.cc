#include "api/choices.h"

#include <map>

#include "index/fhir_pointer.h"

namespace idun::api {
namespace {

using rights::ChangeKind;

// Of a kind without an id: which Consent it is, and whether the change ends it.
struct Flag {
    ChoiceKind kind;
    std::string_view id;
    bool ends;
};
std::optional<Flag> flag_of(ChangeKind kind) {
    switch (kind) {
        case ChangeKind::opt_out: return Flag{ChoiceKind::opt_out, kOptOutId, false};
        case ChangeKind::opt_in: return Flag{ChoiceKind::opt_out, kOptOutId, true};
        case ChangeKind::secondary_opt_out: return Flag{ChoiceKind::secondary_opt_out, kSecondaryOptOutId, false};
        case ChangeKind::secondary_opt_in: return Flag{ChoiceKind::secondary_opt_out, kSecondaryOptOutId, true};
        default: return std::nullopt;
    }
}

// What a change begins; nothing for one that ends something, and for kinds that are no Consent.
std::optional<Choice> begun(const rights::FactChange& change) {
    Choice out;
    if (const auto* block = std::get_if<rights::Block>(&change.fact)) {
        out.kind = ChoiceKind::block;
        out.block = *block;
    } else if (const auto* lift = std::get_if<rights::Lift>(&change.fact)) {
        out.kind = ChoiceKind::lift;
        out.lift = *lift;
    } else if (const auto* mandate = std::get_if<rights::Mandate>(&change.fact)) {
        out.kind = ChoiceKind::mandate;
        out.mandate = *mandate;
        out.representative = Identifier{std::string(index::kPseudonymSystem), mandate->representative.text()};
    } else {
        return std::nullopt;
    }
    return out;
}

Shown shown_of(const rights::FactChange& change, std::string_view id, std::uint64_t version, bool ends) {
    Shown out;
    out.id = id;
    out.active = !ends;
    out.version = version;
    out.set = change.time;
    if (!change.by) return out;
    out.who_id = change.by->user_id;
    out.who_name = change.by->name;
    out.who_role = change.by->role;
    out.who_provider = change.by->provider_id;
    return out;
}

bool over(const Choice& choice, Instant now) {
    switch (choice.kind) {
        case ChoiceKind::block: return choice.block.to && *choice.block.to <= now;
        case ChoiceKind::lift: return choice.lift.to <= now;
        case ChoiceKind::mandate: return choice.mandate.to && *choice.mandate.to <= now;
        default: return false;
    }
}

}  // namespace

Result<std::vector<ShownChoice>> versions_of(const Hub& hub, const Subject& subject) {
    TRY_ASSIGN(const auto changes, hub.rights.history(subject.person));
    std::vector<ShownChoice> out;
    std::map<std::string, std::size_t, std::less<>> newest;  // by id, the place in `out`
    for (const rights::FactChange& change : changes) {
        const auto flag = flag_of(change.kind);
        const std::string id(flag ? flag->id : rights::fact_id(change));
        auto choice = begun(change);
        const auto before = newest.find(id);
        const bool ends = flag ? flag->ends : !choice;
        ShownChoice one;
        if (flag)
            one.choice.kind = flag->kind;
        else if (choice)
            one.choice = std::move(*choice);
        else if (before != newest.end())
            one.choice = out[before->second].choice;
        else
            continue;  // protection
        if (one.choice.kind == ChoiceKind::mandate && one.choice.representative_name.empty()) {
            TRY_ASSIGN(const auto names, hub.rights.names_of(subject.person, id));
            one.choice.representative_name = names.representative;
        }
        if (subject.standing != Standing::herself)
            one.choice.patient = Identifier{std::string(index::kPseudonymSystem), subject.person.text()};
        one.choice.warning = change.by ? change.by->warning : "";
        one.choice.evidence = change.by ? change.by->evidence : "";
        one.shown = shown_of(change, id, before == newest.end() ? 1 : out[before->second].shown.version + 1, ends);
        one.ended = ends;
        newest[id] = out.size();
        out.push_back(std::move(one));
    }
    return out;
}

Result<std::vector<ShownChoice>> choices_of(const Hub& hub, const Subject& subject) {
    TRY_ASSIGN(auto versions, versions_of(hub, subject));
    std::map<std::string_view, const ShownChoice*> newest;
    for (const ShownChoice& one : versions) newest[one.shown.id] = &one;
    std::vector<ShownChoice> out;
    const Instant now = hub.clock.now();
    for (const auto& [id, one] : newest)
        if (!one->ended && !over(one->choice, now)) out.push_back(*one);
    return out;
}

std::string to_fhir(const Hub& hub, const ShownChoice& one) {
    return to_fhir(one.choice, one.shown, [&](std::string_view id) { return hub.directory.name_of(id); });
}

}  // namespace idun::api
