// A log as public files in the C2SP tlog-tiles layout: tiles of hashes, bundles of entries, one checkpoint.
//
//     TRY_ASSIGN(TileWriter writer, TileWriter::open(files, "data/log/public"));
//     TRY(writer.append(entries));                        // durable
//     TRY(writer.publish(sign_note(TreeHead{…, writer.size(), writer.range().root()}.text(), …)));
//     TileReader reader(files, "data/log/public");
//     TRY_ASSIGN(auto path, reader.inclusion_proof(index, size));
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "crypto/merkle.h"
#include "ledger/file_system.h"
#include "ledger/tile_name.h"

namespace idun::ledger {

inline constexpr std::size_t kTileEntryBytesMax = 65'535;

// One writer for a folder, one thread at a time. A file is written once and whole; what a published checkpoint needs
// stays, partial tiles until the whole one is durable. After a failure everything is refused until the folder is opened
// again.
class TileWriter {
public:
    // Goes on behind `at`, which was durable; without it behind the published checkpoint, which must then have been
    // durable itself. Files of later entries, whatever a crash left of them, are written anew when those entries come
    // again. `corrupt` when the files do not have that edge or root.
    static Result<TileWriter> open(FileSystem& files, std::string folder,
                                   std::optional<crypto::CompactRange> at = std::nullopt);
    ~TileWriter();
    TileWriter(TileWriter&&) noexcept;
    TileWriter& operator=(TileWriter&&) noexcept;

    std::uint64_t size() const;
    std::uint64_t durable() const;  // so many of them survive a power cut
    crypto::CompactRange range() const;

    // Durable when it returns: write() and sync().
    Status append(std::span<const std::string> entries);
    // Readable when it returns. To sync seldom costs little: by then the system has written most of it.
    Status write(std::span<const std::string> entries);
    Status sync();

    // Replaces the checkpoint at once by this note; durable when all entries are.
    Status publish(std::string_view checkpoint);

private:
    struct Impl;
    explicit TileWriter(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

// Reads such a folder at any size up to the published one. Trusts no file: lengths and framing are checked, and entries
// against their hashes; whether the hashes belong to a signed root the proofs tell. What is missing or wrong is
// `corrupt` with the file's name. Thread-safe.
class TileReader {
public:
    // `files` lives as long as the reader.
    TileReader(FileSystem& files, std::string folder) : files_(files), folder_(std::move(folder)) {}

    // The note, not verified. `not_found` before the first one.
    Result<std::string> checkpoint() const;
    // At most `count_max` entries from `first` on of a log of `size`, never beyond the end of a bundle.
    Result<std::vector<std::string>> entries(std::uint64_t first, std::size_t count_max, std::uint64_t size) const;

    // For crypto/merkle.h. Keeps the tiles it has read; one thread at a time.
    crypto::SubtreeHashes hashes(std::uint64_t size) const;
    Result<crypto::CompactRange> range(std::uint64_t size) const;
    Result<std::vector<crypto::Hash>> inclusion_proof(std::uint64_t index, std::uint64_t size) const;
    Result<std::vector<crypto::Hash>> consistency_proof(std::uint64_t first, std::uint64_t second) const;

private:
    FileSystem& files_;
    std::string folder_;
};

}  // namespace idun::ledger
