// The embedded engine: RocksDB in a folder. See docs/formats/store.md.
#pragma once

#include "base/time.h"
#include "store/store.h"

namespace idun::store {

inline constexpr std::size_t kCacheBytes = 128u << 20;

struct EmbeddedOptions {
    std::string folder;                      // made if absent; one process at a time (else `busy`)
    std::size_t memtable_bytes = 16u << 20;  // of writes held in memory before a flush
    // Of blocks read; shared by all stores of the process that ask for the same size.
    std::size_t cache_bytes = kCacheBytes;
};

Result<std::unique_ptr<Store>> open_embedded(const EmbeddedOptions& options, const Clock& clock);

// Makes `folder` (which must not exist) from a backup folder of either engine. `corrupt` unless the bytes that it is made of have this
// SHA-256 (hex; "": any).
Status restore_embedded(const std::string& backup, const std::string& folder, const std::string& sha256 = {});

}  // namespace idun::store
