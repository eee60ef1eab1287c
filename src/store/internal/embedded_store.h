// The embedded engine with a file system of the test's choice; see embedded.h.
#pragma once

#include <rocksdb/write_batch.h>

#include <atomic>

#include "store/compact.h"
#include "store/internal/committer.h"
#include "store/internal/holds.h"
#include "store/internal/recent_writes.h"
#include "store/internal/rocks_core.h"

namespace idun::store {

// `env` may be null (the machine's own) and outlives the store and its snapshots.
Result<std::unique_ptr<Store>> open_embedded_on(const EmbeddedOptions& options, const Clock& clock, rocksdb::Env* env);

class EmbeddedStore final : public Store, public Compactable {
public:
    EmbeddedStore(std::shared_ptr<RocksCore> core, const Clock& clock, Version newest, Version trimmed);

    Result<std::shared_ptr<const Snapshot>> snapshot() override;
    Result<std::shared_ptr<const Snapshot>> snapshot_at(Version version) override;
    void hold(std::shared_ptr<const Snapshot> snapshot, std::chrono::milliseconds time) override;
    using Store::commit;
    void commit(Batch batch, Committed done) override;
    Result<std::vector<Change>> changes(Version after, std::size_t count_max) override;
    Status trim_changes(Version until) override;
    Result<Version> backup(const std::string& folder, std::stop_token stop) override;
    Result<Compacted> compact(std::stop_token stop) override;
    Status healthy() const override { return core_->health->status(); }

private:
    std::shared_ptr<const RocksSnapshot> newest() const;
    void publish(Version version);
    void write_group(std::span<Pending> group);
    Status write_admitted(std::span<Pending> group);
    Status write_trim(rocksdb::WriteBatch& batch);

    const std::shared_ptr<RocksCore> core_;
    Holds holds_;
    mutable std::mutex newest_mutex_;
    std::shared_ptr<const RocksSnapshot> newest_;  // made by the writer thread after each group
    RecentWrites recent_;                          // of the writer thread
    std::mutex trim_mutex_;
    std::atomic<std::uint64_t> trimmed_;  // notes up to here are not given out
    std::uint64_t swept_ = 0;             // and up to here this process has deleted them; under trim_mutex_
    Committer committer_;                 // last: its thread uses all else
};

}  // namespace idun::store
