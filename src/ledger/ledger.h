// An append-only log of accesses on one folder: no receipt, no data.
//
// append() queues the entry; one writer thread puts many entries and one signed checkpoint into one write and one
// sync, and only then hands out the receipts. Entries are hash-linked, so nothing can be changed, taken out or
// put in between afterwards without the hashes and signatures telling. The file format is this folder's affair
// (docs/formats/ledger.md); use verify.h to check a folder.
//
//     TRY_ASSIGN(auto ledger, Ledger::open("data/log", "SE2321000016", key, system_files(), clock));
//     ledger->append(access, [reply](Result<Receipt> receipt) { ... });   // data leave only with a receipt
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "base/result.h"
#include "base/time.h"
#include "crypto/jws.h"
#include "ledger/entry.h"
#include "ledger/file_system.h"
#include "ledger/receipt.h"

namespace idun::ledger {

struct Options {
    std::uint64_t segment_bytes_max = 64u << 20;  // a group that would pass it starts a new file
    std::size_t queue_entries_max = 1u << 16;     // waiting entries; more: busy
    std::size_t queue_bytes_max = 64u << 20;
    std::size_t group_bytes_max = 4u << 20;  // written at once
    crypto::KeySet former_keys = {};         // that signed older checkpoints of this log
};

// One entry as it stands in the log.
struct Entry {
    std::uint64_t index = 0;
    crypto::Hash hash;    // of the chain up to here
    std::string payload;  // decode() gives the Access
};

using Appended = std::function<void(Result<Receipt>)>;

// Thread-safe.
class Ledger {
public:
    // Opens or makes the log and checks all of it. An unfinished group at the end (its entries were never
    // acknowledged) is cut off and counted in a log line. Any other damage is `corrupt` with file and offset, and so is
    // a log that is shorter than its own newest checkpoint. `conflict` when the folder is open elsewhere or belongs to
    // another log. What is passed by reference lives as long as the ledger.
    static Result<std::unique_ptr<Ledger>> open(std::string folder, std::string log_id, const crypto::SigningKey& key,
                                                FileSystem& files, const Clock& clock, Metrics* metrics = nullptr,
                                                Options options = {});
    virtual ~Ledger() = default;  // writes what is queued, then closes

    // `done` is called once: on the writer thread after the entry is durable, or with the failure (`busy` from
    // the calling thread when the queue is full). It must be quick and must not wait for this ledger.
    // After a failed write the ledger takes no more: its file is in doubt until it is opened again.
    virtual void append(const Access& access, Appended done) = 0;
    // The same, waiting.
    Result<Receipt> append(const Access& access);

    virtual const std::string& log_id() const = 0;
    // Durable entries.
    virtual std::uint64_t size() const = 0;
    // The newest durable checkpoint, signed; of a new log too.
    virtual std::string checkpoint() const = 0;

    // Durable entries from `first`, at most `count_max` of them and 4 MiB, but one if there is one.
    virtual Result<std::vector<Entry>> read(std::uint64_t first, std::size_t count_max) const = 0;
    // Every durable entry from `first` in order, until `visit` returns an error, which is then returned.
    Status for_each(std::uint64_t first, const std::function<Status(const Entry&)>& visit) const;

    // An error once a write has failed, for /healthz.
    virtual Status healthy() const = 0;
};

}  // namespace idun::ledger
