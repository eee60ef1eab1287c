#include "store/embedded.h"

#include <rocksdb/db.h>

#include "store/internal/rocks_core.h"

namespace idun::store {

Result<std::uint64_t> compact_embedded(const EmbeddedOptions& options) {
    TRY_ASSIGN(const auto core, RocksCore::open(options, nullptr));
    rocksdb::CompactRangeOptions all;
    all.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
    std::uint64_t bytes = 0;
    for (rocksdb::ColumnFamilyHandle* family : {core->family.data, core->family.changes, core->family.meta}) {
        if (const auto flushed = core->db->Flush({}, family); !flushed.ok()) return fail(to_error(flushed, "compact"));
        if (const auto done = core->db->CompactRange(all, family, nullptr, nullptr); !done.ok()) return fail(to_error(done, "compact"));
        rocksdb::ColumnFamilyMetaData files;
        core->db->GetColumnFamilyMetaData(family, &files);
        if (family == core->family.data) bytes = files.size;
    }
    return bytes;
}

}  // namespace idun::store
