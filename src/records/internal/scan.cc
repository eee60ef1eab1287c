// Everything there is, in key order: for exports. Rows of other tables are passed over by jumping to where the next
// resource row may be.
#include <algorithm>

#include "records/internal/impl.h"

namespace idun::records {
namespace {

constexpr std::size_t kAskedEvery = 256;  // rows: whether to stop
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

// What a scan does with one entry after another; its memory is used again for each.
class Scan {
public:
    Scan(const store::Snapshot& snapshot, const ScanSelection& selection, Scanned found)
        : snapshot_(snapshot), selection_(selection), found_(found) {}

    store::Onward pass(std::string_view key, std::string_view value) {
        if (selection_.stopped && passed_++ % kAskedEvery == 0 && selection_.stopped()) {
            status_ = fail(Category::busy, "the scan was stopped");
            return {.stop = true};
        }
        if (key[kTableAt] != kResourceTable) {
            next_ = next_resource(key);
            return {.stop = next_.empty(), .to = next_};
        }
        status_ = show(key, value);
        return {.stop = !status_};
    }
    Status take() { return std::move(status_); }

private:
    Status show(std::string_view key, std::string_view value) {
        TRY(type_and_id(key, name_));
        TRY_ASSIGN(const RowView row, RowView::parse(value));
        if (!selects(selection_, name_.type, row)) return {};
        row.touch(touched_, name_.type, name_.id);
        body_.clear();
        if (!row.deleted()) {
            std::string apart;
            std::string_view section = row.body();
            if (row.body_elsewhere()) {
                TRY_ASSIGN(auto got, snapshot_.get(body_key(partition_of(key), name_.type, name_.id)));
                if (!got) return fail(Category::corrupt, "a stored body is missing");
                section = apart = std::move(*got);
            }
            TRY(append_body(body_, section, name_.id, row.version(), row.last_updated()));
        }
        return found_(touched_, body_);
    }

    const store::Snapshot& snapshot_;
    const ScanSelection& selection_;
    const Scanned found_;
    std::size_t passed_ = 0;
    Status status_;
    std::string next_;
    TypeAndId name_;
    Touched touched_;
    std::string body_;
};

}  // namespace

Status Records::scan_all(const store::Snapshot& snapshot, const ScanSelection& selection, Scanned found) const {
    IDUN_CHECK(selection.slice < selection.slices && selection.slices <= 1u << 16);
    Scan scan(snapshot, selection, found);
    TRY(snapshot.walk(slice_range(selection.slice, selection.slices),
                      [&](std::string_view key, std::string_view value) { return scan.pass(key, value); }));
    return scan.take();
}

}  // namespace idun::records
