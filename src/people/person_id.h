// Who a person is nationally: one identifier out of a known scheme, in one canonical form.
//
//     TRY_ASSIGN(auto id, people::identify("http://electronichealth.se/identifier/personnummer", "121212-1212", now));
//     id.masked();                          // "20121212-****"
//     key.of(id.canonical());               // the pseudonym that everything else uses
//
// No error names the value: messages end up in logs.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace idun::people {

// In the order in which they are preferred when a person has several. The numbers reach no disk; the words do.
enum class Kind : std::uint8_t {
    personal_number,
    coordination_number,
    interim_number,
    national_reserve_number,
    regional_reserve_number,  // given by one region; the same value in another region is another person
    foreign,
};
std::string_view to_string(Kind kind);  // "personal-number"
std::optional<Kind> kind_from(std::string_view word);

// A value.
class PersonId {
public:
    Kind kind() const { return kind_; }
    // ISO 3166-1 alpha-2 in upper case; "EU" for identifiers of the Union itself.
    std::string_view country() const { return std::string_view(canonical_).substr(0, 2); }
    // "SE|personnummer|191212121212": country, scheme, normalised value. Two identifiers name the same person
    // exactly when these bytes are equal; URL and OID of a scheme give the same ones.
    std::string_view canonical() const { return canonical_; }
    // The normalised value alone, "191212121212".
    std::string_view value() const { return std::string_view(canonical_).substr(value_at_); }
    // The FHIR system by which we name the scheme to others.
    std::string_view system() const { return system_; }
    // For pages: "19121212-****"; "US ****" where every part of the value would tell too much.
    std::string masked() const;

    friend bool operator==(const PersonId& a, const PersonId& b) { return a.canonical_ == b.canonical_; }
    friend auto operator<=>(const PersonId& a, const PersonId& b) { return a.canonical_ <=> b.canonical_; }

private:
    friend struct PersonIdMaker;
    PersonId() = default;
    Kind kind_ = Kind::foreign;
    std::string canonical_;
    std::size_t value_at_ = 0;
    std::string_view system_;  // static text
};

// `unsupported` when the system does not identify persons nationally (record numbers, passports and so on do
// not), `invalid` when the value is not one of that system. `now` resolves a century that is not written out.
Result<PersonId> identify(std::string_view system, std::string_view value, Instant now);

// True for a system that identify() knows.
bool identifies_persons(std::string_view system);

// One identifier as it stands in a FHIR Patient.
struct Named {
    std::string_view system;
    std::string_view value;
};
// The preferred one of several, of which those with unknown systems do not count. `invalid` when a known one is
// malformed or none is known, `conflict` when two of the preferred kind differ.
Result<PersonId> identify_any(std::span<const Named> identifiers, Instant now);

}  // namespace idun::people
