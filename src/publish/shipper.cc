#include "publish/shipper.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <mutex>
#include <optional>

#include "base/rounds.h"
#include "http/interruptible.h"
#include "json/document.h"
#include "ledger/shipment.h"

namespace idun::publish {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kShippingUnhealthyAfter{60'000};

Result<std::uint64_t> next_in(const http::Response& answer) {
    if (answer.status / 100 != 2)
        return fail(answer.status == 409 ? Category::conflict : Category::unavailable,
                    fmt::format("the hub answered {}", answer.status));
    const auto document = json::Document::parse(answer.body);
    const std::string_view digits = document ? document->root()["next"].text() : std::string_view();
    std::uint64_t next = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), next);
    if (digits.empty() || error != std::errc() || end != digits.data() + digits.size())
        return fail(Category::unavailable, "the hub's answer does not say how far it is");
    return next;
}

}  // namespace

struct Shipper::Impl {
    Impl(ShipperOptions o, const ledger::Ledger& l, http::Client& c, const Clock& k, Metrics& m)
        : options(std::move(o)),
          ledger(l),
          client(c),
          clock(k),
          shipped(m.gauge("idun_log_shipped_entries", "entries of this node's log that the hub has")),
          failures(m.counter("idun_log_ship_failures_total", "attempts to ship log entries that failed")) {}

    const ShipperOptions options;
    const ledger::Ledger& ledger;
    http::Client& client;
    const Clock& clock;
    Gauge& shipped;
    Counter& failures;

    http::Interruptible calls;
    std::optional<Instant> told;  // of the thread
    mutable std::mutex mutex;
    std::optional<std::uint64_t> next;  // that the hub lacks; nothing: ask
    std::optional<Rounds> rounds;       // last: a round uses all of the above

    Result<std::uint64_t> call(std::string method, std::string body) {
        http::Call call;
        call.method = std::move(method);
        call.url = options.hub_url + "/log-shipments";
        call.body = std::move(body);
        call.compress = true;
        call.headers.set("Authorization", "Bearer " + options.assertion());
        call.headers.set("Content-Type", "application/x-ndjson");
        TRY_ASSIGN(const auto answer, calls.fetch(client, std::move(call)));
        return next_in(answer);
    }

    // What the hub lacks from `first` on, within the bounds of one shipment.
    Result<std::string> shipment(std::uint64_t first) const {
        ledger::Shipment head;
        head.log_id = ledger.log_id();
        head.first = first;
        TRY_ASSIGN(const auto entries, ledger.read(first, std::min(options.entries_max, ledger::kShippedEntriesMax)));
        head.size = ledger.size();  // read after the entries: it may only be larger
        head.checkpoint = ledger.checkpoint();
        std::string body = ledger::head_line(head) + "\n";
        std::size_t bytes = 0;
        for (const ledger::Entry& entry : entries) {
            TRY_ASSIGN(const std::string line, ledger::to_line(ledger::to_ship(entry)));
            bytes += line.size() + 1;
            if (bytes > ledger::kShippedBytesMax && bytes > line.size() + 1) break;
            body.append(line).append("\n");
        }
        return body;
    }

    // True when there may be more.
    Result<bool> ship() {
        if (!next) {
            TRY_ASSIGN(const std::uint64_t asked, call("GET", ""));
            set_next(asked);
        }
        const std::uint64_t size = ledger.size();
        const bool due = !told || clock.now() - *told >= options.beat;
        if (*next == size && !due) return false;
        // A log that is shorter than what the hub has says so all the same: the hub refuses, and remembers.
        TRY_ASSIGN(std::string body, shipment(std::min(*next, size)));
        TRY_ASSIGN(const std::uint64_t after, call("POST", std::move(body)));
        told = clock.now();
        set_next(after);
        return after < ledger.size();
    }

    void set_next(std::uint64_t value) {
        shipped.set(static_cast<double>(value));
        const std::lock_guard lock(mutex);
        next = value;
    }

    Result<milliseconds> round() {
        const auto more = ship();
        if (more) return *more ? milliseconds(0) : options.look;
        failures.add();
        const std::lock_guard lock(mutex);
        next.reset();
        return fail(more.error());
    }
};

Shipper::Shipper(ShipperOptions options, const ledger::Ledger& ledger, http::Client& client, const Clock& clock,
                 Metrics& metrics)
    : impl_(std::make_unique<Impl>(std::move(options), ledger, client, clock, metrics)) {
    impl_->rounds.emplace(RoundsOptions{.failing = "the log is not shipped",
                                        .again = "shipping the log again",
                                        .about = {"log", ledger.log_id()},
                                        .interrupt = [this] { impl_->calls.interrupt(); }},
                          clock, [this] { return impl_->round(); });
}

Shipper::~Shipper() = default;

bool Shipper::settled() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->next && *impl_->next == impl_->ledger.size();
}

Status Shipper::healthy() const {
    const Status out = impl_->rounds->healthy(kShippingUnhealthyAfter);
    if (out) return {};
    return fail(Category::unavailable,
                "the hub has not got the log's newest entries for more than a minute: " + out.error().message);
}

}  // namespace idun::publish
