#include "exchange/ticket_book.h"

#include <algorithm>

#include "trust/ticket.h"

namespace idun::exchange {

Result<std::string> TicketBook::next(const std::string& node) {
    const std::lock_guard lock(mutex_);
    // What was issued before this start stands in the hub's log, which the view may have to read first.
    if (last_.empty()) TRY(accesses_.come_up_to_date());
    TRY_ASSIGN(const std::uint64_t known, accesses_.newest_ticket(node));
    std::uint64_t& last = last_[node];
    last = std::max(last, known) + 1;
    return trust::make_ticket_id(last, random_);
}

Result<std::string> TicketBook::next_of_hub(const std::string& node, const crypto::Pseudonym& person) {
    TRY_ASSIGN(std::string id, next(node));
    TRY(accesses_.issue(node, id, person));
    return id;
}

}  // namespace idun::exchange
