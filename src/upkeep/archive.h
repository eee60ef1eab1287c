// Many files in one: the bytes of docs/formats/backup.md, `log.backup`.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "base/file.h"
#include "ledger/copy.h"

namespace idun::upkeep {

// Paths of parts of letters, digits, '.', '-' and '_', none beginning with a dot; at most 512 bytes.
bool is_archive_name(std::string_view name);

// Not thread-safe.
class ArchiveWriter final : public ledger::CopyTo {
public:
    // A new file; `conflict` when there is one.
    static Result<ArchiveWriter> create(const std::string& path);

    // Files that follow lie below this folder.
    void within(std::string folder) { folder_ = std::move(folder); }
    Status begin(const std::string& name, std::uint64_t size) override;
    Status take(std::string_view bytes) override;
    // The end, synced.
    Status finish();

private:
    explicit ArchiveWriter(OutFile file) : file_(std::move(file)) {}
    Status write(std::string_view bytes);

    OutFile file_;
    std::string folder_;
    std::string waiting_;  // not written yet
    std::set<std::string, std::less<>> names_;
    std::uint64_t left_ = 0;  // of the file that has begun
};

// Shows what an archive holds. `corrupt` when a byte is missing, wrong or too many; a part may have been shown by then, so what
// comes from elsewhere is read once into nothing before anything is made of it.
Status read_archive(const std::string& path, ledger::CopyTo& to);

// Makes the files below a folder; none of it is durable before the caller has synced the file system.
class FolderFiller final : public ledger::CopyTo {
public:
    explicit FolderFiller(std::string folder) : folder_(std::move(folder)) {}
    Status begin(const std::string& name, std::uint64_t size) override;
    Status take(std::string_view bytes) override;

private:
    const std::string folder_;
    std::unique_ptr<ledger::File> file_;
};

// Everything written to the file system that `folder` lies on is durable.
Status sync_all(const std::string& folder);

}  // namespace idun::upkeep
