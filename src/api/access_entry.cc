#include "api/access_entry.h"

#include "exchange/names.h"

#include <algorithm>
#include <charconv>

#include "ledger/audit_event.h"

namespace idun::api {
namespace {

tl::unexpected<Error> no_such_entry() { return fail(Category::not_found, "no such access"); }

// As ledger::to_audit_event() makes an id of it.
bool is_log_in_id(std::string_view log_id, std::string_view part) {
    return log_id.size() >= part.size() && std::equal(part.begin(), part.end(), log_id.begin(), [](char in_id, char in_log) {
               return in_id == in_log || (in_id == '-' && in_log == '_');
           });
}

}  // namespace

Result<exchange::LoggedEntry> entry_named(Hub& hub, std::string_view id) {
    const std::size_t dash = id.rfind('-');
    if (dash == std::string_view::npos) return no_such_entry();
    const std::string_view log = id.substr(0, dash), digits = id.substr(dash + 1);
    std::uint64_t index = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), index);
    if (digits.empty() || error != std::errc() || end != digits.data() + digits.size()) return no_such_entry();
    TRY_ASSIGN(const auto logs, hub.accesses.logs());
    for (const std::string& known : logs) {
        if (!is_log_in_id(known, log)) continue;
        TRY_ASSIGN(auto found, hub.accesses.find(known, index));
        if (found && found->entry.access.person && ledger::audit_event_id({known, index, 0, {}, {}}) == id)
            return std::move(*found);
    }
    return no_such_entry();
}

std::string audit_event_of(const Hub& hub, const exchange::LoggedEntry& one) {
    return audit_event_of(hub, hub.accesses.seen(one));
}

std::string audit_event_of(const Hub& hub, const exchange::AccessView::Seen& seen) {
    const ledger::Names names = exchange::names_from(hub.directory);
    return ledger::to_audit_event(seen.access, seen.receipt, names, seen.sequence);
}

}  // namespace idun::api
