// The rules in their one order. docs/rights-rules.md is made from this table.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace idun::rights {

// In order; the first that applies decides. The numbers reach no disk; the log holds id().
enum class Rule : std::uint8_t {
    own_unit,
    inner_block,
    break_glass_inner,
    own_provider,
    delayed,
    person_opt_out,
    person,
    mandate,
    minor_hidden,
    protected_mandate,
    representative_opt_out,
    representative,
    role,
    assurance,
    purpose,
    care_relation,
    task,
    border,
    opt_out,
    protected_abroad,
    block_abroad,
    block,
    break_glass_opt_out,
    break_glass,
    shared_care,
    // Not from decide():
    stale_facts,         // the node's copy of the facts is older than its lease
    ambiguous_identity,  // the number was used for two persons
};
inline constexpr std::size_t kRules = 27;
inline constexpr std::size_t kRulesInOrder = 25;  // those that decide() goes through

struct RuleText {
    Rule rule;
    bool permit;
    std::string_view id;  // stands in logs: never change one
    std::string_view law;
    std::string_view en, sv;            // why, in few words for whom it concerns
    std::string_view when_en, when_sv;  // the rule, in a sentence for lawyers
};
// By number, which is the order; those outside it last.
std::span<const RuleText, kRules> rules();

std::string_view id(Rule rule);  // "own-provider"
std::string_view reason_en(Rule rule);
std::string_view reason_sv(Rule rule);
std::optional<Rule> rule_from(std::string_view id);

}  // namespace idun::rights
