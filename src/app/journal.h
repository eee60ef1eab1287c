// What an earlier run of `idun load` has done, so that the same command goes on after a break and reports the same.
//
// A text file, version 1. The first line is "idun-load-journal 1"; every other is one piece of work that the node has
// answered, with what it refused of it:
//
//     {"piece":"0f3a… 500","refused":[{"place":"line 17","count":1,"reason":"…"}]}
//
// A line is written at once when its piece is answered; one that a crash cut off is passed over, and its piece is sent
// again. The name of a piece is made by the caller, of all that makes it the same work: node, file, place in the file.
#pragma once

#include <cstdint>
#include <fstream>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"

namespace idun::app {

struct JournalRefusal {
    std::string place;
    std::string reason;
    std::uint64_t count = 1;
    friend bool operator==(const JournalRefusal&, const JournalRefusal&) = default;
};

// Thread-safe.
class Journal {
public:
    // Reads what is there. "" is a journal that remembers nothing. `invalid` when the file is something else.
    Status open(const std::string& path);

    // What was refused of the piece in an earlier run; nullptr when no earlier run has finished it.
    const std::vector<JournalRefusal>* done(const std::string& piece) const;
    Status add(const std::string& piece, const std::vector<JournalRefusal>& refused);
    // All is done: nothing needs to be remembered.
    void remove();

private:
    Status read(const std::string& text);

    std::string path_;
    std::map<std::string, std::vector<JournalRefusal>> done_;  // as of open()
    std::mutex mutex_;
    std::ofstream out_;
};

}  // namespace idun::app
