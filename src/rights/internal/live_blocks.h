// The blocks of one layer that hold now and against this requester, ready to be asked about many records.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "rights/choices.h"

namespace idun::rights {

// A record's texts as one number, so that most blocks are passed over with one comparison. `known` leaves out the
// unit when the record does not say it.
struct Fingerprint {
    std::uint64_t bits = 0;
    std::uint64_t known = 0;
    static Fingerprint of(const Record& record);
};

class LiveBlocks {
public:
    static constexpr std::size_t kInline = 12;

    void add(const Block& block);
    void sort();  // after the last add()
    bool empty() const { return size_ == 0; }
    // The block of smallest fact id that hides the record; null: none.
    const Block* hiding(const Record& record, Fingerprint fingerprint) const;
    // One that surely hides every record of that provider and category (empty: every category).
    const Block* hiding_all(std::string_view provider_id, std::string_view category) const;

private:
    struct Live {
        const Block* block;
        std::uint64_t bits, mask;
    };
    const Block* first_hiding(const Live* from, const Live* to, const Record& record, Fingerprint fingerprint) const;
    const Live* begin() const { return many_.empty() ? few_.data() : many_.data(); }
    const Live* end() const { return begin() + size_; }

    std::array<Live, kInline> few_;  // not set beyond size_
    std::vector<Live> many_;         // all of them, when they are more
    std::size_t size_ = 0;
    // Those that name a single entry stand behind the others, each part by fact id. Most records are none of the
    // entries, which a bit for the hash of each tells.
    std::size_t singles_from_ = 0;
    std::array<std::uint64_t, 16> entries_{};
};

}  // namespace idun::rights
