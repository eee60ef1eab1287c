#include "api/counted_entries.h"

#include "api/access_query.h"
#include "search/date.h"

namespace idun::api {
namespace {

constexpr std::uint64_t kEntriesCountedMax = 500'000;
constexpr std::string_view kOnlyOfLists[] = {"_count", "_page", "date", "patient.identifier"};

Result<search::Interval> interval_in(const http::Request& request, std::string_view name) {
    TRY_ASSIGN(const auto parameters, http::parameters(request.query));
    for (const auto& [given, value] : parameters) {
        if (given != name) continue;
        const auto out = search::interval_of(value);
        if (!out) return fail(Category::invalid, std::string(name) + " is a date or an instant", std::string(name));
        return *out;
    }
    return fail(Category::not_found, std::string(name) + " was not given");
}

}  // namespace

Result<CountedEntries> counted_entries(const Hub& hub, const http::Request& request, std::initializer_list<std::string_view> besides) {
    std::vector<std::string_view> others(besides);
    others.insert(others.end(), {"since", "until", "ground", "reference"});
    TRY_ASSIGN(const auto parameters, http::parameters(request.query));
    for (const auto& [name, value] : parameters)
        if (std::ranges::find(kOnlyOfLists, name) != std::end(kOnlyOfLists))
            return fail(Category::invalid, "counts take no " + name + ": since and until say when", name);
    TRY_ASSIGN(AccessQuery query, access_query(request, others));
    CountedEntries out{{}, hub.clock.now(), std::move(query.filter)};
    const exchange::AccessFilter seen = for_supervisors(hub);
    out.filter.reader = seen.reader;
    out.filter.rules = seen.rules;
    const auto since = interval_in(request, "since");
    if (!since) return fail(Category::invalid, "since is a date or an instant", "since");
    out.from = {since->from};
    const auto until = interval_in(request, "until");
    if (until) out.to = {until->to};
    else if (until.error().category != Category::not_found) return fail(until.error());
    return out;
}

Result<bool> each_counted(Hub& hub, const CountedEntries& asked, const std::function<Result<bool>(const exchange::LoggedEntry&)>& visit) {
    Status status;
    exchange::JudgedParts judged;
    const auto one_by_one = [&](const exchange::LoggedEntry& one) -> bool {
        const ledger::Access& access = one.entry.access;
        if (access.time >= asked.to || !asked.filter.admits(access, one.log_id) || !asked.filter.admits_records(access, one.log_id)) return true;
        const auto hidden = hub.accesses.left_out(one, asked.filter, judged);
        if (hidden && *hidden) return true;
        const auto goes_on = hidden ? visit(one) : hidden;
        if (!goes_on) status = fail(goes_on.error());
        return goes_on && *goes_on;
    };
    TRY_ASSIGN(const bool all, hub.accesses.each_since(asked.from, kEntriesCountedMax, one_by_one));
    TRY(status);
    return all;
}

}  // namespace idun::api
