// Checks a whole log from its public files, without trusting who wrote or serves them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "verify/signed_head.h"
#include "verify/source.h"

namespace idun::verify {

struct Question {
    std::vector<Key> log_keys;
    std::vector<Key> witnesses;      // must have cosigned:
    std::size_t witnesses_needed = 0;  // so many of them; 0: all
    std::vector<std::string> since;  // older checkpoints, as they were served
    std::vector<std::string> receipts;
    std::vector<std::string> persons;  // one person's proof files, as they were served
    std::string pseudonym;             // of that person; empty: whoever it is
    // An entry may be so much earlier than the one before: clocks are corrected a little all the time.
    std::int64_t backwards_ms_max = 60'000;
};

struct Verdict {
    bool holds = false;
    std::string sentence;    // what was found
    std::string checkpoint;  // when it holds: to be kept, for `since`
    // It may be otherwise in some seconds: a log's public checkpoint is a little behind its receipts, and so are cosignatures.
    bool early = false;
};

// Errors: what could not be checked (no file can be fetched, a receipt of another log).
Result<Verdict> check(Source& source, const Question& question);

// The person's proof alone, without the log: what it shows by itself, and whether older checkpoints and receipts
// contradict it.
Result<Verdict> check_person(const Question& question);

}  // namespace idun::verify
