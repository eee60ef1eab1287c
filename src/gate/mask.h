// What leaves of a person with protected identity: not where she is to be found.
#pragma once

#include <string>
#include <string_view>

namespace idun::gate {

// A stored resource without address, telecom, contact, photo and narrative of every Patient and RelatedPerson in it
// (itself, contained, or in a document). Nothing says that something was left out. Text that is not JSON comes back
// empty.
std::string without_contact(std::string_view body);

}  // namespace idun::gate
