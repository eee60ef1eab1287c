#include "store/compact.h"

#include <fmt/format.h>
#include <rocksdb/db.h>
#include <rocksdb/file_system.h>

#include <algorithm>
#include <array>
#include <atomic>

#include "store/internal/embedded_store.h"
#include "store/internal/postgres_store.h"

namespace idun::store {
namespace {

std::array<rocksdb::ColumnFamilyHandle*, 3> all_families(const RocksCore& core) { return {core.family.data, core.family.changes, core.family.meta}; }

std::uint64_t bytes_of_files(const RocksCore& core) {
    std::uint64_t out = 0;
    for (rocksdb::ColumnFamilyHandle* family : all_families(core)) {
        std::uint64_t bytes = 0;
        if (core.db->GetIntProperty(family, rocksdb::DB::Properties::kLiveSstFilesSize, &bytes)) out += bytes;
    }
    return out;
}

// The smaller of the store and kCompactRoomMax.
Status has_room(const RocksCore& core, std::uint64_t store_bytes) {
    std::uint64_t free = 0;
    if (!core.db->GetFileSystem()->GetFreeSpace(core.db->GetName(), {}, &free, nullptr).ok()) return {};  // not every file system says
    const std::uint64_t needed = std::min(store_bytes, kCompactRoomMax);
    if (free >= needed) return {};
    return fail(Category::unavailable, fmt::format("compacting needs {} MiB free on the store's disk, and there are {}: make room first", needed >> 20, free >> 20));
}

// Dead rows are deleted before, half a second after the last version that needs them; this frees their pages for new rows, and gives
// those at a file's end back.
constexpr std::array<const char*, 3> kPgTables = {"kv", "note", "head"};

Result<std::uint64_t> bytes_of_tables(PgConnection& connection, const std::string& schema) {
    std::uint64_t out = 0;
    for (const char* table : kPgTables) {
        TRY_ASSIGN(const PgRows rows, connection.query(fmt::format("SELECT pg_total_relation_size('{}.{}')", schema, table)));
        out += static_cast<std::uint64_t>(rows.number(0, 0));
    }
    return out;
}

// Of the rows' own pages, by what ANALYZE has just seen; a row takes 32 bytes beside its columns.
Result<std::uint64_t> reusable_bytes(PgConnection& connection, const std::string& schema) {
    TRY_ASSIGN(const PgRows rows, connection.query(fmt::format("SELECT greatest(0, pg_relation_size(t.oid) - t.reltuples * (32 + (SELECT sum(avg_width) FROM pg_stats "
                                                               "WHERE schemaname = '{0}' AND tablename = 'kv')))::bigint FROM pg_class AS t WHERE t.oid = '{0}.kv'::regclass",
                                                               schema)));
    // An empty table has no statistics.
    return rows.count() == 0 || rows.null(0, 0) ? 0 : static_cast<std::uint64_t>(rows.number(0, 0));
}

}  // namespace

Result<Compacted> compact(Store& store, std::stop_token stop) {
    auto* engine = dynamic_cast<Compactable*>(&store);
    if (!engine) return fail(Category::unsupported, "this store does not compact");
    return engine->compact(std::move(stop));
}

Result<Compacted> EmbeddedStore::compact(std::stop_token stop) {
    TRY(healthy());
    Compacted out;
    std::atomic<bool> canceled = stop.stop_requested();
    const std::stop_callback cancel(stop, [&] { canceled = true; });
    rocksdb::CompactRangeOptions all;
    all.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
    all.exclusive_manual_compaction = false;  // what writers need is compacted beside it
    all.canceled = &canceled;
    for (rocksdb::ColumnFamilyHandle* family : all_families(*core_))
        if (const auto flushed = core_->db->Flush({}, family); !flushed.ok()) return fail(to_error(flushed, "compact"));
    out.before = bytes_of_files(*core_);
    TRY(has_room(*core_, out.before));
    for (rocksdb::ColumnFamilyHandle* family : all_families(*core_)) {
        const auto done = canceled ? rocksdb::Status::Incomplete() : core_->db->CompactRange(all, family, nullptr, nullptr);
        if (canceled) return fail(Category::unavailable, "the compaction was stopped");
        if (!done.ok()) return fail(to_error(done, "compact"));
    }
    out.after = bytes_of_files(*core_);
    return out;
}

Result<Compacted> PostgresStore::compact(std::stop_token stop) {
    TRY_ASSIGN(const auto connection, PgConnection::open(core_->options));
    const std::string& schema = core_->options.schema;
    Compacted out;
    TRY_ASSIGN(out.before, bytes_of_tables(*connection, schema));
    for (const char* table : kPgTables) {
        if (stop.stop_requested()) break;
        const auto done = connection->query(fmt::format("VACUUM (ANALYZE) {}.{}", schema, table), {}, stop);
        if (!done && !stop.stop_requested()) return fail(done.error());
    }
    if (stop.stop_requested()) return fail(Category::unavailable, "the compaction was stopped");
    TRY_ASSIGN(out.after, bytes_of_tables(*connection, schema));
    TRY_ASSIGN(out.reusable, reusable_bytes(*connection, schema));
    return out;
}

}  // namespace idun::store
