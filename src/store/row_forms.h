// Tables whose rows change their form while a role runs: readers read the old form and the new one, writers write the new one, and
// what lies there in the old one is rewritten in the background. Why: docs/decisions/0064-row-forms.md; bytes: docs/formats/store.md.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "store/store.h"
#include "store/table.h"

namespace idun::store {

// Of one table. Whoever uses the table reads both forms.
struct FormChange {
    std::string_view table;  // its name (store/table.h)
    std::string prefix;      // of its keys
    unsigned form = 1;       // as rows are written now
    // The row in this form; nothing for one that has it. Pure. Empty where rows of the old form are as good in the new one, and once no store
    // has the old form any more: the change itself stays, since stores say that they have this form.
    std::function<Result<std::optional<std::string>>(std::string_view key, std::string_view value)> rewritten = {};
};

// Whoever opens a store that another program may have written asks this before it reads on: `unsupported` when a table has a newer form
// than this program knows, or is one that it does not know at all. Writes nothing.
Status check_forms(const Snapshot& at, std::span<const FormChange> known);

// When a role starts, before it writes a row: says in the store which forms its tables have from now on. `unsupported` as above.
Status announce_forms(Store& store, std::span<const FormChange> changes);

// What lies in the old form, `rows_max` rows at a time: each that is rewritten must still be what was read, and how far it is stands in
// the same commit. True when there may be more. Ends nowhere else than it began when the process dies.
struct Rewritten {
    bool more = false;
    std::size_t rows = 0;
};
Result<Rewritten> rewrite_some(Store& store, const FormChange& change, std::size_t rows_max = 500);

// The table in which all of this stands.
Table form_table();

}  // namespace idun::store
