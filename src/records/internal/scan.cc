// Everything there is, in key order: for exports. Rows of other tables are passed over by jumping to where the next
// resource row may be.
#include <algorithm>

#include "records/internal/impl.h"

namespace idun::records {
namespace {

constexpr char kResourceTable = 'R';
constexpr std::size_t kTableAt = store::kPartitionBytes;

std::string partition_text(Partition partition) {
    std::string out(store::kPartitionBytes, '\0');
    for (std::size_t i = out.size(); i > 0; partition >>= 8) out[--i] = static_cast<char>(partition & 0xFF);
    return out;
}

Partition partition_of(std::string_view key) {
    Partition out = 0;
    for (char c : key.substr(0, store::kPartitionBytes)) out = out << 8 | static_cast<unsigned char>(c);
    return out;
}

// The first key at which a resource may lie, behind a key of another table; "" when there is none.
std::string next_resource(std::string_view key) {
    const Partition partition = partition_of(key);
    if (key[kTableAt] < kResourceTable) return partition_text(partition) + kResourceTable;
    return partition == ~Partition{0} ? std::string() : partition_text(partition + 1);
}

// Slices are cut between partitions: by the first 16 bits, which are as good as random.
store::Range slice_range(std::size_t slice, std::size_t slices) {
    constexpr std::size_t kCuts = 1u << 16;
    const auto cut = [&](std::size_t place) { return partition_text(static_cast<Partition>(place * kCuts / slices) << 48); };
    return {cut(slice), slice + 1 == slices ? std::string() : cut(slice + 1), false};
}

bool selects(const ScanSelection& selection, std::string_view type, const RowView& row) {
    if (!selection.types.empty() && std::ranges::find(selection.types, type) == selection.types.end()) return false;
    if (row.deleted() && !selection.tombstones) return false;
    if (selection.since && row.last_updated() <= *selection.since) return false;
    return !selection.about_patients || type == "Patient" || !row.patient().empty();
}

}  // namespace

Status Records::scan_all(const store::Snapshot& snapshot, const ScanSelection& selection, const Scanned& found) const {
    IDUN_CHECK(selection.slice < selection.slices && selection.slices <= 1u << 16);
    store::Range range = slice_range(selection.slice, selection.slices);
    std::string jump;  // nothing before this key is a resource
    while (true) {
        TRY_ASSIGN(const store::Chunk chunk, snapshot.scan(range));
        for (const store::Entry& entry : chunk.entries) {
            if (entry.key < jump) continue;
            if (entry.key[kTableAt] != kResourceTable) {
                jump = next_resource(entry.key);
                if (jump.empty()) return {};
                continue;
            }
            TRY_ASSIGN(const TypeAndId name, type_and_id(entry.key));
            TRY_ASSIGN(const RowView row, RowView::parse(entry.value));
            if (!selects(selection, name.type, row)) continue;
            std::string body;
            if (!row.deleted()) {
                const Place place{partition_of(entry.key), std::string(name.type), std::string(name.id)};
                TRY_ASSIGN(body, impl_->body_of(snapshot, row, place));
            }
            TRY(found(row.touched(name.type, name.id), std::move(body)));
        }
        if (!chunk.more) return {};
        range = store::rest_of(range, chunk.entries.back().key);
        if (jump > range.from) range.from = jump;
        if (!range.to.empty() && range.from >= range.to) return {};
    }
}

}  // namespace idun::records
