#include "store/internal/rocks.h"

#include <rocksdb/cache.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>
#include <rocksdb/write_buffer_manager.h>

#include <algorithm>
#include <map>
#include <mutex>

namespace idun::store {
namespace {

constexpr std::size_t kMemtableBytesMin = 64u << 10;

// Drops RocksDB's log: it may quote keys, and nine stores would keep nine more files open.
class Silence final : public rocksdb::Logger {
public:
    Silence() : Logger(rocksdb::InfoLogLevel::HEADER_LEVEL) {}
    using rocksdb::Logger::Logv;
    void Logv(const char*, va_list) override {}
};

std::size_t memtable_bytes(const EmbeddedOptions& options) {
    return std::max(options.memtable_bytes, kMemtableBytesMin);
}

// Memory that all stores of the process share: nine roles live in one small process.
struct Shared {
    std::shared_ptr<rocksdb::Cache> cache;
    std::shared_ptr<rocksdb::WriteBufferManager> memtables;
};

// The one piece of process-wide state here; it holds nothing but weak references to live caches.
Shared shared(const EmbeddedOptions& options) {
    static std::mutex mutex;
    static std::map<std::size_t, std::weak_ptr<rocksdb::Cache>> caches;
    static std::weak_ptr<rocksdb::WriteBufferManager> memtables;
    std::lock_guard lock(mutex);
    Shared result{caches[options.cache_bytes].lock(), memtables.lock()};
    if (!result.cache) {
        result.cache = rocksdb::NewLRUCache(options.cache_bytes, 4);
        caches[options.cache_bytes] = result.cache;
    }
    if (!result.memtables) {
        // Stores of a process together hold four memtables' worth of writes before the fullest flushes.
        result.memtables = std::make_shared<rocksdb::WriteBufferManager>(4 * memtable_bytes(options));
        memtables = result.memtables;
    }
    return result;
}

// Small arena blocks keep an idle store small; RocksDB stops the process when one block fills a memtable.
void set_memtable(rocksdb::ColumnFamilyOptions& family, std::size_t bytes, std::size_t arena_bytes) {
    family.write_buffer_size = bytes;
    family.arena_block_size = std::min(arena_bytes, bytes / 8);
}

rocksdb::ColumnFamilyOptions family_options(const EmbeddedOptions& options) {
    rocksdb::BlockBasedTableOptions table;
    table.block_cache = shared(options).cache;
    // A read by key that misses the cache unpacks one block, so blocks are small.
    table.block_size = 4u << 10;
    table.format_version = 5;
    table.filter_policy.reset(rocksdb::NewRibbonFilterPolicy(10));
    table.optimize_filters_for_memory = true;
    // Index and filter of a file grow to megabytes: as one block each they would push each other out of a cache that
    // all stores share, and every read would load them anew. In parts, a read loads what it needs.
    table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
    table.partition_filters = true;
    table.metadata_block_size = 4u << 10;
    table.cache_index_and_filter_blocks = true;
    table.pin_l0_filter_and_index_blocks_in_cache = true;

    rocksdb::ColumnFamilyOptions family;
    family.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    set_memtable(family, memtable_bytes(options), 256u << 10);
    family.max_write_buffer_number = 3;
    // Keys are spread evenly, so a merge of the first level rewrites all of the next one: seldom, then, and much at
    // once.
    family.level0_file_num_compaction_trigger = 8;
    family.level0_slowdown_writes_trigger = 24;
    family.compression = rocksdb::kLZ4Compression;
    // A dictionary trained for each file of the last level, where nearly everything lies: rows of one kind repeat each
    // other's words, and a block alone is too short to learn them. LZ4 and not ZSTD, which is a fifth smaller: most
    // reads of a large store unpack a block.
    family.bottommost_compression = rocksdb::kLZ4Compression;
    family.bottommost_compression_opts.enabled = true;
    family.bottommost_compression_opts.max_dict_bytes = 64u << 10;
    family.bottommost_compression_opts.zstd_max_train_bytes = 2u << 20;
    family.bottommost_compression_opts.max_dict_buffer_bytes = 16u << 20;
    family.level_compaction_dynamic_level_bytes = true;
    family.paranoid_file_checks = true;
    return family;
}

}  // namespace

rocksdb::DBOptions database_options(const EmbeddedOptions& options, rocksdb::Env* env) {
    rocksdb::DBOptions database;
    if (env != nullptr) database.env = env;
    database.create_if_missing = true;
    database.create_missing_column_families = true;
    database.info_log = std::make_shared<Silence>();
    database.info_log_level = rocksdb::InfoLogLevel::HEADER_LEVEL;
    database.write_buffer_manager = shared(options).memtables;
    database.max_background_jobs = 2;
    database.max_open_files = 512;
    database.max_file_opening_threads = 1;
    database.skip_stats_update_on_db_open = true;
    database.stats_dump_period_sec = 0;
    database.stats_persist_period_sec = 0;
    database.manifest_preallocation_size = 64u << 10;
    database.max_manifest_file_size = 4u << 20;
    // Bounds both the time of a recovery and what an idle family keeps in old logs.
    database.max_total_wal_size = 4 * memtable_bytes(options);
    // After a failed write nothing is retried behind our back: the store says that it is unhealthy.
    database.max_bgerror_resume_count = 0;
    // A torn last group is cut off; wal_check.h has refused everything else before.
    database.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
    database.bytes_per_sync = 1u << 20;
    return database;
}

std::vector<rocksdb::ColumnFamilyDescriptor> families(const EmbeddedOptions& options) {
    rocksdb::ColumnFamilyOptions data = family_options(options);
    data.prefix_extractor.reset(rocksdb::NewFixedPrefixTransform(kPartitionBytes));
    // Most look-ups of a writer are for what is not there yet: a filter says so without a walk through the memtable.
    data.memtable_prefix_bloom_size_ratio = 0.02;
    data.memtable_whole_key_filtering = true;
    // Writes come in the order of their keys (embedded.cc), so each starts to look for its place at the one before: one
    // hint, that of the empty prefix.
    data.memtable_insert_with_hint_prefix_extractor.reset(rocksdb::NewFixedPrefixTransform(0));
    rocksdb::ColumnFamilyOptions small = family_options(options);
    set_memtable(small, std::min<std::size_t>(memtable_bytes(options), 4u << 20), 16u << 10);
    return {{rocksdb::kDefaultColumnFamilyName, small},
            {std::string(kDataFamily), data},
            {std::string(kChangesFamily), small}};
}

Error to_error(const rocksdb::Status& status, std::string_view doing) {
    const auto told = [&](Category category, std::string_view what) {
        return Error(category, std::string(doing) + ": " + std::string(what));
    };
    if (status.IsNoSpace()) return told(Category::unavailable, "the disk is full");
    if (status.IsCorruption()) return told(Category::corrupt, "stored bytes are not what was written");
    if (status.IsPathNotFound()) return told(Category::corrupt, "a file of the store is missing");
    if (status.IsIOError()) return told(Category::unavailable, "the disk failed");
    if (status.IsMemoryLimit()) return told(Category::unavailable, "out of memory");
    if (status.IsInvalidArgument()) return told(Category::corrupt, "the folder holds another kind of store");
    if (status.IsShutdownInProgress() || status.IsAborted()) return told(Category::unavailable, "the store is closing");
    return told(Category::internal, "the storage engine failed");
}

std::string encode(Version version) {
    std::string bytes(8, '\0');
    for (std::size_t i = 0; i < 8; ++i) bytes[i] = static_cast<char>((version.number >> (56 - 8 * i)) & 0xff);
    return bytes;
}

Result<Version> decode_version(std::string_view bytes) {
    if (bytes.size() != 8) return fail(Category::corrupt, "a stored version number is malformed");
    Version version;
    for (const char c : bytes) version.number = version.number << 8 | static_cast<unsigned char>(c);
    return version;
}

}  // namespace idun::store
