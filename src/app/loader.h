// Sending FHIR files to a node: `idun load`.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "app/import.h"
#include "http/client.h"

namespace idun::app {

// One resource or file that was not taken, and why.
struct Refused {
    std::string file;
    std::string place;  // "line 17", "Observation/abc", "" for the whole file
    std::string reason;
};

struct LoadReport {
    std::uint64_t files = 0;
    std::uint64_t files_skipped = 0;  // loaded by an earlier run with the same journal
    std::uint64_t taken = 0;          // resources
    std::vector<Refused> refused;     // by file and line; at most kRefusedMax, refused_count counts on
    std::uint64_t refused_count = 0;
    std::optional<Error> broken_off;  // why the run ended before its end; the rest counts what came before
};
inline constexpr std::size_t kRefusedMax = 10'000;

struct LoadOptions {
    std::string node_url;              // FHIR base or its root
    std::string token;
    std::string journal;               // file that remembers what is done and was refused (app/journal.h); "": none
    std::size_t bundle_resources = 500;  // in one transaction of single resources
    std::size_t in_flight = 4;         // requests at once
    std::function<void(std::uint64_t bytes_done, std::uint64_t bytes_all, std::uint64_t resources)> progress;
};

// The files that `paths` name: files as they are, folders with the FHIR files in them and below.
Result<std::vector<std::string>> fhir_files(const std::vector<std::string>& paths);

// Files and folders (of .json, .ndjson, each also .gz and .zst; in the order of their names). A Bundle goes as one
// transaction: all of it or nothing. Lines of NDJSON go by $import, bundle_resources at once and as they are; those that
// are refused are sent again one by one, so that the report is exact. When the node cannot be reached the report says so
// in broken_off: then run again with the same journal. What an earlier run was refused is reported again. An error
// means that nothing was begun.
Result<LoadReport> load(http::Client& client, const std::vector<std::string>& paths, const LoadOptions& options);

// Sends resources as one transaction; where that is refused, as a batch, so that what is well formed is taken.
struct SentAll {
    std::size_t refused = 0;
    std::string place;   // of the first refused, "Observation/abc"
    std::string reason;  // why
};
Result<SentAll> send_all(http::Client& client, const std::string& node_url, const std::string& token,
                             std::span<const Imported> resources);

// Sends lines of NDJSON by $import; waits while the node is busy.
Result<SentAll> import_lines(http::Client& client, const std::string& node_url, const std::string& token, std::string lines);

}  // namespace idun::app
