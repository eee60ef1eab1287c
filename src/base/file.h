// Files and folders that are whole and synced, or not there.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace idun {

// Written from start to end. Not thread-safe.
class OutFile {
public:
    // A new file; `conflict` when there is one.
    static Result<OutFile> create(const std::string& path);
    OutFile(OutFile&& other) noexcept;
    OutFile& operator=(OutFile&&) = delete;
    ~OutFile();
    Status write(std::string_view bytes);
    Status finish();  // synced and closed

private:
    explicit OutFile(int descriptor) : descriptor_(descriptor) {}
    int descriptor_;
};

// Read from start to end. Not thread-safe.
class InFile {
public:
    static Result<InFile> open(const std::string& path);
    InFile(InFile&& other) noexcept;
    InFile& operator=(InFile&&) = delete;
    ~InFile();
    // Exactly that many bytes; `corrupt` when the file ends before.
    Result<std::string> read(std::size_t count);
    std::uint64_t left() const { return left_; }

private:
    InFile(int descriptor, std::uint64_t left) : descriptor_(descriptor), left_(left) {}
    int descriptor_;
    std::uint64_t left_;
};

Status sync_folder(const std::string& folder);

// A folder in the making: PATH.partial until finish() gives it its name, at once and durably. The destructor
// removes what was not finished.
class NewFolder {
public:
    // `conflict` when `path` exists. What a crash left of an earlier attempt is removed.
    static Result<NewFolder> make(const std::string& path);
    NewFolder(NewFolder&& other) noexcept;
    NewFolder& operator=(NewFolder&&) = delete;
    ~NewFolder();
    std::string partial() const { return path_ + ".partial"; }
    Status finish();

private:
    explicit NewFolder(std::string path) : path_(std::move(path)) {}
    std::string path_;
    bool unfinished_ = true;
};

}  // namespace idun
