#include "records/internal/cache.h"

#include "records/internal/bytes.h"

namespace idun::records {

std::string Cache::key_of(std::uint8_t type, std::string_view id, std::uint64_t version) {
    std::string out;
    out.reserve(id.size() + 9);
    out += static_cast<char>(type);
    put_u64(out, version);
    return std::move(out.append(id));
}

Cache::Shard& Cache::shard_of(std::string_view key) { return shards_[std::hash<std::string_view>()(key) % kShards]; }

std::shared_ptr<const CachedResource> Cache::find(std::uint8_t type, std::string_view id, std::uint64_t version) {
    const std::string key = key_of(type, id, version);
    Shard& shard = shard_of(key);
    const std::lock_guard lock(shard.mutex);
    const auto at = shard.by_key.find(key);
    if (at == shard.by_key.end()) return nullptr;
    shard.entries.splice(shard.entries.begin(), shard.entries, at->second);
    return at->second->resource;
}

void Cache::keep(std::uint8_t type, std::shared_ptr<const CachedResource> resource) {
    constexpr std::size_t kOverhead = 512;  // of an entry, with the small texts of Touched
    const std::size_t bytes = resource->body->size() + kOverhead;
    if (bytes > bytes_max_ / 4) return;
    std::string key = key_of(type, resource->touched.id, resource->touched.version);
    Shard& shard = shard_of(key);
    const std::lock_guard lock(shard.mutex);
    if (shard.by_key.contains(key)) return;
    while (!shard.entries.empty() && shard.bytes + bytes > bytes_max_) {
        shard.by_key.erase(shard.entries.back().key);
        shard.bytes -= shard.entries.back().bytes;
        shard.entries.pop_back();
    }
    shard.entries.push_front({std::move(key), std::move(resource), bytes});
    shard.by_key.emplace(shard.entries.front().key, shard.entries.begin());
    shard.bytes += bytes;
}

}  // namespace idun::records
