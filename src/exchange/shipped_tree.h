// Whether what a node ships is the log that its owner has signed: the hub keeps the right edge of each log's tree, and so
// knows from the leaf hashes which root the owner must have signed.
#pragma once

#include <optional>

#include "crypto/jws.h"
#include "exchange/access_rows.h"
#include "exchange/log_accounts.h"

namespace idun::exchange {

struct Refusal {
    LogFault fault = LogFault::forged;
    std::uint64_t index = 0;
    std::string why;
};

// Of the head alone: who signed the checkpoint, and whether it can follow what the owner signed before.
std::optional<Refusal> refuse_checkpoint(const ledger::Shipment& shipment, const LogProgress& before, const crypto::KeySet& keys);
// `tree`: with the hashes of the shipment's entries. The head has passed.
std::optional<Refusal> refuse_tree(const ledger::Shipment& shipment, const crypto::CompactRange& tree);

}  // namespace idun::exchange
