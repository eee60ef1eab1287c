// May this requester read this record? One pure function, used everywhere: facts in, decision out. It takes
// no lock, allocates nothing, always answers, and always says by which rule.
//
// The rules, in order; the first that applies decides (kRuleOrder in decide.cc):
//
//     own-provider    permit  staff of the record's own provider, whatever the person has chosen
//     person-opt-out  deny    the person herself, opted out, where the nation closes her own access too
//     person          permit  the person herself
//     role            deny    whoever does not ask as care staff
//     purpose         deny    a purpose other than care
//     care-relation   deny    no care relation
//     opt-out         deny    the person stands outside sharing between providers
//     block           deny    the person has blocked this record's provider
//     shared-care     permit  care staff elsewhere with a care relation
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace idun::rights {

// HL7 v3 PurposeOfUse; what is not listed parses to `other`. The numbers are bits in RuleTable.
enum class Purpose : std::uint8_t {
    TREAT,
    ETREAT,
    CAREMGT,
    COC,
    BTG,
    PATRQT,
    FAMRQT,
    PWATRNY,
    HPAYMT,
    HOPERAT,
    HRESCH,
    PUBHLTH,
    HSYSADMIN,
    other,
};
std::string_view to_string(Purpose purpose);
Purpose purpose_from(std::string_view code);

// As in trust/role.h; what is not listed parses to `other`.
enum class Role : std::uint8_t { clinician, patient, representative, system, administrator, supervisor, other };
std::string_view to_string(Role role);
Role role_from(std::string_view text);

struct Request {
    Purpose purpose = Purpose::other;
    Role role = Role::other;
    std::string_view provider_id;  // where the requester works; empty: nowhere
    std::string_view unit_id;
    bool is_the_person = false;  // the requester is the one whom the record is about
    bool care_relation = false;
};

// One block by the person: hides the provider's records from other providers.
struct Block {
    std::string fact_id;      // unique for the person
    std::string provider_id;  // whose records
    std::string unit_id;      // reserved: empty
    std::string category;     // reserved: empty
    friend bool operator==(const Block&, const Block&) = default;
};

// What the person has chosen.
struct Facts {
    bool opted_out = false;
    std::span<const Block> blocks;
};

struct Record {
    std::string_view provider_id;
    std::string_view category;
};

// The numbers reach no disk; the log holds id().
enum class Rule : std::uint8_t {
    own_provider,
    person_opt_out,
    person,
    role,
    purpose,
    care_relation,
    opt_out,
    block,
    shared_care,
    stale_facts,  // not from decide(): the node's copy of the facts is older than its lease
};
inline constexpr std::size_t kRules = 10;
std::string_view id(Rule rule);  // "own-provider"
std::string_view reason_en(Rule rule);
std::string_view reason_sv(Rule rule);
std::optional<Rule> rule_from(std::string_view id);

struct Decision {
    bool permit = false;
    Rule rule = Rule::role;
    friend bool operator==(const Decision&, const Decision&) = default;
};

// National choices. Data, not code: rule_table_from_json.
struct RuleTable {
    bool opt_out_hides_from_person = false;  // EHDS Art. 10(1) read strictly
    bool care_relation_required = true;
    std::uint32_t care_purposes =
        bit(Purpose::TREAT) | bit(Purpose::ETREAT) | bit(Purpose::CAREMGT) | bit(Purpose::COC);
    std::uint32_t care_roles = bit(Role::clinician);
    std::uint32_t own_roles = bit(Role::clinician) | bit(Role::system) | bit(Role::administrator);

    template <typename Enum>
    static constexpr std::uint32_t bit(Enum value) {
        return 1u << static_cast<unsigned>(value);
    }
    friend bool operator==(const RuleTable&, const RuleTable&) = default;
};

// {"opt-out-hides-from-person":false,"care-relation-required":true,"care-purposes":["TREAT"],"care-roles":["clinician"],
//  "own-roles":["clinician"]}; every member may be absent, none may be unknown.
Result<RuleTable> rule_table_from_json(std::string_view json);

Decision decide(const Request& request, const Facts& facts, const Record& record, const RuleTable& table = {});

}  // namespace idun::rights
