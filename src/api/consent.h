// What a person has chosen, as FHIR R4 Consent: one resource for each choice. Shapes: docs/formats/rights-wire.md.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "json/document.h"
#include "rights/facts.h"

namespace idun::api {

inline constexpr std::string_view kOptOutId = "opt-out";  // as the register names them
inline constexpr std::string_view kSecondaryOptOutId = "secondary-opt-out";
inline constexpr std::size_t kNameBytesMax = 200;

enum class ChoiceKind : std::uint8_t { opt_out, secondary_opt_out, block, lift, mandate };
std::string_view to_string(ChoiceKind kind);  // "opt-out"

struct Identifier {
    std::string system;
    std::string value;
    friend bool operator==(const Identifier&, const Identifier&) = default;
};

struct Choice {
    ChoiceKind kind = ChoiceKind::opt_out;
    rights::Block block;  // these three: of that kind only; ids are given by the register
    rights::Lift lift;
    rights::Mandate mandate;                   // without the pseudonym of the representative
    std::optional<Identifier> patient;         // whom it is about; none: the caller
    std::optional<Identifier> representative;  // of a mandate
    std::string representative_name;           // as she is called in lists; may be empty
    std::string warning;                       // canonical of the text that was read; may be empty
    std::string evidence;                      // reference of a paper; may be empty
};

// Strict: what it does not understand it refuses, since a choice that is understood by half protects nobody. What the
// hub itself adds to a Consent (id, meta, dateTime, performer, organization, policyRule) is passed over. A choice
// without a start begins `now`.
Result<Choice> choice_from_fhir(json::Value consent, Instant now);

// What a Consent shows beside the choice.
struct Shown {
    std::string id;
    bool active = true;
    std::uint64_t version = 1;
    std::optional<Instant> set;  // when
    std::string who_id;          // who set it: user id, name, role; may be empty
    std::string who_name;
    std::string who_role;
    std::string who_provider;  // where she works; may be empty
};
using NameOf = std::function<std::string(std::string_view provider_id)>;
std::string to_fhir(const Choice& choice, const Shown& shown, const NameOf& name_of);

}  // namespace idun::api
