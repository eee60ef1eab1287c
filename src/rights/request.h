// Who asks, for what, and about which record: the questions that decide() answers.
//
// Everything is borrowed: texts live as long as the call, or as the Judge that was made from the request.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/time.h"
#include "crypto/pseudonym.h"
#include "fhir/security_label.h"

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

// Whether the requester cares for the person: nothing known, said by her own system, or seen at a node from a booking
// or an encounter.
enum class Care : std::uint8_t { none, declared, known };
std::string_view to_string(Care care);  // "none"
std::optional<Care> care_from(std::string_view text);

// Why a glass is broken.
enum class Ground : std::uint8_t { life, health };
std::string_view to_string(Ground ground);  // "life"
std::optional<Ground> ground_from(std::string_view text);

// How well somebody has proved who she is: 0 unknown, 1 to 4. Knows "loa1" to "loa4", the eIDAS words "low",
// "substantial" and "high" (2 to 4), and addresses that end in one of them; 0 for anything else.
std::uint8_t assurance_from(std::string_view text);

// An opening of blocked data for this requester, given by the hub.
struct BreakGlass {
    std::string_view id = {};
    Ground ground = Ground::life;
    Instant until = {};     // opens until then
    bool seconded = false;  // another professional has confirmed it
};

struct Request {
    Instant now = {};  // of the decision: the function has no clock
    Purpose purpose = Purpose::other;
    Role role = Role::other;
    std::string_view user_id = {};      // for exceptions and lifts that name a person
    std::string_view provider_id = {};  // where the requester works; empty: nowhere
    std::string_view unit_id = {};
    std::string_view task = {};  // profession or task, a word of the rule table ("physician"); empty: unknown
    std::uint8_t assurance = 0;  // assurance_from()
    bool is_the_person = false;  // the requester is the one whom the record is about
    const crypto::Pseudonym* representative = nullptr;  // who acts for the person; null: nobody
    Care care = Care::none;
    std::string_view country = {};  // ISO 3166-1 alpha-2 of a question from abroad; empty: at home
    const BreakGlass* break_glass = nullptr;
};

// When the care took place that a record is about; both ends belong to it.
struct Period {
    Instant from = {}, to = {};
    friend bool operator==(const Period&, const Period&) = default;
};

// What is unknown is empty. A record always has a category ("other" at least): one without stands for all there is
// at the provider, and rules by category then do not apply.
struct Record {
    std::string_view provider_id = {};
    std::string_view unit_id = {};
    std::string_view category = {};  // fhir/category.h: "test-result"
    std::string_view element = {};   // fhir/summary_element.h: "allergies"
    std::string_view entry = {};     // "AllergyIntolerance/a1"
    fhir::LabelSet labels = {};
    std::optional<Period> date = {};
    std::optional<Instant> delayed_until = {};  // until then the person does not see it (Art. 3(3))
};

}  // namespace idun::rights
