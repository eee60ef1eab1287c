#include "ledger/set_back.h"

namespace idun::ledger {

Result<std::optional<std::string>> set_back(const Ledger& log, std::string_view note, const crypto::KeySet& own,
                                            std::string_view whose) {
    using Words = std::optional<std::string>;
    const auto head = open_checkpoint(note, own);
    if (!head || owner_of(head->log_id) != owner_of(log.log_id())) return Words();
    if (place_of(head->log_id) > place_of(log.log_id()))
        return Words(std::string(whose) + " knows " + head->log_id + ", which came after it");
    if (head->log_id != log.log_id()) return Words();
    if (head->size > log.size())
        return Words("it has " + std::to_string(log.size()) + " entries, and has signed that it had " +
                     std::to_string(head->size));
    TRY_ASSIGN(const crypto::Hash root, log.root(head->size));
    if (root != head->root)
        return Words("of its first " + std::to_string(head->size) + " entries it has signed other ones");
    return Words();
}

}  // namespace idun::ledger
