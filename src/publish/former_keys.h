// When a key by which people are named may leave a node: not before the hub knows, of everybody here, that the
// pseudonyms under it and under another key of the node are one number's (docs/formats/blind-key.md). Otherwise what
// people chose under it would stop to hold here.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/store.h"

namespace idun::publish {

// In the node's store: the hub was told of all patients by these keys (their names, with spaces), or not any more ("").
void note_aliases_told(store::Batch& batch, std::string_view keys);

// `named_by`: the keys by which patients are named now, names with spaces; "": by none. `ring`: those of this start.
// `let_go`: keys that the operator lets go whatever the hub was told. `conflict`, with what to do, when one of
// `named_by` is missing too early.
Status keys_may_leave(store::Store& store, std::string_view named_by, std::span<const std::string> ring,
                      std::span<const std::string> let_go);

}  // namespace idun::publish
