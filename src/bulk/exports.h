// Exports of a node's records: asynchronous jobs that write NDJSON files, after FHIR Bulk Data Access 2.0.
//
//     TRY_ASSIGN(auto exports, Exports::open(options, records, ledger, clock, random));
//     TRY_ASSIGN(auto id, exports->start(request, client, url));      // `busy`: too many
//     exports->look(id, client.owner);                                // until state is complete: then the files
//     exports->file(id, "Observation.1-1.ndjson", client);            // its bytes, once the delivery is in the log
//
// Promises
//   - A job reads one version of the store. Its files and its state are in one folder; a file is there whole or not
//     at all. After a restart a complete job is still there; an unfinished one starts again, at the version of then.
//   - Before a job is complete the access log holds an entry for each person in it, and every delivery of a file
//     is an entry more: no receipt, no data.
//   - Bounded: jobs, jobs of one client, bytes of a file and of a job, deliveries at once; memory does not grow with
//     the store.
//   - Only the client that started a job sees it; for everybody else it is not there.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/random.h"
#include "bulk/job.h"
#include "bulk/output.h"
#include "ledger/ledger.h"
#include "records/records.h"

namespace idun::bulk {

struct Options {
    std::string folder;  // of its own; made if absent
    std::size_t threads = 2;
    std::size_t jobs_max = 64;            // kept, finished or not
    std::size_t jobs_of_client_max = 8;   // the same, of one client
    std::size_t waiting_max = 8;          // not finished
    std::size_t waiting_of_client_max = 2;  // the same, of one client: nobody takes all the places
    std::size_t deliveries_max = 8;       // files on their way at once
    std::chrono::milliseconds lifetime = std::chrono::hours(24);  // of a finished job
    // How long a write may be under way between taking its time and being committed. The job's time lies so much before
    // what it reads: the next export with that time as _since misses nothing, though it may give something again.
    std::chrono::milliseconds settle{5'000};
    // What the requester of a job sees, for one thread; empty: everything. Asked when the job runs.
    std::function<records::Visible(const ledger::Actor& requester)> visible_to = {};
    OutputLimits limits;
};

// Who asks.
struct Client {
    std::string owner;  // names it, opaquely
    ledger::Actor actor;
    std::string request_id;
};

// A job as its client sees it.
struct JobView {
    JobRecord job;
    int percent = 0;  // while it runs
    Instant expires;  // when it is finished
};

// A file's bytes, and the receipt of its delivery.
struct Delivery {
    std::shared_ptr<const std::string> bytes;
    ledger::Receipt receipt;
};
using Delivered = std::function<void(Result<Delivery>)>;

// Thread-safe.
class Exports {
public:
    // What is passed by reference lives as long as the exports.
    static Result<std::unique_ptr<Exports>> open(Options options, const records::Records& records, ledger::Ledger& ledger,
                                                 const Clock& clock, Random& random);
    ~Exports();  // stops what runs; it goes on when opened again

    // The job's id. `not_found`: no such group. `busy`: too many jobs, or too little room on the disk.
    Result<std::string> start(ExportRequest request, const Client& client, std::string url);
    // `not_found` also for the jobs of others.
    Result<JobView> look(const std::string& id, const std::string& owner);
    // Stops the job if it runs, after a bounded amount of work whatever it is doing, and removes it with its files.
    Status remove(const std::string& id, const std::string& owner);
    // `delivered` is called once, on a thread of the ledger or at once with an error. `busy`: too many deliveries.
    void file(const std::string& id, const std::string& name, const Client& client, Delivered delivered);

private:
    struct Impl;
    explicit Exports(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace idun::bulk
