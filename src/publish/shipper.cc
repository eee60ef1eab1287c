#include "publish/shipper.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>

#include "base/log.h"
#include "base/rounds.h"
#include "http/interruptible.h"
#include "ledger/served_note.h"
#include "ledger/shipment.h"
#include "publish/hub_word.h"
#include "publish/served_count.h"

namespace idun::publish {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kShippingUnhealthyAfter{60'000};

}  // namespace

struct Shipper::Impl {
    Impl(ShipperOptions o, const ledger::Ledger& l, http::Client& c, const Clock& k, Metrics& m)
        : options(std::move(o)),
          ledger(l),
          client(c),
          clock(k),
          shipped(m.gauge("idun_log_shipped_entries", "entries of this node's log that the hub has")),
          failures(m.counter("idun_log_ship_failures_total", "attempts to ship log entries that failed")),
          served(l, ledger::system_files(), options.served_file) {}

    const ShipperOptions options;
    const ledger::Ledger& ledger;
    http::Client& client;
    const Clock& clock;
    Gauge& shipped;
    Counter& failures;

    http::Interruptible calls;
    ServedCount served;           // of the thread, as what follows
    std::optional<Instant> told;
    std::uint64_t had = 0;      // entries that the hub is known to have had
    bool doubted = false;       // its word of the log, which is said once
    bool signs_counts = false;  // the hub takes them signed
    mutable std::mutex mutex;
    mutable std::condition_variable spoken;
    bool asked = false;
    std::optional<std::uint64_t> next;  // that the hub lacks; nothing: ask
    std::optional<Rounds> rounds;       // last: a round uses all of the above

    Result<http::Response> call(std::string method, std::string query, std::string body) {
        http::Call call;
        call.method = std::move(method);
        call.url = options.hub_url + "/log-shipments" + query;
        call.body = std::move(body);
        call.compress = true;
        call.headers.set("Authorization", "Bearer " + options.assertion());
        call.headers.set("Content-Type", "application/x-ndjson");
        return calls.fetch(client, std::move(call));
    }

    struct Made {
        std::string body;
        std::uint64_t end = 0;  // behind its last entry
        ledger::Served served;
        std::vector<std::string> refused;
    };

    // What the hub lacks from `first` on, within the bounds of one shipment.
    Result<Made> shipment(std::uint64_t first) {
        TRY_ASSIGN(const auto entries, ledger.read(first, std::min(options.entries_max, ledger::kShippedEntriesMax)));
        Made made{.body = {}, .end = first, .served = {}, .refused = {}};
        TRY_ASSIGN(made.served, served.until(first));
        for (const ledger::Entry& entry : entries) {
            ledger::ShippedEntry one = ledger::to_ship(entry);
            if (options.marks && one.open) one.marks = options.marks(one.access);
            TRY_ASSIGN(const std::string line, ledger::to_line(one));
            if (made.body.size() + line.size() >= ledger::kShippedBytesMax && !made.body.empty()) break;
            made.body.append(line).append("\n");
            if (entry.access) made.served.add(*entry.access);
            ++made.end;
        }
        TRY_ASSIGN(const ledger::Shipment head, head_of(first, made));
        made.refused = head.refused;
        made.body.insert(0, ledger::head_line(head) + "\n");
        return made;
    }

    // The checkpoint is read after the entries, so that it reaches them.
    Result<ledger::Shipment> head_of(std::uint64_t first, const Made& made) const {
        ledger::Shipment head;
        head.log_id = ledger.log_id();
        head.first = first;
        head.checkpoint = ledger.checkpoint();
        const auto checkpoint = ledger::peek_checkpoint(head.checkpoint);
        if (!checkpoint) return fail(Category::corrupt, "log: its checkpoint is malformed");
        head.size = checkpoint->size;
        head.served = made.served;
        if (signs_counts && options.key && served.ours())
            head.stated = ledger::sign_served(*options.key, {head.log_id, made.end, made.served});
        if (options.refused) head.refused = options.refused(ledger::kShippedRefusedMax);
        if (made.end == 0 || made.end == head.size) return head;
        TRY_ASSIGN(head.proof, ledger.consistency_proof(made.end, head.size));
        return head;
    }

    // A log that was set back is not gone on with.
    Status check_history(const HubWord& word) {
        TRY_ASSIGN(const History history, compare(ledger, word, options.own_keys));
        if (history.set_back && options.set_back)
            options.set_back(fmt::format("the log {} was set back: {}; nothing is answered until `idun log renew` has begun a new one",
                                         ledger.log_id(), *history.set_back));
        if (history.unproven && !doubted)
            log::warn("the hub says of the log what this node has not signed: it goes on",
                      {{"log", ledger.log_id()}, {"hub", *history.unproven}});
        doubted = history.unproven.has_value();
        if (word.next < had)
            log::warn("the hub has lost entries of the log that it had: they are sent again",
                      {{"log", ledger.log_id()}, {"had", std::to_string(had)}, {"has", std::to_string(word.next)}});
        had = word.next;
        return {};
    }

    // What this node has signed it may sign again; what the hub only says is not signed.
    void hear_count(const HubWord& word) {
        if (word.next > ledger.size()) return;
        const auto signed_here = ledger::open_served(word.stated_note, options.own_keys);
        if (signed_here && signed_here->log_id == ledger.log_id() && signed_here->size == word.next)
            served.heard(word.next, signed_here->served, true);
        else if (word.served)
            served.heard(word.next, *word.served, false);
    }

    // True when there may be more.
    Result<bool> ship() {
        if (!next) {
            TRY_ASSIGN(const auto answer, call("GET", "?log=" + ledger.log_id(), ""));
            TRY_ASSIGN(const HubWord word, word_in(answer));
            TRY(check_history(word));
            signs_counts = word.takes_stated;
            hear_count(word);
            set_next(word.next);
        }
        const std::uint64_t size = ledger.size();
        const bool due = !told || clock.now() - *told >= options.beat;
        if (*next == size && !due) return false;
        // A log that is shorter than what the hub has says so all the same: the hub refuses, and remembers.
        TRY_ASSIGN(Made made, shipment(std::min(*next, size)));
        TRY_ASSIGN(const auto answer, call("POST", "", std::move(made.body)));
        TRY_ASSIGN(const json::Document document, shipping_answer(answer));
        TRY_ASSIGN(const std::uint64_t after, next_in(document.root()));
        told = clock.now();
        had = std::max(had, after);
        if (after == made.end) served.reached(made.end, made.served);
        if (options.refused_told && !made.refused.empty()) options.refused_told(made.refused);
        set_next(after);
        return after < ledger.size();
    }

    void set_next(std::uint64_t value) {
        shipped.set(static_cast<double>(value));
        const std::lock_guard lock(mutex);
        next = value;
    }

    // The hub was asked once at least.
    void spoke() {
        {
            const std::lock_guard lock(mutex);
            asked = true;
        }
        spoken.notify_all();
    }

    Result<milliseconds> round() {
        const auto more = ship();
        spoke();
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

void Shipper::wait_for_word(std::chrono::milliseconds longest) const {
    std::unique_lock lock(impl_->mutex);
    impl_->spoken.wait_for(lock, longest, [this] { return impl_->asked; });
}

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
