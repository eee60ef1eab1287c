#include "store/internal/rocks_core.h"

#include <rocksdb/listener.h>
#include <rocksdb/perf_level.h>

#include "store/internal/limits.h"
#include "store/internal/wal_check.h"

namespace idun::store {
namespace {

constexpr std::size_t kChangesBytesMax = 64u << 20;
constexpr int kPassedOver = 16;

// Hears of flushes and compactions, which happen on RocksDB's own threads.
class Listener final : public rocksdb::EventListener {
public:
    explicit Listener(std::shared_ptr<Health> health) : health_(std::move(health)) {}
    void OnBackgroundError(rocksdb::BackgroundErrorReason, rocksdb::Status* status) override {
        health_->broken(to_error(*status, "write"));
    }
    void OnFlushBegin(rocksdb::DB*, const rocksdb::FlushJobInfo&) override { stop_counting(); }
    void OnCompactionBegin(rocksdb::DB*, const rocksdb::CompactionJobInfo&) override { stop_counting(); }

private:
    std::shared_ptr<Health> health_;
};

}  // namespace

void Health::broken(Error error) {
    std::lock_guard lock(mutex_);
    if (!error_) error_ = std::move(error);
}

Status Health::status() const {
    std::lock_guard lock(mutex_);
    if (error_) return fail(*error_);
    return {};
}

Result<std::shared_ptr<RocksCore>> RocksCore::open(const EmbeddedOptions& options, rocksdb::Env* env) {
    auto core = std::make_shared<RocksCore>();
    TRY_ASSIGN(core->lock, FolderLock::take(options.folder));
    TRY(check_logs(options.folder));
    rocksdb::DBOptions database = database_options(options, env);
    database.listeners.push_back(std::make_shared<Listener>(core->health));
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    rocksdb::DB* db = nullptr;
    const rocksdb::Status opened = rocksdb::DB::Open(database, options.folder, families(options), &handles, &db);
    if (!opened.ok()) return fail(to_error(opened, "open store"));
    core->db.reset(db);
    core->family = {handles[0], handles[1], handles[2]};
    return core;
}

RocksCore::~RocksCore() {
    if (!db) return;
    for (rocksdb::ColumnFamilyHandle* handle : {family.meta, family.data, family.changes})
        db->DestroyColumnFamilyHandle(handle);
    db->Close();
}

Result<Version> RocksCore::meta(std::string_view key) const {
    std::string bytes;
    const rocksdb::Status got = db->Get(rocksdb::ReadOptions(), family.meta, slice(key), &bytes);
    if (got.IsNotFound()) return Version{};
    if (!got.ok()) return fail(to_error(got, "read"));
    return decode_version(bytes);
}

RocksSnapshot::RocksSnapshot(std::shared_ptr<RocksCore> core, Version version)
    : core_(std::move(core)), version_(version), snapshot_(core_->db->GetSnapshot()) {}

RocksSnapshot::~RocksSnapshot() { core_->db->ReleaseSnapshot(snapshot_); }

void stop_counting() { rocksdb::SetPerfLevel(rocksdb::PerfLevel::kDisable); }

Result<std::vector<std::optional<std::string>>> multi_get(const RocksCore& core, const rocksdb::Snapshot* at,
                                                          std::span<const std::string> keys) {
    std::vector<std::optional<std::string>> values(keys.size());
    if (keys.empty()) return values;
    stop_counting();
    rocksdb::ReadOptions read;
    read.snapshot = at;
    if (keys.size() == 1) {  // without what a batch sets up
        rocksdb::PinnableSlice found;
        const rocksdb::Status got = core.db->Get(read, core.family.data, slice(keys.front()), &found);
        if (got.ok())
            values.front().emplace(view(found));
        else if (!got.IsNotFound())
            return fail(to_error(got, "read"));
        return values;
    }
    std::vector<rocksdb::Slice> slices(keys.begin(), keys.end());
    std::vector<rocksdb::PinnableSlice> found(keys.size());
    std::vector<rocksdb::Status> statuses(keys.size());
    core.db->MultiGet(read, core.family.data, keys.size(), slices.data(), found.data(), statuses.data());
    for (std::size_t i = 0; i < keys.size(); ++i) {
        if (statuses[i].ok()) {
            values[i].emplace(view(found[i]));
        } else if (!statuses[i].IsNotFound()) {
            return fail(to_error(statuses[i], "read"));
        }
    }
    return values;
}

Result<std::vector<std::optional<std::string>>> RocksSnapshot::multi_get(std::span<const std::string> keys) const {
    TRY(check_keys(keys));
    return store::multi_get(*core_, snapshot_, keys);
}

Result<Chunk> RocksSnapshot::scan(const Range& range, const ChunkLimit& limit) const {
    Chunk chunk;
    if (is_empty(range)) return chunk;
    stop_counting();
    const rocksdb::Slice lower = slice(range.from);
    const rocksdb::Slice upper = slice(range.to);
    rocksdb::ReadOptions read;
    read.snapshot = snapshot_;
    read.iterate_lower_bound = &lower;
    if (!range.to.empty()) read.iterate_upper_bound = &upper;
    // Within one partition its filters tell which files to leave out; a reverse scan seeks from outside it.
    read.total_order_seek = range.reverse || !in_one_partition(range);
    const std::unique_ptr<rocksdb::Iterator> at(core_->db->NewIterator(read, core_->family.data));
    if (!range.reverse) {
        at->Seek(lower);
    } else if (range.to.empty()) {
        at->SeekToLast();
    } else {
        at->SeekForPrev(upper);
    }
    std::size_t bytes = 0;
    for (; at->Valid(); range.reverse ? at->Prev() : at->Next()) {
        const std::size_t size = at->key().size() + at->value().size();
        const bool full = chunk.entries.size() >= limit.entries_max || bytes + size > limit.bytes_max;
        if (full && !chunk.entries.empty()) {
            chunk.more = true;
            break;
        }
        bytes += size;
        chunk.entries.push_back({at->key().ToString(), at->value().ToString()});
    }
    if (!at->status().ok()) return fail(to_error(at->status(), "read"));
    return chunk;
}

Status RocksSnapshot::walk(const Range& range, Passed passed) const {
    IDUN_CHECK(!range.reverse);
    if (is_empty(range)) return {};
    stop_counting();
    const rocksdb::Slice upper = slice(range.to);
    rocksdb::ReadOptions read;
    read.snapshot = snapshot_;
    if (!range.to.empty()) read.iterate_upper_bound = &upper;
    read.total_order_seek = !in_one_partition(range);
    read.fill_cache = false;
    const std::unique_ptr<rocksdb::Iterator> at(core_->db->NewIterator(read, core_->family.data));
    std::string_view to;
    int left_out = 0;  // one after another
    at->Seek(slice(range.from));
    while (at->Valid()) {
        if (view(at->key()) < to) {
            // A few entries are passed over faster than a seek takes.
            if (++left_out < kPassedOver) {
                at->Next();
            } else {
                at->Seek(slice(to));
                left_out = 0;
            }
            continue;
        }
        left_out = 0;
        const Onward onward = passed(view(at->key()), view(at->value()));
        if (onward.stop) return {};
        to = onward.to;
        at->Next();
    }
    if (!at->status().ok()) return fail(to_error(at->status(), "read"));
    return {};
}

Result<std::vector<Change>> RocksSnapshot::changes(Version after, std::size_t count_max) const {
    std::vector<Change> changes;
    if (after >= version_ || count_max == 0) return changes;
    const std::string from = encode({after.number + 1});
    rocksdb::ReadOptions read;
    read.snapshot = snapshot_;
    const std::unique_ptr<rocksdb::Iterator> at(core_->db->NewIterator(read, core_->family.changes));
    std::size_t bytes = 0;
    for (at->Seek(from); at->Valid() && changes.size() < count_max && bytes < kChangesBytesMax; at->Next()) {
        TRY_ASSIGN(const Version version, decode_version(view(at->key())));
        bytes += at->value().size();
        changes.push_back({version, at->value().ToString()});
    }
    if (!at->status().ok()) return fail(to_error(at->status(), "read"));
    return changes;
}

}  // namespace idun::store
