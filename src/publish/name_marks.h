// What the hub cannot see: whether who read a record is called as the patient is. The hub knows people by pseudonym; a
// node knows its patients' names and, from its log, its users'. So the node compares, and ships one bit of what it found
// (docs/formats/ledger-shipping.md, "marks"). It accuses nobody: most namesakes are no relatives.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "ledger/entry.h"
#include "records/records.h"

namespace idun::publish {

// Of a person: "Anna Ek", and the family names alone; folded.
struct PersonNames {
    std::vector<std::pair<std::string, std::string>> given_and_family;  // first given name, family name
};
// From Patient resources; at most kNamesMax.
inline constexpr std::size_t kNamesMax = 16;
void add_names(PersonNames& names, json::Value patient);

// Bits of ledger::NameMark. `user`: a display name, whose last words are the family name.
std::uint8_t marks_between(const PersonNames& patient, std::string_view user);

// One thread at a time. Names are kept for a while: at most kKeptMax people.
class NameMarks {
public:
    static constexpr std::size_t kKeptMax = 10'000;
    explicit NameMarks(const records::Records& records) : records_(records) {}
    // 0 for entries of systems and patients, and when the names cannot be read.
    std::uint8_t of(const ledger::Access& access);

private:
    Result<PersonNames> names_of(const crypto::Pseudonym& person) const;
    const records::Records& records_;
    std::map<crypto::Pseudonym, PersonNames> kept_;
};

}  // namespace idun::publish
