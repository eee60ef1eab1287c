#include "ledger/internal/tile_files.h"

#include <algorithm>
#include <bit>
#include <charconv>

#include "base/bytes.h"
#include "crypto/merkle.h"
#include "ledger/tiles.h"

namespace idun::ledger {
namespace {

// The longest a file of that name can be.
std::size_t bytes_max(const TileName& name) {
    return name.width * (name.level ? crypto::kHashBytes : kTileEntryBytesMax + 2);
}

std::optional<Parts> well_formed(FileSystem& files, const std::string& folder, const TileName& name, Error& error) {
    const std::string path = folder + "/" + name.path();
    const auto size = files.size(path);
    if (size && *size > bytes_max(name)) return std::nullopt;
    const Result<std::string> bytes =
        size ? files.read(path, 0, static_cast<std::size_t>(*size)) : Result<std::string>(fail(size.error()));
    if (!bytes) {
        if (bytes.error().category != Category::not_found) error = bytes.error();
        return std::nullopt;
    }
    return parse_tile(name, *bytes);
}

}  // namespace

std::optional<Parts> parse_tile(const TileName& name, std::string_view bytes) {
    Parts out;
    out.reserve(name.width);
    ByteReader reader(bytes);
    for (unsigned i = 0; i < name.width; ++i)
        out.emplace_back(reader.take(name.level ? crypto::kHashBytes : reader.be<std::uint16_t>()));
    if (!reader.done()) return std::nullopt;
    return out;
}

std::string framed(const TileName& name, std::string_view part) {
    std::string out;
    if (!name.level) append_be(out, static_cast<std::uint16_t>(part.size()));
    out += part;
    return out;
}

Result<Parts> read_tile(FileSystem& files, const std::string& folder, const TileName& name,
                        const std::function<bool(const Parts&)>& accept) {
    Error error(Category::corrupt, "log: " + name.path() + " is missing or not what was written");
    const auto attempt = [&](unsigned width) -> std::optional<Parts> {
        TileName wider = name;
        wider.width = width;
        auto parts = well_formed(files, folder, wider, error);
        if (!parts) return std::nullopt;
        parts->resize(name.width);
        if (!accept(*parts)) return std::nullopt;
        return parts;
    };
    if (auto parts = attempt(name.width)) return std::move(*parts);
    if (name.whole()) return fail(std::move(error));
    if (auto parts = attempt(kTileWidth)) return std::move(*parts);
    TRY_ASSIGN(const std::vector<unsigned> widths, partial_widths(files, folder, name));
    for (const unsigned width : widths)
        if (width > name.width)
            if (auto parts = attempt(width)) return std::move(*parts);
    return fail(std::move(error));
}

Result<std::vector<unsigned>> partial_widths(FileSystem& files, const std::string& folder, const TileName& name) {
    std::vector<unsigned> out;
    const auto names = files.list(folder + "/" + name.partials());
    if (!names) {
        if (names.error().category == Category::not_found) return out;
        return fail(names.error());
    }
    for (const std::string& file : *names) {
        const auto read = TileName::from_path(name.partials() + "/" + file);
        if (read) out.push_back(read->width);
    }
    std::sort(out.begin(), out.end());
    return out;
}

crypto::Hash above(std::span<const crypto::Hash> hashes) {
    IDUN_CHECK(std::has_single_bit(hashes.size()));
    std::vector<crypto::Hash> row(hashes.begin(), hashes.end());
    for (std::size_t count = row.size(); count > 1; count /= 2)
        for (std::size_t i = 0; i < count / 2; ++i) row[i] = crypto::node_hash(row[2 * i], row[2 * i + 1]);
    return row.front();
}

std::vector<crypto::Hash> hashes_in(const Parts& parts) {
    std::vector<crypto::Hash> out;
    out.reserve(parts.size());
    for (const std::string& part : parts) out.push_back(crypto::Hash::from(part).value());
    return out;
}

}  // namespace idun::ledger
