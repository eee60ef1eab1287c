// A log's folder shown file by file, for a backup. Of a log that is open: Ledger::copy.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "ledger/file_system.h"

namespace idun::ledger {

// Where the files go. Each begins, and then exactly its bytes come, in pieces.
class CopyTo {
public:
    virtual ~CopyTo() = default;
    // `name` is a path below the log's folder.
    virtual Status begin(const std::string& name, std::uint64_t size) = 0;
    virtual Status take(std::string_view bytes) = 0;
};

struct CopiedLog {
    std::string log_id;
    std::uint64_t size = 0;  // entries that the copy holds
    std::string checkpoint;  // of them, a signed note
};

// Of a log that nobody has open (`conflict` when somebody has): one that was closed and is followed by another.
Result<CopiedLog> copy_closed_log(FileSystem& files, const std::string& folder, CopyTo& to);

}  // namespace idun::ledger
