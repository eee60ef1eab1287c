// Pointer lines, as `idun synth --pointers` writes them, into the index of a hub that does not run: `idun index load`.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "app/hub_role.h"
#include "index/index.h"

namespace idun::app {

struct IndexLoad {
    std::vector<std::string> files;  // "-": standard input
    std::string journal;             // file that remembers how far each file is in; "": none
    std::size_t held_max = 4'000'000;  // pointers in memory at once, 24 bytes each
    // Called now and then, and at the end.
    std::function<void(std::uint64_t pointers)> progress = {};
};

// A line that was not taken.
struct WrongLine {
    std::string file;
    std::uint64_t line = 0;
    std::string reason;  // never what stands there
};

struct IndexLoaded {
    std::uint64_t pointers = 0;
    std::uint64_t lines_skipped = 0;   // an earlier run with the same journal has loaded them
    std::vector<WrongLine> wrong;      // the first kWrongLinesMax; wrong_count counts on
    std::uint64_t wrong_count = 0;
};
inline constexpr std::size_t kWrongLinesMax = 100;

// Each pointer is one that its source said in its version 0: whatever the source itself says later holds instead, and to load again
// changes nothing. Durable when it returns; what a broken run has loaded is in, and its journal says how far that is.
Result<IndexLoaded> load_index(const HubOptions& hub, const IndexLoad& load, const Clock& clock, Random& random);

// The same into an index that is open; under the key of `pseudonyms` that writes.
Result<IndexLoaded> load_index(index::Index& index, const crypto::PseudonymRing& pseudonyms, const IndexLoad& load, const Clock& clock);

}  // namespace idun::app
