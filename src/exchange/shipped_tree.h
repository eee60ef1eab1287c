// Whether what a node ships is the log that its owner has signed: the hub keeps the right edge of each log's tree, and so
// knows from the leaf hashes which root the owner must have signed.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "crypto/jws.h"
#include "exchange/access_rows.h"
#include "exchange/log_accounts.h"
#include "exchange/log_rows.h"

namespace idun::exchange {

struct Refusal {
    LogFault fault = LogFault::forged;
    std::uint64_t index = 0;
    std::string why;
    std::string checkpoint = {};  // the evidence, where it is not the shipment's
};

// What the owner has signed of sizes that are not here yet, by size. When the tree comes to them it must have those roots:
// so nobody signs one log today and ships another tomorrow.
using StatedHeads = std::map<std::uint64_t, std::string>;  // checkpoints
inline constexpr std::size_t kStatedMax = 64;               // of a log; what is stated while so many wait is not kept
Result<StatedHeads> stated_heads(const store::Snapshot& snapshot, std::string_view log_id);
void put_stated(Draft& draft, std::string_view log_id, std::uint64_t size, const std::string& checkpoint);
void erase_stated(Draft& draft, std::string_view log_id, std::uint64_t size);
// The tree of that size is another one than was signed before.
std::optional<Refusal> refuse_stated(const StatedHeads& stated, std::uint64_t size, const crypto::Hash& root);

// Of the head alone: who signed the checkpoint, and whether it can follow what the owner signed before.
std::optional<Refusal> refuse_checkpoint(const ledger::Shipment& shipment, const LogProgress& before,
                                         const crypto::KeySet& keys);
// The same: whether its signed count of accesses, if it has one, is its owner's, of this log up to the end of this
// shipment, and says what the head says.
std::optional<Refusal> refuse_count(const ledger::Shipment& shipment, const crypto::KeySet& keys);
// `tree`: with the hashes of the shipment's entries. The head has passed.
std::optional<Refusal> refuse_tree(const ledger::Shipment& shipment, const crypto::CompactRange& tree);

}  // namespace idun::exchange
