// What a person reads before she chooses: versioned texts, each in Swedish and English. A choice names the text that
// was read by its canonical; only the newest of its kind counts (EHDS Art. 8 with recital 17, Art. 4(3)).
#pragma once

#include <span>
#include <string_view>

#include "api/consent.h"

namespace idun::api {

struct Warning {
    ChoiceKind kind;
    std::string_view uri;  // "urn:idun:warning:block:1"
    std::string_view sv, en;
};
// The newest of each kind. A text is never changed: a new one gets a new number.
std::span<const Warning> warnings();
// Nothing where the kind needs none.
const Warning* warning_for(ChoiceKind kind);

}  // namespace idun::api
