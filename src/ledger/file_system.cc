#include "ledger/file_system.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

namespace idun::ledger {
namespace {

tl::unexpected<Error> system_error(std::string_view what) {
    const Category category = errno == ENOENT ? Category::not_found : Category::unavailable;
    return fail(category, "log file: " + std::string(what) + ": " + std::strerror(errno));
}

class Descriptor {
public:
    explicit Descriptor(int fd) : fd_(fd) {}
    ~Descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    int get() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }

private:
    int fd_;
};

class SystemFile final : public File {
public:
    SystemFile(int fd, std::uint64_t end) : file_(fd), end_(end) {}

    Status append(std::string_view bytes) override {
        TRY(write_at(end_, bytes));
        end_ += bytes.size();
        return {};
    }
    Status write_at(std::uint64_t offset, std::string_view bytes) override {
        while (!bytes.empty()) {
            const ssize_t n = ::pwrite(file_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
            if (n < 0 && errno == EINTR) continue;
            if (n <= 0) return system_error("write");
            bytes.remove_prefix(static_cast<std::size_t>(n));
            offset += static_cast<std::uint64_t>(n);
        }
        return {};
    }
    Status sync() override {
        if (::fdatasync(file_.get()) != 0) return system_error("sync");
        return {};
    }

private:
    Descriptor file_;
    std::uint64_t end_;
};

class SystemFiles final : public FileSystem {
public:
    Status create_folder(const std::string& folder) override {
        std::error_code error;
        std::filesystem::create_directories(folder, error);
        if (error) return fail(Category::unavailable, "log file: create folder: " + error.message());
        return {};
    }
    Result<std::vector<std::string>> list(const std::string& folder) override {
        std::vector<std::string> out;
        std::error_code error;
        for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
            out.push_back(it->path().filename().string());
        if (error)
            return fail(error == std::errc::no_such_file_or_directory ? Category::not_found : Category::unavailable,
                        "log file: list folder: " + error.message());
        std::sort(out.begin(), out.end());
        return out;
    }
    Result<std::uint64_t> size(const std::string& path) override {
        struct stat info{};
        if (::stat(path.c_str(), &info) != 0) return system_error("stat");
        return static_cast<std::uint64_t>(info.st_size);
    }
    Result<std::string> read(const std::string& path, std::uint64_t offset, std::size_t length) override {
        const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
        if (!file) return system_error("open");
        std::string out(length, '\0');
        std::size_t got = 0;
        while (got < length) {
            const ssize_t n = ::pread(file.get(), out.data() + got, length - got, static_cast<off_t>(offset + got));
            if (n < 0 && errno == EINTR) continue;
            if (n < 0) return system_error("read");
            if (n == 0) break;
            got += static_cast<std::size_t>(n);
        }
        out.resize(got);
        return out;
    }
    Result<std::unique_ptr<File>> open(const std::string& path) override {
        const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0) return system_error("open");
        const off_t end = ::lseek(fd, 0, SEEK_END);
        auto file = std::make_unique<SystemFile>(fd, static_cast<std::uint64_t>(std::max<off_t>(end, 0)));
        if (end < 0) return system_error("seek");
        return file;
    }
    Status truncate(const std::string& path, std::uint64_t size) override {
        const Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
        if (!file) return system_error("open");
        if (::ftruncate(file.get(), static_cast<off_t>(size)) != 0) return system_error("truncate");
        if (::fsync(file.get()) != 0) return system_error("sync");
        return {};
    }
    Status remove(const std::string& path) override {
        if (::unlink(path.c_str()) != 0) return system_error("remove");
        return {};
    }
    Status remove_folder(const std::string& folder) override {
        if (::rmdir(folder.c_str()) != 0 && errno != ENOENT) return system_error("remove folder");
        return {};
    }
    Status write_whole(const std::string& path, std::string_view bytes, bool synced) override {
        const std::string made = path + ".new";
        {
            const int fd = ::open(made.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
            if (fd < 0) return system_error("open");
            SystemFile file(fd, 0);
            TRY(file.append(bytes));
            if (synced) TRY(file.sync());
        }
        if (::rename(made.c_str(), path.c_str()) != 0) return system_error("rename");
        return {};
    }
    Status sync_file(const std::string& path) override {
        const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
        if (!file) return system_error("open");
        if (::fdatasync(file.get()) != 0) return system_error("sync");
        return {};
    }
    Status sync_folder(const std::string& folder) override {
        const Descriptor file(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (!file || ::fsync(file.get()) != 0) return system_error("sync folder");
        return {};
    }
    Result<std::shared_ptr<void>> lock(const std::string& folder) override {
        auto file =
            std::make_shared<Descriptor>(::open((folder + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
        if (!*file) return system_error("open");
        if (::flock(file->get(), LOCK_EX | LOCK_NB) != 0)
            return fail(Category::conflict, "log file: the folder is open elsewhere");
        return std::shared_ptr<void>(file);
    }
};

}  // namespace

FileSystem& system_files() {
    static SystemFiles files;
    return files;
}

}  // namespace idun::ledger
