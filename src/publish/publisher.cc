#include "publish/publisher.h"

#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/bytes.h"
#include "base/log.h"
#include "directory/fhir_directory.h"
#include "http/interruptible.h"
#include "index/fhir_pointer.h"
#include "publish/pointers.h"

namespace idun::publish {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kChangesAtOnce = 200;
constexpr std::size_t kPointersAtOnce = 5'000;
constexpr milliseconds kRetryMin{100};
constexpr milliseconds kRetryMax{5'000};
const std::string kProgressKey = "publishdP";  // value: store version up to which the hub has acknowledged

std::string pointer_batch(std::span<const index::Pointer> pointers, const index::Source& source,
                          store::Version version, Instant now) {
    json::Writer w;
    w.object().member("resourceType", "Bundle").member("type", "batch");
    w.name("identifier").object().member("system", "urn:idun:store-version");
    w.member("value", std::to_string(version.number)).end();
    w.member("timestamp", to_iso(now));
    if (!pointers.empty()) {
        w.name("entry").array();
        for (const index::Pointer& p : pointers) {
            w.object().name("resource");
            index::write_pointer(w, p, source);
            w.name("request").object().member("method", "PUT");
            w.member("url", "DocumentReference/" + index::pointer_id(p.person, source.provider, p.category));
            w.end().end();
        }
        w.end();
    }
    w.end();
    return w.take();
}

}  // namespace

struct Publisher::Impl {
    Impl(Options o, store::Store& s, const records::Records& r, http::Client& c, const Clock& k, Metrics& m)
        : options(std::move(o)), store(s), records(r), client(c), clock(k),
          acknowledged(m.gauge("idun_published_version", "store version up to which the hub has the pointers")),
          failures(m.counter("idun_publish_failures_total", "attempts to reach the hub that failed")) {}

    Options options;
    store::Store& store;
    const records::Records& records;
    http::Client& client;
    const Clock& clock;
    Gauge& acknowledged;
    Counter& failures;

    http::Interruptible calls;
    mutable std::mutex mutex;
    std::condition_variable woken;
    bool nudged = true;
    bool stopping = false;
    bool registered = false;
    std::uint64_t done = 0;
    std::thread thread;

    Status send(std::string method, const std::string& path, std::string body) {
        http::Call call;
        call.method = std::move(method);
        call.url = options.hub_url + path;
        call.body = std::move(body);
        call.headers.set("Authorization", "Bearer " + options.assertion());
        call.headers.set("Content-Type", "application/fhir+json");
        TRY_ASSIGN(const auto answer, calls.fetch(client, std::move(call)));
        if (answer.status / 100 != 2)
            return fail(Category::unavailable, fmt::format("the hub answered {}", answer.status));
        return {};
    }

    Status register_here() {
        const auto put = [&](const directory::Organisation& o) {
            return send("PUT", "/fhir/Organization/" + o.id, directory::to_fhir(o));
        };
        TRY(put(options.provider));
        for (const directory::Organisation& unit : options.units) TRY(put(unit));
        const directory::Endpoint endpoint{options.provider.id, options.provider.id, options.url, {}};
        TRY(send("PUT", "/fhir/Endpoint/" + endpoint.id, directory::to_fhir(endpoint, clock.now())));
        const std::lock_guard lock(mutex);
        registered = true;
        return {};
    }

    Status load_progress() {
        TRY_ASSIGN(const auto snapshot, store.snapshot());
        TRY_ASSIGN(const auto value, snapshot->get(kProgressKey));
        const std::lock_guard lock(mutex);
        done = value ? ByteReader(*value).be<std::uint64_t>() : 0;
        return {};
    }

    // Persists and forgets what the hub has. The commit carries no note, so it is nothing to publish itself.
    Status acknowledge(store::Version version) {
        if (version.number > done) {
            std::string value;
            append_be(value, version.number);
            store::Batch batch;
            batch.put(kProgressKey, value);
            TRY(store.commit(std::move(batch)));
            TRY(store.trim_changes(version));
        }
        acknowledged.set(static_cast<double>(version.number));
        const std::lock_guard lock(mutex);
        done = std::max(done, version.number);
        return {};
    }

    // One round: everything that is new, or a beat when nothing is. True when there may be more.
    Result<bool> publish() {
        TRY_ASSIGN(auto changes, store.changes({done}, kChangesAtOnce));
        TRY_ASSIGN(const auto snapshot, store.snapshot());
        TRY_ASSIGN(const auto pointers, pointers_of(changes, records, *snapshot));
        const store::Version upto = changes.empty() ? store::Version{done} : changes.back().version;
        const index::Source source{options.provider.id, options.provider.name, options.url};
        std::span<const index::Pointer> rest(pointers);
        while (rest.size() > kPointersAtOnce) {
            TRY(send("POST", "/fhir", pointer_batch(rest.first(kPointersAtOnce), source, {done}, clock.now())));
            rest = rest.subspan(kPointersAtOnce);
        }
        TRY(send("POST", "/fhir", pointer_batch(rest, source, upto, clock.now())));
        TRY(acknowledge(upto));
        return changes.size() == kChangesAtOnce;
    }

    bool wait(milliseconds time) {
        std::unique_lock lock(mutex);
        woken.wait_for(lock, time, [&] { return nudged || stopping; });
        nudged = false;
        return !stopping;
    }

    bool pause(milliseconds time) {
        std::unique_lock lock(mutex);
        woken.wait_for(lock, time, [&] { return stopping; });
        return !stopping;
    }

    void run() {
        if (const auto loaded = load_progress(); !loaded)
            return log::error("publisher stopped", {{"provider", options.provider.id}, {"error", loaded.error().message}});
        milliseconds retry = kRetryMin;
        Instant renewed{0};
        for (bool going = true; going;) {
            Status round;
            bool more = false;
            if (clock.now() - renewed > options.beat * 6) {
                round = register_here();
                if (round) renewed = clock.now();
            }
            if (round) {
                auto result = publish();
                if (result) more = *result;
                else round = fail(result.error());
            }
            if (round) {
                retry = kRetryMin;
                going = more ? pause(milliseconds(0)) : wait(options.beat);
                continue;
            }
            failures.add();
            if (retry == kRetryMin && pause(milliseconds(0)))
                log::warn("hub not reached", {{"provider", options.provider.id}, {"error", round.error().message}});
            going = pause(retry);
            retry = std::min(retry * 2, kRetryMax);
        }
    }
};

Publisher::Publisher(Options options, store::Store& store, const records::Records& records, http::Client& client,
                     const Clock& clock, Metrics& metrics)
    : impl_(std::make_unique<Impl>(std::move(options), store, records, client, clock, metrics)) {
    impl_->thread = std::thread([this] { impl_->run(); });
}

Publisher::~Publisher() {
    {
        const std::lock_guard lock(impl_->mutex);
        impl_->stopping = true;
    }
    impl_->calls.interrupt();
    impl_->woken.notify_all();
    impl_->thread.join();
}

void Publisher::nudge() {
    {
        const std::lock_guard lock(impl_->mutex);
        impl_->nudged = true;
    }
    impl_->woken.notify_all();
}

bool Publisher::settled() const {
    std::uint64_t done = 0;
    {
        const std::lock_guard lock(impl_->mutex);
        if (!impl_->registered) return false;
        done = impl_->done;
    }
    const auto left = impl_->store.changes({done}, 1);
    return left && left->empty();
}

}  // namespace idun::publish
