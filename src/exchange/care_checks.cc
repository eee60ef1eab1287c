#include "exchange/care_checks.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>

#include "base/bytes.h"
#include "base/log.h"
#include "crypto/encoding.h"
#include "crypto/hash.h"
#include "exchange/retention.h"
#include "exchange/rows.h"
#include "exchange/tables.h"
#include "http/interruptible.h"
#include "json/document.h"
#include "json/writer.h"
#include "trust/ticket.h"

namespace idun::exchange {
namespace {

using std::chrono::milliseconds;

// To be asked again, by the hour when it was time; by provider what nothing shows.
const std::string kWaitingChecks = "hubcarew";
const std::string kUnshown = "hubcaren";
constexpr std::size_t kDigestBytes = 16;
constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::size_t kChecksAtOnce = 200;
constexpr std::size_t kEntriesAtOnce = 500;
constexpr std::size_t kAskedKept = 100'000;  // of one hour; when there are more some are asked twice
constexpr std::size_t kUnshownOfHour = 10'000;
constexpr std::size_t kUnshownLookedAt = 200'000;
constexpr milliseconds kCheckTimeout{5'000};
constexpr milliseconds kCheckTicket{60'000};
constexpr milliseconds kRoundMin{1'000};
constexpr milliseconds kRoundMax{300'000};

std::string time_bytes(Instant time) {
    std::string out;
    append_be(out, static_cast<std::uint64_t>(time.ms));
    return out;
}

// Who declared it about whom.
std::string digest_of(const DeclaredCare& d) {
    const crypto::Hash hash = crypto::sha256(d.provider_id + '\0' + d.user_id + '\0' + std::string(d.person.view()));
    return std::string(hash.view().substr(0, kDigestBytes));
}

std::string unshown_prefix(std::string_view provider) { return kUnshown + std::string(provider) + '\0'; }

void write_declared(json::Writer& w, const DeclaredCare& d) {
    w.member("person", d.person.text()).member("provider", d.provider_id).member("unit", d.unit_id);
    w.member("user", d.user_id).member("name", d.name).member("at", to_iso(d.at));
}

std::string encode_declared(const DeclaredCare& d) {
    json::Writer w;
    w.object();
    write_declared(w, d);
    w.end();
    return w.take();
}
std::string encode_unshown(const UnshownCare& u) {
    json::Writer w;
    w.object();
    write_declared(w, u.declared);
    w.member("answered", u.answered).member("checked", to_iso(u.checked)).end();
    return w.take();
}

tl::unexpected<Error> malformed_check() { return fail(Category::corrupt, "a declared care relation is malformed"); }

Result<UnshownCare> decode_check(std::string_view bytes) {
    const auto document = json::Document::parse(bytes);
    if (!document) return malformed_check();
    const json::Value root = document->root();
    const auto person = crypto::Pseudonym::from_text(root["person"].text());
    const auto at = from_iso(root["at"].text());
    if (!person || !at) return malformed_check();
    UnshownCare out;
    out.declared = {*person,
                    std::string(root["provider"].text()),
                    std::string(root["unit"].text()),
                    std::string(root["user"].text()),
                    std::string(root["name"].text()),
                    *at};
    out.answered = root["answered"].boolean();
    if (const auto checked = from_iso(root["checked"].text())) out.checked = *checked;
    return out;
}

}  // namespace

struct CareChecks::Impl {
    Impl(CareCheckOptions o, CareCheckParts p)
        : options(std::move(o)),
          parts(p),
          shown(p.metrics.counter("idun_care_checks_total", "declared care relations that were checked",
                                  {{"state", "shown"}})),
          none(p.metrics.counter("idun_care_checks_total", "declared care relations that were checked",
                                 {{"state", "none"}})),
          unanswered(p.metrics.counter("idun_care_checks_total", "declared care relations that were checked",
                                       {{"state", "unanswered"}})) {}

    const CareCheckOptions options;
    const CareCheckParts parts;
    Counter& shown;
    Counter& none;
    Counter& unanswered;
    http::Interruptible calls;
    std::mutex mutex;
    std::condition_variable woken;
    bool noted = true;
    bool stopping = false;
    std::thread thread;
    Instant asked_hour{-1};        // of the checking thread
    std::set<std::string> asked;  // what was declared in that hour and asked about, by digest

    static Instant hour_of(Instant time) { return {time.ms / kHourMs * kHourMs}; }
    std::string waiting_key(const DeclaredCare& d) const {
        return kWaitingChecks + time_bytes(hour_of(d.at) + options.after) + digest_of(d);
    }
    // The first about that person by that user within the hour.
    bool is_first(const DeclaredCare& d) {
        if (hour_of(d.at) != asked_hour || asked.size() >= kAskedKept) asked.clear();
        asked_hour = hour_of(d.at);
        return asked.insert(digest_of(d)).second;
    }

    Result<std::string> ticket_for(const DeclaredCare& d, const crypto::Pseudonym& number) const {
        trust::Ticket ticket;
        TRY_ASSIGN(ticket.id, parts.tickets.next_of_hub(d.provider_id, number));
        ticket.issued = parts.clock.now();
        ticket.expires = ticket.issued + kCheckTicket;
        ticket.issuer = options.hub;
        ticket.audience = d.provider_id;
        ticket.person = number;
        ticket.purpose = "HSYSADMIN";
        ticket.requester.user_id = options.hub;
        ticket.requester.role = trust::Role::supervisor;
        return trust::sign_ticket(parts.key, ticket);
    }

    // Do bookings or encounters of that provider show it? An error when it cannot be asked now.
    Result<bool> ask(const DeclaredCare& d) {
        const people::Numbers numbers = parts.links ? parts.links->of(d.person) : people::Numbers(d.person);
        for (const crypto::Pseudonym& number : numbers.all()) {
            TRY_ASSIGN(const bool known, ask_about(d, number));
            if (known) return true;
        }
        return false;
    }

    Result<bool> ask_about(const DeclaredCare& d, const crypto::Pseudonym& number) {
        const auto endpoint = parts.directory.to_call(d.provider_id);
        if (!endpoint) return fail(Category::unavailable, endpoint.error().message);
        TRY_ASSIGN(const auto ticket, ticket_for(d, number));
        http::Call call;
        call.url = endpoint->url + "/Patient/$care-relation?at=" + to_iso(d.at);
        call.headers.set("Authorization", "Bearer " + ticket);
        call.headers.set("Accept", "application/fhir+json");
        call.timeout = kCheckTimeout;
        call.answer_bytes_max = 64u << 10;
        TRY_ASSIGN(const auto answer, calls.fetch(parts.client, std::move(call)));
        if (answer.status != 200) return fail(Category::unavailable, "no answer");
        TRY(parts.receipts.open(answer.headers.get("X-Idun-Receipt"), d.provider_id));
        const auto document = json::Document::parse(answer.body);
        if (!document) return fail(Category::unavailable, "an answer that cannot be read");
        const std::string_view word = document->root()["parameter"][0]["valueCode"].text();
        if (word != "known" && word != "none") return fail(Category::unavailable, "an answer that says nothing");
        return word == "known";
    }

    enum class Found : std::uint8_t { shown, not_shown, away };
    // `away`: providers that have not answered in this round.
    Found find(const DeclaredCare& d, std::set<std::string>& away) {
        if (away.contains(d.provider_id)) return Found::away;
        const auto shows = ask(d);
        if (!shows) away.insert(d.provider_id);
        return !shows ? Found::away : *shows ? Found::shown : Found::not_shown;
    }
    void count(Found found) { (found == Found::shown ? shown : found == Found::not_shown ? none : unanswered).add(); }

    // One in an hour.
    Status keep(Draft& draft, const DeclaredCare& declared, bool answered) const {
        const std::string prefix = unshown_prefix(declared.provider_id), digest = digest_of(declared);
        const Instant hour = hour_of(declared.at);
        const store::Range of_hour{prefix + time_bytes(hour), prefix + time_bytes(hour + milliseconds(kHourMs))};
        TRY_ASSIGN(const auto rows, rows_of(draft.snapshot(), of_hour, kUnshownOfHour));
        if (std::ranges::any_of(rows, [&](const store::Entry& row) { return row.key.ends_with(digest); })) return {};
        const std::string key = prefix + time_bytes(declared.at) + digest;
        store::Batch batch;
        keep_for_a_time(batch, Kept::unshown_care, declared.at, key, parts.random);
        batch.put(key, encode_unshown({declared, answered, parts.clock.now()}));
        draft.add(batch);
        return {};
    }

    Result<Draft> draft() const {
        TRY_ASSIGN(auto snapshot, parts.store.snapshot());
        return Draft(std::move(snapshot));
    }

    // A row that waits; false when its node is to be asked again.
    Result<bool> check(const store::Entry& row, std::set<std::string>& away) {
        TRY_ASSIGN(const UnshownCare one, decode_check(row.value));
        const DeclaredCare& declared = one.declared;
        const Found found = find(declared, away);
        if (found == Found::away && parts.clock.now() < declared.at + options.after + kCareAskedFor) return false;
        TRY_ASSIGN(Draft draft, this->draft());
        if (found != Found::shown) TRY(keep(draft, declared, found == Found::not_shown));
        draft.erase(row.key);
        TRY(parts.store.commit(draft.batch()));
        count(found);
        return true;
    }

    // Of what the log says was declared and is due, some: what comes of it, and the place, in one commit. True when there is more.
    Result<bool> log_piece(std::set<std::string>& away) {
        TRY_ASSIGN(Draft draft, this->draft());
        const Instant now = parts.clock.now(), before = hour_of(now - options.after) + milliseconds(kHourMs);
        TRY_ASSIGN(Declared declared, declared_before(draft, before, now, kEntriesAtOnce, parts.links));
        for (const DeclaredCare& one : declared.ahead) draft.put(waiting_key(one), encode_declared(one));
        std::vector<Found> answers;
        for (const DeclaredCare& one : declared.due) {
            if (!is_first(one)) continue;
            const Found found = find(one, away);
            if (ended()) return false;  // from this place again
            if (found == Found::away) {
                draft.put(waiting_key(one), encode_declared(one));
                continue;
            }
            if (found == Found::not_shown) TRY(keep(draft, one, true));
            answers.push_back(found);
        }
        if (!declared.place) return false;
        keep_place(draft, std::move(*declared.place));
        TRY(parts.store.commit(draft.batch()));
        for (const Found found : answers) count(found);
        return declared.more;
    }

    Status log_round(std::set<std::string>& away) {
        for (bool more = true; more && !ended();) {
            const auto piece = log_piece(away);
            if (!piece) {
                asked.clear();  // what came of these is not kept: they are asked about again
                return fail(piece.error());
            }
            more = *piece;
        }
        return {};
    }

    // All that is due. False when some must be asked again.
    Result<bool> round() {
        std::set<std::string> away;  // in this round
        TRY(log_round(away));
        store::Range range{kWaitingChecks, kWaitingChecks + time_bytes(parts.clock.now() + milliseconds(1))};
        bool all = true;
        for (bool more = true; more && !ended();) {
            TRY_ASSIGN(const auto snapshot, parts.store.snapshot());
            TRY_ASSIGN(const auto chunk, snapshot->scan(range, {.entries_max = kChecksAtOnce}));
            for (const store::Entry& row : chunk.entries) {
                TRY_ASSIGN(const bool done, check(row, away));
                all = all && done;
                if (ended()) return false;
            }
            more = chunk.more;
            if (more) range = store::rest_of(range, chunk.entries.back().key);
        }
        return all;
    }

    bool ended() {
        const std::lock_guard lock(mutex);
        return stopping;
    }
    // Sooner when something new may be due at once.
    bool pause(milliseconds time) {
        std::unique_lock lock(mutex);
        const bool at_once = options.after <= milliseconds(0);
        woken.wait_for(lock, time, [&] { return (noted && at_once) || stopping; });
        noted = false;
        return !stopping;
    }

    void run() {
        milliseconds wait = kRoundMin;
        while (pause(wait)) {
            const auto done = round();
            if (!done) log::warn("declared care relations were not checked", {{"error", done.error().message}});
            wait = done && *done ? kRoundMin * 60 : std::min(wait * 2, kRoundMax);
        }
    }
};

CareChecks::CareChecks(CareCheckOptions options, CareCheckParts parts)
    : impl_(std::make_unique<Impl>(std::move(options), parts)) {}

void CareChecks::start() {
    impl_->thread = std::thread([impl = impl_.get()] { impl->run(); });
}

CareChecks::~CareChecks() {
    {
        const std::lock_guard lock(impl_->mutex);
        impl_->stopping = true;
    }
    impl_->calls.interrupt();
    impl_->woken.notify_all();
    if (impl_->thread.joinable()) impl_->thread.join();
}

void CareChecks::wake() const {
    const std::lock_guard lock(impl_->mutex);
    impl_->noted = true;
    impl_->woken.notify_all();
}

Result<CareChecks::Page> CareChecks::unshown(std::string_view provider_id, std::string_view before,
                                             std::size_t count_max) const {
    const std::string prefix = unshown_prefix(provider_id);
    store::Range range = store::prefix_range(prefix);
    range.reverse = true;
    if (!before.empty()) {
        const auto place = crypto::from_hex(before);
        if (!place || place->size() != 8 + kDigestBytes)
            return fail(Category::invalid, "the next link is not one of ours");
        range.to = prefix + *place;
    }
    TRY_ASSIGN(const auto snapshot, impl_->parts.store.snapshot());
    TRY_ASSIGN(const auto chunk, snapshot->scan(range, {.entries_max = count_max}));
    Page page;
    for (const store::Entry& entry : chunk.entries) {
        TRY_ASSIGN(page.unshown.emplace_back(), decode_check(entry.value));
    }
    if (chunk.more) page.next = crypto::hex(std::string_view(chunk.entries.back().key).substr(prefix.size()));
    return page;
}

Result<CareChecks::Unshown> CareChecks::unshown_between(Instant from, Instant to) const {
    TRY_ASSIGN(const auto snapshot, impl_->parts.store.snapshot());
    TRY_ASSIGN(const auto rows, rows_of(*snapshot, store::prefix_range(kUnshown), kUnshownLookedAt));
    Unshown out;
    out.all = rows.size() < kUnshownLookedAt;
    for (const store::Entry& row : rows) {
        TRY_ASSIGN(UnshownCare one, decode_check(row.value));
        if (one.answered && one.declared.at >= from && one.declared.at < to) out.declared.push_back(std::move(one.declared));
    }
    return out;
}

store::Tables care_tables() {
    store::Tables out;
    out.push_back(declared_table());
    out.push_back({.name = "care.waiting", .prefix = kWaitingChecks, .check = [](std::string_view key, std::string_view value, store::Owed&) -> Status {
                       TRY_ASSIGN(const UnshownCare one, decode_check(value));
                       const std::string_view place = key.substr(kWaitingChecks.size());
                       if (place.size() != sizeof(std::uint64_t) + kDigestBytes || !place.ends_with(digest_of(one.declared))) return malformed_check();
                       return store::encodes_to_itself(encode_declared(one.declared), value);
                   }});
    out.push_back({.name = "care.unshown", .prefix = kUnshown, .check = [](std::string_view key, std::string_view value, store::Owed&) -> Status {
                       TRY_ASSIGN(const UnshownCare one, decode_check(value));
                       if (key != unshown_prefix(one.declared.provider_id) + time_bytes(one.declared.at) + digest_of(one.declared)) return malformed_check();
                       return store::encodes_to_itself(encode_unshown(one), value);
                   }});
    return out;
}

}  // namespace idun::exchange
