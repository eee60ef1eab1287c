// Rows of a range, over as many scans as that takes.
#pragma once

#include <algorithm>
#include <vector>

#include "store/store.h"

namespace idun::exchange {

inline constexpr std::size_t kRowsAtOnce = 1000;

// Every row of the range in its order, at most `rows_max` of them.
inline Result<std::vector<store::Entry>> rows_of(const store::Snapshot& snapshot, store::Range range, std::size_t rows_max) {
    std::vector<store::Entry> out;
    for (bool more = true; more && out.size() < rows_max;) {
        TRY_ASSIGN(auto chunk, snapshot.scan(range, {.entries_max = std::min(kRowsAtOnce, rows_max - out.size())}));
        more = chunk.more;
        if (more) range = store::rest_of(range, chunk.entries.back().key);
        for (store::Entry& row : chunk.entries) out.push_back(std::move(row));
    }
    return out;
}

}  // namespace idun::exchange
