// How many accesses a log's owner has signed that it holds: kept against it. Rules and bytes:
// docs/formats/ledger-shipping.md, "The signed count".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "exchange/draft.h"
#include "ledger/served_note.h"

namespace idun::exchange {

struct StatedCount {
    std::string note;
    ledger::ServedNote said;  // in it
};

// The newest of a log.
Result<std::optional<StatedCount>> stated_count(const Draft& draft, std::string_view log_id);
Result<std::optional<StatedCount>> stated_count(const store::Snapshot& snapshot, std::string_view log_id);

// Keeps what a shipment states, if it does, and its head has passed. False when that contradicts what was stated before
// (another count of as many entries, or less of more): then the former stays, and with this one it is the evidence.
Result<bool> keep_count(Draft& draft, const ledger::Shipment& shipment);

}  // namespace idun::exchange
