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
    const auto earlier = [](const Live& a, const Live& b) { return a.block->fact_id < b.block->fact_id; };
    // Facts usually come sorted.
    if (!std::is_sorted(first, last, earlier)) std::sort(first, last, earlier);
}

const Block* LiveBlocks::hiding(const Record& record, Fingerprint fingerprint) const {
    for (const Live* live = begin(); live != end(); ++live)
        if (((live->bits ^ fingerprint.bits) & live->mask & fingerprint.known) == 0 &&
            hides(live->block->scope, record))
            return live->block;
    return nullptr;
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
