// The NDJSON files that one thread of an export writes: a file a type, begun anew when it has its bytes. A file has
// the ending .part until it is whole and on disk.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "bulk/job.h"

namespace idun::bulk {

struct OutputLimits {
    std::uint64_t file_bytes_max = 32u << 20;  // a file that has so much is ended: it holds at most one resource more
    std::uint64_t job_bytes_max = 256ull << 30;
    // What stays free on the disk, which the store and the log of accesses need: below it no export begins or goes on.
    std::uint64_t disk_reserve_bytes = 1ull << 30;
};

// `busy` when less than the reserve is free.
Status check_disk(const std::string& folder, const OutputLimits& limits);

// For one thread. `job_bytes` counts what all threads of the job have written.
class Output {
public:
    Output(std::string folder, std::size_t thread, OutputLimits limits, std::atomic<std::uint64_t>& job_bytes);
    ~Output();  // what is not finished is removed
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;

    // One line. `too_large` when the job has too many bytes, `busy` when the disk has too few left.
    Status resource(const std::string& type, std::string_view json);
    // A Bundle that says that this resource was deleted.
    Status deleted(const std::string& type, const std::string& id);
    // Ends every file; they are durable but for their names, whose folder the caller syncs.
    Status finish();
    std::vector<OutputFile> take() { return std::move(finished_); }

private:
    struct Open {
        int file = -1;
        OutputFile about;
        std::string buffer;
    };
    Status line(const std::string& type, std::string_view json);
    Status begin(const std::string& type, Open& open);
    Status flush(Open& open);
    Status end(Open& open);
    std::string path(const OutputFile& file) const { return folder_ + "/" + file.name; }

    const std::string folder_;
    const std::size_t thread_;
    const OutputLimits limits_;
    std::atomic<std::uint64_t>& job_bytes_;
    std::size_t files_ = 0;
    std::map<std::string, Open> open_;  // by type
    std::vector<OutputFile> finished_;
};

}  // namespace idun::bulk
