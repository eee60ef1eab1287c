#include "exchange/shipped_tree.h"

#include <fmt/format.h>

#include "ledger/receipt.h"

namespace idun::exchange {

std::optional<Refusal> refuse_checkpoint(const ledger::Shipment& shipment, const LogProgress& before, const crypto::KeySet& keys) {
    const auto head = ledger::open_checkpoint(shipment.checkpoint, keys);
    if (!head || head->log_id != shipment.log_id || head->size != shipment.size)
        return Refusal{LogFault::forged, shipment.size, "the checkpoint is not one that the log's owner signed for that size"};
    if (shipment.size < std::max(before.size, before.next))
        return Refusal{LogFault::cut_back, shipment.size, "the log has fewer entries than it had"};
    const auto known = ledger::peek_checkpoint(before.checkpoint);
    if (known && known->size == head->size && known->root != head->root)
        return Refusal{LogFault::forked, shipment.size, "the log's owner has signed two logs of that size"};
    return std::nullopt;
}

std::optional<Refusal> refuse_tree(const ledger::Shipment& shipment, const crypto::CompactRange& tree) {
    const auto head = ledger::peek_checkpoint(shipment.checkpoint);
    if (!head) return Refusal{LogFault::forged, shipment.size, "the checkpoint is malformed"};
    // Of an empty tree nothing can be said.
    if (tree.size() == 0 && head->size > 0) return std::nullopt;
    const bool fits = tree.size() == head->size
                          ? shipment.proof.empty() && tree.root() == head->root
                          : crypto::verify_consistency(tree.size(), head->size, shipment.proof, tree.root(), head->root).has_value();
    if (fits) return std::nullopt;
    return Refusal{LogFault::unfit, tree.size(),
                   fmt::format("the first {} entries are not those of the log that its owner has signed", tree.size())};
}

}  // namespace idun::exchange
