// How alike two descriptions of a person are: one table of what is compared and what it counts, so that a grade can be
// explained. Used at a node, among the provider's own patients (IHE PDQm ITI-119), and at the hub, which knows no
// patients, between a description and the number in it.
//
//     const people::Traits asked = people::traits_of(patient_json, now);
//     const people::Match match = people::compare(asked, people::traits_of(candidate_json, now));
//     match.grade; match.score;     // certain only by a national identifier that nothing contradicts
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "json/document.h"
#include "people/person_id.h"

namespace idun::people {

// What of a Patient is compared. Names and places are folded as search folds them ("Åsa" and "asa" are equal).
struct Traits {
    std::vector<PersonId> ids;             // that name a person nationally
    std::set<std::string> other_ids;       // "system|value"
    std::set<std::string> family, given;   // names, each word by itself
    std::string born;                      // "1970-01-01"; "" when not known to the day
    std::string gender;
    std::set<std::string> places;          // postal codes, cities
    std::set<std::string> contacts;        // digits of telephone numbers, addresses of mail
};
Traits traits_of(json::Value patient, Instant now);
// What an identifier says by itself: a Swedish personal or coordination number its person's birth date and sex. A birth before 1890 says nothing: nobody
// lives whose it is, and the numbers of `idun synth` are such.
Traits said_by(const PersonId& id);

// The codes of http://terminology.hl7.org/CodeSystem/match-grade.
enum class Grade : std::uint8_t { certain, probable, possible, certainly_not };
std::string_view to_string(Grade grade);

struct Match {
    Grade grade = Grade::certainly_not;
    double score = 0;  // 0 to 1; 1 only when certain
};
Match compare(const Traits& asked, const Traits& candidate);
std::string score_text(const Match& match);  // a FHIR decimal, "0.24"

// The same digits with two neighbours changed round, those that are numbers: what a mistaken hand writes.
std::vector<std::string> transposed(std::string_view digits);

}  // namespace idun::people
