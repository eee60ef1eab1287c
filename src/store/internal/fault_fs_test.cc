#include "store/internal/fault_fs.h"

#include <filesystem>

namespace idun::store {
namespace {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

class FaultFile final : public rocksdb::FSWritableFileOwnerWrapper {
public:
    FaultFile(std::unique_ptr<rocksdb::FSWritableFile>&& file, FaultFs& fs, std::string name)
        : FSWritableFileOwnerWrapper(std::move(file)), fs_(fs), name_(std::move(name)) {}

    using FSWritableFileOwnerWrapper::Append;
    IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* debug) override {
        const IOStatus allowed = fs_.count();
        // A failing write leaves its first half behind, as a full disk does.
        const Slice part(data.data(), allowed.ok() ? data.size() : data.size() / 2);
        const IOStatus done = FSWritableFileOwnerWrapper::Append(part, options, debug);
        fs_.written(name_, part.size());
        return allowed.ok() ? done : allowed;
    }
    IOStatus Append(const Slice& data, const IOOptions& options, const rocksdb::DataVerificationInfo&,
                    IODebugContext* debug) override {
        return Append(data, options, debug);
    }
    IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
        if (IOStatus allowed = fs_.count(); !allowed.ok()) return allowed;
        fs_.synced(name_);
        return FSWritableFileOwnerWrapper::Sync(options, debug);
    }
    IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override { return Sync(options, debug); }

private:
    FaultFs& fs_;
    std::string name_;
};

class FaultFolder final : public rocksdb::FSDirectoryWrapper {
public:
    FaultFolder(std::unique_ptr<rocksdb::FSDirectory>&& folder, FaultFs& fs)
        : FSDirectoryWrapper(std::move(folder)), fs_(fs) {}
    IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
        if (IOStatus allowed = fs_.count(); !allowed.ok()) return allowed;
        return FSDirectoryWrapper::Fsync(options, debug);
    }
    IOStatus FsyncWithDirOptions(const IOOptions& options, IODebugContext* debug,
                                 const rocksdb::DirFsyncOptions& how) override {
        if (IOStatus allowed = fs_.count(); !allowed.ok()) return allowed;
        return FSDirectoryWrapper::FsyncWithDirOptions(options, debug, how);
    }

private:
    FaultFs& fs_;
};

}  // namespace

FaultEnv::FaultEnv(std::shared_ptr<FaultFs> fs) : EnvWrapper(rocksdb::Env::Default()) {
    file_system_ = std::move(fs);
    system_clock_ = std::make_shared<Hasty>();
}

void FaultFs::fail_at(std::size_t n, Fault fault) {
    std::lock_guard lock(mutex_);
    operations_ = 0;
    fail_at_ = n;
    fault_ = fault;
}

std::size_t FaultFs::operations() const {
    std::lock_guard lock(mutex_);
    return operations_;
}

void FaultFs::set_free(std::optional<std::uint64_t> bytes) {
    std::lock_guard lock(mutex_);
    free_ = bytes;
}

IOStatus FaultFs::GetFreeSpace(const std::string& path, const IOOptions& options, std::uint64_t* free, IODebugContext* debug) {
    {
        std::lock_guard lock(mutex_);
        if (free_) {
            *free = *free_;
            return IOStatus::OK();
        }
    }
    return FileSystemWrapper::GetFreeSpace(path, options, free, debug);
}

IOStatus FaultFs::count() {
    std::lock_guard lock(mutex_);
    ++operations_;
    const bool fails = fail_at_ != 0 && (fault_ == Fault::once ? operations_ == fail_at_ : operations_ >= fail_at_);
    if (!fails) return IOStatus::OK();
    return fault_ == Fault::disk_full ? IOStatus::NoSpace("test") : IOStatus::IOError("test");
}

void FaultFs::written(const std::string& name, std::size_t bytes) {
    std::lock_guard lock(mutex_);
    files_[name].written += bytes;
}

void FaultFs::synced(const std::string& name) {
    std::lock_guard lock(mutex_);
    files_[name].synced = files_[name].written;
}

void FaultFs::lose_unsynced() {
    std::lock_guard lock(mutex_);
    std::error_code error;
    for (const auto& [name, extent] : files_)
        if (std::filesystem::exists(name, error) && std::filesystem::file_size(name, error) > extent.synced)
            std::filesystem::resize_file(name, extent.synced, error);
}

IOStatus FaultFs::NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                  std::unique_ptr<rocksdb::FSWritableFile>* result, IODebugContext* debug) {
    if (IOStatus allowed = count(); !allowed.ok()) return allowed;
    std::unique_ptr<rocksdb::FSWritableFile> file;
    const IOStatus made = FileSystemWrapper::NewWritableFile(name, options, &file, debug);
    if (!made.ok()) return made;
    {
        std::lock_guard lock(mutex_);
        files_[name] = {};
    }
    *result = std::make_unique<FaultFile>(std::move(file), *this, name);
    return made;
}

IOStatus FaultFs::RenameFile(const std::string& from, const std::string& to, const IOOptions& options,
                             IODebugContext* debug) {
    if (IOStatus allowed = count(); !allowed.ok()) return allowed;
    const IOStatus renamed = FileSystemWrapper::RenameFile(from, to, options, debug);
    std::lock_guard lock(mutex_);
    if (auto node = files_.extract(from); renamed.ok() && !node.empty()) files_[to] = node.mapped();
    return renamed;
}

IOStatus FaultFs::NewDirectory(const std::string& name, const IOOptions& options,
                               std::unique_ptr<rocksdb::FSDirectory>* result, IODebugContext* debug) {
    std::unique_ptr<rocksdb::FSDirectory> folder;
    const IOStatus made = FileSystemWrapper::NewDirectory(name, options, &folder, debug);
    if (made.ok()) *result = std::make_unique<FaultFolder>(std::move(folder), *this);
    return made;
}

}  // namespace idun::store
