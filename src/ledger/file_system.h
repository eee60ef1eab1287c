// The few file operations a log needs, so that tests can make each of them fail.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace idun::ledger {

// An open file. One thread at a time. Closes itself.
class File {
public:
    virtual ~File() = default;
    // Writes all of it behind the end, or fails after any part of it.
    virtual Status append(std::string_view bytes) = 0;
    virtual Status write_at(std::uint64_t offset, std::string_view bytes) = 0;
    // Returns when everything written so far survives a power cut.
    virtual Status sync() = 0;
};

// Thread-safe. Errors: not_found where there is no such file, unavailable for everything else.
class FileSystem {
public:
    virtual ~FileSystem() = default;

    virtual Status create_folder(const std::string& folder) = 0;                   // with parents; present is fine
    virtual Result<std::vector<std::string>> list(const std::string& folder) = 0;  // names, sorted
    virtual Result<std::uint64_t> size(const std::string& path) = 0;
    // Up to `length` bytes; fewer only at the end of the file.
    virtual Result<std::string> read(const std::string& path, std::uint64_t offset, std::size_t length) = 0;
    virtual Result<std::unique_ptr<File>> open(const std::string& path) = 0;   // made when absent
    virtual Status truncate(const std::string& path, std::uint64_t size) = 0;  // durable when it returns
    // Makes or replaces a file: who reads sees all of it, or what was there before. Durable after sync_file() and
    // sync_folder(); `synced`: after sync_folder(), and a power cut leaves one of the two.
    virtual Status write_whole(const std::string& path, std::string_view bytes, bool synced) = 0;
    virtual Status sync_file(const std::string& path) = 0;
    virtual Status remove(const std::string& path) = 0;
    virtual Status remove_folder(const std::string& folder) = 0;  // an empty one; absent is fine
    // Makes names made or removed in the folder durable.
    virtual Status sync_folder(const std::string& folder) = 0;
    // Held until the result goes away; `conflict` when another process or object holds it.
    virtual Result<std::shared_ptr<void>> lock(const std::string& folder) = 0;
};

// The machine's; lives as long as the process.
FileSystem& system_files();

}  // namespace idun::ledger
