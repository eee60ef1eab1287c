// Many entries for one answer: as many as it takes, a bounded number of them under way.
//
//     append_each(ledger, [entries = std::move(entries)]() mutable { return entries.next(); }, [reply](Result<Receipt>
//     last) { ... });
#pragma once

#include <functional>
#include <optional>

#include "ledger/ledger.h"

namespace idun::ledger {

// The next entry; nothing at the end. Must be quick: it is called on threads of the ledger, one at a time.
using NextAccess = std::function<std::optional<Access>()>;

// Appends what `next` gives, a wave at a time: the next one is made only when the one before is durable, so that
// neither the log's queue nor memory holds them all. `done` is called once, when all are durable, with the receipt of
// the last (its hash covers the others), or with the first failure. An answer that needs no entry is a bug: `next`
// gives at least one.
void append_each(Ledger& ledger, NextAccess next, Appended done);

}  // namespace idun::ledger
