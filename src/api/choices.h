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

// Every version of every choice, oldest first. Protection of identity is no Consent and not among them.
Result<std::vector<ShownChoice>> versions_of(const Hub& hub, const Subject& subject);
// The newest version of what has neither ended nor run out.
Result<std::vector<ShownChoice>> choices_of(const Hub& hub, const Subject& subject);

std::string to_fhir(const Hub& hub, const ShownChoice& one);

}  // namespace idun::api
