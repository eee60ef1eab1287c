// Looks through every row of a store at one version: each row by itself, and whether it agrees with the rows that it owes
// something to. It repairs nothing. docs/operations.md says what findings mean.
#pragma once

#include <string>
#include <vector>

#include "store/pace.h"
#include "store/table.h"

namespace idun::store {

struct ScanFinding {
    std::string table;        // of the row that was read; "": it is of no table
    std::string other;        // the table of the row that lacks or contradicts; "": the row itself
    std::uint64_t row = 0;    // its place among the rows of its table, from 1; 0: the table as a whole
    std::string mark;         // beginning of SHA-256 of its key, hex: the same row has the same mark in every scan
    std::string says;
    std::string sentence() const;
};

struct ScanReport {
    struct Sum {
        std::string table;
        unsigned form = 0;
        std::uint64_t rows = 0;
        std::uint64_t bytes = 0;  // of keys and values
        std::uint64_t findings = 0;
    };
    Version version;
    std::vector<Sum> tables;            // in the order in which they were given; at last "" when there are rows of none
    std::vector<ScanFinding> findings;  // the first kFindingsKept
    std::uint64_t found = 0;            // all of them
};
inline constexpr std::size_t kFindingsKept = 1000;

// `unavailable` once it is told to stop.
Result<ScanReport> scan(const Snapshot& snapshot, const Tables& tables, const ScanPace& pace = {});

}  // namespace idun::store
