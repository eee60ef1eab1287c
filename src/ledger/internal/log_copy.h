// Which files of a log's folder make a copy of it, and how much of each.
#pragma once

#include <optional>
#include <string>

#include "ledger/copy.h"

namespace idun::ledger {

// Of the journal's newest file only so much is durable and whole.
struct JournalEnd {
    std::uint64_t segment = 0;  // its first entry
    std::uint64_t bytes = 0;
};

// The public checkpoint; "" when there is none yet.
Result<std::string> shown_checkpoint(FileSystem& files, const std::string& folder);

// Journal, keys, heads, the tiles of the tree that `checkpoint` speaks of, and that checkpoint. None of them may go meanwhile, nor keys
// and heads change. Without `end` the journal's files are taken whole.
Status copy_files(FileSystem& files, const std::string& folder, const std::string& checkpoint, const std::optional<JournalEnd>& end,
                  CopyTo& to);

}  // namespace idun::ledger
