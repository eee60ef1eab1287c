// Checkpoints under a log's name by keys that the hub does not know. As far as it can tell they are forged, and it says
// so. Where it is told the key later (its owner changed it, and the hub had not heard), and what came holds by it,
// nobody is accused any more: that there was something which could not be verified stays, from when to when, and that
// the key change explains it. Rules and bytes: docs/formats/ledger-shipping.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "crypto/jws.h"
#include "exchange/draft.h"

namespace idun::exchange {

inline constexpr std::size_t kStrangeKeysMax = 8;  // of a log; what comes by more is forged

struct StrangeKey {
    std::uint32_t key_id = 0;  // as in the note
    Instant first;
    Instant last;
    std::uint64_t count = 0;
    std::uint64_t index = 0;          // the entry, the last time
    std::optional<Instant> resolved;  // the key is known, and what came the first and the last time holds by it
    std::string first_checkpoint;
    std::string checkpoint;  // the last time
    friend bool operator==(const StrangeKey&, const StrangeKey&) = default;
};

// By which key the note is signed under its log's name, where that is none of `keys`; nothing when one of them should
// have signed it, or it is no checkpoint.
std::optional<std::uint32_t> strange_key(std::string_view note, const crypto::KeySet& keys);

// False when so many strange keys are noted of the log already.
Result<bool> note_strange(Draft& draft, std::string_view log_id, std::uint32_t key_id, std::uint64_t index,
                          std::string_view checkpoint, Instant now);
// The log's owner signs with these keys: what is explained by them is resolved. What is signed by them and does not
// hold is forged after all: it is no strange key any more, and returned.
Result<std::vector<StrangeKey>> resolve_strange(Draft& draft, std::string_view log_id, const crypto::KeySet& keys,
                                                Instant now);

Result<std::vector<StrangeKey>> strange_keys_of(const store::Snapshot& snapshot, std::string_view log_id);
// Ids of logs that have any.
Result<std::vector<std::string>> logs_with_strange_keys(const store::Snapshot& snapshot);

}  // namespace idun::exchange
