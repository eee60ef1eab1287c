// How far each file of pointer lines is in the index, so that a broken load goes on where it was.
//
// A text file: LINES <tab> BYTES <tab> PATH, the newest line about a file holds. BYTES is the file's size: another file of the same
// name begins anew. Standard input has no entry.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/result.h"

namespace idun::app {

class IndexLoadJournal {
public:
    // "": nothing is remembered. `invalid` when the file is no such journal.
    static Result<IndexLoadJournal> open(const std::string& path);

    std::uint64_t lines_of(const std::string& file) const;
    // Durable when it returns.
    Status note(const std::string& file, std::uint64_t lines);

private:
    std::string path_;
    std::map<std::string, std::uint64_t> lines_;  // by "BYTES <tab> PATH"
};

}  // namespace idun::app
