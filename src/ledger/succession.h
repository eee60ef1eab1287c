// The first entry of a log that follows another one, which was set back: what its owner says of the one before.
// docs/formats/ledger.md, "A log that follows".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ledger/entry.h"
#include "ledger/receipt.h"

namespace idun::ledger {

struct Succession {
    Checkpoint shipped;  // of the log before: how far the hub has it, and the root of that
    Checkpoint kept;     // what the owner had left of it
    friend bool operator==(const Succession&, const Succession&) = default;
};

Access access_of(const Succession& succession, Instant now);
// Nothing for every other access.
std::optional<Succession> succession_in(const Access& access);

}  // namespace idun::ledger
