#include "ledger/internal/keys.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/result.h"

namespace idun::ledger {
namespace {

SlotKey fresh_key(Random& random) {
    SlotKey out;
    const std::string bytes = random.bytes(out.key.size());
    std::copy(bytes.begin(), bytes.end(), out.key.begin());
    return out;
}

// In a way that the compiler keeps.
void wipe_key(SlotKey& key) {
    volatile char* at = key.key.data();
    for (std::size_t i = 0; i < key.key.size(); ++i) at[i] = 0;
    key.person = {};
}

}  // namespace

std::uint64_t SlotKey::forgotten_by() const { return ByteReader(person.view()).be<std::uint64_t>(); }

SlotKey SlotKey::forgotten_one(std::uint16_t year, std::uint64_t by) {
    SlotKey out;
    out.year = year;
    std::string entry;
    append_be(entry, by);
    std::copy(entry.begin(), entry.end(), out.person.bytes.begin());
    return out;
}

std::string SlotKey::bytes() const {
    std::string out(view());
    out += person.view();
    append_be(out, year);
    return out;
}

std::optional<SlotKey> SlotKey::from(std::string_view bytes) {
    if (bytes.size() != kSlotKeyBytes) return std::nullopt;
    SlotKey out;
    std::copy_n(bytes.begin(), out.key.size(), out.key.begin());
    ByteReader in(bytes.substr(out.key.size()));
    out.person = *crypto::Pseudonym::from(in.take(crypto::kPseudonymBytes));
    out.year = in.be<std::uint16_t>();
    return out;
}

KeyRing::~KeyRing() {
    for (SlotKey& key : keys_) wipe_key(key);
}

Slot KeyRing::size() const {
    const std::lock_guard lock(mutex_);
    return static_cast<Slot>(keys_.size());
}

void KeyRing::add(const SlotKey& key) {
    const std::lock_guard lock(mutex_);
    const auto slot = static_cast<Slot>(keys_.size());
    keys_.push_back(key);
    if (slot > 0 && !key.forgotten()) people_[key.person].newest = slot;
}

void KeyRing::set_heads(std::span<const SlotHead> heads) {
    const std::lock_guard lock(mutex_);
    IDUN_CHECK(heads.size() == keys_.size() && !heads.empty());
    own_ = heads.front();
    for (std::size_t slot = 1; slot < heads.size(); ++slot) {
        if (keys_[slot].forgotten()) continue;
        SlotHead& head = people_[keys_[slot].person].head;
        if (heads[slot].sequence > head.sequence) head = heads[slot];
    }
}

SlotKey KeyRing::make_own(Random& random) {
    const std::lock_guard lock(mutex_);
    IDUN_CHECK(keys_.empty());
    keys_.push_back(fresh_key(random));
    return keys_.front();
}

KeyRing::Turn KeyRing::next(const std::optional<crypto::Pseudonym>& person, std::uint16_t year, std::uint64_t index,
                            Random& random) {
    const std::lock_guard lock(mutex_);
    Turn out;
    SlotHead* head = &own_;
    if (person) {
        Place& place = people_[*person];
        if (place.newest == 0 || keys_[place.newest].year < year) {
            place.newest = static_cast<Slot>(keys_.size());
            SlotKey& key = keys_.emplace_back(fresh_key(random));
            key.person = *person;
            key.year = year;
            out.fresh = true;
        }
        out.slot = place.newest;
        head = &place.head;
    }
    out.key = keys_.at(out.slot);
    out.distance = head->sequence == 0 ? 0 : index - head->index;
    out.sequence = head->sequence + 1;
    *head = {index, out.sequence};
    return out;
}

std::optional<SlotKey> KeyRing::find(Slot slot) const {
    const std::lock_guard lock(mutex_);
    if (slot >= keys_.size() || keys_[slot].forgotten()) return std::nullopt;
    return keys_[slot];
}

SlotKey KeyRing::at(Slot slot) const {
    const std::lock_guard lock(mutex_);
    return keys_.at(slot);
}

template <typename Wanted>
std::vector<Slot> KeyRing::all(std::size_t most, Wanted wanted) const {
    const std::lock_guard lock(mutex_);
    std::vector<Slot> out;
    for (Slot slot = 1; slot < keys_.size() && out.size() < most; ++slot)
        if (!keys_[slot].forgotten() && !left_.contains(slot) && wanted(keys_[slot])) out.push_back(slot);
    return out;
}

std::vector<Slot> KeyRing::of(const crypto::Pseudonym& person, std::size_t most) const {
    return all(most, [&](const SlotKey& key) { return key.person == person; });
}

std::vector<Slot> KeyRing::expired(std::uint16_t before_year, std::size_t most) const {
    return all(most, [&](const SlotKey& key) { return key.year < before_year; });
}

std::vector<PersonCount> KeyRing::leave(std::span<const Slot> slots) {
    const std::lock_guard lock(mutex_);
    std::vector<PersonCount> out;
    for (const Slot slot : slots) {
        if (slot == 0 || slot >= keys_.size() || keys_[slot].forgotten() || !left_.insert(slot).second) continue;
        // Her count goes on as long as one of her keys is left.
        const auto place = people_.find(keys_[slot].person);
        if (place == people_.end() || place->second.newest != slot) continue;
        out.push_back({place->first, place->second.head.sequence, place->second.head.index});
        people_.erase(place);
    }
    return out;
}

void KeyRing::forget(std::span<const Forgetting> slots) {
    const std::lock_guard lock(mutex_);
    for (const Forgetting& one : slots) {
        if (one.slot == 0 || one.slot >= keys_.size()) continue;
        left_.erase(one.slot);
        SlotKey& key = keys_[one.slot];
        const std::uint16_t year = key.year;
        wipe_key(key);
        key = SlotKey::forgotten_one(year, one.by);
    }
}

std::vector<PersonCount> KeyRing::people() const {
    const std::lock_guard lock(mutex_);
    std::vector<PersonCount> out;
    out.reserve(people_.size());
    for (const auto& [person, place] : people_)
        if (place.head.sequence > 0) out.push_back({person, place.head.sequence, place.head.index});
    return out;
}

}  // namespace idun::ledger
