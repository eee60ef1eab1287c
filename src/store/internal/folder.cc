#include "store/internal/folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "base/file.h"

namespace idun::store {
namespace {

constexpr std::string_view kMark = "idun store 1\n";

}  // namespace

Result<std::unique_ptr<FolderLock>> FolderLock::take(const std::string& folder) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) return fail(Category::unavailable, "open store: the folder cannot be made");
    const std::string file = folder + "/STORE";
    if (!std::filesystem::exists(file, error) && std::filesystem::exists(folder + "/CURRENT", error))
        return fail(Category::invalid, "open store: the folder holds something else");
    const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0) return fail(Category::unavailable, "open store: the folder cannot be written");
    std::unique_ptr<FolderLock> lock(new FolderLock(descriptor));
    if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0)
        return fail(Category::busy, "open store: the folder is in use by another process or store");
    TRY(lock->claim(folder));
    return lock;
}

Status FolderLock::claim(const std::string& folder) const {
    char mark[64] = {};
    const ssize_t count = ::pread(descriptor_, mark, sizeof mark, 0);
    if (count < 0) return fail(Category::unavailable, "open store: the folder cannot be read");
    const std::string_view found(mark, static_cast<std::size_t>(count));
    if (found == kMark) return {};
    if (found.starts_with("idun store "))
        return fail(Category::unsupported, "open store: the folder was written by a newer program");
    // Empty, or cut short by a crash while it was made.
    if (!kMark.starts_with(found)) return fail(Category::invalid, "open store: the folder holds something else");
    if (::pwrite(descriptor_, kMark.data(), kMark.size(), 0) != static_cast<ssize_t>(kMark.size()) ||
        ::fsync(descriptor_) != 0)
        return fail(Category::unavailable, "open store: the folder cannot be written");
    return sync_folder(folder);
}

FolderLock::~FolderLock() { ::close(descriptor_); }

}  // namespace idun::store
