// The ordered transactional key-value store that every role stands on.
//
// Keys and values are bytes; keys are ordered as unsigned bytes. The first kPartitionBytes of a key name its
// partition: what lies in one partition lies together on disk and, with PostgreSQL, on one shard.
//
// A store commits in numbered versions, 1, 2, 3 and so on, one for each batch. A commit is all or nothing, is durable
// before it is acknowledged, and many share one sync. A snapshot is the whole store at one version and never changes.
// Both engines (embedded.h, postgres.h) pass the same conformance suite (conformance_test.cc).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/function_ref.h"
#include "base/result.h"

namespace idun::store {

inline constexpr std::size_t kPartitionBytes = 8;
inline constexpr std::size_t kKeyBytesMax = 1024;          // longer or shorter than a partition: invalid
inline constexpr std::size_t kValueBytesMax = 64u << 20;   // larger: too_large
inline constexpr std::size_t kBatchBytesMax = 256u << 20;  // larger: too_large

struct Version {
    std::uint64_t number = 0;  // 0: the empty store
    friend auto operator<=>(const Version&, const Version&) = default;
};

struct Entry {
    std::string key;
    std::string value;
};

// Keys from `from` (included) to `to` (excluded), in order or in reverse. An empty `to` is the end of all keys.
struct Range {
    std::string from;
    std::string to;
    bool reverse = false;
};
// All keys that start with `prefix`.
Range prefix_range(std::string_view prefix);

// A scan gives at most this much at a time, but at least one entry if there is one.
struct ChunkLimit {
    std::size_t entries_max = 1000;
    std::size_t bytes_max = 4u << 20;
};

struct Chunk {
    std::vector<Entry> entries;
    bool more = false;  // go on from the last key: see rest_of()
};
// What is left of `range` after a chunk whose last key was `last_key`.
Range rest_of(const Range& range, std::string_view last_key);

// Where a walk goes on after an entry.
struct Onward {
    bool stop = false;
    std::string_view to =
        {};  // leaves out what comes before this key; must hold until the next entry. "": nothing is left out
};
// The views hold until it returns.
using Passed = FunctionRef<Onward(std::string_view key, std::string_view value)>;

// The whole store at one version. Thread-safe. Batch-first: one multi_get of 100 keys costs PostgreSQL one
// round trip, 100 gets cost 100.
class Snapshot {
public:
    virtual ~Snapshot() = default;
    virtual Version version() const = 0;
    // One slot for each key, in the same order; empty where there is no such key.
    virtual Result<std::vector<std::optional<std::string>>> multi_get(std::span<const std::string> keys) const = 0;
    virtual Result<Chunk> scan(const Range& range, const ChunkLimit& limit = {}) const = 0;
    // For reading much: shows the entries of a range in order (never in reverse), without copying them where the engine
    // can do so, and without driving out of the cache what others read.
    virtual Status walk(const Range& range, Passed passed) const;

    Result<std::optional<std::string>> get(const std::string& key) const;
};

// Writes that happen together or not at all. A key may be written once in a batch (IDUN_CHECKed).
class Batch {
public:
    void put(std::string key, std::string value);
    void erase(std::string key);
    // Preconditions: when one does not hold at commit time, nothing is written and the commit fails with
    // `conflict`. An absent expectation means that the key must not exist.
    void expect(std::string key, std::optional<std::string> value);
    // Promises that all expectations were read in a snapshot of that version: what has not been written since need not
    // be read again. Without it every expected key is.
    void read_at(Version version) { read_ = version; }
    // Puts the writes into the order of their keys, in which an engine takes them in faster. A key is written once, so
    // their order says nothing.
    void order();
    // Goes into the change feed under this commit's version. At most one (a second one replaces it).
    void note(std::string note);

    bool empty() const;  // neither writes nor expectations nor a note; it still gets a version
    std::size_t bytes() const;

    struct Write {
        std::string key;
        std::optional<std::string> value;  // empty: erase
    };
    const std::vector<Write>& writes() const { return writes_; }
    const std::vector<Write>& expectations() const { return expectations_; }
    const std::optional<std::string>& noted() const { return note_; }
    const std::optional<Version>& read() const { return read_; }

private:
    std::vector<Write> writes_;
    std::vector<Write> expectations_;
    std::optional<std::string> note_;
    std::optional<Version> read_;
    std::size_t bytes_ = 0;
};

// One commit that carried a note.
struct Change {
    Version version;
    std::string note;
};

using Committed = std::function<void(Result<Version>)>;

// Thread-safe.
class Store {
public:
    virtual ~Store() = default;

    // The newest committed version. Costs a reference count: take one per request. It may outlive the store.
    virtual Result<std::shared_ptr<const Snapshot>> snapshot() = 0;
    // That version, if it is the newest or is still held; else `gone`.
    virtual Result<std::shared_ptr<const Snapshot>> snapshot_at(Version version) = 0;
    // Keeps the version of `snapshot` open for snapshot_at for at least that long (31 days at most), unless the process
    // ends. At most kHeldMax versions are held; the one that would have expired first makes room.
    virtual void hold(std::shared_ptr<const Snapshot> snapshot, std::chrono::milliseconds time) = 0;
    static constexpr std::size_t kHeldMax = 256;

    // Group commit: queues the batch and returns; `done` is called once, on a thread of the store, when the
    // batch is durable or has failed. `done` must be quick and must not wait for this store.
    // A full queue (kQueueBytesMax of batches waiting) fails with `busy`.
    virtual void commit(Batch batch, Committed done) = 0;
    static constexpr std::size_t kQueueBytesMax = 512u << 20;
    // The same, waiting.
    Result<Version> commit(Batch batch);

    // Notes of commits after `after`, oldest first, at most `count_max` and about 64 MiB, but at least one if
    // there is one. None: the reader has caught up.
    virtual Result<std::vector<Change>> changes(Version after, std::size_t count_max) = 0;
    // Forgets notes up to and including `until` (or the newest version, if that is older).
    virtual Status trim_changes(Version until) = 0;

    // A consistent copy of the newest version into `folder`, which must not exist; writes go on meanwhile.
    // Once told to stop it ends `unavailable`, and leaves nothing.
    virtual Result<Version> backup(const std::string& folder, std::stop_token stop) = 0;
    // To its end.
    Result<Version> backup(const std::string& folder) { return backup(folder, std::stop_token()); }

    // For /healthz. Embedded: once a write failed the store accepts no more until it is opened again (its disk cannot
    // be trusted). PostgreSQL: not well while the server does not take commits; a commit that ended `unavailable`
    // because the connection broke may have been written. A process that was pushed aside by another writer stays so.
    virtual Status healthy() const = 0;
};

}  // namespace idun::store
