// Many files in one: the bytes of docs/formats/backup.md, `log.backup`.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <stop_token>
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
    // A new file; `conflict` when there is one. Told to stop it takes no more: `unavailable`.
    static Result<ArchiveWriter> create(const std::string& path, std::stop_token stop = {});

    // Files that follow lie below this folder.
    void within(std::string folder) { folder_ = std::move(folder); }
    Status begin(const std::string& name, std::uint64_t size) override;
    Status take(std::string_view bytes) override;
    // The end, synced.
    Status finish();

private:
    ArchiveWriter(OutFile file, std::stop_token stop) : file_(std::move(file)), stop_(std::move(stop)) {}
    Status write(std::string_view bytes);

    OutFile file_;
    std::stop_token stop_;
    std::string folder_;
    std::string waiting_;  // not written yet
    std::set<std::string, std::less<>> names_;
    std::uint64_t left_ = 0;  // of the file that has begun
};

// Shows what an archive holds; its SHA-256 (hex), of the bytes that were shown. `corrupt` when a byte is missing, wrong or too many; a part
// may have been shown by then, so what was made of it goes unless the end is well and the hash is the one that was meant.
Result<std::string> read_archive(const std::string& path, ledger::CopyTo& to);

// Makes new files below some folders of a folder: `corrupt` for any other name, `conflict` where something is. None of it is durable before the
// caller has synced the file system.
class FolderFiller final : public ledger::CopyTo {
public:
    FolderFiller(std::string folder, std::set<std::string, std::less<>> below) : folder_(std::move(folder)), below_(std::move(below)) {}
    Status begin(const std::string& name, std::uint64_t size) override;
    Status take(std::string_view bytes) override;

private:
    const std::string folder_;
    const std::set<std::string, std::less<>> below_;
    std::optional<OutFile> file_;
};

// Everything written to the file system that `folder` lies on is durable.
Status sync_all(const std::string& folder);

}  // namespace idun::upkeep
