#include "api/choices.h"

#include <algorithm>

#include "index/fhir_pointer.h"

namespace idun::api {
namespace {

using rights::ChangeKind;

// Of a kind without a fact: which Consent it is, and whether the change ends it.
struct Flag {
    ChoiceKind kind;
    bool ends;
};
std::optional<Flag> flag_of(ChangeKind kind) {
    switch (kind) {
        case ChangeKind::opt_out: return Flag{ChoiceKind::opt_out, false};
        case ChangeKind::opt_in: return Flag{ChoiceKind::opt_out, true};
        case ChangeKind::secondary_opt_out: return Flag{ChoiceKind::secondary_opt_out, false};
        case ChangeKind::secondary_opt_in: return Flag{ChoiceKind::secondary_opt_out, true};
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

Result<ShownChoice> shown_choice(const Hub& hub, const Subject& subject,
                                 const exchange::RightsRegister::Version& version) {
    const rights::FactChange& change = version.change;
    const auto flag = flag_of(change.kind);
    ShownChoice one;
    one.ended = flag ? flag->ends : version.begun.has_value();
    if (flag) {
        one.choice.kind = flag->kind;
    } else {
        auto choice = begun(version.begun ? *version.begun : change);
        if (!choice) return fail(Category::corrupt, "a choice is malformed");
        one.choice = std::move(*choice);
    }
    if (one.choice.kind == ChoiceKind::mandate) {
        TRY_ASSIGN(const auto names, hub.rights.names_of(subject.person, version.choice_id));
        one.choice.representative_name = names.representative;
    }
    if (subject.standing != Standing::herself)
        one.choice.patient = Identifier{std::string(index::kPseudonymSystem), subject.person.text()};
    one.choice.warning = change.by ? change.by->warning : "";
    one.choice.evidence = change.by ? change.by->evidence : "";
    one.shown = shown_of(change, version.choice_id, version.version, one.ended);
    return one;
}

}  // namespace

Result<ShownPage> versions_of(const Hub& hub, const Subject& subject, std::string_view id, std::uint64_t before,
                              std::size_t count_max) {
    TRY_ASSIGN(const auto page, hub.rights.versions(subject.person, id, before, count_max));
    ShownPage out;
    out.total = page.total;
    out.next = page.next;
    for (const auto& version : page.versions) {
        TRY_ASSIGN(out.versions.emplace_back(), shown_choice(hub, subject, version));
    }
    return out;
}

Result<std::vector<ShownChoice>> choices_of(const Hub& hub, const Subject& subject) {
    TRY_ASSIGN(const auto versions, hub.rights.current(subject.person));
    std::vector<ShownChoice> out;
    const Instant now = hub.clock.now();
    for (const auto& version : versions) {
        TRY_ASSIGN(auto one, shown_choice(hub, subject, version));
        if (!one.ended && !over(one.choice, now)) out.push_back(std::move(one));
    }
    std::ranges::sort(out, {}, [](const ShownChoice& one) -> const std::string& { return one.shown.id; });
    return out;
}

std::string to_fhir(const Hub& hub, const ShownChoice& one) {
    return to_fhir(one.choice, one.shown, [&](std::string_view id) { return hub.directory.name_of(id); });
}

}  // namespace idun::api
