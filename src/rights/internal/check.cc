#include "rights/internal/check.h"

#include <algorithm>

namespace idun::rights {
namespace {

constexpr std::size_t kTextBytesMax = 256;
// The years 1 to 9999.
constexpr Instant kFirst{-62'135'596'800'000}, kLast{253'402'300'799'999};

tl::unexpected<Error> refuse(std::string what) { return fail(Category::invalid, "rights: " + std::move(what)); }

bool is_id(std::string_view text, std::size_t bytes_max) {
    return text.size() <= bytes_max &&
           std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}
bool is_fact_id(std::string_view text) { return !text.empty() && is_id(text, kFactIdBytesMax); }
bool is_reference(std::string_view text) { return is_id(text, kProviderIdBytesMax); }
bool is_word(std::string_view text) { return is_id(text, kWordBytesMax); }
// Any UTF-8 on one line.
bool is_text(std::string_view text) {
    return text.size() <= kTextBytesMax && std::none_of(text.begin(), text.end(), [](char c) {
               return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
           });
}
bool is_country(std::string_view text) {
    return text.size() == 2 && std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}
bool is_time(Instant time) { return time >= kFirst && time <= kLast; }
bool is_time(const std::optional<Instant>& time) { return !time || is_time(*time); }
bool is_span(Instant from, const std::optional<Instant>& to) {
    return is_time(from) && is_time(to) && (!to || from < *to);
}

Status check(const Scope& scope) {
    if (!is_reference(scope.provider_id) || !is_reference(scope.unit_id) || !is_reference(scope.entry) ||
        !is_word(scope.category) || !is_word(scope.element))
        return refuse("a scope has a word that is too long or not of printable ASCII letters");
    if (scope.provider_id.empty() && (!scope.unit_id.empty() || !scope.entry.empty()))
        return refuse("a unit or an entry goes with its provider");
    if (!is_time(scope.from) || !is_time(scope.to) || (scope.from && scope.to && *scope.from >= *scope.to))
        return refuse("the period of a scope must begin before it ends");
    return {};
}

Status check(const Except& except) {
    if (except.provider_id.empty() == except.user_id.empty())
        return refuse("an exception names a provider or a user, and not both");
    if (!is_reference(except.provider_id) || !is_text(except.user_id)) return refuse("an exception is malformed");
    return {};
}

Status check(const Author& by) {
    if (!is_word(by.role) || !is_reference(by.provider_id) || !is_text(by.user_id) || !is_text(by.name) ||
        !is_text(by.evidence) || !is_text(by.warning))
        return refuse("the author of a change is malformed");
    return {};
}

template <typename List>
Status check_list(const List& list, std::size_t most) {
    if (list.size() > most)
        return fail(Category::too_large, "rights: over " + std::to_string(most) + " facts of a kind");
    for (std::size_t i = 0; i < list.size(); ++i) {
        TRY(check(list[i]));
        if (i > 0 && list[i - 1].fact_id >= list[i].fact_id) return refuse("facts must stand in order of their ids");
    }
    return {};
}

struct FactCheck {
    ChangeKind kind;
    Status operator()(std::monostate) const {
        switch (kind) {
            case ChangeKind::opt_out:
            case ChangeKind::opt_in:
            case ChangeKind::secondary_opt_out:
            case ChangeKind::secondary_opt_in:
            case ChangeKind::protect:
            case ChangeKind::unprotect: return {};
            default: return refuse("a change of this kind names a fact");
        }
    }
    Status operator()(const std::string& ended) const {
        if (kind != ChangeKind::end_block && kind != ChangeKind::end_lift && kind != ChangeKind::end_mandate)
            return refuse("only what ends a fact names it by id");
        return is_fact_id(ended) ? Status() : refuse("a fact has an id that is empty, too long or not printable");
    }
    Status operator()(const Block& block) const { return only(ChangeKind::block, block); }
    Status operator()(const Lift& lift) const { return only(ChangeKind::lift, lift); }
    Status operator()(const Mandate& mandate) const { return only(ChangeKind::mandate, mandate); }
    Status operator()(const PersonFacts& facts) const { return only(ChangeKind::introduce, facts); }

    template <typename T>
    Status only(ChangeKind wanted, const T& fact) const {
        if (kind != wanted) return refuse("a change carries a fact of another kind");
        return check(fact);
    }
};

}  // namespace

Status check(const Block& block) {
    if (!is_fact_id(block.fact_id)) return refuse("a block has an id that is empty, too long or not printable");
    TRY(check(block.scope));
    if (block.except.size() > kExceptMax) return fail(Category::too_large, "rights: a block has over 32 exceptions");
    for (const Except& except : block.except) TRY(check(except));
    if (!block.country.empty() && (block.layer != Layer::abroad || !is_country(block.country)))
        return refuse("a country of two letters goes with a block abroad");
    if (!is_span(block.from, block.to)) return refuse("a block must begin before it ends");
    return {};
}

Status check(const Lift& lift) {
    if (!is_fact_id(lift.fact_id) || !is_id(lift.block_id, kFactIdBytesMax)) return refuse("a lift has a malformed id");
    if (lift.provider_id.empty() && lift.user_id.empty()) return refuse("a lift is for a provider or a user");
    if (!is_reference(lift.provider_id) || !is_text(lift.user_id)) return refuse("a lift is malformed");
    if (!is_span(lift.from, lift.to)) return refuse("a lift must begin before it ends");
    return {};
}

Status check(const Mandate& mandate) {
    if (!is_fact_id(mandate.fact_id)) return refuse("a mandate has an id that is empty, too long or not printable");
    if (mandate.scopes.size() > kScopesMax) return fail(Category::too_large, "rights: a mandate has over 32 scopes");
    for (const Scope& scope : mandate.scopes) {
        TRY(check(scope));
        if (scope.everything()) return refuse("a mandate for everything has no scope");
    }
    if (!mandate.purpose.empty() && purpose_from(mandate.purpose) == Purpose::other)
        return refuse("a mandate has an unknown purpose");
    if (mandate.kind == MandateKind::parent && !mandate.born)
        return refuse("a parent's mandate names the child's day of birth");
    if ((mandate.kind == MandateKind::foreign) != is_country(mandate.country) ||
        (mandate.kind != MandateKind::foreign && !mandate.country.empty()))
        return refuse("a foreign mandate, and no other, names its country");
    if (!is_time(mandate.born) || !is_span(mandate.from, mandate.to))
        return refuse("a mandate must begin before it ends");
    return {};
}

Status check(const PersonFacts& facts) {
    TRY(check_list(facts.blocks, kBlocksMax));
    TRY(check_list(facts.lifts, kLiftsMax));
    return check_list(facts.mandates, kMandatesMax);
}

Status check(const FactChange& change) {
    if (change.number == 0) return refuse("a change must have a number");
    if (change.time.ms < 0 || !is_time(change.time)) return refuse("a change must have a time after 1970");
    if (change.by) TRY(check(*change.by));
    const auto* introduced = std::get_if<PersonFacts>(&change.fact);
    if (introduced != nullptr && introduced->number > change.number)
        return refuse("facts are introduced that are newer than their change");
    return std::visit(FactCheck{change.kind}, change.fact);
}

}  // namespace idun::rights
