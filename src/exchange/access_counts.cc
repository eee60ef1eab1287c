#include "exchange/access_counts.h"

#include "exchange/log_policy.h"
#include "ledger/receipt.h"

namespace idun::exchange {

void AccessCounts::add(const LoggedEntry& one) {
    ++entries_;
    const ledger::Access& access = one.entry.access;
    const std::string origin(origin_of(access, ledger::owner_of(one.log_id)));
    std::set<std::string> categories;
    for (const ledger::Record& record : access.records) categories.insert(record.category);
    if (categories.empty()) categories.insert("");
    for (const std::string& category : categories) {
        Count& count = counts_[{category, origin}];
        ++count.entries;
        count.denied += !access.permit;
        if (access.person) count.people.insert(*access.person);
        count.users.insert(access.requester.user_id);
    }
}

}  // namespace idun::exchange
