// How a clause can be answered without looking at everything: by whose records, or by which index rows.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "records/internal/extract.h"
#include "records/internal/row.h"
#include "search/query.h"

namespace idun::records {

// The rows of one value.
struct IndexRows {
    IndexValue value;
    bool any_system = false;
};

// Everything that fits the clause lies in the partitions of `persons` or behind one of `rows`.
struct Access {
    std::vector<std::string> persons;
    std::vector<IndexRows> rows;
    std::vector<std::string> own;  // ids that are looked at besides: what names a compartment lies in it
    bool exact = false;        // what lies behind `rows` fits: no need to look
    bool header_says = false;  // a row that is about one of `persons` fits
    int rank = 0;              // smaller is narrower, as a rule
};
// For resources of `type`; nothing when the clause does not narrow.
std::optional<Access> access_of(const search::Clause& clause, std::string_view type, const search::Registry& known,
                                const Extractor& extractor);

// The marks of which a fitting resource's signature has at least one; nothing when it may have none.
std::optional<std::vector<std::uint16_t>> marks_of(const search::Clause& clause, std::string_view type, const Extractor& extractor);

}  // namespace idun::records
