#include "publish/publisher.h"

#include <fmt/format.h>

#include <mutex>
#include <optional>

#include "base/bytes.h"
#include "base/log.h"
#include "base/rounds.h"
#include "directory/fhir_directory.h"
#include "http/interruptible.h"
#include "publish/alias_teller.h"
#include "publish/comparer.h"
#include "publish/link_teller.h"
#include "publish/pointer_batch.h"
#include "publish/pointers.h"
#include "publish/tables.h"
#include "publish/told.h"

namespace idun::publish {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kChangesAtOnce = 200;
constexpr std::size_t kReasonBytesMax = 300;
const std::string kProgressKey = "publishdP";  // value: store version up to which the hub has acknowledged

Category category_of(int status) {
    if (status == 404) return Category::not_found;
    return status == 400 || status == 409 ? Category::conflict : Category::unavailable;
}

// "the hub answered 422: DocumentReference.category is missing". Of the body only what an OperationOutcome says.
std::string refusal(const http::Response& answer) {
    std::string out = fmt::format("the hub answered {}", answer.status);
    const auto document = json::Document::parse(answer.body);
    if (!document || document->root()["resourceType"].text() != "OperationOutcome") return out;
    const json::Value issue = document->root()["issue"][0];
    std::string_view reason = issue["diagnostics"].text();
    if (reason.empty()) reason = issue["details"]["text"].text();
    std::size_t end = std::min(reason.size(), kReasonBytesMax);
    while (end > 0 && end < reason.size() && (static_cast<unsigned char>(reason[end]) & 0xC0) == 0x80) --end;  // whole characters
    if (end > 0) out.append(": ").append(reason.substr(0, end));
    return out;
}

}  // namespace

Result<std::uint64_t> published_upto(const store::Snapshot& snapshot) {
    TRY_ASSIGN(const auto value, snapshot.get(kProgressKey));
    if (!value) return std::uint64_t{0};
    ByteReader reader(*value);
    const auto read = reader.be<std::uint64_t>();
    if (!reader.done()) return fail(Category::corrupt, "the publisher's progress in the store cannot be read");
    return read;
}

struct Publisher::Impl {
    Impl(Options o, store::Store& s, const records::Records& r, http::Client& c, const Clock& k, Metrics& m)
        : options(std::move(o)), store(s), records(r), client(c), clock(k),
          acknowledged(m.gauge("idun_published_version", "store version up to which the hub has the pointers")),
          failures(m.counter("idun_publish_failures_total", "attempts to reach the hub that failed")),
          links(s, r, options.knows, m),
          aliases({.store = s, .records = r, .clock = k, .provider_id = options.provider.id, .keys = options.several_keys, .links = links,
                   .send = [this](std::string body) { return tell_aliases(std::move(body)); }, .metrics = m}),
          comparer({.store = s, .records = r, .clock = k, .random = options.random, .provider_id = options.provider.id,
                    .every = options.compare_every, .links = options.knows ? &links : nullptr,
                    .send = [this](std::string method, const std::string& path, std::string body) { return send(std::move(method), path, std::move(body)); },
                    .correct = [this](std::span<const index::Pointer> pointers) { return tell_pointers(pointers, {done}); },
                    .metrics = m}) {}

    Options options;
    store::Store& store;
    const records::Records& records;
    http::Client& client;
    const Clock& clock;
    Gauge& acknowledged;
    Counter& failures;
    LinkTeller links;  // of the thread, as are the next two, and the two after the calls
    AliasTeller aliases;
    Comparer comparer;

    http::Interruptible calls;
    Instant renewed{0};
    bool loaded = false;  // `done` has been read from the store
    mutable std::mutex mutex;
    bool registered = false;
    std::uint64_t done = 0;
    std::optional<Rounds> rounds;  // last: a round uses all of the above

    Result<http::Response> ask(std::string method, const std::string& path, std::string body) {
        http::Call call;
        call.method = std::move(method);
        call.url = options.hub_url + path;
        call.body = std::move(body);
        call.headers.set("Authorization", "Bearer " + options.assertion());
        call.headers.set("Content-Type", "application/fhir+json");
        return calls.fetch(client, std::move(call));
    }
    Result<std::string> send(std::string method, const std::string& path, std::string body) {
        TRY_ASSIGN(const auto answer, ask(std::move(method), path, std::move(body)));
        if (answer.status / 100 != 2)
            return fail(category_of(answer.status), refusal(answer));
        return answer.body;
    }
    Result<std::string> tell_links(std::string body) { return send("POST", "/people/links", std::move(body)); }

    // Pointers wait only for a hub that cannot be reached (`unavailable`), not for one that answers something else than that it takes
    // these: `busy` while it is taking those of another node, or is slow; else `conflict`.
    Result<std::string> tell_aliases(std::string body) {
        TRY_ASSIGN(const auto answer, ask("POST", "/people/links", std::move(body)));
        if (answer.status / 100 == 2) return answer.body;
        return fail(answer.status == 503 ? Category::busy : Category::conflict, refusal(answer));
    }

    Status register_here() {
        const auto put = [&](const directory::Organisation& o) {
            return send("PUT", "/fhir/Organization/" + o.id, directory::to_fhir(o));
        };
        TRY(put(options.provider));
        for (const directory::Organisation& unit : options.units) TRY(put(unit));
        const directory::Endpoint endpoint{options.provider.id, options.provider.id, options.url, {}, directory::own_speech()};
        TRY(send("PUT", "/fhir/Endpoint/" + endpoint.id, directory::to_fhir(endpoint)));
        const std::lock_guard lock(mutex);
        registered = true;
        return {};
    }

    Status load_progress() {
        TRY_ASSIGN(const auto snapshot, store.snapshot());
        TRY_ASSIGN(const std::uint64_t read, published_upto(*snapshot));
        loaded = true;
        const std::lock_guard lock(mutex);
        done = read;
        return {};
    }

    // Persists and forgets what the hub has. The commit carries no note, so it is nothing to publish itself.
    Status acknowledge(store::Version version, const store::Snapshot& snapshot, std::span<const index::Pointer> pointers) {
        if (version.number > done) {
            std::string value;
            append_be(value, version.number);
            store::Batch batch;
            batch.put(kProgressKey, value);
            TRY(note_told(batch, snapshot, pointers));
            TRY(store.commit(std::move(batch)));
            TRY(options.done_with ? options.done_with(version) : store.trim_changes(version));
        }
        acknowledged.set(static_cast<double>(version.number));
        const std::lock_guard lock(mutex);
        done = std::max(done, version.number);
        return {};
    }

    // Tells the hub these, as all until `upto`. Each batch says what the hub had heard before it, and the next one does
    // not say it again: so none goes unread, and none is acknowledged before it is.
    Status tell_pointers(std::span<const index::Pointer> rest, store::Version upto) {
        while (rest.size() > kPointersAtOnce) {
            TRY(tell_batch(rest.first(kPointersAtOnce), {done}));
            rest = rest.subspan(kPointersAtOnce);
        }
        return tell_batch(rest, upto);
    }
    Status tell_batch(std::span<const index::Pointer> pointers, store::Version upto) {
        const index::Source source{options.provider.id, options.provider.name, options.url};
        TRY_ASSIGN(const std::string answer, send("POST", "/fhir", pointer_batch(pointers, source, upto, clock.now())));
        const auto heard = heard_before(answer);
        if (!heard) return {};
        if (*heard < done) {  // what it knew of us is gone too
            renewed = {};
            TRY(aliases.forgotten());
        }
        return comparer.heard({*heard, done, upto.number});
    }

    // One round: everything that is new, or a beat when nothing is. True when there may be more.
    Result<bool> publish() {
        TRY_ASSIGN(auto changes, store.changes({done}, kChangesAtOnce));
        TRY_ASSIGN(const auto snapshot, store.snapshot());
        TRY_ASSIGN(const auto pointers, pointers_of(changes, records, *snapshot));
        const store::Version upto = changes.empty() ? store::Version{done} : changes.back().version;
        TRY(tell_pointers(pointers, upto));
        if (options.knows) {  // behind the pointers: the hub takes the word of who holds something about both
            TRY_ASSIGN(const auto patients, perhaps_linked(changes));
            TRY(aliases.tell(patients, *snapshot));
            TRY(links.tell(patients, *snapshot, [this](std::string body) { return tell_links(std::move(body)); }));
        }
        comparer.told(pointers);
        TRY(acknowledge(upto, *snapshot, pointers));
        return changes.size() == kChangesAtOnce;
    }

    // Registers when it is time, then sends what is new. How soon there may be more.
    Result<milliseconds> tell() {
        if (!loaded) TRY(load_progress());
        if (clock.now() - renewed > options.beat * 6) {
            TRY(register_here());
            renewed = clock.now();
        }
        const bool renamed = records.renamed();
        TRY_ASSIGN(const bool more, publish());
        if (more) return milliseconds(0);
        TRY_ASSIGN(const bool left, comparer.go_on(done));
        if (left) return milliseconds(0);
        TRY_ASSIGN(const milliseconds on, aliases.go_on(renamed));
        return std::min(on, options.beat);
    }

    Result<milliseconds> round() {
        const auto next = tell();
        if (!next) failures.add();
        return next;
    }
};

Publisher::Publisher(Options options, store::Store& store, const records::Records& records, http::Client& client,
                     const Clock& clock, Metrics& metrics)
    : impl_(std::make_unique<Impl>(std::move(options), store, records, client, clock, metrics)) {
    impl_->rounds.emplace(RoundsOptions{.failing = "not published",
                                        .again = "publishing again",
                                        .about = {"provider", impl_->options.provider.id},
                                        .interrupt = [this] { impl_->calls.interrupt(); }},
                          clock, [this] { return impl_->round(); });
}

Publisher::~Publisher() = default;

void Publisher::nudge() { impl_->rounds->nudge(); }

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

Status Publisher::healthy() const {
    const Status out = impl_->rounds->healthy(kUnhealthyAfter);
    if (out) return {};
    return fail(Category::unavailable,
                "the hub has not been told of new records for more than a minute: " + out.error().message);
}

store::Table progress_table() {
    return {.name = "publish.progress", .prefix = kProgressKey, .check = [](std::string_view key, std::string_view value, store::Owed&) -> Status {
                const bool well = key == kProgressKey && value.size() == sizeof(std::uint64_t);
                return well ? Status() : fail(Category::corrupt, "the publisher's progress in the store cannot be read");
            }};
}

}  // namespace idun::publish
