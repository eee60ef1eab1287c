#include "index/internal/pages.h"

#include <algorithm>
#include <cstring>

namespace idun::index {
namespace {

std::uint32_t tag_of(const crypto::Pseudonym& person) {
    std::uint32_t tag = 0;
    for (std::size_t i = 2; i < 6; ++i) tag = tag << 8 | person.bytes[i];
    return tag;
}

std::string_view rest_of(const crypto::Pseudonym& person) { return person.view().substr(6); }

// An eighth of air: doubling would waste half of the memory.
template <typename Container>
void make_room(Container& in, std::size_t size) {
    if (in.capacity() < size) in.reserve(size + size / 8 + 8);
}

}  // namespace

// Tags are spread evenly, so the place is near where a line through them says.
Pages::Place Pages::find(const Page& page, const crypto::Pseudonym& person) {
    const std::uint32_t tag = tag_of(person);
    const std::size_t count = page.slots.size();
    std::size_t at = (std::uint64_t{tag} * count) >> 32;
    while (at > 0 && page.slots[at - 1].tag >= tag) --at;
    while (at < count && page.slots[at].tag < tag) ++at;
    for (; at < count && page.slots[at].tag == tag; ++at) {
        const int order = std::memcmp(page.bytes.data() + page.slots[at].offset, rest_of(person).data(), kRestBytes);
        if (order >= 0) return {at, order == 0};
    }
    return {at, false};
}

// Puts `with` in the place of `count` bytes; what lies behind them, from slot on, moves.
void Pages::splice(Page& page, std::size_t slot, std::size_t from, std::size_t count, std::string_view with) {
    std::vector<char>& bytes = page.bytes;
    make_room(bytes, bytes.size() - count + with.size());
    const auto place = bytes.begin() + static_cast<std::ptrdiff_t>(from);
    if (with.size() > count) bytes.insert(place, with.size() - count, '\0');
    if (with.size() < count) bytes.erase(place, place + static_cast<std::ptrdiff_t>(count - with.size()));
    std::copy(with.begin(), with.end(), bytes.begin() + static_cast<std::ptrdiff_t>(from));
    if (with.size() == count) return;
    const auto shift = static_cast<std::uint32_t>(with.size() - count);  // modulo 2^32
    for (std::size_t i = slot; i < page.slots.size(); ++i) page.slots[i].offset += shift;
}

void Pages::load(std::size_t number, const std::vector<Loaded>& people) {
    Page& page = pages_[number];
    std::size_t size = 0;
    for (const Loaded& one : people) size += kRestBytes + one.row.size();
    const std::lock_guard lock(mutex_of(number));
    page.slots.reserve(people.size());
    page.bytes.reserve(size);
    for (const Loaded& one : people) {
        page.slots.push_back({tag_of(one.person), static_cast<std::uint32_t>(page.bytes.size())});
        for (const std::string_view part : {rest_of(one.person), std::string_view(one.row)})
            page.bytes.insert(page.bytes.end(), part.begin(), part.end());
    }
    people_ += people.size();
    bytes_ += page.bytes.capacity() + page.slots.capacity() * sizeof(Slot);
    page.loaded.store(true, std::memory_order_release);
    ++loaded_count_;
}

void Pages::put(const crypto::Pseudonym& person, std::string_view row) {
    const std::size_t number = page_of(person);
    Page& page = pages_[number];
    const std::lock_guard lock(mutex_of(number));
    if (!page.loaded.load(std::memory_order_relaxed)) return;
    const std::size_t before = page.bytes.capacity() + page.slots.capacity() * sizeof(Slot);
    const Place place = find(page, person);
    if (place.there && !row.empty()) {
        const std::string_view old = row_at(page, place.slot);
        splice(page, place.slot + 1, page.slots[place.slot].offset + kRestBytes, old.size(), row);
    } else if (place.there) {
        const std::size_t from = page.slots[place.slot].offset;
        splice(page, place.slot + 1, from, end_of(page, place.slot) - from, {});
        page.slots.erase(page.slots.begin() + static_cast<std::ptrdiff_t>(place.slot));
        --people_;
    } else if (!row.empty()) {
        const std::size_t from = place.slot < page.slots.size() ? page.slots[place.slot].offset : page.bytes.size();
        splice(page, place.slot, from, 0, std::string(rest_of(person)).append(row));
        make_room(page.slots, page.slots.size() + 1);
        page.slots.insert(page.slots.begin() + static_cast<std::ptrdiff_t>(place.slot),
                          {tag_of(person), static_cast<std::uint32_t>(from)});
        ++people_;
    }
    bytes_ += page.bytes.capacity() + page.slots.capacity() * sizeof(Slot) - before;
}

}  // namespace idun::index
