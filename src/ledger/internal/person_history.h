// Collects a person's entries, newest first, for her proof.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "crypto/key_map.h"
#include "ledger/internal/keys.h"
#include "ledger/internal/sealed.h"
#include "ledger/person_proof.h"
#include "ledger/tiles.h"

namespace idun::ledger {

struct HistoryParts {
    const std::string& log_id;
    const KeyRing& ring;
    const SlotMask& mask;
    std::function<Result<std::string>(std::uint64_t index)> read;  // an entry's bytes
};

// Adds entries, `forgotten` and `more` to the proof, from that entry on, which must be hers: `not_found` when it is not, `busy` when
// it is her newest, as the map has it, and its key was forgotten since.
Status collect_history(const HistoryParts& parts, std::uint64_t from, std::uint64_t newest, PersonProof& proof);

// Where the map's root stands, and the person's place in it.
struct MapWay {
    std::uint64_t index = 0;
    crypto::MapProof way;
};
// All of a proof but that it is in the tree.
Result<PersonProof> history_of(const HistoryParts& parts, const crypto::Pseudonym& person, MapWay map, std::optional<std::uint64_t> before);
// And that, under a checkpoint whose entries are in tiles.
Status prove_leaves(PersonProof& proof, std::string checkpoint, const TileReader& tiles);

}  // namespace idun::ledger
