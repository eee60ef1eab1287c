#include "exchange/implied.h"

#include <algorithm>

#include "exchange/names.h"
#include "ledger/export_query.h"

namespace idun::exchange {
namespace {

constexpr std::size_t kToldKept = 1'000;
constexpr std::chrono::seconds kOneRequest(10);  // from its first entry to its last

// The first entry of a gathering that was permitted: before it nothing of an answer leaves.
bool begins_gathering(const ledger::Access& access) {
    return access.action == ledger::Action::gather && (access.sources.empty() || is_begun(access));
}

bool is_told_of_hub(const ledger::Access& access) {
    if (access.requester.role == "patient" || access.requester.role == "supervisor") return false;
    if (begins_gathering(access)) return true;
    if (access.action != ledger::Action::search) return false;
    for (const std::string_view told : {kPointersQuery, kOtherNumberQuery, kPatientsQuery, kMatchQuery})
        if (access.query == told) return true;
    return false;
}

bool is_told_of_node(const ledger::Access& access) {
    using enum ledger::Action;
    if (ledger::is_chosen_export(access)) return true;
    if (access.requester.role != "clinician" && access.requester.role != "administrator") return false;
    // `transaction`: of an older node, which does not say what a Bundle did.
    for (const ledger::Action told : {read, vread, history, search, gather, export_data, transaction})
        if (access.action == told) return true;
    return false;
}

}  // namespace

bool is_told(const ledger::Access& access, bool own) {
    if (!access.person || !access.permit) return false;
    return own ? is_told_of_hub(access) : is_told_of_node(access);
}

bool Implied::told_under_alias(const ledger::Access& access) const {
    const auto aliases = links_.sure_aliases_of(*access.person);
    if (aliases.size() < 2) return false;
    const std::lock_guard lock(mutex_);
    for (const ledger::Access& told : told_) {
        const auto between = told.time < access.time ? access.time - told.time : told.time - access.time;
        if (told.request_id != access.request_id || told.person == access.person || between > kOneRequest) continue;
        ledger::Access other = told;
        other.person = access.person;
        other.time = access.time;
        if (other == access && std::ranges::find(aliases, *told.person) != aliases.end()) return true;
    }
    told_.push_back(access);
    if (told_.size() > kToldKept) told_.pop_front();
    return false;
}

bool Implied::follow(Draft& draft, const LoggedEntry& one, bool own) const {
    const ledger::Access& access = one.entry.access;
    if (!is_told(access, own)) return false;
    // The entry under the number that was asked for tells her, as long as they are one person.
    if (access.query == kOtherNumberQuery && links_.of(*access.person).several()) return false;
    const auto wanted = notices_.wanted(*access.person);
    if ((wanted && !*wanted) || told_under_alias(access)) return false;
    store::Batch message;
    const bool by_line = own && access.action != ledger::Action::gather;
    if (by_line) {
        notices_.add_due(message, *access.person, false);
    } else {
        const ledger::Names names = names_from(directory_);
        notices_.add(message, *access.person, NoticeKind::access, ledger::sentence_sv(access, names), ledger::sentence_en(access, names));
    }
    draft.add(message);
    return by_line;
}

}  // namespace idun::exchange
