// Resources as they were shown last, by type, id and version. A version never changes, so nothing here can be stale:
// whoever knows the version (from a locator or an index row of his snapshot) needs no row.
#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "records/outcome.h"

namespace idun::records {

struct CachedResource {
    Touched touched;
    std::shared_ptr<const std::string> body;
};

// Thread-safe; bounded in bytes, what was not asked for longest makes room.
class Cache {
public:
    explicit Cache(std::size_t bytes_max) : bytes_max_(bytes_max / kShards) {}

    // Null when it is not here.
    std::shared_ptr<const CachedResource> find(std::uint8_t type, std::string_view id, std::uint64_t version);
    void keep(std::uint8_t type, std::shared_ptr<const CachedResource> resource);

private:
    static constexpr std::size_t kShards = 16;
    struct Entry {
        std::string key;
        std::shared_ptr<const CachedResource> resource;
        std::size_t bytes = 0;
    };
    struct Shard {
        std::mutex mutex;
        std::list<Entry> entries;  // asked for last first
        std::unordered_map<std::string_view, std::list<Entry>::iterator> by_key;
        std::size_t bytes = 0;
    };
    static std::string key_of(std::uint8_t type, std::string_view id, std::uint64_t version);
    Shard& shard_of(std::string_view key);

    const std::size_t bytes_max_;  // of a shard
    std::array<Shard, kShards> shards_;
};

}  // namespace idun::records
