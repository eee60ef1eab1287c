// A file system for RocksDB that fails where a test says, and that can lose what was not synced. For tests.
#pragma once

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>
#include <rocksdb/system_clock.h>

#include <map>
#include <mutex>
#include <optional>

namespace idun::store {

class FaultFs final : public rocksdb::FileSystemWrapper {
public:
    enum class Fault { once, for_good, disk_full };

    FaultFs() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
    const char* Name() const override { return "FaultFs"; }

    // The n-th write, sync, rename or making of a file from now on fails, counted from 1; 0: none.
    void fail_at(std::size_t n, Fault fault);
    std::size_t operations() const;
    // As after a power cut: every file ends where it was last synced.
    void lose_unsynced();

    // What the disk says is free from now on; nothing: what it has.
    void set_free(std::optional<std::uint64_t> bytes);
    rocksdb::IOStatus GetFreeSpace(const std::string& path, const rocksdb::IOOptions& options, std::uint64_t* free,
                                   rocksdb::IODebugContext* debug) override;

    rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSWritableFile>* result,
                                      rocksdb::IODebugContext* debug) override;
    rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to, const rocksdb::IOOptions& options,
                                 rocksdb::IODebugContext* debug) override;
    rocksdb::IOStatus NewDirectory(const std::string& name, const rocksdb::IOOptions& options,
                                   std::unique_ptr<rocksdb::FSDirectory>* result,
                                   rocksdb::IODebugContext* debug) override;

    // For the files: counts one operation, and says whether it fails.
    rocksdb::IOStatus count();
    void written(const std::string& name, std::size_t bytes);
    void synced(const std::string& name);

private:
    struct Extent {
        std::size_t written = 0;
        std::size_t synced = 0;
    };
    mutable std::mutex mutex_;
    std::size_t operations_ = 0;
    std::size_t fail_at_ = 0;
    Fault fault_ = Fault::once;
    std::optional<std::uint64_t> free_;
    std::map<std::string, Extent> files_;
};

// The machine with that file system, and no pauses: RocksDB waits a second after each failed flush.
class FaultEnv final : public rocksdb::EnvWrapper {
public:
    explicit FaultEnv(std::shared_ptr<FaultFs> fs);

private:
    class Hasty final : public rocksdb::SystemClockWrapper {
    public:
        Hasty() : SystemClockWrapper(rocksdb::SystemClock::Default()) {}
        const char* Name() const override { return "Hasty"; }
        void SleepForMicroseconds(int) override {}
    };
};

}  // namespace idun::store
