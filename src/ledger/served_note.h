// What a log's owner signs of how many accesses it holds: nobody who has said so can deny it later. Bytes:
// docs/formats/ledger-shipping.md, "The signed count".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "crypto/jws.h"
#include "crypto/signing.h"
#include "ledger/shipment.h"

namespace idun::ledger {

inline constexpr std::size_t kServedNoteBytesMax = 1024;

struct ServedNote {
    std::string log_id;
    std::uint64_t size = 0;  // of its first entries
    Served served;
    friend bool operator==(const ServedNote&, const ServedNote&) = default;
};

// A signed note under the log's name.
std::string sign_served(const crypto::SigningKey& key, const ServedNote& said);
// `unauthorized` unless one of the keys signed it.
Result<ServedNote> open_served(std::string_view note, const crypto::KeySet& keys);
// What the note says, whoever signed it.
std::optional<ServedNote> peek_served(std::string_view note);

}  // namespace idun::ledger
