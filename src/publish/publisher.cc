#include "publish/publisher.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <mutex>
#include <optional>

#include "base/bytes.h"
#include "base/log.h"
#include "base/rounds.h"
#include "directory/fhir_directory.h"
#include "http/interruptible.h"
#include "index/comparison.h"
#include "index/fhir_pointer.h"
#include "publish/link_teller.h"
#include "publish/own_pointers.h"
#include "publish/pointers.h"
#include "publish/tables.h"
#include "publish/told.h"

namespace idun::publish {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kChangesAtOnce = 200;
constexpr std::size_t kPointersAtOnce = 5'000;
constexpr std::size_t kPatientsAtOnce = 500;
constexpr int kComparisonsAWalk = 7;  // of the node's account with the index; then of that account with the records
constexpr std::size_t kReasonBytesMax = 300;
const std::string kProgressKey = "publishdP";  // value: store version up to which the hub has acknowledged

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
            if (p.if_believed && p.if_believed->source_version)
                w.member("ifMatch", fmt::format("W/\"{}\"", *p.if_believed->source_version));
            else if (p.if_believed)
                w.member("ifNoneMatch", "*");
            w.end().end();
        }
        w.end();
    }
    w.end();
    return w.take();
}

// Up to which of our versions the hub had heard before it took a batch. An older hub does not say.
std::optional<std::uint64_t> heard_before(const std::string& answer) {
    const auto document = json::Document::parse(answer);
    if (!document || document->root()["identifier"]["system"].text() != "urn:idun:store-version") return std::nullopt;
    const std::string_view text = document->root()["identifier"]["value"].text();
    std::uint64_t version = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version);
    if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return version;
}

}  // namespace

struct Publisher::Impl {
    Impl(Options o, store::Store& s, const records::Records& r, http::Client& c, const Clock& k, Metrics& m)
        : options(std::move(o)), store(s), records(r), client(c), clock(k),
          acknowledged(m.gauge("idun_published_version", "store version up to which the hub has the pointers")),
          failures(m.counter("idun_publish_failures_total", "attempts to reach the hub that failed")),
          comparisons(m.counter("idun_index_comparisons_total", "times that all pointers were compared with the hub's index")),
          corrected(m.counter("idun_index_corrected_total", "pointers that the hub's index had otherwise, and were corrected")),
          walks(m.counter("idun_index_walks_total", "times that all records were read, to see whether the node's account of what it told the hub is right")),
          strayed(m.counter("idun_index_strayed_total", "persons of whom that account was wrong, and was mended")),
          links(s, r, options.knows, m),
          compared(k.now() - options.compare_every * 23 / 24) {}

    Options options;
    store::Store& store;
    const records::Records& records;
    http::Client& client;
    const Clock& clock;
    Gauge& acknowledged;
    Counter& failures;
    Counter& comparisons;
    Counter& corrected;
    Counter& walks;
    Counter& strayed;
    LinkTeller links;  // of the thread

    http::Interruptible calls;
    Instant renewed{0};   // of the thread, as is
    bool loaded = false;  // `done` has been read from the store
    std::set<std::string> links_left;  // patients whose links the last comparison has still to say again
    std::optional<Instant> compared;  // when all was last compared; nothing: is due. After start it is soon
    bool went_back = false;           // the hub has heard more than there is here: our store is an older copy
    bool forgotten = false;           // the hub has heard less than we told it: also of links, which only a walk finds
    std::optional<OwnPointers> own;   // of a walk that has begun
    std::set<crypto::Pseudonym> newer;  // of whom the hub was told since it began
    mutable std::mutex mutex;
    bool registered = false;
    std::uint64_t done = 0;
    std::optional<Rounds> rounds;  // last: a round uses all of the above

    Result<std::string> send(std::string method, const std::string& path, std::string body) {
        http::Call call;
        call.method = std::move(method);
        call.url = options.hub_url + path;
        call.body = std::move(body);
        call.headers.set("Authorization", "Bearer " + options.assertion());
        call.headers.set("Content-Type", "application/fhir+json");
        TRY_ASSIGN(const auto answer, calls.fetch(client, std::move(call)));
        if (answer.status / 100 != 2)
            return fail(answer.status == 404 ? Category::not_found : Category::unavailable, refusal(answer));
        return answer.body;
    }

    Status register_here() {
        const auto put = [&](const directory::Organisation& o) {
            return send("PUT", "/fhir/Organization/" + o.id, directory::to_fhir(o));
        };
        TRY(put(options.provider));
        for (const directory::Organisation& unit : options.units) TRY(put(unit));
        const directory::Endpoint endpoint{options.provider.id, options.provider.id, options.url, {}};
        TRY(send("PUT", "/fhir/Endpoint/" + endpoint.id, directory::to_fhir(endpoint)));
        const std::lock_guard lock(mutex);
        registered = true;
        return {};
    }

    Status load_progress() {
        TRY_ASSIGN(const auto snapshot, store.snapshot());
        TRY_ASSIGN(const auto value, snapshot->get(kProgressKey));
        std::uint64_t read = 0;
        if (value) {
            ByteReader reader(*value);
            read = reader.be<std::uint64_t>();
            if (!reader.done()) return fail(Category::corrupt, "the publisher's progress in the store cannot be read");
        }
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
        TRY_ASSIGN(const std::string answer, send("POST", "/fhir", pointer_batch(rest, source, upto, clock.now())));
        if (const auto heard = heard_before(answer)) {
            if (*heard < done) renewed = {};  // what it knew of us is gone too
            forgotten = forgotten || *heard < done;
            if (forgotten) TRY(make_walk_due(store));  // before what it has heard now is acknowledged: then nobody could tell any more
            if (*heard < done || (*heard > upto.number && !went_back)) compared.reset();
            went_back = *heard > upto.number;
        }
        if (options.knows) {  // behind the pointers: the hub takes the word of who holds something about both
            TRY_ASSIGN(const auto patients, perhaps_linked(changes));
            TRY(links.tell(patients, *snapshot, [this](std::string body) { return send("POST", "/people/links", std::move(body)); }));
        }
        if (own)
            for (const index::Pointer& one : pointers) newer.insert(one.person);
        TRY(acknowledge(upto, *snapshot, pointers));
        return changes.size() == kChangesAtOnce;
    }

    // Does a piece of a comparison when one is due; publishing goes on in between. True when there is more of it.
    Result<bool> compare() {
        if (options.compare_every.count() == 0) return false;
        if (!links_left.empty()) return tell_links_left();
        if (own) return walk();
        if (compared && clock.now() - *compared < options.compare_every) return false;
        TRY_ASSIGN(auto snapshot, store.snapshot());
        TRY_ASSIGN(const auto whole, told_whole_since(*snapshot));
        const auto told = whole ? told_pointers(*snapshot) : Result<std::vector<index::Pointer>>();
        if (!told) log::warn("what the hub was told must be found out anew", {{"provider", options.provider.id}, {"error", told.error().message}});
        if (whole && told) {
            TRY(compare_with(*told));
            if (!forgotten && clock.now() - *whole < options.compare_every * kComparisonsAWalk) return false;
        }
        newer.clear();
        TRY_ASSIGN(own, OwnPointers::begin(records, std::move(snapshot)));
        return true;
    }

    // A piece of the walk through all records: whether the account of what the hub was told is right, and who has several numbers.
    Result<bool> walk() {
        if (!own->whole()) {
            TRY(own->read_some(kPatientsAtOnce));
            return true;
        }
        auto pointers = own->take();
        if (options.knows) links_left = own->perhaps_linked();
        own.reset();
        TRY(read_again(pointers));
        TRY_ASSIGN(auto snapshot, store.snapshot());
        TRY_ASSIGN(const auto whole, told_whole_since(*snapshot));
        // With links still to be told the walk is not done: a process that starts before they are walks again.
        TRY_ASSIGN(const std::uint64_t others, write_told(store, pointers, links_left.empty() ? clock.now() : kWalkDue));
        walks.add();
        forgotten = false;
        if (whole && others > 0) {
            strayed.add(static_cast<double>(others));
            log::warn("what the hub was told differed from the records", {{"provider", options.provider.id}, {"persons", others}});
        }
        if (!whole || others > 0) TRY(compare_with(pointers));
        return !links_left.empty();
    }

    // Of whom the hub was told since the walk began: as it is now.
    Status read_again(std::vector<index::Pointer>& pointers) {
        if (newer.empty()) return {};
        TRY_ASSIGN(const auto snapshot, store.snapshot());
        std::erase_if(pointers, [&](const index::Pointer& one) { return newer.contains(one.person); });
        for (const crypto::Pseudonym& person : newer) {
            TRY_ASSIGN(const auto held, held_under(person.view(), records, *snapshot));
            for (const auto& [category, newest] : held) pointers.push_back({person, std::string(fhir::to_string(category)), newest, 0});
        }
        newer.clear();
        std::ranges::sort(pointers, {}, [](const index::Pointer& p) { return std::tie(p.person, p.category); });
        return {};
    }

    // Asks the hub where it says something else than these (in the order of persons and categories), and corrects that.
    Status compare_with(std::span<const index::Pointer> pointers) {
        const auto ask = [&](const std::string& question) { return send("POST", "/index/compare", question); };
        const auto key = crypto::MultisetKey::from(options.random.bytes(16));
        TRY_ASSIGN(const auto differences, index::find_differences(pointers, *key, ask));
        TRY_ASSIGN(const auto corrections, corrections_of(differences.found));
        TRY(correct(corrections));
        compared = clock.now();
        comparisons.add();
        corrected.add(static_cast<double>(corrections.size()));
        if (!corrections.empty())
            log::warn("the hub's index differed", {{"provider", options.provider.id}, {"pointers", corrections.size()},
                                                   {"of", pointers.size()}, {"bytes", differences.bytes}});
        return {};
    }

    Status correct(std::span<const index::Pointer> corrections) {
        const index::Source source{options.provider.id, options.provider.name, options.url};
        for (std::span<const index::Pointer> rest(corrections); !rest.empty();) {
            const auto now = rest.first(std::min(rest.size(), kPointersAtOnce));
            TRY(send("POST", "/fhir", pointer_batch(now, source, {done}, clock.now())));
            rest = rest.subspan(now.size());
        }
        return {};
    }

    // A slice of the patients whose links a comparison says again; publishing goes on in between.
    Result<bool> tell_links_left() {
        auto end = links_left.begin();
        std::advance(end, std::min(links_left.size(), kPatientsAtOnce));
        TRY_ASSIGN(const auto snapshot, store.snapshot());
        TRY(links.tell({links_left.begin(), end}, *snapshot, [this](std::string body) { return send("POST", "/people/links", std::move(body)); }, true));
        links_left.erase(links_left.begin(), end);
        if (!links_left.empty()) return true;
        TRY(note_walked(store, clock.now()));
        return false;
    }

    // What is written in between is published first or after, so each difference is looked at anew.
    Result<std::vector<index::Pointer>> corrections_of(std::span<const index::Difference> differences) const {
        TRY_ASSIGN(const auto snapshot, store.snapshot());
        std::vector<index::Pointer> out;
        std::map<fhir::PriorityCategory, Instant> held;
        const crypto::Pseudonym* person = nullptr;
        for (const index::Difference& one : differences) {
            if (!person || *person != one.person) {
                TRY_ASSIGN(held, held_under(one.person.view(), records, *snapshot));
            }
            person = &one.person;
            const auto category = fhir::priority_category(one.category);
            const auto found = category ? held.find(*category) : held.end();
            const bool there = one.there.has_value();
            if (found == held.end() && !there) continue;
            if (found != held.end() && there && found->second.ms / 1000 == one.there->newest.ms / 1000) continue;
            const auto belief = index::Belief{there ? std::optional(one.there->source_version) : std::nullopt};
            out.push_back({one.person, one.category, found == held.end() ? Instant{} : found->second, done, found == held.end(), belief});
        }
        return out;
    }

    // Registers when it is time, then sends what is new. True when there may be more.
    Result<bool> tell() {
        if (!loaded) TRY(load_progress());
        if (clock.now() - renewed > options.beat * 6) {
            TRY(register_here());
            renewed = clock.now();
        }
        TRY_ASSIGN(const bool more, publish());
        if (more) return true;
        return compare();
    }

    Result<milliseconds> round() {
        const auto more = tell();
        if (more) return *more ? milliseconds(0) : options.beat;
        failures.add();
        return fail(more.error());
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
