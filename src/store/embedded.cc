#include "store/embedded.h"

#include "store/internal/admission.h"
#include "store/internal/backup.h"
#include "store/internal/embedded_store.h"
#include "store/internal/key_order.h"

namespace idun::store {
namespace {

constexpr std::size_t kTrimCount = 1000;

rocksdb::WriteOptions synced() {
    rocksdb::WriteOptions options;
    options.sync = true;
    return options;
}

// The writes of all batches in the order of their keys, of one key in the order of the batches: each finds its place in
// the memtable close to the one before it.
std::vector<KeyPlace> in_order(const Admitted& admitted) {
    std::vector<KeyPlace> places;
    std::size_t count = 0;
    for (const Pending* pending : admitted.batches) count += pending->batch.writes().size();
    places.reserve(count);
    for (std::size_t i = 0; i < admitted.batches.size(); ++i)
        for (const Batch::Write& write : admitted.batches[i]->batch.writes())
            places.push_back({key_start(write.key), &write, i});
    if (admitted.batches.size() > 1) std::ranges::sort(places, before);  // one alone has been ordered by its sender
    return places;
}

rocksdb::WriteBatch merged(const Admitted& admitted, const Families& family) {
    std::size_t bytes = 64;
    for (const Pending* pending : admitted.batches)
        bytes += pending->batch.bytes() + 16 * pending->batch.writes().size() + 16;
    rocksdb::WriteBatch merged(bytes);
    for (const KeyPlace& place : in_order(admitted)) {
        if (place.write->value) {
            merged.Put(family.data, place.write->key, *place.write->value);
        } else {
            merged.Delete(family.data, place.write->key);
        }
    }
    Version version = admitted.first;
    for (const Pending* pending : admitted.batches) {
        if (const auto& note = pending->batch.noted()) merged.Put(family.changes, encode(version), *note);
        ++version.number;
    }
    merged.Put(family.meta, slice(kVersionKey), encode(admitted.last()));
    return merged;
}

}  // namespace

Result<std::unique_ptr<Store>> open_embedded(const EmbeddedOptions& options, const Clock& clock) {
    return open_embedded_on(options, clock, nullptr);
}

Result<std::unique_ptr<Store>> open_embedded_on(const EmbeddedOptions& options, const Clock& clock, rocksdb::Env* env) {
    TRY_ASSIGN(auto core, RocksCore::open(options, env));
    TRY_ASSIGN(const Version newest, core->meta(kVersionKey));
    TRY_ASSIGN(const Version trimmed, core->meta(kTrimmedKey));
    return std::make_unique<EmbeddedStore>(std::move(core), clock, newest, trimmed);
}

EmbeddedStore::EmbeddedStore(std::shared_ptr<RocksCore> core, const Clock& clock, Version newest, Version trimmed)
    : core_(std::move(core)),
      holds_(clock),
      newest_(std::make_shared<RocksSnapshot>(core_, newest)),
      trimmed_(trimmed.number),
      committer_([this](std::span<Pending> group) { write_group(group); }) {}

std::shared_ptr<const RocksSnapshot> EmbeddedStore::newest() const {
    std::lock_guard lock(newest_mutex_);
    return newest_;
}

void EmbeddedStore::publish(Version version) {
    // The writer thread makes it, so no other write can slip in between the number and the snapshot.
    std::shared_ptr<const RocksSnapshot> next = std::make_shared<RocksSnapshot>(core_, version);
    std::lock_guard lock(newest_mutex_);
    newest_.swap(next);
}

Result<std::shared_ptr<const Snapshot>> EmbeddedStore::snapshot() { return newest(); }

Result<std::shared_ptr<const Snapshot>> EmbeddedStore::snapshot_at(Version version) {
    if (auto now = newest(); now->version() == version) return now;
    if (auto held = holds_.find(version)) return held;
    return fail(Category::gone, "that version of the store is no longer open");
}

void EmbeddedStore::hold(std::shared_ptr<const Snapshot> snapshot, std::chrono::milliseconds time) {
    holds_.hold(std::move(snapshot), time);
}

void EmbeddedStore::commit(Batch batch, Committed done) { committer_.submit(std::move(batch), std::move(done)); }

void EmbeddedStore::write_group(std::span<Pending> group) {
    holds_.sweep();
    Status written = core_->health->status();
    if (written) written = write_admitted(group);
    if (!written) settle(group, written.error());
}

Status EmbeddedStore::write_admitted(std::span<Pending> group) {
    const Version before = newest()->version();
    const auto current = [this](std::span<const std::string> keys) { return multi_get(*core_, nullptr, keys); };
    TRY_ASSIGN(const Admitted admitted, admit(group, before, current, &recent_));
    if (admitted.batches.empty()) return {};
    rocksdb::WriteBatch batch = merged(admitted, core_->family);
    stop_counting();
    if (const rocksdb::Status status = core_->db->Write(synced(), &batch); !status.ok()) {
        const Error error = to_error(status, "commit");
        core_->health->broken(error);
        return fail(error);
    }
    publish(admitted.last());
    Version version = admitted.first;
    for (Pending* pending : admitted.batches) {
        pending->outcome = version;
        ++version.number;
    }
    return {};
}

Result<std::vector<Change>> EmbeddedStore::changes(Version after, std::size_t count_max) {
    // Starts behind what was trimmed, so as not to walk over its tombstones.
    return newest()->changes({std::max(after.number, trimmed_.load())}, count_max);
}

Status EmbeddedStore::trim_changes(Version until) {
    std::lock_guard lock(trim_mutex_);
    TRY(healthy());
    const auto now = newest();
    until = std::min(until, now->version());
    if (until.number <= trimmed_.load()) return {};
    // The mark first: notes up to it are not given out any more, whatever of them is still on the disk.
    rocksdb::WriteBatch mark;
    mark.Put(core_->family.meta, slice(kTrimmedKey), encode(until));
    TRY(write_trim(mark));
    trimmed_ = until.number;
    Version swept{swept_};
    for (;;) {
        TRY_ASSIGN(const auto old, now->changes(swept, kTrimCount));
        rocksdb::WriteBatch batch;
        for (const Change& change : old)
            if (change.version <= until) batch.Delete(core_->family.changes, encode(change.version));
        if (batch.Count() == 0) break;
        TRY(write_trim(batch));
        swept = old.back().version;
    }
    swept_ = until.number;
    return {};
}

Status EmbeddedStore::write_trim(rocksdb::WriteBatch& batch) {
    // Synced like everything else: wal_check.h takes whatever lies before a whole record as acknowledged.
    const rocksdb::Status status = core_->db->Write(synced(), &batch);
    if (status.ok()) return {};
    const Error error = to_error(status, "trim changes");
    core_->health->broken(error);
    return fail(error);
}

Result<Version> EmbeddedStore::backup(const std::string& folder, std::stop_token stop) {
    const auto now = newest();
    const auto notes = [&now](Version after, std::size_t count) { return now->changes(after, count); };
    return write_backup(folder, *now, {trimmed_.load()}, notes, stop);
}

}  // namespace idun::store
