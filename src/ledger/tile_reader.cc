#include <algorithm>
#include <map>
#include <memory>

#include "ledger/internal/tile_files.h"
#include "ledger/tiles.h"

namespace idun::ledger {
namespace {

constexpr std::size_t kCheckpointBytesMax = 256u << 10;

// One hash of a tree out of tiles, each read once.
class TileHashes {
public:
    TileHashes(FileSystem& files, std::string folder, std::uint64_t size)
        : files_(files), folder_(std::move(folder)), size_(size) {}

    Result<crypto::Hash> operator()(unsigned level, std::uint64_t index) {
        // A tile holds hashes of every eighth level; those between are hashed from them.
        const unsigned within = level % 8;
        const std::uint64_t first = index << within;
        TRY_ASSIGN(const auto* tile, tile_of(level / 8, first / kTileWidth));
        const std::size_t count = std::size_t{1} << within;
        if (first % kTileWidth + count > tile->size()) return fail(Category::invalid, "log: the tree is smaller");
        return above(std::span(*tile).subspan(first % kTileWidth, count));
    }

private:
    Result<const std::vector<crypto::Hash>*> tile_of(unsigned level, std::uint64_t index) {
        const auto key = std::pair(level, index);
        auto found = tiles_.find(key);
        if (found == tiles_.end()) {
            const TileName name{level, index, width_in(level, index, size_)};
            if (name.width == 0) return fail(Category::invalid, "log: the tree is smaller");
            TRY_ASSIGN(const Parts parts, read_tile(files_, folder_, name, accept_all));
            found = tiles_.emplace(key, hashes_in(parts)).first;
        }
        return &found->second;
    }

    FileSystem& files_;
    std::string folder_;
    std::uint64_t size_;
    std::map<std::pair<unsigned, std::uint64_t>, std::vector<crypto::Hash>> tiles_;
};

}  // namespace

Result<std::string> TileReader::checkpoint() const {
    return files_.read(folder_ + "/" + std::string(kCheckpointName), 0, kCheckpointBytesMax);
}

Result<std::vector<std::string>> TileReader::entries(std::uint64_t first, std::size_t count_max,
                                                     std::uint64_t size) const {
    if (first >= size || count_max == 0) return std::vector<std::string>{};
    const std::uint64_t index = first / kTileWidth;
    const unsigned width = width_in(std::nullopt, index, size);
    TRY_ASSIGN(const Parts leaves, read_tile(files_, folder_, TileName{0u, index, width}, accept_all));
    const std::size_t from = first % kTileWidth;
    const std::size_t count = std::min<std::size_t>(count_max, width - from);
    const auto match = [&](const Parts& entries) {
        for (std::size_t i = from; i < from + count; ++i)
            if (crypto::leaf_hash(entries[i]).view() != leaves[i]) return false;
        return true;
    };
    TRY_ASSIGN(Parts entries, read_tile(files_, folder_, TileName{std::nullopt, index, width}, match));
    entries.resize(from + count);
    entries.erase(entries.begin(), entries.begin() + static_cast<std::ptrdiff_t>(from));
    return entries;
}

crypto::SubtreeHashes TileReader::hashes(std::uint64_t size) const {
    return [tiles = std::make_shared<TileHashes>(files_, folder_, size)](unsigned level, std::uint64_t index) {
        return (*tiles)(level, index);
    };
}

Result<crypto::CompactRange> TileReader::range(std::uint64_t size) const {
    return crypto::compact_range(size, hashes(size));
}

Result<std::vector<crypto::Hash>> TileReader::inclusion_proof(std::uint64_t index, std::uint64_t size) const {
    return crypto::inclusion_proof(index, size, hashes(size));
}

Result<std::vector<crypto::Hash>> TileReader::consistency_proof(std::uint64_t first, std::uint64_t second) const {
    return crypto::consistency_proof(first, second, hashes(second));
}

}  // namespace idun::ledger
