// An append-only log of accesses on one folder: no receipt, no data.
//
// append() queues the access; one writer thread seals what waits, puts it into the Merkle tree, and makes all of it and one signed
// checkpoint durable with one write and one sync; only then it hands out the receipts. Soon after, the entries stand in
// public tiles, which name nobody and which everybody can check (docs/formats/ledger.md).
//
//     TRY_ASSIGN(auto ledger, Ledger::open("data/log", "SE2321000016", key, system_files(), clock));
//     ledger->append(access, [reply](Result<Receipt> receipt) { ... });   // data leave only with a receipt
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "base/random.h"
#include "base/result.h"
#include "base/time.h"
#include "crypto/jws.h"
#include "ledger/copy.h"
#include "ledger/entry.h"
#include "ledger/file_system.h"
#include "ledger/kind.h"
#include "ledger/person_proof.h"
#include "ledger/receipt.h"

namespace idun::ledger {

inline constexpr int kRetentionYearsMin = 3;

struct Options {
    std::uint64_t segment_bytes_max = 16u << 20;  // a group that would pass it starts a new file of the journal
    std::size_t queue_entries_max = 1u << 16;     // waiting entries; more: busy
    std::size_t queue_bytes_max = 64u << 20;
    std::size_t group_bytes_max = 4u << 20;  // written at once
    crypto::KeySet former_keys = {};         // that signed older checkpoints of this log
    int retention_years = 5;                 // after the year of the entry; at least kRetentionYearsMin
    // The same for each access by itself, where that differs; must be quick. Empty: retention_years.
    std::function<int(const Access&)> retention_of = {};
    std::chrono::milliseconds tiles_after{200};  // from a durable group to its tiles
    std::chrono::milliseconds map_root_every{10'000};  // at most; where the map by person has changed
    Random* random = nullptr;                    // of keys and nonces; null: the system's
};

// One entry of the log.
struct Entry {
    std::uint64_t index = 0;
    Kind kind = Kind::nobody;
    Instant sealed;                  // by the log's clock
    std::string bytes;               // as they are in the tree: with their leaf hash whoever asks can check a proof
    std::optional<Access> access;    // nothing when its key was forgotten, and for kinds that are no access
    std::uint64_t sequence = 0;      // how-manieth about its person, from 1; 0 where there is no access
    std::uint64_t distance = 0;      // entries back to the one before about her; 0: it is the first
    std::string encoded = {};        // the access as encode() makes it for this log, from Ledger::read(); else, and where there is none, empty
};

using Appended = std::function<void(Result<Receipt>)>;

// Thread-safe.
class Ledger {
public:
    // Opens or makes the log: reads its journal, keys and the right edge of its tiles. An unfinished group at the end (its
    // entries were never acknowledged) is cut off and counted in a log line. Any other damage is `corrupt` with file and
    // offset, and so is a log that is shorter than its own newest checkpoint, whose keys are missing, or whose checkpoint
    // somebody else signed. `conflict` when the folder is open elsewhere; `unsupported` when it holds a log of the first
    // shape. What is passed by reference lives as long as the ledger.
    static Result<std::unique_ptr<Ledger>> open(std::string folder, std::string log_id, const crypto::SigningKey& key,
                                                FileSystem& files, const Clock& clock, Metrics* metrics = nullptr,
                                                Options options = {});
    virtual ~Ledger() = default;  // writes what is queued, brings it into tiles, then closes

    // `done` is called once: on a thread of the ledger after the entry is durable, or with the failure (`busy` from
    // the calling thread when the queue is full). It must be quick and must not wait for this ledger. An access that does not
    // fit one entry becomes several, and the receipt is the last one's.
    // After a failed write the ledger takes no more: its file is in doubt until it is opened again.
    virtual void append(const Access& access, Appended done) = 0;
    // The same, waiting.
    Result<Receipt> append(const Access& access);

    // Makes unreadable, for ever and for everybody, what the log holds about the person, or what has passed the end of
    // its retention: their keys are overwritten, and an entry says so and by which decision. The tree stays whole. Waits until
    // that is durable; the receipt is the newest of those entries. `not_found` when there is nothing to forget.
    virtual Result<Receipt> forget(const crypto::Pseudonym& person, const std::string& decision_id) = 0;
    virtual Result<Receipt> forget_expired(const std::string& decision_id) = 0;

    virtual const std::string& log_id() const = 0;
    // Durable entries.
    virtual std::uint64_t size() const = 0;
    // Of them, those in public tiles.
    virtual std::uint64_t published() const = 0;
    // The newest durable checkpoint, a signed note; of a new log too.
    virtual std::string checkpoint() const = 0;
    // The newest one whose entries are all in public tiles; "" shortly after opening.
    virtual std::string published_checkpoint() const = 0;
    // What public/checkpoint says from now on, while the tiles go on: such a checkpoint, with the signatures of others behind our
    // own. Nothing: always the newest, as it is at first. Soon, on another thread; when a journal file goes it is the newest
    // once more. `unauthorized` or `invalid` for what is none, or older than what was held before.
    virtual Status hold_checkpoint(std::optional<std::string> note) = 0;

    // Durable entries from `first`, at most `count_max` of them and 4 MiB, but one if there is one.
    virtual Result<std::vector<Entry>> read(std::uint64_t first, std::size_t count_max) const = 0;
    // Every durable entry from `first` in order, until `visit` returns an error, which is then returned.
    Status for_each(std::uint64_t first, const std::function<Status(const Entry&)>& visit) const;

    // That the entry is in the tree of the newest checkpoint. `invalid` when it is not durable.
    virtual Result<Receipt> receipt(std::uint64_t index) const = 0;
    // RFC 9162 paths for crypto/merkle.h, at any durable size; they wait for the tiles, half a second at most (`busy`).
    virtual Result<std::vector<crypto::Hash>> inclusion_proof(std::uint64_t index, std::uint64_t size) const = 0;
    virtual Result<std::vector<crypto::Hash>> consistency_proof(std::uint64_t first, std::uint64_t second) const = 0;
    // Everything about the person that the newest map root covers, proven whole; from the entry `before` on instead of the
    // newest, which must be hers. At most kProvenEntriesMax entries and kProvenBytesMax; `more` says where the next file
    // begins. Waits for map and tiles, two seconds at most (`busy`). `not_found` for a `before` that is not hers.
    virtual Result<PersonProof> prove(const crypto::Pseudonym& person,
                                      std::optional<std::uint64_t> before = std::nullopt) const = 0;
    // Of the tree of the first `size` entries; waits for the tiles in the same way.
    virtual Result<crypto::Hash> root(std::uint64_t size) const = 0;
    // Whether the log still holds what a receipt of it, kept elsewhere, says. `unauthorized` when none of the log's keys
    // signed it; `corrupt` when the log was cut back or is another one: the whole disk may have been set back.
    virtual Status check(const Receipt& receipt) const = 0;

    // Shows every file of the log's folder as it is at one moment between now and the end of the call, for a backup. Appending
    // goes on; forgetting waits.
    virtual Result<CopiedLog> copy(CopyTo& to) const = 0;

    // Nothing is appended any more, for this reason: from then on append() and healthy() give it. For a log of which
    // others know entries that it has lost: to go on would give two entries one place.
    virtual void freeze(const Error& why) = 0;

    // An error once a write has failed or the log was frozen, for /healthz.
    virtual Status healthy() const = 0;
};

}  // namespace idun::ledger
