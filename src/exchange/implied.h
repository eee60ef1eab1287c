// What follows from an entry of a log: the person is told.
//
// It is written in the commit that takes the entry into the list of accesses. The entry was durable before the answer
// that it stands for, and the list goes on where it ended: so what an answer implies is neither lost when the hub dies
// right after it nor done twice, and no answer waits for a second sync (docs/decisions/0039-implied-by-the-log.md). What
// the entry says by itself is not written a second time: docs/decisions/0072-rows-of-an-entry.md.
#pragma once

#include <deque>
#include <mutex>
#include <span>

#include "directory/directory.h"
#include "exchange/access_rows.h"
#include "exchange/care_checks.h"
#include "exchange/notices.h"
#include "people/links.h"

namespace idun::exchange {

// `own`: of the hub's log. There a gathering that is begun and a look at pointers, by anybody but the person herself; of
// a node's log what staff read, searched and exported.
bool is_told(const ledger::Access& access, bool own);
// Thread-safe as its parts are; they live longer.
class Implied {
public:
    Implied(const directory::Directory& directory, const people::Links& links, Notices& notices, CareChecks& care)
        : directory_(directory), links_(links), notices_(notices), care_(care) {}

    // Goes into the draft that takes the entry in; nothing is told when she has switched off what is told of accesses. True: the
    // entry's line is the message (LoggedEntry::told).
    bool follow(Draft& draft, const LoggedEntry& entry, bool own) const;
    // Before many are followed that are about these.
    void prepare(std::span<const crypto::Pseudonym> people) const { notices_.read_ahead(people); }
    // The draft is committed.
    void committed() const { care_.wake(); }

private:
    // While a key takes another's place a node writes each access under two pseudonyms of the same number: she is told once.
    bool told_under_alias(const ledger::Access& access) const;

    const directory::Directory& directory_;
    const people::Links& links_;
    Notices& notices_;
    CareChecks& care_;
    mutable std::mutex mutex_;
    mutable std::deque<ledger::Access> told_;  // lately, of those who have aliases
};

}  // namespace idun::exchange
