// Lays out a group: seals entries, puts them into the tree, and makes the bytes of one write.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "crypto/merkle.h"
#include "ledger/internal/integrator.h"
#include "ledger/internal/sealed.h"
#include "ledger/internal/writer_queue.h"

namespace idun::ledger {

// The log between two groups.
struct LogState {
    crypto::CompactRange range;
    std::string note;
    std::uint64_t segment = 0;        // first entry of the newest journal file
    std::uint64_t segment_bytes = 0;  // of it
    std::uint64_t size() const { return range.size(); }
};

struct Group {
    std::string bytes;  // of the journal
    bool new_segment = false;
    std::vector<Wanted> wanted;
    std::vector<std::uint64_t> last;  // index of the last entry of each
    Batch batch;
    LogState after;
};

// One thread.
class GroupMaker {
public:
    struct Parts {
        std::string log_id;
        const crypto::SigningKey& key;
        KeyRing& ring;
        Random& random;
    };
    GroupMaker(Parts parts, std::uint32_t opening) : parts_(std::move(parts)), opening_(opening) {}

    // A log's first group: its own key and a checkpoint of nothing.
    Group first();
    // A new journal file without entries.
    Group rotation(const LogState& state);
    Group make(std::vector<Wanted> wanted, const LogState& state, std::uint64_t segment_bytes_max, Instant now);

    const SlotMask& mask();

private:
    void begin_segment(Group& group) const;
    void add_key(Group& group, Slot slot, const SlotKey& key) const;
    void add_access(Group& group, const Wanted& wanted, const std::string& part, Instant now);
    void add_forgotten(Group& group, const Wanted& wanted, Instant now);
    void add_entry(Group& group, std::string entry) const;
    void finish(Group& group, std::uint64_t size_before) const;

    const Parts parts_;
    const std::uint32_t opening_;
    std::optional<SlotMask> mask_;
};

// The calendar year in UTC.
std::uint16_t year_of(Instant time);

}  // namespace idun::ledger
