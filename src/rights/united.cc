#include "rights/united.h"

#include <algorithm>

namespace idun::rights {
namespace {

template <typename T>
void add_all(std::vector<T>& to, const std::vector<T>& more) {
    to.insert(to.end(), more.begin(), more.end());
    std::ranges::sort(to, {}, &T::fact_id);
}

}  // namespace

Result<PersonFacts> united(std::span<const PersonFacts> facts) {
    PersonFacts out;
    for (const PersonFacts& one : facts) {
        out.number = std::max(out.number, one.number);
        out.opted_out |= one.opted_out;
        out.secondary_opted_out |= one.secondary_opted_out;
        out.protected_identity |= one.protected_identity;
        add_all(out.blocks, one.blocks);
        add_all(out.lifts, one.lifts);
        add_all(out.mandates, one.mandates);
    }
    if (out.blocks.size() > kBlocksMax || out.lifts.size() > kLiftsMax || out.mandates.size() > kMandatesMax || encode(out).size() > kFactsBytesMax)
        return fail(Category::too_large, "rights: the choices under these numbers are more than one person may have");
    return out;
}

}  // namespace idun::rights
