// Which identifier systems name a person, as data.
#pragma once

#include <span>
#include <string_view>

#include "people/person_id.h"

namespace idun::people {

struct Scheme {
    std::string_view system;  // the FHIR system by which we name it
    std::string_view alias;   // another system of the same scheme; may be empty
    Kind kind;
    std::string_view country;
    std::string_view name;  // stands in the canonical form: never change it
    // What a value looks like where no parser knows better: 9 a digit, A an upper-case letter, X either, and
    // punctuation for itself. Values may come with all of the punctuation or with none; it is taken out.
    std::string_view shape;
};

std::span<const Scheme> schemes();
// Null when the system names no person.
const Scheme* find_scheme(std::string_view system);

}  // namespace idun::people
