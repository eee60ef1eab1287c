// The nation's pseudonym key at a role: apart from the data, and never made where people are named already
// (docs/formats/blind-key.md).
#pragma once

#include <optional>
#include <string>

#include "base/random.h"
#include "base/result.h"
#include "crypto/pseudonym_ring.h"
#include "store/store.h"

namespace idun::app {

// Where the key lies, and what it must not lie in.
struct BlindKeyPlace {
    std::string file;
    std::string data = {};     // of all roles of the configuration; "": the demo's, whose folder is all that it has
    std::string backups = {};  // of all roles; "": none
    std::string beside = {};   // the place beside the configuration: where it lies unless that says otherwise
};

// What is wrong with the place of a key, and what to do.
struct KeyMisplaced {
    std::string what;
    std::string mend;
};
// By the folders that paths lead to, whatever links or mounts they take. A key at DATA/pseudonym.key, where it lay
// before November 2026, is found too.
std::optional<KeyMisplaced> misplaced(const BlindKeyPlace& place);
// The same: `conflict`.
Status lies_apart(const BlindKeyPlace& place);

// `not_found` when there is none, `conflict` as above: what an operator who needs it would find out too late.
Status lies_there(const BlindKeyPlace& place);
// The same, and it is read: nothing is made.
Result<crypto::PseudonymRing> read_blind_key(const BlindKeyPlace& place, Random& random);

// Whether a role may make the nation's key when there is none.
enum class MakesKey : std::uint8_t {
    never,    // a node of a hub: what it made would be another key than the nation's
    at_first  // a hub, and a node by itself, whose stores are empty
};
Result<crypto::PseudonymRing> blind_key_of_role(const BlindKeyPlace& place, MakesKey makes, store::Store& store,
                                                Random& random);

}  // namespace idun::app
