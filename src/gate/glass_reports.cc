#include "gate/glass_reports.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/bytes.h"
#include "base/log.h"
#include "http/interruptible.h"

namespace idun::gate {
namespace {

using std::chrono::milliseconds;

// Oldest first: time (8 bytes, ms), id, pseudonym.
const std::string kOutbox = "glassnodO";
constexpr std::size_t kReportsAtOnce = 100;
constexpr milliseconds kReportRetryMin{100};
constexpr milliseconds kReportRetryMax{5'000};

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
    std::mutex mutex;
    std::condition_variable woken;
    bool nudged = true;  // what a former run left behind
    bool stopping = false;
    std::thread thread;

    bool ended() {
        const std::lock_guard lock(mutex);
        return stopping;
    }

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

    // Sends everything that waits. An error when the hub cannot be reached, cannot work, or does not know this node:
    // then the others need not be tried now.
    Result<Walk> walk() {
        Walk out;
        store::Range range = store::prefix_range(kOutbox);
        for (bool more = true; more && !ended();) {
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

    // Until there is something to do; without a time until somebody nudges. False when it is time to end.
    bool wait_for_news() {
        std::unique_lock lock(mutex);
        woken.wait(lock, [&] { return nudged || stopping; });
        nudged = false;
        return !stopping;
    }
    bool pause(milliseconds time) {
        std::unique_lock lock(mutex);
        woken.wait_for(lock, time, [&] { return stopping; });
        return !stopping;
    }

    void run() {
        milliseconds retry = kReportRetryMin;
        std::string logged;
        for (bool going = wait_for_news(); going;) {
            const auto walked = walk();
            if (walked && walked->refused == 0) {
                retry = kReportRetryMin;
                logged.clear();
                going = wait_for_news();
                continue;
            }
            failures.add();
            const std::string why = walked ? fmt::format("the hub refused {} with {}", walked->refused, walked->status)
                                           : walked.error().message;
            if (why != logged && !ended())
                log::warn("broken glasses not reported", {{"provider", options.provider_id}, {"error", why}});
            logged = why;
            going = pause(retry);
            retry = std::min(retry * 2, kReportRetryMax);
        }
    }
};

GlassReports::GlassReports(GlassReportOptions options, store::Store& store, http::Client& client, Metrics& metrics)
    : impl_(std::make_unique<Impl>(std::move(options), store, client, metrics)) {
    impl_->thread = std::thread([this] { impl_->run(); });
}

GlassReports::~GlassReports() {
    {
        const std::lock_guard lock(impl_->mutex);
        impl_->stopping = true;
    }
    impl_->calls.interrupt();
    impl_->woken.notify_all();
    impl_->thread.join();
}

void GlassReports::nudge() {
    {
        const std::lock_guard lock(impl_->mutex);
        impl_->nudged = true;
    }
    impl_->woken.notify_all();
}

}  // namespace idun::gate
