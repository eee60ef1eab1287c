// An access as a FHIR R4 AuditEvent in the shape of IHE Basic Audit Log Patterns, with a sentence that
// the patient can read.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/entry.h"
#include "ledger/receipt.h"

namespace idun::ledger {

// Names for ids, where the caller knows them; the id itself stands in for a name that is empty.
struct Names {
    std::function<std::string(std::string_view provider_id)> provider = {};
    std::function<std::string(std::string_view unit_id)> unit = {};
    // Why a rule denies, in few words; "" when it is unknown, which then is not told.
    std::function<std::string_view(std::string_view rule_id, bool swedish)> rule = {};
};

inline constexpr std::string_view kPseudonymSystem = "urn:idun:pseudonym";

// AuditEvent.id is "<log id>-<index>" with what FHIR ids may not hold replaced by '-'.
std::string audit_event_id(const Receipt& receipt);
// The actions that are C, R, U, D or E in AuditEvent.action; none for another code.
std::vector<Action> actions_of_code(std::string_view code);
// A receipt without a signature says only where the entry stands. `sequence` is how-manieth the entry is about its person
// in that log (Entry::sequence); 0: not told.
std::string to_audit_event(const Access& access, const Receipt& receipt, const Names& names = {},
                           std::uint64_t sequence = 0);

// "Anna Ek (vårdpersonal), Akuten, Region Norr, läste 3 uppgifter, för vård." No record content, no personal number, no code.
std::string sentence_sv(const Access& access, const Names& names = {});
std::string sentence_en(const Access& access, const Names& names = {});

}  // namespace idun::ledger
