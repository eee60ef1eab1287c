// The steps of what runs all the time: the rights feed, the log.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "app/internal/join_guide.h"
#include "ledger/receipt.h"

namespace idun::app {
namespace {

constexpr double kLeaseLeftMin = 60;  // seconds

// The value of a gauge without labels in Prometheus text.
std::optional<double> gauge(std::string_view text, std::string_view name) {
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        const std::string_view line = text.substr(at, end - at);
        if (line.starts_with(name) && line.size() > name.size() && line[name.size()] == ' ') {
            double value = 0;
            const std::string_view number = line.substr(name.size() + 1);
            const auto read = std::from_chars(number.data(), number.data() + number.size(), value);
            if (read.ec == std::errc()) return value;
        }
        at = end + 1;
    }
    return std::nullopt;
}

// What the node itself says is not well with that part; "" when nothing is.
std::string warning_of(const JoinGuide& g, std::string_view part) {
    const auto document = json::Document::parse(g.health);
    if (!document) return {};
    for (const json::Value one : document->root()["warnings"].elements())
        if (one["part"].text() == part) return std::string(one["error"].text());
    return {};
}

Finding rights_feed(JoinGuide& g) {
    const auto answer = g.get(g.near_url + "/metrics");
    if (!answer || answer->status != 200) return fault("the node does not show /metrics", "look at what stands before the node at " + g.near_url);
    const std::string text = body_text(*answer);
    const auto lease = gauge(text, "idun_rights_lease_seconds");
    const auto number = gauge(text, "idun_rights_number");
    if (!lease || !number) return fault("the node follows no rights feed", "hub_url and hub_key of [[node]] in " + g.wish.config_file + " were missing at its start: restart it");
    double head = 0;
    const std::string_view there = g.check->root()["rights"]["head"].text();
    std::from_chars(there.data(), there.data() + there.size(), head);
    const std::string fact = fmt::format("at change {:.0f} of {:.0f}, the lease holds for {:.0f} s more", *number, head, *lease);
    if (const std::string why = warning_of(g, "rights feed"); !why.empty()) return fault(fact + "; " + why, "the running node does not reach the hub: look at \"rights feed not followed\" in its log, and restart it if " + g.wish.config_file + " has changed since it started");
    if (*lease < kLeaseLeftMin) return fault(fact, "others are refused soon: look at \"rights feed not followed\" in the node's log");
    return well(fact);
}

Finding own_log(JoinGuide& g) {
    const auto answer = g.get(g.near_url + "/log/checkpoint");
    if (!answer || answer->status != 200) return fault("the node shows no checkpoint of its log", "look at the folder log of " + g.node.folder + ": is its disk full?");
    const std::string note = body_text(*answer);
    const auto opened = ledger::open_checkpoint(note, g.keys->all());
    if (!opened) return fault("the log's checkpoint does not verify: " + opened.error().message, "do not restart; run `idun verify-log " + g.node.folder + "/log` and call the hub's operator");
    std::string fact = fmt::format("{} entries, signed", opened->size);
    if (!g.node.cosigned_by.empty()) {
        const std::string missing = warning_of(g, "log witnesses");
        if (!missing.empty()) return fault(fact + "; " + missing, "look at [[node.cosigned_by]] in " + g.wish.config_file + ": url and key of each witness");
        fact += fmt::format(", cosigned by {} witnesses", g.node.cosigned_by.size());
    }
    return well(fact);
}

std::uint64_t count_in(json::Value value) {
    std::uint64_t out = 0;
    std::from_chars(value.text().data(), value.text().data() + value.text().size(), out);
    return out;
}

Finding shipped(JoinGuide& g) {
    const json::Value log = g.check->root()["log"];
    if (!log) return fault("the hub has nothing of this node's log", "look at \"the log is not shipped\" in the node's log");
    std::string faults;
    for (const json::Value one : log["faults"].elements()) faults += (faults.empty() ? "" : ", ") + std::string(one.text());
    const std::string fact = fmt::format("the hub has {} of {} entries of {}, last heard {}", log["shipped"].text(), log["size"].text(), log["id"].text(), log["heard"] ? log["heard"].text() : "never");
    if (!faults.empty()) return fault(fact + "; faults: " + faults, "a log with faults does not mend by itself: call the hub's operator (docs/ledger-faults.md)");
    if (count_in(log["missing"]) > 0) return fault(fmt::format("{}; {} receipts without an entry", fact, log["missing"].text()), "look at \"the log is not shipped\" in the node's log; entries that never come are told to the supervisor");
    const std::string why = warning_of(g, "log shipping");
    if (log["silent"].boolean() || log["behind"].boolean() || !why.empty())
        return fault(fact + (why.empty() ? "" : "; " + why), "the running node does not ship its log: look at \"the log is not shipped\" in its log, and whether it reaches hub_url in " + g.wish.config_file);
    return well(fact);
}

}  // namespace

void join_steps_work(JoinGuide& g) {
    g.step("rights feed", {"keys", "node runs"}, [&] { return rights_feed(g); });
    g.step("own log", {"node runs", "key files"}, [&] { return own_log(g); });
    g.step("log at the hub", {"keys", "node runs"}, [&] { return shipped(g); });
}

}  // namespace idun::app
