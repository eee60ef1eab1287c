// One export as it is kept on disk. Bytes: docs/formats/bulk.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "bulk/request.h"
#include "ledger/entry.h"

namespace idun::bulk {

enum class JobState { waiting, running, complete, failed };

// A finished NDJSON file.
struct OutputFile {
    std::string name;  // "Observation.1-3.ndjson"
    std::string type;  // of its resources; "" when they are Bundles that tell of deletions
    std::uint64_t count = 0;
    std::uint64_t bytes = 0;
    friend bool operator==(const OutputFile&, const OutputFile&) = default;
};

struct JobRecord {
    std::string id;
    std::string owner;  // the one client that may see it: a hash
    ledger::Actor requester;
    std::string url;    // of the kick-off, as the manifest shows it
    std::string request_id;
    ExportRequest request;
    Instant created;
    JobState state = JobState::waiting;
    Instant finished;   // from here on, when it is complete or failed
    Instant as_of;      // transactionTime
    std::uint64_t store_version = 0;
    std::vector<OutputFile> files;
    std::string failure;  // one sentence without personal data
    friend bool operator==(const JobRecord&, const JobRecord&) = default;
};

std::string encode(const JobRecord& job);
Result<JobRecord> decode_job(std::string_view text);  // `corrupt`

// Writes the file whole or not at all, durably.
Status write_whole(const std::string& path, std::string_view bytes);

}  // namespace idun::bulk
