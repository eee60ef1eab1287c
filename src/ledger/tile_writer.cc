#include <algorithm>
#include <bit>

#include "crypto/note.h"
#include "crypto/tree_head.h"
#include "ledger/internal/tile_files.h"
#include "ledger/tiles.h"

namespace idun::ledger {
namespace {

constexpr unsigned kLevels = 8;  // of 256-fold tiles, until numbers end
constexpr std::size_t kFoldersKnownMax = 4096;

std::string parent_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

// The tile of one level, or the bundle, that is being filled.
struct Column {
    TileName name;                       // whole; `index` moves on
    std::string bytes = {};              // of the parts so far
    std::vector<std::size_t> ends = {};  // of each part in `bytes`
    unsigned filed = 0;                  // newest width that stands in a file
    bool unsynced = false;               // that file is not known to be durable
    bool partials = false;               // there are files to be removed once the tile is whole
    std::set<unsigned> found = {};       // widths of files that a crash may have spoilt

    unsigned width() const { return static_cast<unsigned>(ends.size()); }
    std::string_view prefix(unsigned wide) const {
        return std::string_view(bytes).substr(0, wide == 0 ? 0 : ends[wide - 1]);
    }
    TileName partial(unsigned wide) const { return {name.level, name.index, wide}; }
    void add(std::string_view part) {
        bytes += framed(name, part);
        ends.push_back(bytes.size());
    }
    std::vector<crypto::Hash> hashes() const { return hashes_in(*parse_tile(partial(width()), bytes)); }
};

// What stands in a tree of `size` over its largest subtrees that the tile of this level holds, the largest first.
std::vector<crypto::Hash> edge_of(std::span<const crypto::Hash> hashes) {
    std::vector<crypto::Hash> out;
    for (std::size_t begin = 0; begin < hashes.size();) {
        const std::size_t count = std::bit_floor(hashes.size() - begin);
        out.push_back(above(hashes.subspan(begin, count)));
        begin += count;
    }
    return out;
}

// The part of a range's edge that belongs to one level of tiles.
std::vector<crypto::Hash> edge_at(const crypto::CompactRange& range, unsigned level) {
    const std::uint64_t higher = level == kLevels - 1 ? 0 : range.size() >> (8 * level + 8);
    const auto before = static_cast<std::size_t>(std::popcount(higher));
    const auto count = static_cast<std::size_t>(std::popcount((range.size() >> (8 * level)) % kTileWidth));
    const auto part = range.edge().subspan(before, count);
    return {part.begin(), part.end()};
}

}  // namespace

struct TileWriter::Impl {
    Impl(FileSystem& f, std::string where) : files(f), folder(std::move(where)), entries{TileName{}} {
        for (unsigned level = 0; level < kLevels; ++level) levels.push_back(Column{TileName{.level = level}});
    }

    Status load(const std::optional<crypto::CompactRange>& at);
    Status load_column(Column& column, const std::function<bool(const Parts&)>& accept);
    Status mend_partials(Column& column);
    Status look_for_partials(Column& column);

    Status write(std::span<const std::string> more);
    Status push(Column& column, std::string_view part);
    Status push_hash(unsigned level, const crypto::Hash& hash);
    Status file_partials();
    Status file(const TileName& name, std::string_view bytes);
    Status make_folder(const std::string& path);
    Status sync();
    Status publish(std::string_view checkpoint);
    crypto::CompactRange range() const;

    std::vector<Column*> columns() {
        std::vector<Column*> out{&entries};
        for (Column& level : levels) out.push_back(&level);
        return out;
    }

    // Runs a step; after a failure it is in doubt what the disk holds.
    template <typename Step>
    Status guarded(Step step) {
        if (failure) return fail(*failure);
        Status done = step();
        if (!done)
            failure =
                Error(Category::unavailable, "log: tiles: a write failed; open it again: " + done.error().message);
        return done;
    }

    FileSystem& files;
    std::string folder;
    std::uint64_t size = 0;
    std::uint64_t durable = 0;
    Column entries;
    std::vector<Column> levels;

    std::vector<std::string> unsynced;       // whole tiles
    std::set<std::string> unsynced_folders;  // where names came
    std::vector<TileName> completed;         // with partial files to be removed
    std::set<std::string> known_folders;
    std::optional<Error> failure;
};

Status TileWriter::Impl::load(const std::optional<crypto::CompactRange>& at) {
    TRY(files.create_folder(folder));
    std::optional<crypto::Hash> root;
    size = at ? at->size() : 0;
    if (!at) {
        const auto text = TileReader(files, folder).checkpoint();
        if (!text && text.error().category != Category::not_found) return fail(text.error());
        if (text) {
            const auto note = crypto::Note::parse(*text);
            const auto head =
                note ? crypto::TreeHead::from_text(note->text) : Result<crypto::TreeHead>(fail(note.error()));
            if (!head) return fail(Category::corrupt, "log: the public checkpoint is not one");
            size = head->size;
            root = head->root;
        }
    }
    for (unsigned level = 0; level < kLevels; ++level) {
        TRY(load_column(levels[level],
                        [&](const Parts& parts) { return !at || edge_of(hashes_in(parts)) == edge_at(*at, level); }));
    }
    const std::vector<crypto::Hash> leaves = levels[0].hashes();
    TRY(load_column(entries, [&](const Parts& parts) {
        for (std::size_t i = 0; i < parts.size(); ++i)
            if (crypto::leaf_hash(parts[i]) != leaves[i]) return false;
        return true;
    }));
    durable = size;
    if (root && range().root() != *root)
        return fail(Category::corrupt, "log: the public tiles do not have the root of the public checkpoint");
    return {};
}

Status TileWriter::Impl::load_column(Column& column, const std::function<bool(const Parts&)>& accept) {
    column.name.index = (size >> (8 * column.name.level.value_or(0))) / kTileWidth;
    const unsigned width = width_in(column.name.level, column.name.index, size);
    if (width > 0) {
        TRY_ASSIGN(const Parts parts, read_tile(files, folder, column.partial(width), accept));
        for (const std::string& part : parts) column.add(part);
    }
    TRY(look_for_partials(column));
    return mend_partials(column);
}

// Files narrower than what is known, which a newer file had made unnecessary to sync.
Status TileWriter::Impl::mend_partials(Column& column) {
    for (const unsigned width : std::set(column.found)) {
        if (width > column.width()) break;
        const std::string_view right = column.prefix(width);
        TRY(file(column.partial(width), right));
        column.found.erase(width);
        column.filed = std::max(column.filed, width);
    }
    return {};
}

Status TileWriter::Impl::look_for_partials(Column& column) {
    TRY_ASSIGN(const std::vector<unsigned> widths, partial_widths(files, folder, column.name));
    column.found = {widths.begin(), widths.end()};
    column.partials = !widths.empty();
    return {};
}

Status TileWriter::Impl::write(std::span<const std::string> more) {
    for (const std::string& entry : more) {
        TRY(push(entries, entry));
        TRY(push_hash(0, crypto::leaf_hash(entry)));
        ++size;
    }
    return file_partials();
}

Status TileWriter::Impl::push_hash(unsigned level, const crypto::Hash& hash) {
    IDUN_CHECK(level < kLevels);
    Column& column = levels[level];
    std::optional<crypto::Hash> up;
    if (column.width() == kTileWidth - 1) {
        std::vector<crypto::Hash> hashes = column.hashes();
        hashes.push_back(hash);
        up = above(hashes);
    }
    TRY(push(column, hash.view()));
    return up ? push_hash(level + 1, *up) : Status{};
}

Status TileWriter::Impl::push(Column& column, std::string_view part) {
    column.add(part);
    if (column.width() < kTileWidth) {
        // A file of before a crash, which may be spoilt, and which a checkpoint of before may need.
        return column.found.erase(column.width()) > 0 ? file(column.partial(column.width()), column.bytes) : Status{};
    }
    TRY(file(column.name, column.bytes));
    unsynced.push_back(folder + "/" + column.name.path());
    if (column.partials) completed.push_back(column.name);
    column = Column{TileName{column.name.level, column.name.index + 1}};
    return look_for_partials(column);
}

Status TileWriter::Impl::file_partials() {
    for (Column* column : columns()) {
        if (column->filed == column->width()) continue;
        TRY(file(column->partial(column->width()), column->bytes));
        column->filed = column->width();
        column->unsynced = true;
        column->partials = true;
    }
    return {};
}

Status TileWriter::Impl::file(const TileName& name, std::string_view bytes) {
    const std::string path = folder + "/" + name.path();
    TRY(make_folder(parent_of(path)));
    unsynced_folders.insert(parent_of(path));
    // What is there already may be durable; a new file in its place would not be.
    const auto there = files.read(path, 0, bytes.size() + 1);
    if (!there && there.error().category != Category::not_found) return fail(there.error());
    if (there && *there == bytes) return {};
    return files.write_whole(path, bytes, false);
}

Status TileWriter::Impl::make_folder(const std::string& path) {
    if (known_folders.contains(path)) return {};
    if (known_folders.size() >= kFoldersKnownMax) known_folders.clear();
    TRY(files.create_folder(path));
    known_folders.insert(path);
    // Their names stand in the folders above.
    for (std::string above_it = path; above_it != folder; above_it = parent_of(above_it))
        unsynced_folders.insert(parent_of(above_it));
    return {};
}

Status TileWriter::Impl::sync() {
    TRY(file_partials());
    for (const std::string& path : unsynced) TRY(files.sync_file(path));
    // Narrower ones need no sync of their own: this one holds what they hold.
    for (Column* column : columns()) {
        if (column->unsynced) TRY(files.sync_file(folder + "/" + column->partial(column->width()).path()));
        column->unsynced = false;
    }
    for (const std::string& path : unsynced_folders) TRY(files.sync_folder(path));
    for (const TileName& tile : completed) {
        TRY_ASSIGN(const std::vector<unsigned> widths, partial_widths(files, folder, tile));
        for (const unsigned width : widths)
            TRY(files.remove(folder + "/" + TileName{tile.level, tile.index, width}.path()));
        known_folders.erase(folder + "/" + tile.partials());
        TRY(files.remove_folder(folder + "/" + tile.partials()));
    }
    unsynced.clear();
    unsynced_folders.clear();
    completed.clear();
    durable = size;
    return {};
}

Status TileWriter::Impl::publish(std::string_view checkpoint) {
    TRY(file_partials());
    const std::string path = folder + "/" + std::string(kCheckpointName);
    TRY(files.write_whole(path, checkpoint, durable == size));
    return durable == size ? files.sync_folder(folder) : Status{};
}

crypto::CompactRange TileWriter::Impl::range() const {
    std::vector<crypto::Hash> edge;
    for (unsigned level = kLevels; level-- > 0;) {
        const auto part = edge_of(levels[level].hashes());
        edge.insert(edge.end(), part.begin(), part.end());
    }
    return crypto::CompactRange::from(size, std::move(edge));
}

TileWriter::TileWriter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TileWriter::~TileWriter() = default;
TileWriter::TileWriter(TileWriter&&) noexcept = default;
TileWriter& TileWriter::operator=(TileWriter&&) noexcept = default;

Result<TileWriter> TileWriter::open(FileSystem& files, std::string folder, std::optional<crypto::CompactRange> at) {
    auto impl = std::make_unique<Impl>(files, std::move(folder));
    TRY(impl->load(at));
    return TileWriter(std::move(impl));
}

std::uint64_t TileWriter::size() const { return impl_->size; }
std::uint64_t TileWriter::durable() const { return impl_->durable; }
crypto::CompactRange TileWriter::range() const { return impl_->range(); }

Status TileWriter::append(std::span<const std::string> entries) {
    TRY(write(entries));
    return sync();
}

Status TileWriter::write(std::span<const std::string> entries) {
    for (const std::string& entry : entries)
        if (entry.size() > kTileEntryBytesMax)
            return fail(Category::too_large, "log: an entry has at most 65535 bytes");
    return impl_->guarded([&] { return impl_->write(entries); });
}

Status TileWriter::sync() {
    return impl_->guarded([&] { return impl_->sync(); });
}

Status TileWriter::publish(std::string_view checkpoint) {
    return impl_->guarded([&] { return impl_->publish(checkpoint); });
}

}  // namespace idun::ledger
