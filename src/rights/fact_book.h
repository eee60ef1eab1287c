// Everybody's facts in memory, as their bytes: a country's in some tens of megabytes.
//
//     FactBook book;
//     TRY(book.load(person, row));                       // at the start, from the store
//     TRY_ASSIGN(const PersonFacts facts, book.of(person));
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "crypto/pseudonym.h"
#include "rights/facts.h"

namespace idun::rights {

// Reading from several threads at once is safe, changing is not. Does not copy.
class FactBook {
public:
    // `corrupt` unless the bytes are those of encode(PersonFacts).
    Status load(const crypto::Pseudonym& person, std::string_view encoded);
    // `too_large` over kFactsBytesMax.
    Status put(const crypto::Pseudonym& person, const PersonFacts& facts);
    // Those of somebody unknown are plain.
    Result<PersonFacts> of(const crypto::Pseudonym& person) const;

    std::size_t persons() const { return persons_; }
    std::size_t memory_bytes() const;

private:
    // A place in a table with open addressing: pseudonyms are their own hash.
    struct Slot {
        crypto::Pseudonym person;
        std::uint32_t chunk = 0;
        std::uint32_t offset = 0;
        std::uint32_t size = 0;  // 0: free
    };

    Slot& place_of(const crypto::Pseudonym& person);
    const Slot* find(const crypto::Pseudonym& person) const;
    std::string_view bytes_of(const Slot& slot) const { return {chunks_[slot.chunk].get() + slot.offset, slot.size}; }
    Status keep(const crypto::Pseudonym& person, std::string_view encoded);
    void write(Slot& slot, std::string_view encoded);
    void grow();
    void compact();

    std::vector<Slot> slots_;
    std::size_t persons_ = 0;
    std::vector<std::unique_ptr<char[]>> chunks_;
    std::size_t last_chunk_used_ = 0;
    std::size_t dead_bytes_ = 0;  // of facts that were replaced
};

}  // namespace idun::rights
