#include "exchange/delivery.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/bytes.h"
#include "base/log.h"
#include "crypto/encoding.h"
#include "crypto/hash.h"
#include "exchange/tables.h"
#include "store/person_key.h"

namespace idun::exchange {
namespace {

using std::chrono::milliseconds;

const std::string kDue = "duenoticI";    // + pseudonym (16), urgent (1): stamp
const std::string kLater = "duelaterW";  // + when (8), pseudonym (16): digest (1), attempts (1), stamp
constexpr std::size_t kRowsAtOnce = 200;
constexpr std::size_t kStampBytes = 8;  // of one letter; chance
constexpr int kAttemptsCounted = 12;
constexpr milliseconds kAgainAfter{1'000};  // doubled with each attempt
constexpr milliseconds kAgainAfterMax{3'600'000};
constexpr milliseconds kAgainAfterAway{300'000};  // at most, where the letter may not be what it failed for

constexpr std::pair<Pace, std::string_view> kPaces[] = {
    {Pace::off, "off"}, {Pace::immediate, "immediate"}, {Pace::digest, "digest"}};

// Where her waiting letter stands: when (8).
std::string waiting_mark(const crypto::Pseudonym& person) { return delivery_key(person) + "w"; }

std::string later_key(std::string_view when, const crypto::Pseudonym& person) {
    return kLater + std::string(when) + std::string(person.view());
}

std::string when_bytes(Instant time) {
    std::string out;
    append_be(out, static_cast<std::uint64_t>(std::max<std::int64_t>(time.ms, 0)));
    return out;
}

milliseconds again_after(int attempts, milliseconds most) {
    milliseconds out = kAgainAfter;
    for (int i = 0; i < attempts && out < most; ++i) out *= 2;
    return std::min(out, most);
}

// The same for the same letter, and tells nothing of whose it is.
std::string letter_id(std::string_view stamp) { return crypto::hex(crypto::sha256({"idun letter", stamp}).view().substr(0, 16)); }

tl::unexpected<Error> malformed_due() { return fail(Category::corrupt, "a row of messages to be told is malformed"); }

std::string encode_choice(const DeliveryChoice& choice) {
    std::string out(1, static_cast<char>(choice.pace));
    out += choice.refused ? '\1' : '\0';
    return out + choice.address;
}

Result<DeliveryChoice> choice_from(std::string_view row) {
    if (row.size() < 2 || static_cast<std::uint8_t>(row[0]) > 2) return fail(Category::corrupt, "a choice of how to be told is malformed");
    return DeliveryChoice{static_cast<Pace>(row[0]), std::string(row.substr(2)), row[1] != '\0'};
}

}  // namespace

std::string_view to_string(Pace pace) {
    for (const auto& [one, word] : kPaces)
        if (one == pace) return word;
    return {};
}

std::optional<Pace> pace_from(std::string_view text) {
    for (const auto& [one, word] : kPaces)
        if (word == text) return one;
    return std::nullopt;
}

std::string delivery_key(const crypto::Pseudonym& number) { return store::person_key(number, 'D'); }

Result<DeliveryChoice> delivery_of(const store::Snapshot& snapshot, const crypto::Pseudonym& person) {
    TRY_ASSIGN(const auto row, snapshot.get(delivery_key(person)));
    return row ? choice_from(*row) : DeliveryChoice();
}

Result<DeliveryChoice> delivery_of(const store::Snapshot& snapshot, std::span<const crypto::Pseudonym> aliases) {
    for (const crypto::Pseudonym& one : aliases) {
        TRY_ASSIGN(const auto row, snapshot.get(delivery_key(one)));
        if (row) return delivery_of(snapshot, one);
    }
    return DeliveryChoice();
}

Status choose_delivery(store::Store& store, std::span<const crypto::Pseudonym> aliases, const DeliveryChoice& choice) {
    if (!(choice.pace == Pace::off && choice.address.empty()) && !is_mail_address(choice.address))
        return fail(Category::invalid, "not an e-mail address", "Parameters.parameter");
    store::Batch batch;
    for (const crypto::Pseudonym& one : aliases.subspan(1)) batch.erase(delivery_key(one));
    batch.put(delivery_key(aliases.front()), encode_choice(choice));
    TRY(store.commit(std::move(batch)));
    return {};
}

bool put_due(store::Batch& batch, store::Store& store, const crypto::Pseudonym& person, bool urgent, Random& random) {
    const auto snapshot = store.snapshot();
    const auto row = snapshot ? (*snapshot)->get(delivery_key(person)) : Result<std::optional<std::string>>(fail(snapshot.error()));
    if (row && !*row) return false;
    const auto choice = row ? choice_from(**row) : Result<DeliveryChoice>(fail(row.error()));
    if (choice && (choice->pace == Pace::off || choice->refused)) return true;
    std::string key = kDue + std::string(person.view()) + (urgent ? '\1' : '\0');
    if (std::ranges::any_of(batch.writes(), [&](const auto& write) { return write.key == key; })) return true;  // another message of this step
    batch.put(std::move(key), random.bytes(kStampBytes));
    return true;
}

// A letter that waits: a digest for its time, any other because it was not taken yet.
struct Deliverer::Waiting {
    crypto::Pseudonym person;
    std::string when;  // 8 bytes
    bool digest = false;
    int attempts = 0;
    std::string stamp;

    std::string key() const { return later_key(when, person); }
    std::string value() const {
        return std::string{static_cast<char>(digest ? 1 : 0), static_cast<char>(attempts)} + stamp;
    }
    static Result<Waiting> from(std::string_view key, std::string_view value) {
        const std::string_view place = key.substr(std::min(key.size(), kLater.size()));
        const auto person = crypto::Pseudonym::from(place.substr(std::min<std::size_t>(place.size(), 8)));
        if (!person || value.size() != 2 + kStampBytes) return malformed_due();
        return Waiting{*person, std::string(place.substr(0, 8)), value[0] != '\0', value[1], std::string(value.substr(2))};
    }
    static Result<std::optional<Waiting>> of(const store::Snapshot& snapshot, const crypto::Pseudonym& person) {
        TRY_ASSIGN(const auto when, snapshot.get(waiting_mark(person)));
        if (!when) return std::optional<Waiting>();
        const std::string key = later_key(*when, person);
        TRY_ASSIGN(const auto row, snapshot.get(key));
        if (!row) return std::optional<Waiting>();
        TRY_ASSIGN(Waiting out, from(key, *row));
        return std::optional<Waiting>(std::move(out));
    }
};

Deliverer::Deliverer(store::Store& store, std::unique_ptr<Outlet> outlet, const Clock& clock, Metrics& metrics,
                     Options options)
    : store_(store),
      outlet_(std::move(outlet)),
      clock_(clock),
      options_(options),
      sent_(metrics.counter("idun_notifications_sent_total", "messages that an outlet has taken")),
      failed_(metrics.counter("idun_notifications_failed_total", "attempts to send a message that failed")),
      refused_(metrics.counter("idun_notifications_refused_total", "addresses that an outlet refused for good")),
      away_(metrics.gauge("idun_notifications_outlet_away", "1 while the outlet takes nothing")) {
    RoundsOptions how{.failing = "messages are not sent", .again = "messages are sent again", .about = {"by", "the outlet"}};
    how.retry_min = kAgainAfter;
    how.retry_max = options_.away_max;
    how.interrupt = [this] {
        ending_ = true;
        if (outlet_) outlet_->interrupt();
    };
    rounds_.emplace(std::move(how), clock_, [this]() -> Result<milliseconds> {
        const auto more = round();
        away_.set(more ? 0 : 1);
        if (!more) return fail(more.error());
        return *more ? milliseconds(0) : options_.look;
    });
}

Result<bool> Deliverer::round() {
    TRY_ASSIGN(const bool fresh, fresh_round());
    TRY_ASSIGN(const bool waiting, waiting_round());
    return fresh || waiting;
}

Result<bool> Deliverer::fresh_round() {
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    TRY_ASSIGN(const auto chunk, snapshot->scan(store::prefix_range(kDue), {.entries_max = kRowsAtOnce}));
    for (const store::Entry& row : chunk.entries) {
        if (ending_) return false;
        TRY(handle(row, &Deliverer::handle_fresh));
    }
    return chunk.more;
}

Result<bool> Deliverer::waiting_round() {
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    store::Range range{kLater, kLater + when_bytes(clock_.now() + milliseconds(1))};
    TRY_ASSIGN(const auto chunk, snapshot->scan(range, {.entries_max = kRowsAtOnce}));
    for (const store::Entry& row : chunk.entries) {
        if (ending_) return false;
        TRY(handle(row, &Deliverer::handle_waiting));
    }
    return chunk.more;
}

// Each by what the store says now: letters before it take their time, and people change their minds. A row that nobody
// can read is let go, so that it stops nothing else.
Status Deliverer::handle(const store::Entry& row, Handle how) {
    TRY_ASSIGN(const auto now, store_.snapshot());
    const Status done = (this->*how)(*now, row);
    if (done || done.error().category != Category::corrupt) return done;
    log::error("a message to be told is let go", {{"error", done.error().message}});
    store::Batch batch;
    batch.erase(row.key);
    return commit(std::move(batch));
}

// A letter that was not taken: when it is tried again. One that failed for the outlet's sake waits too, so that the next
// attempt is another letter: if this one was the reason, nobody else waits for it.
Deliverer::Waiting Deliverer::tried_again(Waiting letter, Sent sent) const {
    letter.attempts = std::min(letter.attempts + 1, kAttemptsCounted);
    letter.when = when_bytes(clock_.now() + again_after(letter.attempts, sent == Sent::away ? kAgainAfterAway : kAgainAfterMax));
    return letter;
}

// A new message: sent, left to the letter that waits already, or made to wait.
Status Deliverer::handle_fresh(const store::Snapshot& snapshot, const store::Entry& row) {
    const auto person = crypto::Pseudonym::from(std::string_view(row.key).substr(kDue.size(), crypto::kPseudonymBytes));
    if (!person || row.key.size() != kDue.size() + crypto::kPseudonymBytes + 1 || row.value.size() != kStampBytes)
        return malformed_due();
    const bool urgent = row.key.back() != '\0';
    TRY_ASSIGN(const DeliveryChoice choice, delivery_of(snapshot, *person));
    TRY_ASSIGN(const auto waiting, Waiting::of(snapshot, *person));
    store::Batch batch;
    batch.expect(row.key, row.value);  // another message meanwhile: then this is done again
    batch.erase(row.key);
    const bool told = outlet_ && choice.pace != Pace::off && !choice.refused;
    const bool at_once = told && (urgent || choice.pace == Pace::immediate);
    if (!told || (at_once && (!waiting || waiting->digest))) {
        const Sent sent = told ? send(batch, *person, choice, false, row.value) : Sent::refused;
        std::optional<Waiting> then;
        if (sent == Sent::later || sent == Sent::away) then = tried_again({*person, "", false, 0, row.value}, sent);
        replace(batch, waiting, then);
        return commit_sent(std::move(batch), sent);
    } else if (!waiting) {
        replace(batch, {}, Waiting{*person, when_bytes(clock_.now() + options_.digest_after), true, 0, row.value});
    }
    return commit(std::move(batch));
}

// Its time has come.
Status Deliverer::handle_waiting(const store::Snapshot& snapshot, const store::Entry& row) {
    TRY_ASSIGN(const Waiting waiting, Waiting::from(row.key, row.value));
    TRY_ASSIGN(const auto still, snapshot.get(row.key));
    if (still != row.value) return {};  // a letter at once has spoken for it
    TRY_ASSIGN(const DeliveryChoice choice, delivery_of(snapshot, waiting.person));
    store::Batch batch;
    batch.expect(row.key, row.value);
    const bool told = outlet_ && choice.pace != Pace::off && !choice.refused;
    const Sent sent = told ? send(batch, waiting.person, choice, waiting.digest, waiting.stamp) : Sent::refused;
    std::optional<Waiting> then;
    if (sent == Sent::later || sent == Sent::away) then = tried_again(waiting, sent);
    replace(batch, waiting, then);
    return commit_sent(std::move(batch), sent);
}

Status Deliverer::commit_sent(store::Batch batch, Sent sent) {
    TRY(commit(std::move(batch)));
    if (sent == Sent::away) return fail(Category::unavailable, away_why_);
    return {};
}

// Where something has changed meanwhile nothing is written, and it is done again.
Status Deliverer::commit(store::Batch batch) {
    const auto done = store_.commit(std::move(batch));
    if (!done && done.error().category != Category::conflict) return fail(done.error());
    return {};
}

void Deliverer::replace(store::Batch& batch, const std::optional<Waiting>& before, const std::optional<Waiting>& after) {
    if (before && !(after && after->key() == before->key())) batch.erase(before->key());
    if (after) {
        batch.put(after->key(), after->value());
        batch.put(waiting_mark(after->person), after->when);
    } else if (before) {
        batch.erase(waiting_mark(before->person));
    }
}

// An address that is refused for good is marked.
Deliverer::Sent Deliverer::send(store::Batch& batch, const crypto::Pseudonym& person, const DeliveryChoice& choice, bool digest,
                                std::string_view stamp) {
    const Status sent = outlet_->send({letter_id(stamp), choice.address, clock_.now(), digest});
    if (sent) {
        sent_.add();
        return Sent::taken;
    }
    failed_.add();
    if (sent.error().category == Category::busy) return Sent::later;
    if (sent.error().category != Category::invalid) {
        away_why_ = sent.error().message;
        return Sent::away;
    }
    refused_.add();
    DeliveryChoice marked = choice;
    marked.refused = true;
    batch.expect(delivery_key(person), encode_choice(choice));  // she may have given another one meanwhile
    batch.put(delivery_key(person), encode_choice(marked));
    return Sent::refused;
}

namespace {

void whose_due(std::string_view key, FunctionRef<void(const crypto::Pseudonym&)> found) {
    if (!key.empty()) store::whose_end(key.substr(0, key.size() - 1), found);
}

}  // namespace

store::Tables delivery_tables() {
    store::Tables out;
    const auto is_mark = [](std::string_view key) { return key.size() == kBareKeyBytes + 1 && key.back() == 'w'; };
    out.push_back({.name = "delivery.marks", .letter = 'D', .owns = [=](std::string_view key, std::string_view) { return is_mark(key); },
                   .whose = store::whose_row,
                   .check = [](std::string_view key, std::string_view value, store::Owed& owed) -> Status {
                       if (value.size() != sizeof(std::uint64_t)) return malformed_due();
                       owed.row(later_key(value, whose_key(key)), "the letter that waits is missing");
                       return {};
                   }});
    out.push_back({.name = "delivery.choices", .letter = 'D', .owns = [=](std::string_view key, std::string_view) { return !is_mark(key); },
                   .whose = store::whose_row,
                   .check = [](std::string_view key, std::string_view value, store::Owed&) -> Status {
                       const bool well = key.size() == kBareKeyBytes && value.size() >= 2 && static_cast<std::uint8_t>(value[0]) <= 2 && static_cast<std::uint8_t>(value[1]) <= 1;
                       return well && (value.size() == 2 || is_mail_address(value.substr(2))) ? Status() : fail(Category::corrupt, "a choice of how to be told is malformed");
                   }});
    out.push_back({.name = "delivery.due", .prefix = kDue, .whose = whose_due, .check = [](std::string_view key, std::string_view value, store::Owed&) -> Status {
                       const bool well = key.size() == kDue.size() + crypto::kPseudonymBytes + 1 && static_cast<std::uint8_t>(key.back()) <= 1 && value.size() == kStampBytes;
                       return well ? Status() : malformed_due();
                   }});
    out.push_back({.name = "delivery.waiting", .prefix = kLater, .whose = store::whose_end, .check = [](std::string_view key, std::string_view value, store::Owed& owed) -> Status {
                       constexpr std::size_t kWhenBytes = 8;
                       const std::string_view place = key.substr(kLater.size());
                       const auto person = crypto::Pseudonym::from(place.substr(std::min(place.size(), kWhenBytes)));
                       if (!person || value.size() != 2 + kStampBytes || static_cast<std::uint8_t>(value[0]) > 1) return malformed_due();
                       owed.row(waiting_mark(*person), std::string(place.substr(0, kWhenBytes)), "the person's row does not lead to it");
                       return {};
                   }});
    return out;
}

}  // namespace idun::exchange
