#include "fhir/internal/package_files.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>

namespace idun::fhir {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kJson = ".json";
constexpr std::size_t kEntriesMax = 200'000;  // of an archive, of any kind
constexpr std::size_t kNameMax = 512;

using Archive = std::unique_ptr<archive, decltype(&archive_read_free)>;

Error over_limit(const char* what) { return {Category::too_large, std::string("the package has more than the allowed ") + what}; }

// What the archive says may hold a name of its own; only the kind of failure is passed on.
Error broken() { return {Category::corrupt, "not a readable .tgz package"}; }

Status skip(archive* from) {
    return archive_read_data_skip(from) < ARCHIVE_WARN ? Status(fail(broken())) : Status{};
}

// The data of the entry at hand, at most `max` bytes: nothing when it is longer.
Result<std::optional<std::string>> read_entry(archive* from, std::size_t max) {
    std::string out;
    for (;;) {
        const std::size_t before = out.size();
        if (before > max) return std::optional<std::string>();
        out.resize(before + std::min<std::size_t>(1u << 18, max + 1 - before));
        const la_ssize_t got = archive_read_data(from, out.data() + before, out.size() - before);
        if (got < 0) return fail(broken());
        out.resize(before + static_cast<std::size_t>(got));
        if (got == 0) return std::optional<std::string>(std::move(out));
    }
}

}  // namespace

std::optional<ArchiveName> archive_name(std::string_view name) {
    if (name.starts_with("./")) name.remove_prefix(2);
    if (name.empty() || name.size() > kNameMax || name.front() == '/') return std::nullopt;
    for (const char c : name) {
        if (static_cast<unsigned char>(c) < 0x20 || c == '\\' || c == 0x7F) return std::nullopt;
    }
    for (std::size_t at = 0; at <= name.size();) {
        const std::size_t end = std::min(name.find('/', at), name.size());
        if (name.substr(at, end - at) == "..") return std::nullopt;
        at = end + 1;
    }
    const std::size_t slash = name.rfind('/');
    if (slash == name.npos) return ArchiveName{{}, name};
    return ArchiveName{name.substr(0, slash), name.substr(slash + 1)};
}

Status read_folder(const std::string& path, const PackageLimits& limits, const TakeFile& take, std::vector<Problem>& problems) {
    std::error_code error;
    const fs::path inner = fs::path(path) / "package";
    const fs::path folder = fs::is_directory(inner, error) ? inner : fs::path(path);
    std::vector<fs::path> files;
    for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
        if (at->path().extension() != kJson || !at->is_regular_file(error)) continue;
        if (files.size() == limits.files_max) return fail(over_limit("number of files"));
        files.push_back(at->path());
    }
    if (error) return fail(Category::unavailable, "the folder cannot be read: " + error.message());
    std::sort(files.begin(), files.end());

    std::size_t total = 0;
    for (const fs::path& file : files) {
        const std::string name = file.filename().string();
        const std::uintmax_t size = fs::file_size(file, error);
        if (error || size > limits.file_bytes_max) {
            problems.push_back({name, error ? "cannot be read" : "is larger than a resource may be"});
            continue;
        }
        std::ifstream in(file, std::ios::binary);
        const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
        if (!in.is_open() || in.bad()) {
            problems.push_back({name, "cannot be read"});
            continue;
        }
        total += text.size();
        if (total > limits.bytes_max) return fail(over_limit("number of bytes"));
        take(name, text);
    }
    return {};
}

Status read_tgz(const std::string& path, const PackageLimits& limits, const TakeFile& take, std::vector<Problem>& problems) {
    const Archive in(archive_read_new(), &archive_read_free);
    archive_read_support_filter_gzip(in.get());
    archive_read_support_format_tar(in.get());
    if (archive_read_open_filename(in.get(), path.c_str(), 1u << 16) != ARCHIVE_OK) return fail(broken());

    std::size_t files = 0;
    std::size_t total = 0;
    for (std::size_t entries = 0;; ++entries) {
        if (entries == kEntriesMax) return fail(over_limit("number of entries"));
        archive_entry* entry = nullptr;
        const int state = archive_read_next_header(in.get(), &entry);
        if (state == ARCHIVE_EOF) break;
        if (state < ARCHIVE_WARN) return fail(broken());
        const char* raw = archive_entry_pathname(entry);
        const auto name = archive_name(raw == nullptr ? "" : raw);
        if (!name) return fail(Category::invalid, "the package holds a file name that leads outside it");
        const bool wanted = name->folder == "package" && name->file.ends_with(kJson) && archive_entry_filetype(entry) == AE_IFREG &&
                            archive_entry_hardlink(entry) == nullptr;
        // What is passed over is unpacked too, to get past it, and counts.
        if (archive_entry_size(entry) > 0) total += static_cast<std::size_t>(archive_entry_size(entry));
        if (total > limits.bytes_max) return fail(over_limit("number of bytes"));
        if (!wanted) {
            TRY(skip(in.get()));
            continue;
        }
        if (++files > limits.files_max) return fail(over_limit("number of files"));
        const std::string file(name->file);
        TRY_ASSIGN(const std::optional<std::string> text, read_entry(in.get(), limits.file_bytes_max));
        if (text) {
            take(file, *text);
        } else {
            problems.push_back({file, "is larger than a resource may be"});
            TRY(skip(in.get()));
        }
    }
    return {};
}

}  // namespace idun::fhir
