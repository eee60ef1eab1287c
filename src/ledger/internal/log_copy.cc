#include "ledger/internal/log_copy.h"

#include "ledger/internal/key_files.h"
#include "ledger/internal/segment.h"
#include "ledger/internal/tile_files.h"
#include "ledger/receipt.h"
#include "ledger/tiles.h"

namespace idun::ledger {
namespace {

constexpr std::size_t kCopiedAtOnce = 1u << 20;
constexpr unsigned kTileLevels = 8;

class FolderCopy {
public:
    FolderCopy(FileSystem& files, const std::string& folder, CopyTo& to) : files_(files), folder_(folder), to_(to) {}

    Status journal(const std::optional<JournalEnd>& end) {
        TRY_ASSIGN(const std::vector<std::string> names, files_.list(folder_ + "/journal"));
        for (const std::string& name : names) {
            const auto first = segment_first(name);
            if (!first || (end && *first > end->segment)) continue;
            const std::string path = "journal/" + name;
            TRY_ASSIGN(const std::uint64_t size, files_.size(folder_ + "/" + path));
            TRY(file(path, end && *first == end->segment ? end->bytes : size));
        }
        return {};
    }

    // Keys and heads, which a young log may not have.
    Status where_there(std::string_view name) {
        const auto size = files_.size(folder_ + "/" + std::string(name));
        if (size) return file(std::string(name), *size);
        return size.error().category == Category::not_found ? Status{} : fail(size.error());
    }

    Status tiles(std::uint64_t size) {
        TRY(column(std::nullopt, size));
        for (unsigned level = 0; level < kTileLevels; ++level) TRY(column(level, size));
        return {};
    }

    Status text(const std::string& name, std::string_view bytes) {
        TRY(to_.begin(name, bytes.size()));
        return to_.take(bytes);
    }

private:
    Status file(const std::string& name, std::uint64_t size) {
        TRY(to_.begin(name, size));
        for (std::uint64_t at = 0; at < size;) {
            TRY_ASSIGN(const std::string bytes,
                       files_.read(folder_ + "/" + name, at, static_cast<std::size_t>(std::min<std::uint64_t>(kCopiedAtOnce, size - at))));
            if (bytes.empty()) return fail(Category::corrupt, "log: " + name + " ends before its end");
            TRY(to_.take(bytes));
            at += bytes.size();
        }
        return {};
    }

    // The tiles of one level, or the bundles of entries; the last one as wide as the tree asks, whatever lies there.
    Status column(std::optional<unsigned> level, std::uint64_t size) {
        const std::uint64_t whole = (size >> (8 * level.value_or(0))) / kTileWidth;
        for (std::uint64_t index = 0; index < whole; ++index) {
            const std::string path = "public/" + TileName{.level = level, .index = index}.path();
            TRY_ASSIGN(const std::uint64_t bytes, files_.size(folder_ + "/" + path));
            TRY(file(path, bytes));
        }
        const unsigned width = width_in(level, whole, size);
        if (width == 0) return {};
        const TileName name{.level = level, .index = whole, .width = width};
        TRY_ASSIGN(const Parts parts, read_tile(files_, folder_ + "/public", name, accept_all));
        std::string bytes;
        for (const std::string& part : parts) bytes += framed(name, part);
        return text("public/" + name.path(), bytes);
    }

    FileSystem& files_;
    const std::string& folder_;
    CopyTo& to_;
};

}  // namespace

Result<std::string> shown_checkpoint(FileSystem& files, const std::string& folder) {
    auto note = TileReader(files, folder + "/public").checkpoint();
    if (!note && note.error().category == Category::not_found) return std::string();
    return note;
}

Status copy_files(FileSystem& files, const std::string& folder, const std::string& checkpoint, const std::optional<JournalEnd>& end,
                  CopyTo& to) {
    FolderCopy copy(files, folder, to);
    TRY(copy.journal(end));
    TRY(copy.where_there(kKeysFile));
    TRY(copy.where_there(kHeadsFile));
    if (checkpoint.empty()) return {};
    const auto said = peek_checkpoint(checkpoint);
    if (!said) return fail(Category::corrupt, "log: public/checkpoint is not one");
    TRY(copy.tiles(said->size));
    return copy.text("public/" + std::string(kCheckpointName), checkpoint);
}

Result<CopiedLog> copy_closed_log(FileSystem& files, const std::string& folder, CopyTo& to) {
    TRY_ASSIGN(const auto lock, files.lock(folder));
    TRY_ASSIGN(const std::string checkpoint, shown_checkpoint(files, folder));
    const auto said = peek_checkpoint(checkpoint);
    if (!said) return fail(Category::corrupt, "log: a closed log has no public checkpoint");
    TRY(copy_files(files, folder, checkpoint, std::nullopt, to));
    return CopiedLog{said->log_id, said->size, checkpoint};
}

}  // namespace idun::ledger
