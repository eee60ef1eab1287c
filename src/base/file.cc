#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <utility>

namespace idun {
namespace {

Error disk_error(std::string_view doing) {
    const Category category = errno == EEXIST ? Category::conflict : Category::unavailable;
    std::string_view why = "the disk failed";
    if (errno == EEXIST) why = "it exists already";
    if (errno == ENOENT) why = "it does not exist";
    if (errno == ENOSPC || errno == EDQUOT) why = "the disk is full";
    if (errno == EACCES || errno == EPERM || errno == EROFS) why = "permission denied";
    return Error(errno == ENOENT ? Category::not_found : category, std::string(doing) + ": " + std::string(why));
}

std::string parent_of(const std::string& path) {
    const std::string parent = std::filesystem::path(path).parent_path().string();
    return parent.empty() ? "." : parent;
}

}  // namespace

Result<OutFile> OutFile::create(const std::string& path) {
    const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (descriptor < 0) return fail(disk_error("make file"));
    return OutFile(descriptor);
}

OutFile::OutFile(OutFile&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

OutFile::~OutFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

Status OutFile::write(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t count = ::write(descriptor_, bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return fail(disk_error("write file"));
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return {};
}

Status OutFile::finish() {
    if (::fsync(descriptor_) != 0) return fail(disk_error("sync file"));
    if (::close(std::exchange(descriptor_, -1)) != 0) return fail(disk_error("close file"));
    return {};
}

Result<InFile> InFile::open(const std::string& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return fail(disk_error("open file"));
    InFile file(descriptor, 0);
    struct stat about{};
    if (::fstat(descriptor, &about) != 0) return fail(disk_error("open file"));
    file.left_ = static_cast<std::uint64_t>(about.st_size);
    return file;
}

InFile::InFile(InFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), left_(std::exchange(other.left_, 0)) {}

InFile::~InFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

Result<std::string> InFile::read(std::size_t count) {
    if (count > left_) return fail(Category::corrupt, "read file: it ends too early");
    std::string bytes(count, '\0');
    std::size_t done = 0;
    while (done < count) {
        const ssize_t got = ::read(descriptor_, bytes.data() + done, count - done);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fail(disk_error("read file"));
        if (got == 0) return fail(Category::corrupt, "read file: it ends too early");
        done += static_cast<std::size_t>(got);
    }
    left_ -= count;
    return bytes;
}

Status sync_folder(const std::string& folder) {
    const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return fail(disk_error("sync folder"));
    const bool synced = ::fsync(descriptor) == 0;
    ::close(descriptor);
    if (!synced) return fail(disk_error("sync folder"));
    return {};
}

Result<NewFolder> NewFolder::make(const std::string& path) {
    std::error_code error;
    std::string plain = path;
    while (plain.size() > 1 && plain.back() == '/') plain.pop_back();
    if (plain.empty()) return fail(Category::invalid, "make folder: it has no name");
    if (std::filesystem::exists(std::filesystem::symlink_status(plain, error)))
        return fail(Category::conflict, "make folder: it exists already");
    NewFolder folder(plain);
    std::filesystem::remove_all(folder.partial(), error);
    if (error || ::mkdir(folder.partial().c_str(), 0700) != 0) return fail(disk_error("make folder"));
    return folder;
}

NewFolder::NewFolder(NewFolder&& other) noexcept
    : path_(std::move(other.path_)), unfinished_(std::exchange(other.unfinished_, false)) {}

NewFolder::~NewFolder() {
    std::error_code error;
    if (unfinished_) std::filesystem::remove_all(partial(), error);
}

Status NewFolder::finish() {
    TRY(sync_folder(partial()));
    // Never over something that has appeared there meanwhile.
    if (::renameat2(AT_FDCWD, partial().c_str(), AT_FDCWD, path_.c_str(), RENAME_NOREPLACE) != 0)
        return fail(disk_error("make folder"));
    unfinished_ = false;
    return sync_folder(parent_of(path_));
}

}  // namespace idun
