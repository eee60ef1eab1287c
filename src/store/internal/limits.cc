#include "store/internal/limits.h"

#include <algorithm>

namespace idun::store {
namespace {

void check_written_once(const Batch& batch) {
    IDUN_CHECK(std::ranges::adjacent_find(batch.writes(), std::ranges::greater_equal{}, &Batch::Write::key) ==
               batch.writes().end());
}

Status check_writes(const std::vector<Batch::Write>& writes) {
    for (const Batch::Write& write : writes) {
        TRY(check_key(write.key));
        if (write.value && write.value->size() > kValueBytesMax)
            return fail(Category::too_large, "a value has more than 64 MiB");
    }
    return {};
}

}  // namespace

Status check_key(std::string_view key) {
    if (key.size() < kPartitionBytes) return fail(Category::invalid, "a key has fewer than 8 bytes");
    if (key.size() > kKeyBytesMax) return fail(Category::invalid, "a key has more than 1024 bytes");
    return {};
}

Status check_keys(std::span<const std::string> keys) {
    for (const std::string& key : keys) TRY(check_key(key));
    return {};
}

Status check_batch(const Batch& batch) {
    if (batch.bytes() > kBatchBytesMax) return fail(Category::too_large, "a batch has more than 256 MiB");
    TRY(check_writes(batch.writes()));
    TRY(check_writes(batch.expectations()));
    if (batch.noted() && batch.noted()->size() > kValueBytesMax)
        return fail(Category::too_large, "a note has more than 64 MiB");
    check_written_once(batch);
    return {};
}

std::string partition_end(std::string_view key) { return prefix_range(key.substr(0, kPartitionBytes)).to; }

bool in_one_partition(const Range& range) {
    if (range.from.size() < kPartitionBytes) return false;
    const std::string end = partition_end(range.from);
    if (end.empty()) return true;
    return !range.to.empty() && range.to <= end;
}

bool is_empty(const Range& range) { return !range.to.empty() && range.to <= range.from; }

}  // namespace idun::store
