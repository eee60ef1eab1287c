#include "upkeep/archive.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/stop.h"
#include "crypto/encoding.h"
#include "crypto/hash.h"

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

// Every byte that is read is hashed.
class ArchiveReader {
public:
    explicit ArchiveReader(InFile file) : file_(std::move(file)) {}

    Result<std::string> bytes(std::size_t count) {
        if (count > file_.left()) return not_an_archive();
        TRY_ASSIGN(std::string out, file_.read(count));
        hash_.add(out);
        return out;
    }
    template <typename Number>
    Result<Number> number() {
        TRY_ASSIGN(const std::string raw, bytes(sizeof(Number)));
        return ByteReader(raw).be<Number>();
    }
    std::uint64_t left() const { return file_.left(); }
    std::string sha256() { return crypto::hex(hash_.finish().view()); }

private:
    InFile file_;
    crypto::Sha256 hash_;
};

Status show_file(ArchiveReader& in, const std::string& name, std::uint64_t size, ledger::CopyTo& to) {
    TRY(to.begin(name, size));
    while (size > 0) {
        TRY_ASSIGN(const std::string piece, in.bytes(static_cast<std::size_t>(std::min<std::uint64_t>(size, kPieceBytes))));
        TRY(to.take(piece));
        size -= piece.size();
    }
    return {};
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

Result<ArchiveWriter> ArchiveWriter::create(const std::string& path, std::stop_token stop) {
    TRY_ASSIGN(OutFile file, OutFile::create(path));
    ArchiveWriter writer(std::move(file), std::move(stop));
    writer.waiting_ = kArchiveMagic;
    append_be(writer.waiting_, kArchiveFormat);
    return writer;
}

Status ArchiveWriter::begin(const std::string& name, std::uint64_t size) {
    IDUN_CHECK(left_ == 0);
    TRY(go_on(stop_, "backup"));
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
    TRY(go_on(stop_, "backup"));
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

Result<std::string> read_archive(const std::string& path, ledger::CopyTo& to) {
    TRY_ASSIGN(InFile file, InFile::open(path));
    ArchiveReader in(std::move(file));
    TRY_ASSIGN(const std::string magic, in.bytes(kArchiveMagic.size()));
    if (magic != kArchiveMagic) return not_an_archive();
    TRY_ASSIGN(const auto format, in.number<std::uint32_t>());
    if (format != kArchiveFormat) return fail(Category::unsupported, "log.backup was written by a newer program");
    std::set<std::string> names;
    for (;;) {
        TRY_ASSIGN(const auto length, in.number<std::uint16_t>());
        if (length == 0) break;
        TRY_ASSIGN(const std::string name, in.bytes(length));
        TRY_ASSIGN(const auto size, in.number<std::uint64_t>());
        if (!is_archive_name(name) || !names.insert(name).second || size > in.left()) return not_an_archive();
        TRY(show_file(in, name, size, to));
    }
    TRY_ASSIGN(const auto count, in.number<std::uint64_t>());
    if (count != names.size() || in.left() != 0) return not_an_archive();
    return in.sha256();
}

Status FolderFiller::begin(const std::string& name, std::uint64_t) {
    const std::size_t slash = name.find('/');
    if (slash == std::string::npos || !is_archive_name(name) || !below_.contains(std::string_view(name).substr(0, slash)))
        return fail(Category::corrupt, "log.backup holds a file that is of none of its logs");
    const std::string path = folder_ + "/" + name;
    TRY(ledger::system_files().create_folder(path.substr(0, path.rfind('/'))));
    file_.reset();
    TRY_ASSIGN(OutFile file, OutFile::create(path));
    file_.emplace(std::move(file));
    return {};
}

Status FolderFiller::take(std::string_view bytes) { return file_->write(bytes); }

Status sync_all(const std::string& folder) {
    const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return fail(Category::unavailable, "sync: the folder cannot be opened");
    const bool synced = ::syncfs(descriptor) == 0;
    ::close(descriptor);
    return synced ? Status{} : fail(Category::unavailable, "sync: the disk failed");
}

}  // namespace idun::upkeep
