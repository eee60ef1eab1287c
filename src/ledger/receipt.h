// Proofs that an access is in a log: the receipt of one entry and the signed checkpoint of all until then.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "crypto/hash.h"
#include "crypto/jws.h"

namespace idun::ledger {

inline constexpr std::size_t kLogIdBytesMax = 128;
inline constexpr std::string_view kCheckpointType = "idun-checkpoint+jwt";

// Letters, digits and "-._" (so that it can stand in a receipt and a header), 1 to kLogIdBytesMax.
bool is_log_id(std::string_view text);

// An entry's place. The hash covers this entry and every one before it.
struct Receipt {
    std::string log_id;
    std::uint64_t index = 0;
    crypto::Hash hash;

    // "SE2321000016:1042:mpX3…" (43 characters of base64url)
    std::string text() const;
    static std::optional<Receipt> from_text(std::string_view text);
    friend bool operator==(const Receipt&, const Receipt&) = default;
};

// What the log's owner has signed: at `time` the log had `size` entries and this hash.
struct Checkpoint {
    std::string log_id;
    std::uint64_t size = 0;
    crypto::Hash hash;
    Instant time;
    friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

std::string sign_checkpoint(const crypto::SigningKey& key, const Checkpoint& checkpoint);
Result<Checkpoint> verify_checkpoint(std::string_view token, const crypto::KeySet& keys);

}  // namespace idun::ledger
