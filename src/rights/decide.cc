#include "rights/decide.h"

#include <algorithm>
#include <iterator>

namespace idun::rights {
namespace {

struct Case {
    const Request& request;
    const Facts& facts;
    const Record& record;
    const RuleTable& table;
};

template <typename Enum>
bool has(std::uint32_t set, Enum value) {
    return (set & RuleTable::bit(value)) != 0;
}

bool is_the_person_herself(const Case& c) { return c.request.is_the_person && c.request.role == Role::patient; }

bool own_provider(const Case& c) {
    return has(c.table.own_roles, c.request.role) && !c.record.provider_id.empty() &&
           c.request.provider_id == c.record.provider_id;
}
bool person_opt_out(const Case& c) {
    return is_the_person_herself(c) && c.facts.opted_out && c.table.opt_out_hides_from_person;
}
bool wrong_role(const Case& c) { return !has(c.table.care_roles, c.request.role); }
bool wrong_purpose(const Case& c) { return !has(c.table.care_purposes, c.request.purpose); }
bool no_care_relation(const Case& c) { return c.table.care_relation_required && !c.request.care_relation; }
bool opted_out(const Case& c) { return c.facts.opted_out; }
bool blocked(const Case& c) {
    return std::any_of(c.facts.blocks.begin(), c.facts.blocks.end(),
                       [&](const Block& block) { return block.provider_id == c.record.provider_id; });
}
bool always(const Case&) { return true; }

struct OrderedRule {
    Rule rule;
    bool permit;
    bool (*applies)(const Case&);
};

// The first that applies decides.
constexpr OrderedRule kRuleOrder[] = {
    {Rule::own_provider, true, own_provider},    {Rule::person_opt_out, false, person_opt_out},
    {Rule::person, true, is_the_person_herself}, {Rule::role, false, wrong_role},
    {Rule::purpose, false, wrong_purpose},       {Rule::care_relation, false, no_care_relation},
    {Rule::opt_out, false, opted_out},           {Rule::block, false, blocked},
    {Rule::shared_care, true, always},
};

struct RuleText {
    Rule rule;
    std::string_view id, en, sv;
};
// The ids stand in logs: never change one.
constexpr RuleText kRuleTexts[] = {
    {Rule::own_provider, "own-provider", "staff of the provider that keeps the record",
     "personal hos den vårdgivare som för journalen"},
    {Rule::person_opt_out, "person-opt-out", "the person stands outside sharing, which closes her own access too",
     "personen står utanför sammanhållen journalföring, vilket också stänger egen åtkomst"},
    {Rule::person, "person", "the person herself", "personen själv"},
    {Rule::role, "role", "this role may not read records in care", "rollen får inte läsa uppgifter i vården"},
    {Rule::purpose, "purpose", "the purpose is not care", "ändamålet är inte vård"},
    {Rule::care_relation, "care-relation", "no care relation to the person", "vårdrelation till personen saknas"},
    {Rule::opt_out, "opt-out", "the person stands outside sharing between providers",
     "personen står utanför delning mellan vårdgivare"},
    {Rule::block, "block", "the person has blocked records of this provider",
     "personen har spärrat uppgifter hos vårdgivaren"},
    {Rule::shared_care, "shared-care", "care with a care relation", "vård med vårdrelation"},
    {Rule::stale_facts, "stale-facts", "the choices of persons could not be known for certain",
     "personers val kunde inte fastställas säkert"},
};
static_assert(std::size(kRuleTexts) == kRules);

const RuleText& text_of(Rule rule) { return kRuleTexts[static_cast<std::size_t>(rule)]; }

constexpr std::string_view kPurposes[] = {"TREAT",   "ETREAT", "CAREMGT", "COC",    "BTG",     "PATRQT",   "FAMRQT",
                                          "PWATRNY", "HPAYMT", "HOPERAT", "HRESCH", "PUBHLTH", "HSYSADMIN"};
constexpr std::string_view kRoles[] = {"clinician", "patient",       "representative",
                                       "system",    "administrator", "supervisor"};

template <typename Enum, std::size_t Size>
Enum from_text(const std::string_view (&texts)[Size], std::string_view text) {
    const auto* const found = std::find(std::begin(texts), std::end(texts), text);
    return static_cast<Enum>(found - std::begin(texts));  // one behind the last: other
}

}  // namespace

std::string_view to_string(Purpose purpose) {
    return purpose == Purpose::other ? "other" : kPurposes[static_cast<std::size_t>(purpose)];
}
Purpose purpose_from(std::string_view code) { return from_text<Purpose>(kPurposes, code); }

std::string_view to_string(Role role) { return role == Role::other ? "other" : kRoles[static_cast<std::size_t>(role)]; }
Role role_from(std::string_view text) { return from_text<Role>(kRoles, text); }

std::string_view id(Rule rule) { return text_of(rule).id; }
std::string_view reason_en(Rule rule) { return text_of(rule).en; }
std::string_view reason_sv(Rule rule) { return text_of(rule).sv; }

std::optional<Rule> rule_from(std::string_view wanted) {
    for (const RuleText& text : kRuleTexts)
        if (text.id == wanted) return text.rule;
    return std::nullopt;
}

Decision decide(const Request& request, const Facts& facts, const Record& record, const RuleTable& table) {
    const Case c{request, facts, record, table};
    for (const OrderedRule& ordered : kRuleOrder)
        if (ordered.applies(c)) return {ordered.permit, ordered.rule};
    return {false, Rule::role};  // not reached: the last rule always applies
}

}  // namespace idun::rights
