#include "gate/glass_reports.h"

#include <fmt/format.h>

#include <chrono>
#include <optional>

#include "base/bytes.h"
#include "base/rounds.h"
#include "gate/tables.h"
#include "http/interruptible.h"

namespace idun::gate {
namespace {

using std::chrono::milliseconds;

// Oldest first: time (8 bytes, ms), id, pseudonym.
const std::string kOutbox = "glassnodO";
constexpr std::size_t kReportsAtOnce = 100;

// What came of one walk over the outbox.
struct Walk {
    std::size_t refused = 0;  // the hub answered, but did not take them
    int status = 0;           // its last such answer
};

}  // namespace

Status lay_out(store::Batch& batch, const trust::GlassReport& report) {
    TRY_ASSIGN(std::string body, trust::encode(report));
    std::string key = kOutbox;
    append_be(key, static_cast<std::uint64_t>(report.from.ms));
    batch.put(key + report.id + report.person.text(), std::move(body));
    return {};
}

struct GlassReports::Impl {
    Impl(GlassReportOptions o, store::Store& s, http::Client& c, Metrics& m)
        : options(std::move(o)),
          store(s),
          client(c),
          sent(m.counter("idun_glass_reports_total", "reports of broken glasses that the hub has acknowledged")),
          failures(m.counter("idun_glass_report_failures_total", "attempts to report a broken glass that failed")) {}

    const GlassReportOptions options;
    store::Store& store;
    http::Client& client;
    Counter& sent;
    Counter& failures;
    http::Interruptible calls;
    std::optional<Rounds> rounds;  // last: a round uses all of the above

    // The status of the hub's answer.
    Result<int> send(const std::string& body) {
        http::Call call;
        call.method = "POST";
        call.url = options.hub_url + "/rights/glasses";
        call.body = body;
        call.headers.set("Authorization", "Bearer " + options.assertion());
        call.headers.set("Content-Type", "application/json");
        TRY_ASSIGN(const auto answer, calls.fetch(client, std::move(call)));
        return answer.status;
    }

    // Sends everything that waits. An error when the hub cannot be reached (nobody can once this ends), cannot work, or does
    // not know this node: then the others need not be tried now.
    Result<Walk> walk() {
        Walk out;
        store::Range range = store::prefix_range(kOutbox);
        for (bool more = true; more;) {
            TRY_ASSIGN(const auto snapshot, store.snapshot());
            TRY_ASSIGN(const auto chunk, snapshot->scan(range, {.entries_max = kReportsAtOnce}));
            for (const store::Entry& entry : chunk.entries) {
                TRY_ASSIGN(const int status, send(entry.value));
                if (status / 100 == 2) {
                    store::Batch batch;
                    batch.erase(entry.key);
                    TRY(store.commit(std::move(batch)));
                    sent.add();
                } else if (status >= 500 || status == 401 || status == 429) {
                    return fail(Category::unavailable, fmt::format("the hub answered {}", status));
                } else {
                    ++out.refused;
                    out.status = status;
                }
            }
            more = chunk.more;
            if (more) range = store::rest_of(range, chunk.entries.back().key);
        }
        return out;
    }

    // What a former run left behind first.
    Result<milliseconds> round() {
        const auto walked = walk();
        if (walked && walked->refused == 0) return kUntilNudged;
        failures.add();
        if (!walked) return fail(walked.error());
        return fail(Category::unavailable, fmt::format("the hub refused {} with {}", walked->refused, walked->status));
    }
};

GlassReports::GlassReports(GlassReportOptions options, store::Store& store, http::Client& client, const Clock& clock,
                           Metrics& metrics)
    : impl_(std::make_unique<Impl>(std::move(options), store, client, metrics)) {
    impl_->rounds.emplace(RoundsOptions{.failing = "broken glasses not reported",
                                        .again = "reporting broken glasses again",
                                        .about = {"provider", impl_->options.provider_id},
                                        .interrupt = [this] { impl_->calls.interrupt(); }},
                          clock, [this] { return impl_->round(); });
}

GlassReports::~GlassReports() = default;

void GlassReports::nudge() { impl_->rounds->nudge(); }

store::Table glass_report_table() {
    return {.name = "glasses.reports", .prefix = kOutbox, .check = [](std::string_view key, std::string_view value, store::Owed& owed) -> Status {
                TRY_ASSIGN(const trust::GlassReport report, trust::decode_glass_report(value));
                std::string place = kOutbox;
                append_be(place, static_cast<std::uint64_t>(report.from.ms));
                if (key != place + report.id + report.person.text()) return fail(Category::corrupt, "the report of a glass lies in another's place");
                owed.row(glass_table().prefix + report.id, report.reason, "the row of the glass is missing, or gives another reason");
                TRY_ASSIGN(const std::string again, trust::encode(report));
                return store::encodes_to_itself(again, value);
            }};
}

}  // namespace idun::gate
