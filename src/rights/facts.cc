#include "rights/facts.h"

#include <algorithm>

#include "rights/internal/check.h"
#include "rights/internal/facts_json.h"
#include "rights/internal/words.h"

namespace idun::rights {
namespace {

constexpr json::Limits kLimits{.bytes_max = 1u << 20, .depth_max = 8, .nodes_max = 200'000};

constexpr std::string_view kKinds[] = {"opt-out",   "opt-in",    "secondary-opt-out", "secondary-opt-in", "block",
                                       "end-block", "lift",      "end-lift",          "mandate",          "end-mandate",
                                       "protect",   "unprotect", "introduce"};

tl::unexpected<Error> corrupt() { return fail(Category::corrupt, "rights: stored facts are malformed"); }

template <typename T>
auto place_of(std::vector<T>& list, std::string_view fact_id) {
    return std::lower_bound(list.begin(), list.end(), fact_id,
                            [](const T& one, std::string_view wanted) { return one.fact_id < wanted; });
}

template <typename T>
const T* find(const std::vector<T>& list, std::string_view fact_id) {
    const auto found = std::find_if(list.begin(), list.end(), [&](const T& one) { return one.fact_id == fact_id; });
    return found == list.end() ? nullptr : &*found;
}

// Facts of the same id are equal or in conflict.
template <typename T>
Status begin(std::vector<T>& list, const T& fact, std::size_t most) {
    const auto place = place_of(list, fact.fact_id);
    if (place != list.end() && place->fact_id == fact.fact_id) {
        if (*place != fact) return fail(Category::conflict, "rights: another fact has this id already");
        return {};
    }
    if (list.size() >= most)
        return fail(Category::too_large,
                    "rights: a person has " + std::to_string(most) + " facts of this kind already");
    list.insert(place, fact);
    return {};
}

template <typename T>
void end(std::vector<T>& list, std::string_view fact_id) {
    std::erase_if(list, [&](const T& one) { return one.fact_id == fact_id; });
}

void drop_ended(PersonFacts& facts, Instant now) {
    std::erase_if(facts.blocks, [&](const Block& block) { return block.to && *block.to <= now; });
    std::erase_if(facts.lifts, [&](const Lift& lift) { return lift.to <= now; });
    std::erase_if(facts.mandates, [&](const Mandate& mandate) { return mandate.to && *mandate.to <= now; });
}

// A lift of one block alone ends with it.
void end_block(PersonFacts& facts, std::string_view fact_id) {
    end(facts.blocks, fact_id);
    std::erase_if(facts.lifts, [&](const Lift& lift) { return lift.block_id == fact_id; });
}

Status change_sum(PersonFacts& facts, const FactChange& change) {
    switch (change.kind) {
        case ChangeKind::opt_out: facts.opted_out = true; return {};
        case ChangeKind::opt_in: facts.opted_out = false; return {};
        case ChangeKind::secondary_opt_out: facts.secondary_opted_out = true; return {};
        case ChangeKind::secondary_opt_in: facts.secondary_opted_out = false; return {};
        case ChangeKind::protect: facts.protected_identity = true; return {};
        case ChangeKind::unprotect: facts.protected_identity = false; return {};
        case ChangeKind::block: return begin(facts.blocks, std::get<Block>(change.fact), kBlocksMax);
        case ChangeKind::lift: return begin(facts.lifts, std::get<Lift>(change.fact), kLiftsMax);
        case ChangeKind::mandate: return begin(facts.mandates, std::get<Mandate>(change.fact), kMandatesMax);
        case ChangeKind::end_block: end_block(facts, std::get<std::string>(change.fact)); return {};
        case ChangeKind::end_lift: end(facts.lifts, std::get<std::string>(change.fact)); return {};
        case ChangeKind::end_mandate: end(facts.mandates, std::get<std::string>(change.fact)); return {};
        case ChangeKind::introduce: facts = std::get<PersonFacts>(change.fact); return {};
    }
    return {};
}

bool begins(ChangeKind kind) {
    return kind == ChangeKind::block || kind == ChangeKind::lift || kind == ChangeKind::mandate;
}

bool touches(const Scope& scope, std::string_view provider_id) {
    return scope.provider_id.empty() || scope.provider_id == provider_id;
}
bool touches(const Mandate& mandate, std::string_view provider_id) {
    return mandate.scopes.empty() || std::any_of(mandate.scopes.begin(), mandate.scopes.end(),
                                                 [&](const Scope& scope) { return touches(scope, provider_id); });
}
bool touches(const Block* block, std::string_view provider_id) {
    return block != nullptr && touches(block->scope, provider_id);
}
bool touches(const Lift* lift, const PersonFacts& facts, std::string_view provider_id) {
    return lift != nullptr && (lift->block_id.empty() || touches(find(facts.blocks, lift->block_id), provider_id));
}

void keep_scopes_of(std::vector<Scope>& scopes, std::string_view provider_id) {
    std::erase_if(scopes, [&](const Scope& scope) { return !touches(scope, provider_id); });
}

}  // namespace

bool PersonFacts::plain() const {
    return !opted_out && !secondary_opted_out && !protected_identity && blocks.empty() && lifts.empty() &&
           mandates.empty();
}

std::string_view to_string(ChangeKind kind) { return kKinds[static_cast<std::size_t>(kind)]; }
std::optional<ChangeKind> change_kind_from(std::string_view text) { return known_word<ChangeKind>(kKinds, text); }

std::string_view fact_id(const FactChange& change) {
    if (const auto* ended = std::get_if<std::string>(&change.fact)) return *ended;
    if (const auto* block = std::get_if<Block>(&change.fact)) return block->fact_id;
    if (const auto* lift = std::get_if<Lift>(&change.fact)) return lift->fact_id;
    if (const auto* mandate = std::get_if<Mandate>(&change.fact)) return mandate->fact_id;
    return {};
}

Status apply(PersonFacts& facts, const FactChange& change) {
    TRY(check(change));
    if (change.number <= facts.number) return {};
    PersonFacts next = facts;
    if (begins(change.kind)) drop_ended(next, change.time);
    TRY(change_sum(next, change));
    next.number = change.number;
    if (begins(change.kind) && encode(next).size() > kFactsBytesMax)
        return fail(Category::too_large, "rights: the facts of a person are over 256 KiB");
    facts = std::move(next);
    return {};
}

bool concerns(const FactChange& change, const PersonFacts& before, std::string_view provider_id) {
    switch (change.kind) {
        case ChangeKind::secondary_opt_out:
        case ChangeKind::secondary_opt_in: return false;
        case ChangeKind::block: return touches(std::get<Block>(change.fact).scope, provider_id);
        case ChangeKind::end_block: return touches(find(before.blocks, fact_id(change)), provider_id);
        case ChangeKind::lift: return touches(&std::get<Lift>(change.fact), before, provider_id);
        case ChangeKind::end_lift: return touches(find(before.lifts, fact_id(change)), before, provider_id);
        case ChangeKind::mandate: return touches(std::get<Mandate>(change.fact), provider_id);
        case ChangeKind::end_mandate: {
            const Mandate* mandate = find(before.mandates, fact_id(change));
            return mandate != nullptr && touches(*mandate, provider_id);
        }
        default: return true;
    }
}

FactChange for_provider(FactChange change, std::string_view provider_id) {
    change.by.reset();
    if (auto* mandate = std::get_if<Mandate>(&change.fact)) keep_scopes_of(mandate->scopes, provider_id);
    if (auto* facts = std::get_if<PersonFacts>(&change.fact)) *facts = for_provider(*facts, provider_id);
    return change;
}

PersonFacts for_provider(const PersonFacts& facts, std::string_view provider_id) {
    PersonFacts out;
    out.number = facts.number;
    out.opted_out = facts.opted_out;
    out.protected_identity = facts.protected_identity;
    for (const Block& block : facts.blocks)
        if (touches(&block, provider_id)) out.blocks.push_back(block);
    for (const Lift& lift : facts.lifts)
        if (touches(&lift, facts, provider_id)) out.lifts.push_back(lift);
    for (Mandate mandate : facts.mandates) {
        if (!touches(mandate, provider_id)) continue;
        keep_scopes_of(mandate.scopes, provider_id);
        out.mandates.push_back(std::move(mandate));
    }
    return out;
}

std::string encode(const FactChange& change) {
    json::Writer w;
    write(w, change);
    return w.take();
}

Result<FactChange> decode_fact_change(std::string_view bytes) {
    const auto document = json::Document::parse(bytes, kLimits);
    if (!document) return corrupt();
    auto change = read_change(document->root());
    if (!change || encode(*change) != bytes) return corrupt();
    return std::move(*change);
}

std::string encode(const PersonFacts& facts) {
    json::Writer w;
    write(w, facts);
    return w.take();
}

Result<PersonFacts> decode_person_facts(std::string_view bytes) {
    const auto document = json::Document::parse(bytes, kLimits);
    if (!document) return corrupt();
    auto facts = read_person_facts(document->root());
    if (!facts || encode(*facts) != bytes) return corrupt();
    return std::move(*facts);
}

}  // namespace idun::rights
