// All persons' rows in memory, so that a look-up touches neither disk nor the store's caches: 65,536 sorted blocks of
// bytes by the first 16 bits of the pseudonym, which spreads people evenly.
//
// A copy: the store has the truth. A page answers only when it has been loaded; after that every write goes to both.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/pseudonym.h"

namespace idun::index {

// Thread-safe. `load` and `put` come from one thread at a time.
class Pages {
public:
    static constexpr std::size_t kCount = 65'536;
    static std::size_t page_of(const crypto::Pseudonym& person) {
        return std::size_t{person.bytes[0]} << 8 | person.bytes[1];
    }

    struct Loaded {
        crypto::Pseudonym person;
        std::string row;
    };

    Pages() : pages_(kCount) {}

    bool loaded(std::size_t page) const { return pages_[page].loaded.load(std::memory_order_acquire); }
    std::size_t loaded_count() const { return loaded_count_.load(std::memory_order_acquire); }
    // `people` in order.
    void load(std::size_t page, const std::vector<Loaded>& people);
    // Nothing when the page is not loaded. An empty row takes the person out.
    void put(const crypto::Pseudonym& person, std::string_view row);

    // Calls `found` with her row ("" when she has none). False when the page is not loaded.
    template <typename Found>
    bool look(const crypto::Pseudonym& person, Found&& found) const {
        const std::size_t number = page_of(person);
        const Page& page = pages_[number];
        const std::lock_guard lock(mutex_of(number));
        if (!page.loaded.load(std::memory_order_relaxed)) return false;
        const Place place = find(page, person);
        found(place.there ? row_at(page, place.slot) : std::string_view());
        return true;
    }
    // Calls `each` with the people of a page, in order, holding it: `each` must be quick. False when it is not loaded.
    template <typename Each>
    bool walk(std::size_t number, Each&& each) const {
        const Page& page = pages_[number];
        const std::lock_guard lock(mutex_of(number));
        if (!page.loaded.load(std::memory_order_relaxed)) return false;
        crypto::Pseudonym person;
        person.bytes[0] = static_cast<std::uint8_t>(number >> 8);
        person.bytes[1] = static_cast<std::uint8_t>(number);
        for (std::size_t slot = 0; slot < page.slots.size(); ++slot) {
            const Slot& at = page.slots[slot];
            for (std::size_t i = 0; i < kTagBytes; ++i)
                person.bytes[2 + i] = static_cast<std::uint8_t>(at.tag >> (24 - 8 * i));
            __builtin_memcpy(person.bytes.data() + 2 + kTagBytes, page.bytes.data() + at.offset, kRestBytes);
            each(static_cast<const crypto::Pseudonym&>(person), row_at(page, slot));
        }
        return true;
    }

    std::size_t people() const { return people_.load(std::memory_order_relaxed); }
    std::size_t bytes() const { return bytes_.load(std::memory_order_relaxed); }  // that are taken

private:
    static constexpr std::size_t kTagBytes = 4;
    static constexpr std::size_t kRestBytes = crypto::kPseudonymBytes - 2 - kTagBytes;
    static constexpr std::size_t kLocks = 1024;

    struct Slot {
        std::uint32_t tag;     // bytes 3 to 6 of the pseudonym
        std::uint32_t offset;  // in `bytes`, of the rest of the pseudonym and the row
    };
    struct Page {
        std::vector<Slot> slots;  // in the order of pseudonyms
        std::vector<char> bytes;
        std::atomic<bool> loaded{false};
    };
    struct Place {
        std::size_t slot;
        bool there;
    };

    std::mutex& mutex_of(std::size_t page) const { return locks_[page % kLocks].mutex; }
    static Place find(const Page& page, const crypto::Pseudonym& person);
    static std::size_t end_of(const Page& page, std::size_t slot) {
        return slot + 1 < page.slots.size() ? page.slots[slot + 1].offset : page.bytes.size();
    }
    static std::string_view row_at(const Page& page, std::size_t slot) {
        const std::size_t from = page.slots[slot].offset + kRestBytes;
        return {page.bytes.data() + from, end_of(page, slot) - from};
    }
    void splice(Page& page, std::size_t slot, std::size_t from, std::size_t count, std::string_view with);

    struct alignas(64) Lock {
        std::mutex mutex;
    };
    std::vector<Page> pages_;
    mutable std::array<Lock, kLocks> locks_;
    std::atomic<std::size_t> loaded_count_{0};
    std::atomic<std::size_t> people_{0};
    std::atomic<std::size_t> bytes_{0};
};

}  // namespace idun::index
