// When a key by which people are named may leave a node: not before the hub knows, of everybody here, that the
// pseudonyms under it and under another key of the node are one number's (docs/formats/blind-key.md). Otherwise what
// people chose under it would stop to hold here.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "records/named_by.h"
#include "records/records.h"
#include "store/store.h"

namespace idun::publish {

// In the node's store: the hub was told of all patients by these keys (their names, with spaces), or not any more ("").
void note_aliases_told(store::Batch& batch, std::string_view keys);

// That it was told so by other keys than `keys`: whoever has come since was not among them.
Status forget_told_by_others(store::Store& store, std::string_view keys);

// By which keys patients are named when a node starts.
struct NamedHere {
    records::NamedBy by;
    bool all = true;              // false: a renaming by the keys of this start is due, or was broken off
    bool by_another_key = false;  // where the store does not say: by one that this start lacks
};
Result<NamedHere> named_here(const records::Records& records);

// The keys by which the hub was told of all who are named by those that the store says ("": it was not). What it was told by
// others was of other people, before.
Result<std::string> told_of_all(const store::Snapshot& snapshot, const records::NamedBy& by);

// Of the keys by which people are named, those that are not in `ring`: whether there are any, and why they may not leave ("": they
// may). One by which all were named is needed until the hub was told of them, one of a renaming that was broken off in any case,
// as nobody has told the hub of those who came meanwhile. `let_go`: keys that the operator lets go whatever the hub was told.
struct Leaving {
    bool any = false;
    std::string why_not;
    std::string remedy;  // what to do when they have left all the same
};
Result<Leaving> leaving(store::Store& store, const records::NamedBy& by, std::span<const std::string> ring,
                        std::span<const std::string> let_go);

// When a node starts with `ring`: `conflict`, with what to do, when a key by which patients are named is missing too early. When
// none is missing, the hub must be told anew by the keys of now before one may leave.
Status keys_may_leave(store::Store& store, const NamedHere& named, std::span<const std::string> ring,
                      std::span<const std::string> let_go);

}  // namespace idun::publish
