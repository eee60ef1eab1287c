// The care relations that requesters have declared, as the hub's own log says them: read from the rows of its entries
// when it is time to check them, by a place that goes on. Nothing is written when they are declared. Why:
// docs/decisions/0072-rows-of-an-entry.md.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "crypto/pseudonym.h"
#include "exchange/draft.h"
#include "ledger/entry.h"
#include "people/links.h"
#include "store/store.h"
#include "store/table.h"

namespace idun::exchange {

struct DeclaredCare {
    crypto::Pseudonym person;
    std::string provider_id;
    std::string unit_id;  // may be empty
    std::string user_id;
    std::string name;  // may be empty
    Instant at;
    friend bool operator==(const DeclaredCare&, const DeclaredCare&) = default;
};

// That a requester has declared at the hub with an access that was permitted. `own`: of the hub's log.
std::optional<DeclaredCare> declared_in(const ledger::Access& access, bool own);

// Before anything new is taken in of the hub's log: where there is no place yet, it is behind what was taken in.
// Programs of before have written a row of each declaration up to there.
Status open_declared(store::Store& store, std::string_view log_id);

struct Declared {
    std::vector<DeclaredCare> due;
    std::vector<DeclaredCare> ahead;  // by a clock that was wrong: of later than now, and nothing behind waits for them
    bool more = false;
    std::optional<std::string> place;  // for keep_place(); nothing: where it was
};
// Of at most `entries_max` entries from the place on, up to the first that was not declared before `before`. An entry under another
// number than the one that was asked for counts when the numbers are not one person's. `links` null: everybody has one
// number.
Result<Declared> declared_before(const Draft& draft, Instant before, Instant now, std::size_t entries_max,
                                 const people::Links* links);
// In the commit of what came of them.
void keep_place(Draft& draft, std::string place);

store::Table declared_table();

}  // namespace idun::exchange
