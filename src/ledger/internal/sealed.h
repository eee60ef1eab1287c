// An entry's bytes: what of it is plain, and sealing and opening the rest (docs/formats/ledger.md).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "crypto/hash.h"
#include "crypto/key_map.h"
#include "ledger/entry.h"
#include "ledger/internal/keys.h"
#include "ledger/kind.h"

namespace idun::ledger {

// Hides which slot an entry has from whoever does not have the key of slot 0. Thread-safe.
class SlotMask {
public:
    explicit SlotMask(const SlotKey& own);
    Slot apply(Slot slot, std::uint64_t index) const;  // twice gives the slot again

private:
    crypto::HmacKey key_;
};

// What everybody reads.
struct EntryHead {
    Kind kind = Kind::nobody;
    Instant sealed;
    Slot masked = 0;            // of kinds 1 and 2
    std::uint32_t opening = 0;  // the same
};
std::optional<EntryHead> read_head(std::string_view entry);

// The key that opens this entry and no other.
std::string entry_key(const SlotKey& key, std::uint64_t index);

struct ToSeal {
    std::string_view log_id;
    std::uint64_t index = 0;
    Instant now;
    Slot masked = 0;
    std::uint32_t opening = 0;
    const KeyRing::Turn& turn;
    Instant time;                // of the access
    std::string_view access;     // encoded
};
std::string seal_entry(const ToSeal& what);

struct Opened {
    std::uint64_t sequence = 0;
    std::uint64_t distance = 0;
    Access access;
    std::string encoded;  // the same, as encode() makes it
};
// `corrupt` when the key does not open it or it holds something else than an access.
Result<Opened> open_entry(std::string_view entry, std::uint64_t index, std::string_view log_id, const SlotKey& key);

// Kind 3.
struct MapRoot {
    std::uint64_t covered = 0;  // entries, from the first
    std::uint64_t keys = 0;
    crypto::MapNode root;
    friend bool operator==(const MapRoot&, const MapRoot&) = default;
};
std::string map_root_entry(Instant now, const MapRoot& root);
std::optional<MapRoot> read_map_root(std::string_view entry);

// Kind 4.
struct Forgotten {
    std::vector<Slot> slots;
    std::string decision;
    // Entries that the map by person counts no more; nothing: written before logs said so.
    std::optional<std::uint64_t> uncounted = {};
    friend bool operator==(const Forgotten&, const Forgotten&) = default;
};
inline constexpr std::size_t kForgottenMax = 8'000;  // slots in one entry
std::string forgotten_entry(Instant now, const Forgotten& what);
std::optional<Forgotten> read_forgotten(std::string_view entry);

}  // namespace idun::ledger
