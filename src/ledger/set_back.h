// Whether a log was set back: whether its owner's own key has signed more of it, or another one, than there is.
// Nobody's word without that signature counts (docs/decisions/0046-set-back.md).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "crypto/jws.h"
#include "ledger/ledger.h"

namespace idun::ledger {

// In words for the operator; nothing when the note is signed by none of the owner's keys, or the log holds what it
// says. `whose`: who shows the note. `busy` while the log's tiles are not there yet.
Result<std::optional<std::string>> set_back(const Ledger& log, std::string_view note, const crypto::KeySet& own,
                                            std::string_view whose);

}  // namespace idun::ledger
