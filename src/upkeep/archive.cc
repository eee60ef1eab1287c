#include "upkeep/archive.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "base/bytes.h"

namespace idun::upkeep {
namespace {

constexpr std::string_view kArchiveMagic = "IDUNFILE";
constexpr std::uint32_t kArchiveFormat = 1;
constexpr std::size_t kNameBytesMax = 512;
constexpr std::size_t kPieceBytes = 1u << 20;

tl::unexpected<Error> not_an_archive() { return fail(Category::corrupt, "log.backup is damaged"); }

bool is_part(std::string_view part) {
    if (part.empty() || part.front() == '.') return false;
    return std::all_of(part.begin(), part.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
    });
}

template <typename Number>
Result<Number> number(InFile& file) {
    if (file.left() < sizeof(Number)) return not_an_archive();
    TRY_ASSIGN(const std::string bytes, file.read(sizeof(Number)));
    return ByteReader(bytes).be<Number>();
}

}  // namespace

bool is_archive_name(std::string_view name) {
    if (name.empty() || name.size() > kNameBytesMax) return false;
    for (;;) {
        const std::size_t slash = name.find('/');
        if (!is_part(name.substr(0, slash))) return false;
        if (slash == std::string_view::npos) return true;
        name.remove_prefix(slash + 1);
    }
}

Result<ArchiveWriter> ArchiveWriter::create(const std::string& path) {
    TRY_ASSIGN(OutFile file, OutFile::create(path));
    ArchiveWriter writer(std::move(file));
    writer.waiting_ = kArchiveMagic;
    append_be(writer.waiting_, kArchiveFormat);
    return writer;
}

Status ArchiveWriter::begin(const std::string& name, std::uint64_t size) {
    IDUN_CHECK(left_ == 0);
    const std::string path = folder_.empty() ? name : folder_ + "/" + name;
    if (!is_archive_name(path) || !names_.insert(path).second) return fail(Category::internal, "backup: a file has a name that cannot be kept");
    std::string head;
    append_be(head, static_cast<std::uint16_t>(path.size()));
    head += path;
    append_be(head, size);
    left_ = size;
    return write(head);
}

Status ArchiveWriter::take(std::string_view bytes) {
    IDUN_CHECK(bytes.size() <= left_);
    left_ -= bytes.size();
    return write(bytes);
}

Status ArchiveWriter::write(std::string_view bytes) {
    waiting_ += bytes;
    if (waiting_.size() < kPieceBytes) return {};
    TRY(file_.write(waiting_));
    waiting_.clear();
    return {};
}

Status ArchiveWriter::finish() {
    IDUN_CHECK(left_ == 0);
    append_be(waiting_, std::uint16_t{0});
    append_be(waiting_, static_cast<std::uint64_t>(names_.size()));
    TRY(file_.write(waiting_));
    waiting_.clear();
    return file_.finish();
}

Status read_archive(const std::string& path, ledger::CopyTo& to) {
    TRY_ASSIGN(InFile file, InFile::open(path));
    if (file.left() < kArchiveMagic.size()) return not_an_archive();
    TRY_ASSIGN(const std::string magic, file.read(kArchiveMagic.size()));
    if (magic != kArchiveMagic) return not_an_archive();
    TRY_ASSIGN(const auto format, number<std::uint32_t>(file));
    if (format != kArchiveFormat) return fail(Category::unsupported, "log.backup was written by a newer program");
    std::set<std::string> names;
    for (;;) {
        TRY_ASSIGN(const auto length, number<std::uint16_t>(file));
        if (length == 0) break;
        if (length > file.left()) return not_an_archive();
        TRY_ASSIGN(const std::string name, file.read(length));
        TRY_ASSIGN(std::uint64_t left, number<std::uint64_t>(file));
        if (!is_archive_name(name) || !names.insert(name).second || left > file.left()) return not_an_archive();
        TRY(to.begin(name, left));
        while (left > 0) {
            TRY_ASSIGN(const std::string piece, file.read(static_cast<std::size_t>(std::min<std::uint64_t>(left, kPieceBytes))));
            TRY(to.take(piece));
            left -= piece.size();
        }
    }
    TRY_ASSIGN(const auto count, number<std::uint64_t>(file));
    return count == names.size() && file.left() == 0 ? Status{} : not_an_archive();
}

Status FolderFiller::begin(const std::string& name, std::uint64_t) {
    ledger::FileSystem& files = ledger::system_files();
    const std::string path = folder_ + "/" + name;
    TRY(files.create_folder(path.substr(0, path.rfind('/'))));
    TRY_ASSIGN(file_, files.open(path));
    return {};
}

Status FolderFiller::take(std::string_view bytes) { return file_->append(bytes); }

Status sync_all(const std::string& folder) {
    const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return fail(Category::unavailable, "sync: the folder cannot be opened");
    const bool synced = ::syncfs(descriptor) == 0;
    ::close(descriptor);
    return synced ? Status{} : fail(Category::unavailable, "sync: the disk failed");
}

}  // namespace idun::upkeep
