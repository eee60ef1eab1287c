// What a table says its rows are, so that somebody who knows none of them can look a whole store through (scan.h).
//
// Every folder that keeps rows declares its tables beside the code that reads and writes them; app/ puts a role's together.
// A row that no table owns is a finding: so no table is forgotten. Why: docs/decisions/0062-tables.md.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/function_ref.h"
#include "crypto/pseudonym.h"
#include "store/store.h"

namespace idun::store {

// What a row owes: other rows at the same version, looked up many at a time when some hundred rows were read.
class Owed {
public:
    // What is wrong with the value of that key (empty: there is no such row); "": nothing.
    using Judge = std::function<std::string_view(const Snapshot& at, const std::optional<std::string>& value)>;
    struct Debt {
        std::string key;
        Judge judge;
        bool large = false;
    };

    // A row of a table whose rows have the usual bound (Table::value_bytes_max).
    void row(std::string key, Judge judge) { debts_.push_back({std::move(key), std::move(judge)}); }
    // The row is there.
    void row(std::string key, std::string_view lacking) {
        row(std::move(key), [lacking](const Snapshot&, const auto& value) { return value ? std::string_view() : lacking; });
    }
    // The row is there and says this.
    void row(std::string key, std::string says, std::string_view otherwise) {
        row(std::move(key), [says = std::move(says), otherwise](const Snapshot&, const auto& value) { return value == says ? std::string_view() : otherwise; });
    }
    // The same for rows that may be as long as a store takes: they are looked up a few at a time, since all of what is looked up at once is
    // in memory.
    void large_row(std::string key, Judge judge) { debts_.push_back({std::move(key), std::move(judge), true}); }
    void large_row(std::string key, std::string_view lacking) {
        row(std::move(key), lacking);
        debts_.back().large = true;
    }
    // What is wrong with the row itself, beside what its check has returned.
    void wrong(std::string_view says) { wrong_.push_back(says); }

    std::vector<Debt>& debts() { return debts_; }
    std::vector<std::string_view>& wrongs() { return wrong_; }

private:
    std::vector<Debt> debts_;
    std::vector<std::string_view> wrong_;
};

struct Table {
    std::string_view name;  // "rights.history"
    // Its keys begin with `prefix` (a partition or more; the longest one counts), or, where it is spread over many partitions,
    // have `letter` behind the partition.
    std::string prefix = {};
    char letter = 0;
    // Tables that share a letter tell their rows by this; without it all with the letter are the table's.
    std::function<bool(std::string_view key, std::string_view value)> owns = {};
    // Shows the pseudonyms that a row stands under, as its key names them; none: rows of this table are about nobody, or say in their
    // values alone about whom.
    std::function<void(std::string_view key, FunctionRef<void(const crypto::Pseudonym&)> found)> whose = {};
    unsigned form = 1;                      // of its rows, as they are written now
    std::size_t value_bytes_max = 1 << 20;  // no row that was written right is longer
    // The row by itself: it decodes, and encodes to the same again. Its errors quote nothing of it. May remember what it has
    // seen: rows come in the order of their keys, and tables are made anew for each scan.
    std::function<Status(std::string_view key, std::string_view value, Owed& owed)> check = {};
    // After the last row of the store.
    std::function<void(Owed& owed)> ended = {};
};
using Tables = std::vector<Table>;

// For a check's end: what was read is what would be written.
inline Status encodes_to_itself(std::string_view again, std::string_view value) {
    if (again == value) return {};
    return fail(Category::corrupt, "it does not encode to itself");
}

// Finds the table of a row.
class TableFinder {
public:
    explicit TableFinder(const Tables& tables) : tables_(tables) {}
    // Its place among the tables; nothing for a row that no table owns.
    std::optional<std::size_t> find(std::string_view key, std::string_view value) const;

private:
    const Tables& tables_;
};

}  // namespace idun::store
