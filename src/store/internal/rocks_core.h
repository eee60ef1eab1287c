// An open RocksDB with its folder lock, shared by the store and its snapshots: a snapshot may outlive the store.
#pragma once

#include "store/internal/folder.h"
#include "store/internal/rocks.h"

namespace idun::store {

// The first write failure, told by whoever sees it first. Thread-safe.
class Health {
public:
    void broken(Error error);
    Status status() const;

private:
    mutable std::mutex mutex_;
    std::optional<Error> error_;
};

struct RocksCore {
    ~RocksCore();

    static Result<std::shared_ptr<RocksCore>> open(const EmbeddedOptions& options, rocksdb::Env* env);

    // The value in the meta family, version 0 when absent.
    Result<Version> meta(std::string_view key) const;

    std::unique_ptr<FolderLock> lock;
    std::shared_ptr<Health> health = std::make_shared<Health>();
    std::unique_ptr<rocksdb::DB> db;
    Families family;
};

// The whole store at one version.
class RocksSnapshot final : public Snapshot {
public:
    RocksSnapshot(std::shared_ptr<RocksCore> core, Version version);
    ~RocksSnapshot() override;

    Version version() const override { return version_; }
    Result<std::vector<std::optional<std::string>>> multi_get(std::span<const std::string> keys) const override;
    Result<Chunk> scan(const Range& range, const ChunkLimit& limit) const override;
    Status walk(const Range& range, Passed passed) const override;

    // Notes after `after`, as this version sees them.
    Result<std::vector<Change>> changes(Version after, std::size_t count_max) const;
    const RocksCore& core() const { return *core_; }

private:
    std::shared_ptr<RocksCore> core_;
    Version version_;
    const rocksdb::Snapshot* snapshot_;
};

// On a thread that is about to call the engine. By default it counts every comparison of keys in thread-local counters,
// which nobody reads and which cost more than the comparison.
void stop_counting();

// Of the newest state when `at` is null.
Result<std::vector<std::optional<std::string>>> multi_get(const RocksCore& core, const rocksdb::Snapshot* at,
                                                          std::span<const std::string> keys);

}  // namespace idun::store
