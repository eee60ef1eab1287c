#include <fmt/format.h>

#include "base/bytes.h"
#include "index/internal/impl.h"

namespace idun::index {
namespace {

constexpr unsigned kNibblesMax = 16;

Status check_prefix(const Prefix& prefix, unsigned deeper) {
    const unsigned free_bits = 64 - 4 * std::min(prefix.nibbles, kNibblesMax);
    const bool clean = free_bits == 64 ? prefix.bits == 0 : (prefix.bits & ((std::uint64_t{1} << free_bits) - 1)) == 0;
    if (prefix.nibbles > kNibblesMax || !clean || deeper > 4 || prefix.nibbles + deeper > kNibblesMax)
        return fail(Category::invalid, "index: malformed prefix");
    return {};
}

std::uint64_t first_bits(const crypto::Pseudonym& person) {
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < 8; ++i) bits = bits << 8 | person.bytes[i];
    return bits;
}

std::uint64_t last_of(const Prefix& prefix) {
    if (prefix.nibbles == 0) return ~std::uint64_t{0};
    const unsigned free_bits = 64 - 4 * prefix.nibbles;
    return free_bits == 0 ? prefix.bits : prefix.bits | ((std::uint64_t{1} << free_bits) - 1);
}

// Calls `each` with every pointer of that number within the prefix that is not withdrawn, in order; it says whether to go on.
template <typename Each>
Status walk(const Pages& pages, const Prefix& prefix, std::uint32_t number, Each&& each) {
    const std::uint64_t last = last_of(prefix);
    bool whole = true;
    bool stopped = false;
    for (std::size_t page = prefix.bits >> 48; page <= last >> 48 && whole && !stopped; ++page) {
        const bool there = pages.walk(page, [&](const crypto::Pseudonym& person, std::string_view row) {
            const std::uint64_t bits = first_bits(person);
            if (stopped || bits < prefix.bits || bits > last) return;
            whole &= read_row(row, [&](const Stated& one) {
                if (one.provider == number && !one.withdrawn && !stopped) stopped = !each(person, bits, one);
            });
        });
        if (!there) return fail(Category::busy, "index: it is being read into memory; ask again soon");
    }
    if (!whole) return fail(Category::corrupt, "index: malformed row");
    return {};
}

}  // namespace

std::string sum_item(const crypto::Pseudonym& person, std::string_view category, Instant newest) {
    std::string item(person.view());
    append_be(item, seconds(newest));
    item += category;
    return item;
}

Result<std::vector<Sum>> Index::sums(std::string_view provider, const crypto::MultisetKey& key, const Prefix& prefix,
                                     unsigned deeper) const {
    TRY(check_prefix(prefix, deeper));
    if (deeper == 0) return fail(Category::invalid, "index: malformed prefix");
    std::vector<Sum> out(std::size_t{1} << (4 * deeper));
    const auto number = impl_->names.provider_number(provider);
    if (!number) return out;
    const unsigned shift = 64 - 4 * (prefix.nibbles + deeper);
    std::string item;
    const auto add = [&](const crypto::Pseudonym& person, std::uint64_t bits, const Stated& one) {
        item.assign(person.view());
        append_be(item, one.newest);
        item += impl_->names.category(one.category);
        out[(bits >> shift) & (out.size() - 1)].add(key, item);
        return true;
    };
    TRY(walk(impl_->pages, prefix, *number, add));
    return out;
}

Status Index::each_person(FunctionRef<void(std::span<const Held>)> each) const {
    bool whole = true;
    std::vector<Held> held;
    const auto add = [&](const Stated& one) {
        const Named* provider = impl_->names.provider(one.provider);
        whole &= provider != nullptr;
        if (provider && !one.withdrawn && provider->retired.load() == 0) held.push_back({provider->provider, impl_->names.category(one.category)});
    };
    for (std::size_t page = 0; page < Pages::kCount; ++page) {
        const bool there = impl_->pages.walk(page, [&](const crypto::Pseudonym&, std::string_view row) {
            held.clear();
            whole &= read_row(row, add);
            if (!held.empty()) each(held);
        });
        if (!there) return fail(Category::busy, "index: it is being read into memory; ask again soon");
    }
    return whole ? Status() : fail(Category::corrupt, "index: malformed row");
}

Result<std::vector<Pointer>> Index::pointers(std::string_view provider, const Prefix& prefix, std::size_t count_max) const {
    TRY(check_prefix(prefix, 0));
    std::vector<Pointer> out;
    const auto number = impl_->names.provider_number(provider);
    if (!number) return out;
    bool too_many = false;
    TRY(walk(impl_->pages, prefix, *number, [&](const crypto::Pseudonym& person, std::uint64_t, const Stated& one) {
        too_many = out.size() >= count_max;
        if (too_many) return false;
        out.push_back({person, std::string(impl_->names.category(one.category)), instant(one.newest), one.source_version});
        return true;
    }));
    if (too_many) return fail(Category::too_large, fmt::format("index: more than {} pointers; ask for a longer prefix", count_max));
    return out;
}

}  // namespace idun::index
