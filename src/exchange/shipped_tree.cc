#include "exchange/shipped_tree.h"

#include <fmt/format.h>

#include "base/bytes.h"
#include "exchange/rows.h"
#include "exchange/tables.h"
#include "ledger/receipt.h"
#include "ledger/served_note.h"

namespace idun::exchange {
namespace {

std::string stated_key(std::string_view log_id, std::uint64_t size) {
    std::string out = log_key(log_id, 'C');
    append_be(out, size);
    return out;
}

}  // namespace

Result<StatedHeads> stated_heads(const store::Snapshot& snapshot, std::string_view log_id) {
    const std::string prefix = log_key(log_id, 'C');
    TRY_ASSIGN(const auto rows, rows_of(snapshot, store::prefix_range(prefix), kStatedMax));
    StatedHeads out;
    for (const store::Entry& row : rows)
        out.emplace(ByteReader(std::string_view(row.key).substr(prefix.size())).be<std::uint64_t>(), row.value);
    return out;
}

void put_stated(Draft& draft, std::string_view log_id, std::uint64_t size, const std::string& checkpoint) {
    draft.put(stated_key(log_id, size), checkpoint);
}

void erase_stated(Draft& draft, std::string_view log_id, std::uint64_t size) { draft.erase(stated_key(log_id, size)); }

std::optional<Refusal> refuse_stated(const StatedHeads& stated, std::uint64_t size, const crypto::Hash& root) {
    const auto said = stated.find(size);
    if (said == stated.end()) return std::nullopt;
    const auto head = ledger::peek_checkpoint(said->second);
    if (head && head->root == root) return std::nullopt;
    return Refusal{LogFault::forked, size, fmt::format("the log's owner has signed another log of {} entries", size), said->second};
}

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

std::optional<Refusal> refuse_count(const ledger::Shipment& shipment, const crypto::KeySet& keys) {
    if (shipment.stated.empty()) return std::nullopt;
    const std::uint64_t end = shipment.first + shipment.entries.size();
    const auto said = ledger::open_served(shipment.stated, keys);
    if (!said)
        return Refusal{LogFault::forged, end, "the count of accesses is not one that the log's owner signed",
                       shipment.stated};
    if (*said == ledger::ServedNote{shipment.log_id, end, shipment.served}) return std::nullopt;
    return Refusal{LogFault::miscounted, end,
                   "the log's owner has signed another count of accesses than the shipment says", shipment.stated};
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

store::Table stated_table() {
    const auto owns = [](std::string_view key, std::string_view value) { return key.size() == kNumberKeyBytes && !value.empty(); };
    return {.name = "logs.stated", .letter = 'C', .owns = owns, .check = [](std::string_view key, std::string_view value, store::Owed&) -> Status {
                const auto head = ledger::peek_checkpoint(value);
                const bool its = head && head->size == number_at_end(key) && stated_key(head->log_id, head->size) == key;
                return its ? Status() : fail(Category::corrupt, "it is no checkpoint of its log and size");
            }};
}

}  // namespace idun::exchange
