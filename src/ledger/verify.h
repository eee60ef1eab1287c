// Checks a log's folder without trusting who wrote it, for `idun verify-log` and auditors.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "crypto/jws.h"
#include "ledger/file_system.h"
#include "ledger/receipt.h"

namespace idun::ledger {

struct Problem {
    std::string file;          // name in the folder
    std::uint64_t offset = 0;  // where it starts
    std::string what;
};

struct Report {
    std::string log_id;
    std::uint64_t entries = 0;  // intact and covered by a signed checkpoint
    crypto::Hash head;
    std::optional<Checkpoint> newest;  // that the log itself knows
    std::vector<Problem> problems;     // the first kProblemsMax
    bool ok() const { return problems.empty(); }
};
inline constexpr std::size_t kProblemsMax = 100;

// Every byte of every file: frames, chain, signatures of all checkpoints, order and completeness of files, and
// that the log still holds what `known` checkpoints (kept elsewhere: the hub, a patient's receipt book) say.
// Fails only when the folder cannot be read at all. Changes nothing. An unfinished group at the end is a problem
// too: opening the log cuts it off.
Result<Report> verify_log(const std::string& folder, const crypto::KeySet& keys, FileSystem& files,
                          const std::vector<Checkpoint>& known = {}, const std::vector<Receipt>& receipts = {});

}  // namespace idun::ledger
