#include "exchange/audit_feed.h"

#include <fmt/format.h>

#include <charconv>

#include "base/bytes.h"
#include "base/rounds.h"
#include "exchange/names.h"
#include "exchange/tables.h"
#include "http/interruptible.h"
#include "json/writer.h"

namespace idun::exchange {
namespace {

using std::chrono::milliseconds;

const std::string kFed = "auditfedP";  // + log id: next index (8)
constexpr milliseconds kFeedTimeout{30'000};

std::uint64_t number_of(std::string_view digits) {
    std::uint64_t out = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), out);
    return out;
}

}  // namespace

struct AuditFeed::Impl {
    Impl(AuditFeedOptions o, store::Store& s, AccessView& a, const directory::Directory& d, http::Client& c, const Clock& k, Metrics& m)
        : options(std::move(o)),
          store(s),
          accesses(a),
          directory(d),
          client(c),
          clock(k),
          sent(m.counter("idun_audit_feed_entries_total", "entries that the audit record repository has taken")),
          failures(m.counter("idun_audit_feed_failures_total", "attempts to send entries to the repository that failed")) {}

    const AuditFeedOptions options;
    store::Store& store;
    AccessView& accesses;
    const directory::Directory& directory;
    http::Client& client;
    const Clock& clock;
    Counter& sent;
    Counter& failures;
    http::Interruptible calls;
    std::optional<Rounds> rounds;  // last: a round uses all of the above

    Result<std::uint64_t> next_of(const std::string& log_id) const {
        TRY_ASSIGN(const auto snapshot, store.snapshot());
        TRY_ASSIGN(const auto row, snapshot->get(kFed + log_id));
        return row ? ByteReader(*row).be<std::uint64_t>() : 0;
    }

    Status note(const std::string& log_id, std::uint64_t next) {
        std::string value;
        append_be(value, next);
        store::Batch batch;
        batch.put(kFed + log_id, std::move(value));
        TRY(store.commit(std::move(batch)));
        return {};
    }

    // As many as fit one bundle; says how many.
    std::string bundle_of(const std::vector<AccessView::Seen>& seen, std::size_t& count) const {
        const ledger::Names names = names_from(directory);
        json::Writer w;
        w.object().member("resourceType", "Bundle").member("type", "batch").name("entry").array();
        std::size_t bytes = 0;
        for (count = 0; count < seen.size(); ++count) {
            const auto& one = seen[count];
            const std::string event = ledger::to_audit_event(one.access, one.receipt, names, one.sequence);
            bytes += event.size();
            if (count > 0 && bytes > options.bytes_max) break;
            w.object().name("resource").raw(event);
            w.name("request").object().member("method", "POST").member("url", "AuditEvent").end().end();
        }
        w.end().end();
        return w.take();
    }

    Status post(std::string bundle) {
        http::Call call;
        call.method = "POST";
        call.url = options.url;
        call.body = std::move(bundle);
        call.timeout = kFeedTimeout;
        call.headers.set("Content-Type", "application/fhir+json");
        if (!options.token.empty()) call.headers.set("Authorization", "Bearer " + options.token);
        TRY_ASSIGN(const auto answer, calls.fetch(client, std::move(call)));
        if (answer.status / 100 != 2) return fail(Category::unavailable, fmt::format("the repository answered {}", answer.status));
        return {};
    }

    // True when there may be more of it.
    Result<bool> feed(const std::string& log_id) {
        TRY_ASSIGN(const std::uint64_t next, next_of(log_id));
        TRY_ASSIGN(const auto page, accesses.of_log(log_id, {}, std::to_string(next), options.entries_max));
        if (page.seen.empty()) {  // of entries that nobody can open
            if (!page.next.empty()) TRY(note(log_id, number_of(page.next)));
            return !page.next.empty();
        }
        std::size_t count = 0;
        TRY(post(bundle_of(page.seen, count)));
        sent.add(static_cast<double>(count));
        TRY(note(log_id, page.seen[count - 1].receipt.index + 1));
        return count < page.seen.size() || !page.next.empty();
    }

    Result<milliseconds> round() {
        TRY_ASSIGN(const auto logs, accesses.logs());
        bool more = false;
        for (const std::string& log_id : logs) {
            const auto fed = feed(log_id);
            if (!fed) failures.add();
            TRY(fed);
            more = more || *fed;
        }
        return more ? milliseconds(0) : options.look;
    }
};

AuditFeed::AuditFeed(AuditFeedOptions options, store::Store& store, AccessView& accesses, const directory::Directory& directory,
                     http::Client& client, const Clock& clock, Metrics& metrics)
    : impl_(std::make_unique<Impl>(std::move(options), store, accesses, directory, client, clock, metrics)) {
    impl_->rounds.emplace(RoundsOptions{.failing = "the audit record repository takes nothing",
                                        .again = "the audit record repository takes entries again",
                                        .about = {"repository", impl_->options.url},
                                        .retry_max = milliseconds(60'000),
                                        .interrupt = [this] { impl_->calls.interrupt(); }},
                          clock, [this] { return impl_->round(); });
}

AuditFeed::~AuditFeed() = default;

store::Table audit_feed_table() {
    return {.name = "logs.audit-fed", .prefix = kFed, .check = [](std::string_view key, std::string_view value, store::Owed&) -> Status {
                const bool well = key.size() > kFed.size() && value.size() == sizeof(std::uint64_t);
                return well ? Status() : fail(Category::corrupt, "a row of what the repository has is malformed");
            }};
}

}  // namespace idun::exchange
