// The keys that open entries: one slot for each person and year in which the retention of her entries ends, and slot 0
// for entries about nobody. Where she was met last stands with them.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/random.h"
#include "crypto/pseudonym.h"
#include "crypto/seal.h"

namespace idun::ledger {

using Slot = std::uint32_t;

inline constexpr std::size_t kSlotKeyBytes = crypto::kSealKeyBytes + crypto::kPseudonymBytes + 2;

struct SlotKey {
    std::array<char, crypto::kSealKeyBytes> key{};
    crypto::Pseudonym person;  // zero in slot 0
    std::uint16_t year = 0;    // in which retention ends

    std::string_view view() const { return {key.data(), key.size()}; }
    // Of a forgotten one, the entry that says so; it stands in the place of the person.
    std::uint64_t forgotten_by() const;
    // As the disk keeps a forgotten one.
    static SlotKey forgotten_one(std::uint16_t year, std::uint64_t by);
    bool forgotten() const { return key == std::array<char, crypto::kSealKeyBytes>{}; }
    // kSlotKeyBytes of them: key, person, year.
    std::string bytes() const;
    static std::optional<SlotKey> from(std::string_view bytes);
    friend bool operator==(const SlotKey&, const SlotKey&) = default;
};

// The newest entry of a slot.
struct SlotHead {
    std::uint64_t index = 0;
    std::uint64_t sequence = 0;  // of the person; 0: there is none
    friend bool operator==(const SlotHead&, const SlotHead&) = default;
};

// A slot, and the entry that says that it was forgotten.
struct Forgetting {
    Slot slot = 0;
    std::uint64_t by = 0;
};

// How many entries there are about a person, and where the newest is; 0: she is not known (any more).
struct PersonCount {
    crypto::Pseudonym person;
    std::uint64_t count = 0;
    std::uint64_t last = 0;
};

// Thread-safe. Keys are wiped when they are forgotten and when it goes.
class KeyRing {
public:
    KeyRing() = default;
    ~KeyRing();

    Slot size() const;
    // As the disk has it, in order of slots.
    void add(const SlotKey& key);
    // Where the people of all slots were met last.
    void set_heads(std::span<const SlotHead> heads);

    struct Turn {
        Slot slot = 0;
        SlotKey key;
        std::uint64_t sequence = 0;
        std::uint64_t distance = 0;  // 0: the first
        bool fresh = false;          // the slot was made for it
    };
    // The next entry is about her, or about nobody, and ends its retention in that year (or later, where she has such a
    // key already). The first turn of all makes slot 0 as well: call make_own() before.
    Turn next(const std::optional<crypto::Pseudonym>& person, std::uint16_t year, std::uint64_t index, Random& random);
    SlotKey make_own(Random& random);

    // Nothing when it was forgotten or never was.
    std::optional<SlotKey> find(Slot slot) const;
    // Slots of the person, and slots whose year has passed; at most `most`, rising; not those that are left or forgotten.
    std::vector<Slot> of(const crypto::Pseudonym& person, std::size_t most) const;
    std::vector<Slot> expired(std::uint16_t before_year, std::size_t most) const;
    // Forgetting has two steps, so that no key goes before the entry that says so is durable. First the slots are left: they open
    // what they sealed, and nothing more is sealed with them. Who has no other key, and so begins anew,
    // with how many entries there are about her.
    std::vector<PersonCount> leave(std::span<const Slot> slots);
    // Then, behind that entry, they are wiped.
    void forget(std::span<const Forgetting> slots);
    // Everybody.
    std::vector<PersonCount> people() const;
    // As it is kept on disk: forgotten ones too.
    SlotKey at(Slot slot) const;

private:
    struct Place {
        Slot newest = 0;
        SlotHead head;
    };
    template <typename Wanted>
    std::vector<Slot> all(std::size_t most, Wanted wanted) const;

    mutable std::mutex mutex_;
    std::deque<SlotKey> keys_;  // stay where they are, so that no copy of a key is left behind
    SlotHead own_;
    std::set<Slot> left_;  // and not forgotten
    std::unordered_map<crypto::Pseudonym, Place> people_;
};

}  // namespace idun::ledger
