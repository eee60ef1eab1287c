#include "crypto/internal/secret_file.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "crypto/encoding.h"

namespace idun::crypto {
namespace {

constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kFileBytesMax = 256;

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

tl::unexpected<Error> system_error(std::string_view what) {
    return fail(Category::unavailable, "secret file: " + std::string(what) + ": " + std::strerror(errno));
}

Status write_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t n = ::write(fd, bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return system_error("write");
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return {};
}

Result<std::string> read_all(int fd) {
    std::string out(kFileBytesMax + 1, '\0');
    std::size_t got = 0;
    while (got < out.size()) {
        const ssize_t n = ::read(fd, out.data() + got, out.size() - got);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return system_error("read");
        if (n == 0) break;
        got += static_cast<std::size_t>(n);
    }
    sodium_memzero(out.data() + got, out.size() - got);
    out.resize(got);
    return out;
}

Status check_owner(int fd) {
    struct stat info{};
    if (::fstat(fd, &info) != 0) return system_error("stat");
    if (!S_ISREG(info.st_mode)) return fail(Category::forbidden, "secret file: not a plain file");
    if (info.st_uid != ::geteuid()) return fail(Category::forbidden, "secret file: belongs to another user");
    if ((info.st_mode & 077) != 0)
        return fail(Category::forbidden, "secret file: others may read or write it; its mode must be 0600");
    return {};
}

void wipe_all(std::vector<std::string>& secrets) {
    for (std::string& one : secrets) wipe(one);
    secrets.clear();
}

Result<std::vector<std::string>> parse(std::string_view text, std::string_view label, std::size_t lines_max) {
    std::vector<std::string> out;
    const auto corrupt = [&] {
        wipe_all(out);
        return fail(Category::corrupt, "secret file: does not hold what it should");
    };
    const std::size_t line_bytes = label.size() + 1 + 2 * kSecretBytes + 1;
    if (text.empty() || text.size() % line_bytes != 0 || text.size() / line_bytes > lines_max) return corrupt();
    for (; !text.empty(); text.remove_prefix(line_bytes)) {
        const std::string_view line = text.substr(0, line_bytes);
        if (!line.starts_with(label) || line[label.size()] != ' ' || line.back() != '\n') return corrupt();
        auto secret = from_hex(line.substr(label.size() + 1, 2 * kSecretBytes));
        if (!secret || std::ranges::find(out, *secret) != out.end()) return corrupt();
        out.push_back(std::move(*secret));
    }
    return out;
}

// Nothing when there is no such file.
Result<std::optional<std::vector<std::string>>> load(const std::string& path, std::string_view label, std::size_t lines_max) {
    using Found = std::optional<std::vector<std::string>>;
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (!file) {
        if (errno == ENOENT) return Found();
        if (errno == ELOOP) return fail(Category::forbidden, "secret file: is a symbolic link");
        return system_error("open");
    }
    TRY(check_owner(file.get()));
    TRY_ASSIGN(std::string text, read_all(file.get()));
    auto secrets = parse(text, label, lines_max);
    wipe(text);
    if (!secrets) return fail(secrets.error());
    return Found(std::move(*secrets));
}

Status sync_folder_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    const std::string folder = slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
    const Descriptor file(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!file || ::fsync(file.get()) != 0) return system_error("sync folder");
    return {};
}

Status write_new(const std::string& path, std::string_view line) {
    const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file) return system_error("create");
    TRY(write_all(file.get(), line));
    if (::fsync(file.get()) != 0) return system_error("sync");
    return {};
}

// Writes beside it and then links: the name appears with all its bytes or not at all, and never replaces
// what another process has put there meanwhile.
Status create(const std::string& path, std::string_view line, Random& random) {
    const std::string beside = path + "." + hex(random.bytes(8)) + ".new";
    Status status = write_new(beside, line);
    if (status && ::link(beside.c_str(), path.c_str()) != 0 && errno != EEXIST) status = system_error("link");
    ::unlink(beside.c_str());
    TRY(status);
    return sync_folder_of(path);
}

}  // namespace

Result<std::string> load_or_create_secret(const std::string& path, std::string_view label, Random& random) {
    TRY_ASSIGN(auto secrets, load_or_create_secrets(path, label, 1, random));
    return std::move(secrets.front());
}

Result<std::vector<std::string>> load_or_create_secrets(const std::string& path, std::string_view label, std::size_t lines_max, Random& random) {
    IDUN_CHECK(sodium_init() >= 0);
    TRY_ASSIGN(auto found, load(path, label, lines_max));
    if (found) return std::move(*found);

    std::string secret = random.bytes(kSecretBytes);
    std::string digits = hex(secret);
    std::string line = std::string(label) + " " + digits + "\n";
    const Status created = create(path, line, random);
    wipe(secret);
    wipe(digits);
    wipe(line);
    TRY(created);
    TRY_ASSIGN(auto made, load(path, label, lines_max));
    if (!made) return fail(Category::unavailable, "secret file: vanished while it was made");
    return std::move(*made);
}

void wipe(std::string& secret) {
    sodium_memzero(secret.data(), secret.size());
    secret.clear();
}

}  // namespace idun::crypto
