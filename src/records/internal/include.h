// What _include and _revinclude add to a page.
#pragma once

#include <vector>

#include "records/internal/finder.h"
#include "records/internal/impl.h"

namespace idun::records {

struct Included {
    std::vector<Loaded> entries;
    bool cut = false;  // there is more than a page may hold
};
// Nothing that the page has already, nothing twice, nothing that the caller may not see.
Result<Included> included(const Records::Impl& records, const search::Query& query, const std::vector<Loaded>& page,
                          const store::Snapshot& snapshot, const Context& context);

}  // namespace idun::records
