// The work of one export job.
#pragma once

#include <atomic>
#include <functional>

#include "base/time.h"
#include "bulk/job.h"
#include "bulk/output.h"
#include "ledger/ledger.h"
#include "records/records.h"

namespace idun::bulk {

struct RunParts {
    const records::Records& records;
    ledger::Ledger& ledger;
    const Clock& clock;
    std::size_t threads = 2;
    OutputLimits limits;
    std::function<records::Visible(const ledger::Actor& requester)> visible_to = {};  // empty: everything
};

// Shared with who watches the job.
struct RunState {
    std::atomic<bool> stop{false};
    std::atomic<std::size_t> done{0};
    std::atomic<std::size_t> all{1};  // pieces of work
};

// Writes the job's files into `folder` and fills job.files. Every person in them is in the log when it returns.
// `busy` when it was stopped.
Status run(const RunParts& parts, const store::Snapshot& snapshot, const std::string& folder, JobRecord& job, RunState& state);

// Ids of the Patients that are members of a group; `not_found` without such a group.
Result<std::vector<std::string>> members_of(const records::Records& records, const std::string& group,
                                            std::shared_ptr<const store::Snapshot> snapshot);

}  // namespace idun::bulk
