// What stands under which key in a hub's store, by the aliases that it remembers: while a key takes another's place,
// and after (docs/formats/blind-key.md). Reads all of the store, in bounded memory: as many pseudonyms at a time as
// fit.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/function_ref.h"
#include "store/pace.h"
#include "store/table.h"

namespace idun::people {

inline constexpr std::size_t kKeysCountedMax = 32;
inline constexpr std::size_t kPseudonymsAtOnce = 2u << 20;  // 50 MB

struct KeyCounts {
    std::vector<std::string> keys;          // names of those of which aliases speak, ascending
    std::vector<std::uint64_t> pseudonyms;  // that have an alias; by key, as are the next
    struct Rows {
        std::string table;
        std::vector<std::uint64_t> under;
        std::uint64_t unknown = 0;  // under a pseudonym without an alias
    };
    std::vector<Rows> tables;  // those that have rows under pseudonyms
};

// The key of the pseudonym that a row stands under.
struct RowKey {
    std::optional<std::size_t> key;  // its place among the keys; nothing: it has no alias
    std::uint32_t beside = 0;        // a bit for the place of each key under which it has one
};
using CountedRow = FunctionRef<void(const store::Table& table, std::string_view value, const RowKey& of)>;

// `counted` sees each row that is counted. `keys` are known too, though no alias speaks of them.
Result<KeyCounts> count_by_key(const store::Snapshot& snapshot, const store::Tables& tables,
                               std::vector<std::string> keys, const store::ScanPace& pace, CountedRow counted,
                               std::size_t pseudonyms_at_once = kPseudonymsAtOnce);

}  // namespace idun::people
