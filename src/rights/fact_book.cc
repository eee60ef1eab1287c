#include "rights/fact_book.h"

#include <cstring>

namespace idun::rights {
namespace {

constexpr std::size_t kChunkBytes = 1u << 20;
static_assert(kFactsBytesMax <= kChunkBytes);
constexpr std::size_t kSlotsFirst = 1024;  // a power of two, as all numbers of slots

}  // namespace

// The person's own slot, or the free one where she belongs.
FactBook::Slot& FactBook::place_of(const crypto::Pseudonym& person) {
    std::size_t at = std::hash<crypto::Pseudonym>{}(person);
    while (true) {
        Slot& slot = slots_[at & (slots_.size() - 1)];
        if (slot.size == 0 || slot.person == person) return slot;
        ++at;
    }
}

const FactBook::Slot* FactBook::find(const crypto::Pseudonym& person) const {
    if (slots_.empty()) return nullptr;
    const Slot& slot = const_cast<FactBook*>(this)->place_of(person);  // only looks
    return slot.size == 0 ? nullptr : &slot;
}

Status FactBook::load(const crypto::Pseudonym& person, std::string_view encoded) {
    TRY(decode_person_facts(encoded));
    return keep(person, encoded);
}

Status FactBook::put(const crypto::Pseudonym& person, const PersonFacts& facts) { return keep(person, encode(facts)); }

Status FactBook::keep(const crypto::Pseudonym& person, std::string_view encoded) {
    if (encoded.size() > kFactsBytesMax)
        return fail(Category::too_large, "rights: the facts of a person are over 256 KiB");
    if ((persons_ + 1) * 4 > slots_.size() * 3) grow();
    Slot& slot = place_of(person);
    if (slot.size == 0) ++persons_;
    dead_bytes_ += slot.size;
    slot.person = person;
    write(slot, encoded);
    if (dead_bytes_ > kChunkBytes && dead_bytes_ * 2 > chunks_.size() * kChunkBytes) compact();
    return {};
}

void FactBook::write(Slot& slot, std::string_view encoded) {
    if (chunks_.empty() || last_chunk_used_ + encoded.size() > kChunkBytes) {
        chunks_.push_back(std::make_unique_for_overwrite<char[]>(kChunkBytes));
        last_chunk_used_ = 0;
    }
    slot.chunk = static_cast<std::uint32_t>(chunks_.size() - 1);
    slot.offset = static_cast<std::uint32_t>(last_chunk_used_);
    slot.size = static_cast<std::uint32_t>(encoded.size());
    std::memcpy(chunks_.back().get() + last_chunk_used_, encoded.data(), encoded.size());
    last_chunk_used_ += encoded.size();
}

void FactBook::grow() {
    std::vector<Slot> old(slots_.empty() ? kSlotsFirst : slots_.size() * 2);
    old.swap(slots_);
    for (const Slot& slot : old)
        if (slot.size != 0) place_of(slot.person) = slot;
}

void FactBook::compact() {
    std::vector<std::unique_ptr<char[]>> old;
    old.swap(chunks_);
    dead_bytes_ = 0;
    for (Slot& slot : slots_)
        if (slot.size != 0) write(slot, {old[slot.chunk].get() + slot.offset, slot.size});
}

Result<PersonFacts> FactBook::of(const crypto::Pseudonym& person) const {
    const Slot* slot = find(person);
    if (slot == nullptr) return PersonFacts{};
    return decode_person_facts(bytes_of(*slot));
}

std::size_t FactBook::memory_bytes() const { return slots_.capacity() * sizeof(Slot) + chunks_.size() * kChunkBytes; }

}  // namespace idun::rights
