// What a backup holds, signed by the role it was made of: docs/formats/backup.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "crypto/signing.h"

namespace idun::upkeep {

struct BackedUpLog {
    std::string id;
    std::string folder;  // below the role's: "log", "log-2"; nothing else, each once
    std::uint64_t size = 0;
    std::string checkpoint;  // of so many entries
    friend bool operator==(const BackedUpLog&, const BackedUpLog&) = default;
};

struct BackedUpFile {
    std::string name;
    std::uint64_t bytes = 0;
    std::string sha256;  // hex
    friend bool operator==(const BackedUpFile&, const BackedUpFile&) = default;
};

struct Manifest {
    std::string program;
    std::string role;  // "hub" or "node"
    std::string id;    // of its log; of a node the provider's
    std::string key;   // that signed this, base64url
    Instant began;
    Instant ended;
    std::uint64_t version = 0;  // of the store, as are
    std::uint64_t entries = 0;
    std::uint64_t notes = 0;
    std::vector<BackedUpLog> logs;  // the oldest first; the last one is the one that is written
    std::vector<BackedUpFile> files;  // these two, of one that was verified

    const BackedUpFile& store_file() const { return files.at(0); }
    const BackedUpFile& log_file() const { return files.at(1); }
    std::uint64_t bytes() const;
    friend bool operator==(const Manifest&, const Manifest&) = default;
};

std::string to_json(const Manifest& manifest);
// `corrupt` for what is none, `unsupported` for a newer one.
Result<Manifest> manifest_from(std::string_view json);

// Both files, synced.
Status write_manifest(const std::string& folder, const Manifest& manifest, const crypto::SigningKey& key);
// `corrupt` unless the signature is of the key that the manifest names.
Result<Manifest> read_manifest(const std::string& folder);

}  // namespace idun::upkeep
