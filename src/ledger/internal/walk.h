// Walks through a segment and checks that every frame is whole and continues the chain.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "ledger/file_system.h"
#include "ledger/internal/segment.h"
#include "ledger/verify.h"

namespace idun::ledger {

// A log's state between two frames.
struct ChainState {
    std::string log_id;
    std::uint64_t size = 0;  // entries
    crypto::Hash head;
    std::uint64_t checkpointed = 0;  // entries that the newest checkpoint covers
    std::string token;               // of that checkpoint
};

struct WalkVisitor {
    // `before` is the chain's hash before the entry.
    std::function<void(std::uint64_t index, std::uint64_t offset, const crypto::Hash& before,
                       const crypto::Hash& after)>
        entry;
    std::function<void(std::string_view token, std::uint64_t offset)> checkpoint;
};

struct SegmentWalk {
    std::uint64_t bytes = 0;        // of the file
    std::uint64_t good_end = 0;     // behind the last checkpoint that fits; 0: there is none in this file
    ChainState at_good_end;         // the state there; meaningless while good_end is 0
    std::optional<Problem> damage;  // the first; what lies behind it was not looked at
    bool finished() const { return !damage && good_end == bytes; }
};

// `state` goes in as it should be at the segment's start and comes out as it is at its end or before the damage.
// With `trust_start` the segment itself says how it continues. Fails only when the file cannot be read.
Result<SegmentWalk> walk_segment(FileSystem& files, const std::string& folder, const std::string& name,
                                 ChainState& state, const WalkVisitor& visitor, bool trust_start = false);

}  // namespace idun::ledger
