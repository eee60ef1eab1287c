#include "exchange/stated_counts.h"

#include "exchange/tables.h"

namespace idun::exchange {
namespace {

const std::string kCounts = "logsservN";  // + log id: the note

std::string key_of(std::string_view log_id) { return kCounts + std::string(log_id); }

Result<std::optional<StatedCount>> count_in(const std::optional<std::string>& row) {
    if (!row) return std::optional<StatedCount>();
    auto said = ledger::peek_served(*row);
    if (!said) return fail(Category::corrupt, "a row of a log's signed count is malformed");
    return std::optional(StatedCount{*row, std::move(*said)});
}

bool contradicts(const ledger::ServedNote& now, const ledger::ServedNote& before) {
    if (now.size == before.size) return now.served != before.served;
    return now.size > before.size && (now.served.own < before.served.own || now.served.tickets < before.served.tickets);
}

}  // namespace

Result<std::optional<StatedCount>> stated_count(const Draft& draft, std::string_view log_id) {
    TRY_ASSIGN(const auto row, draft.get(key_of(log_id)));
    return count_in(row);
}

Result<std::optional<StatedCount>> stated_count(const store::Snapshot& snapshot, std::string_view log_id) {
    TRY_ASSIGN(const auto row, snapshot.get(key_of(log_id)));
    return count_in(row);
}

Result<bool> keep_count(Draft& draft, const ledger::Shipment& shipment) {
    const auto now = ledger::peek_served(shipment.stated);
    if (!now) return true;
    TRY_ASSIGN(const auto before, stated_count(draft, shipment.log_id));
    if (before && contradicts(*now, before->said)) return false;
    // What is sent again to a hub that has it already takes nothing away.
    if (!before || now->size > before->said.size) draft.put(key_of(shipment.log_id), shipment.stated);
    return true;
}

store::Table stated_count_table() {
    return {.name = "logs.stated-counts",
            .prefix = kCounts,
            .check = [](std::string_view key, std::string_view value, store::Owed&) -> Status {
                const auto said = ledger::peek_served(value);
                return said && key_of(said->log_id) == key
                           ? Status()
                           : fail(Category::corrupt, "it is no count of its log's accesses");
            }};
}

}  // namespace idun::exchange
