#include "exchange/access_counts.h"

#include "exchange/log_policy.h"
#include "fhir/category.h"
#include "ledger/receipt.h"

namespace idun::exchange {

namespace {

std::string_view known_category(std::string_view word) { return fhir::to_string(fhir::priority_category(word).value_or(fhir::PriorityCategory::other)); }

}  // namespace

template <typename Id>
void AccessCounts::hold(std::set<Id>& ids, const Id& id) {
    if (ids.contains(id)) return;
    if (held_ == held_max_) {
        complete_ = false;
        return;
    }
    ids.insert(id);
    ++held_;
}

void AccessCounts::add(const LoggedEntry& one) {
    ++entries_;
    const ledger::Access& access = one.entry.access;
    const std::string_view origin = origin_of(access, ledger::owner_of(one.log_id));
    std::set<std::string_view> categories;
    for (const ledger::Record& record : access.records) categories.insert(known_category(record.category));
    if (categories.empty()) categories.insert("");
    const crypto::Hash user = crypto::sha256(access.requester.user_id);
    for (const std::string_view category : categories) {
        Count& count = counts_[{category, origin}];
        ++count.entries;
        count.denied += !access.permit;
        if (access.person) hold(count.people, *access.person);
        hold(count.users, user);
    }
}

}  // namespace idun::exchange
