// What the conformance tests need of an engine. Linked into tests only. A test of the contract is written once:
//
//     TEST_CASE_TEMPLATE("a commit is numbered", Engine, EmbeddedEngine, PostgresEngine) {
//         CONFORMANCE_ENGINE(engine);
//         auto store = engine.open(clock);
//     }
#pragma once

#include <unistd.h>

#include <filesystem>
#include <random>
#include <string>

#include "base/time.h"
#include "store/embedded.h"

namespace idun::store {

// A folder that goes away with its owner.
class TempFolder {
public:
    explicit TempFolder(const std::string& parent = std::filesystem::temp_directory_path().string()) {
        std::string pattern = parent + "/idun-store-XXXXXX";
        IDUN_CHECK(::mkdtemp(pattern.data()) != nullptr);
        path_ = pattern;
    }
    ~TempFolder() {
        std::error_code error;
        std::filesystem::remove_all(path_, error);
    }
    TempFolder(const TempFolder&) = delete;
    TempFolder& operator=(const TempFolder&) = delete;
    // In memory where there is such a place, for tests that make many small stores and bring their own faults.
    static std::string in_memory() {
        std::error_code error;
        const auto space = std::filesystem::space("/dev/shm", error);
        const bool roomy = !error && space.available > (std::uintmax_t{2} << 30) && ::access("/dev/shm", W_OK) == 0;
        return roomy ? "/dev/shm" : std::filesystem::temp_directory_path().string();
    }
    std::string operator/(const std::string& name) const { return path_ + "/" + name; }
    const std::string& path() const { return path_; }

private:
    std::string path_;
};

// One place where a store can be, at first empty. open() after close opens the same store again.
class EmbeddedEngine {
public:
    static constexpr const char* kMissing = nullptr;
    static bool available() { return true; }
    Result<std::unique_ptr<Store>> try_open(const Clock& clock) {
        EmbeddedOptions options;
        options.folder = place_ / "store";
        return open_embedded(options, clock);
    }
    Status restore(const std::string& backup, const std::string& sha256 = {}) { return restore_embedded(backup, place_ / "store", sha256); }
    bool untouched() const { return std::filesystem::is_empty(place_.path()); }

    std::unique_ptr<Store> open(const Clock& clock) {
        auto store = try_open(clock);
        IDUN_CHECK(store.has_value());
        return std::move(*store);
    }

private:
    TempFolder place_{TempFolder::in_memory()};
};

// Rows for tests: an eight-byte partition and the rest.
inline std::string key(int partition, const std::string& rest = "") {
    std::string part = std::to_string(partition);
    return std::string(kPartitionBytes - part.size(), '0') + part + rest;
}

inline Batch put_one(std::string k, std::string value) {
    Batch batch;
    batch.put(std::move(k), std::move(value));
    return batch;
}

inline std::shared_ptr<const Snapshot> now(Store& store) {
    auto snapshot = store.snapshot();
    IDUN_CHECK(snapshot.has_value());
    return *snapshot;
}

// The whole range, in chunks of that limit.
inline std::vector<Entry> scan_all(const Snapshot& snapshot, Range range, const ChunkLimit& limit = {}) {
    std::vector<Entry> all;
    for (;;) {
        auto chunk = snapshot.scan(range, limit);
        IDUN_CHECK(chunk.has_value());
        for (Entry& entry : chunk->entries) all.push_back(std::move(entry));
        if (!chunk->more) return all;
        range = rest_of(range, all.back().key);
    }
}

}  // namespace idun::store

#define CONFORMANCE_ENGINES idun::store::EmbeddedEngine
// Declares the engine, or leaves the test with a message when this machine does not have it.
#define CONFORMANCE_ENGINE(name)   \
    if (!Engine::available()) {    \
        MESSAGE(Engine::kMissing); \
        return;                    \
    }                              \
    Engine name
