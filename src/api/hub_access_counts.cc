#include "api/counted_entries.h"
#include "exchange/access_counts.h"
#include "json/writer.h"

namespace idun::api {
namespace {

std::string counts_as_json(const CountedEntries& asked, const exchange::AccessCounts& counts, bool complete) {
    json::Writer w;
    w.object().member("from", to_iso(asked.from)).member("to", to_iso(asked.to)).member("entries", counts.entries());
    w.member("complete", complete).name("counts").array();
    for (const auto& [by, count] : counts.counts()) {
        w.object();
        if (!by.first.empty()) w.member("category", by.first);
        w.member("origin", by.second).member("entries", count.entries).member("denied", count.denied);
        w.member("people", count.people.size()).member("users", count.users.size()).end();
    }
    w.end().end();
    return w.take();
}

Result<Supervised> counts_for(Hub& hub, const http::Request& request) {
    TRY_ASSIGN(const Supervision supervision, supervision_of(hub, request));
    TRY_ASSIGN(const CountedEntries asked, counted_entries(hub, request));
    const OneScan scan(hub.counting);
    TRY(scan.granted());
    exchange::AccessCounts counts;
    TRY_ASSIGN(const bool complete, each_counted(hub, asked, [&](const exchange::LoggedEntry& one) -> Result<bool> {
        counts.add(one);
        return true;
    }));
    Supervised out;
    out.response.headers.set("Content-Type", "application/json");
    out.response.body = counts_as_json(asked, counts, complete && counts.complete());
    out.entries = ShownPeople().entries(supervision_access(hub, supervision, ledger::Action::search, request, "access-counts"));
    return out;
}

}  // namespace

// GET /supervision/counts?since=&until=&ground=&reference=&…: accesses by category and origin.
http::Handler hub_access_counts(Hub& hub) { return answering_supervisors(hub, counts_for); }

}  // namespace idun::api
