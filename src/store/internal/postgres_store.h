// The PostgreSQL engine; see postgres.h.
#pragma once

#include <atomic>

#include "store/compact.h"
#include "store/internal/admission.h"
#include "store/internal/holds.h"
#include "store/internal/pg_core.h"

namespace idun::store {

class PostgresStore final : public Store, public Compactable {
public:
    PostgresStore(std::shared_ptr<PgCore> core, const Clock& clock, Version newest, Version trimmed);
    ~PostgresStore() override;

    Result<std::shared_ptr<const Snapshot>> snapshot() override { return newest(); }
    Result<std::shared_ptr<const Snapshot>> snapshot_at(Version version) override;
    void hold(std::shared_ptr<const Snapshot> snapshot, std::chrono::milliseconds time) override;
    using Store::commit;
    void commit(Batch batch, Committed done) override;
    Result<std::vector<Change>> changes(Version after, std::size_t count_max) override;
    Status trim_changes(Version until) override;
    Result<Version> backup(const std::string& folder, std::stop_token stop) override;
    Result<Compacted> compact(std::stop_token stop) override;
    Status healthy() const override;

private:
    std::shared_ptr<const Snapshot> newest() const;
    void publish(Version version);
    Result<std::vector<Change>> changes_until(Version after, Version until, std::size_t count_max);

    void write_group(std::span<Pending> group);
    Status write_admitted(std::span<Pending> group);
    // Writes in one transaction, over a restart of the server if need be.
    Status write(const Admitted& admitted);
    Status reconnect(std::chrono::steady_clock::time_point deadline);
    void sweep_on();
    bool sweep_some(std::unique_ptr<PgConnection>& connection);
    void set_health(const Status& status);

    const std::shared_ptr<PgCore> core_;
    Holds holds_;
    mutable std::mutex newest_mutex_;
    std::shared_ptr<const Snapshot> newest_;
    std::atomic<std::uint64_t> trimmed_;
    mutable std::mutex health_mutex_;
    Status health_;
    bool taken_over_ = false;          // by another writer, for good; writer thread only
    std::optional<Version> in_doubt_;  // sent, but the answer was lost; writer thread only

    std::mutex sweep_mutex_;
    std::condition_variable sweep_wake_;
    std::stop_source stopping_;
    std::atomic<bool> dirty_{true};  // rows may have died since the last sweep
    std::thread sweeper_;
    Committer committer_;  // last: its thread uses all else
};

}  // namespace idun::store
