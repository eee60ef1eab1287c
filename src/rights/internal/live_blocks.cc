#include "rights/internal/live_blocks.h"

#include <algorithm>
#include <functional>

namespace idun::rights {
namespace {

// 64 bits: provider 13, unit 12, category 13, element 10, entry 16.
struct Field {
    unsigned shift, width;
    std::uint64_t mask() const { return ((std::uint64_t{1} << width) - 1) << shift; }
    std::uint64_t of(std::string_view text) const {
        return (std::uint64_t{std::hash<std::string_view>{}(text)} << shift) & mask();
    }
};
constexpr Field kProvider{0, 13}, kUnit{13, 12}, kCategory{25, 13}, kElement{38, 10}, kEntry{48, 16};

// Where in LiveBlocks::entries_ the entry of a fingerprint has its bit.
std::size_t entry_word(std::uint64_t bits) { return bits >> (kEntry.shift + 6) & 15; }
std::uint64_t entry_bit(std::uint64_t bits) { return std::uint64_t{1} << (bits >> kEntry.shift & 63); }

bool names_only_provider_and_category(const Scope& scope) {
    return scope.unit_id.empty() && scope.element.empty() && scope.entry.empty() && !scope.from && !scope.to;
}

}  // namespace

Fingerprint Fingerprint::of(const Record& record) {
    Fingerprint out;
    out.bits = kProvider.of(record.provider_id) | kUnit.of(record.unit_id) | kCategory.of(record.category) |
               kElement.of(record.element) | kEntry.of(record.entry);
    out.known = record.unit_id.empty() ? ~kUnit.mask() : ~std::uint64_t{0};
    return out;
}

void LiveBlocks::add(const Block& block) {
    Live live{&block, 0, 0};
    const auto wants = [&](Field field, const std::string& text) {
        if (text.empty()) return;
        live.bits |= field.of(text);
        live.mask |= field.mask();
    };
    wants(kProvider, block.scope.provider_id);
    wants(kUnit, block.scope.unit_id);
    wants(kCategory, block.scope.category);
    wants(kElement, block.scope.element);
    wants(kEntry, block.scope.entry);
    if (size_ < kInline) {
        few_[size_] = live;
    } else {
        if (size_ == kInline) many_.assign(few_.begin(), few_.end());
        many_.push_back(live);
    }
    ++size_;
}

void LiveBlocks::sort() {
    const auto first = const_cast<Live*>(begin()), last = const_cast<Live*>(end());
    const auto is_single = [](const Live& live) { return !live.block->scope.entry.empty(); };
    const auto earlier = [&](const Live& a, const Live& b) {
        return is_single(a) != is_single(b) ? is_single(b) : a.block->fact_id < b.block->fact_id;
    };
    // Facts usually come sorted.
    if (!std::is_sorted(first, last, earlier)) std::sort(first, last, earlier);
    const Live* const singles = std::find_if(first, last, is_single);
    singles_from_ = static_cast<std::size_t>(singles - first);
    for (const Live* live = singles; live != last; ++live) entries_[entry_word(live->bits)] |= entry_bit(live->bits);
}

const Block* LiveBlocks::first_hiding(const Live* from, const Live* to, const Record& record,
                                      Fingerprint fingerprint) const {
    for (const Live* live = from; live != to; ++live)
        if (((live->bits ^ fingerprint.bits) & live->mask & fingerprint.known) == 0 &&
            hides(live->block->scope, record))
            return live->block;
    return nullptr;
}

const Block* LiveBlocks::hiding(const Record& record, Fingerprint fingerprint) const {
    const Live* const singles = begin() + singles_from_;
    const Block* const found = first_hiding(begin(), singles, record, fingerprint);
    if ((entries_[entry_word(fingerprint.bits)] & entry_bit(fingerprint.bits)) == 0) return found;
    const Block* const single = first_hiding(singles, end(), record, fingerprint);
    return found == nullptr || (single != nullptr && single->fact_id < found->fact_id) ? single : found;
}

const Block* LiveBlocks::hiding_all(std::string_view provider_id, std::string_view category) const {
    for (const Live* live = begin(); live != end(); ++live) {
        const Scope& scope = live->block->scope;
        if (names_only_provider_and_category(scope) &&
            (scope.provider_id.empty() || scope.provider_id == provider_id) &&
            (scope.category.empty() || scope.category == category))
            return live->block;
    }
    return nullptr;
}

}  // namespace idun::rights
