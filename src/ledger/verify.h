// Checks a log's folder as its owner can, with its journal and its keys, for `idun verify-log`. Changes nothing. What is public
// everybody can check with other people's tools as well.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "crypto/jws.h"
#include "ledger/file_system.h"
#include "ledger/ledger.h"
#include "ledger/receipt.h"

namespace idun::ledger {

struct Report {
    std::string log_id;
    std::uint64_t entries = 0;            // intact and covered by a signed checkpoint
    std::uint64_t forgotten = 0;          // of them, those that nobody can open any more
    std::uint64_t clock_back = 0;         // times that the log's clock jumped back: no damage, but worth asking about
    std::optional<Checkpoint> newest;     // that the log itself knows
    std::vector<std::string> problems;    // each with its file or entry; the first kProblemsMax
    bool ok() const { return problems.empty(); }
};
inline constexpr std::size_t kProblemsMax = 100;

// Every entry in tiles and journal: its hash, the roots, that its key opens it; the newest signatures; and that the log
// still holds what `known` checkpoints and receipts (kept elsewhere: the hub, a patient's receipt book) say.
// `visit` gets every entry, opened where its key is there, as far as the log holds.
// Fails only when the folder cannot be read at all. An unfinished group at the end is a problem too: opening cuts it off.
Result<Report> verify_log(const std::string& folder, const crypto::KeySet& keys, FileSystem& files,
                          const std::vector<Checkpoint>& known = {}, const std::vector<Receipt>& receipts = {},
                          const std::function<void(const Entry&)>& visit = {});

}  // namespace idun::ledger
