// A person's choices as the hub shows them: what holds, and how it came to be.
#pragma once

#include <vector>

#include "api/consent.h"
#include "api/hub.h"
#include "api/subject.h"

namespace idun::api {

struct ShownChoice {
    Choice choice;
    Shown shown;
    bool ended = false;  // this version ends it
};

// Versions of one choice, or of all (""), newest first, those with a number below `before`. Protection of identity is no
// Consent and not among them.
struct ShownPage {
    std::vector<ShownChoice> versions;
    std::uint64_t total = 0;
    std::uint64_t next = 0;  // goes on before it; 0: there are no more
};
Result<ShownPage> versions_of(const Hub& hub, const Subject& subject, std::string_view id, std::uint64_t before,
                              std::size_t count_max);
// The newest version of what has neither ended nor run out.
Result<std::vector<ShownChoice>> choices_of(const Hub& hub, const Subject& subject);

std::string to_fhir(const Hub& hub, const ShownChoice& one);

}  // namespace idun::api
