// Taking everything out of a node: `idun export`.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "http/client.h"

namespace idun::app {

struct ExportOptions {
    std::string node_url;            // FHIR base or its root
    std::string token;               // of a system
    std::string folder;              // must be empty or absent
    std::vector<std::string> types;  // empty: all
    std::string since;               // "": everything
    std::size_t in_flight = 4;
    std::chrono::milliseconds patience = std::chrono::hours(12);
    std::function<void(const std::string& state)> progress;
};

struct ExportReport {
    std::uint64_t files = 0;
    std::uint64_t resources = 0;
    std::uint64_t deletions = 0;
    std::string as_of;  // the export's transactionTime
};

// Starts an export, waits for it, fetches its files, each whole or not at all, counts their lines, writes the manifest to
// `export-manifest` (a name that `idun load` passes over) and removes the export from the node. The current version of
// every resource is in it, not their histories. Addresses in the manifest are asked at the node that was named, wherever
// they point: a token goes nowhere else.
Result<ExportReport> export_node(http::Client& client, const ExportOptions& options);

}  // namespace idun::app
