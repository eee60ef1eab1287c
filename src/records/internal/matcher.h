// A query against resource rows, with its texts hashed once.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "search/query.h"
#include "records/internal/keys.h"
#include "records/internal/row.h"

namespace idun::records {

// Two hashes to compare with an item's; either may be left open.
struct HashPair {
    bool any_a = false;
    bool any_b = false;
    std::uint64_t a = 0;
    std::uint64_t b = 0;
    bool matches(const SearchItem& item) const { return (any_a || item.a == a) && (any_b || item.b == b); }
};

struct HashedClause {
    search::Clause::Kind kind{};
    std::uint8_t number = 0;
    std::vector<HashPair> pairs;              // token, reference, chained_identifier (as Patients)
    std::vector<search::DateCriterion> dates;
    std::vector<std::string> ids;             // of _id; of a reference or chain: those that are or may be a Patient's
};

class Matcher {
public:
    // `chained` holds, for each chained clause in order, the ids of the Patients that carry the identifier.
    Matcher(const search::Query& query, const std::vector<std::vector<std::string>>& chained, const TextHash& hash,
            Instant now);

    // A row that is not deleted.
    bool matches(const RowView& row, std::string_view id) const;
    const std::vector<HashedClause>& clauses() const { return clauses_; }

private:
    bool matches(const HashedClause& clause, const RowView& row, std::string_view id) const;

    std::vector<HashedClause> clauses_;
    Instant now_;
};

}  // namespace idun::records
