// From events to receivers: one notification at a time for each subscription, none waiting for another's.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/log.h"
#include "subscriptions/internal/impl.h"

namespace idun::subscriptions {
namespace {

constexpr std::size_t kBodyBytesMax = 8u << 20;    // of one notification; one event is always sent
constexpr std::size_t kAnswerBytesMax = 64u << 10;
constexpr std::chrono::milliseconds kNoRoom{100};

// A notification in memory, counted from when it is made until its receiver has answered.
class Weight {
public:
    Weight(std::shared_ptr<std::atomic<std::size_t>> sum, std::size_t bytes) : sum_(std::move(sum)), bytes_(bytes) { *sum_ += bytes_; }
    ~Weight() { *sum_ -= bytes_; }
    Weight(const Weight&) = delete;

private:
    const std::shared_ptr<std::atomic<std::size_t>> sum_;
    const std::size_t bytes_;
};

// Says what happened in words of ours: what the other side wrote stays out of the resource and the log.
std::string failure_of(const Result<http::Response>& answer) {
    if (answer) return answer->status / 100 == 2 ? "" : fmt::format("the receiver answered {}", answer->status);
    switch (answer.error().category) {
        case Category::unavailable: return "there is no connection to the receiver";
        case Category::busy: return "the receiver did not answer in time";
        case Category::too_large: return "the receiver's answer was too large";
        default: return "the receiver's answer was malformed";
    }
}

}  // namespace

void Mailbox::put(Mail one) {
    {
        const std::lock_guard lock(mutex);
        mail.push_back(std::move(one));
    }
    woken.notify_all();
}

bool Mailbox::is_closed() {
    const std::lock_guard lock(mutex);
    return closed;
}

Said Subscriptions::Impl::said(std::string_view id, const Sub& sub, std::string_view type) const {
    return {options.base_url, std::string(id),  sub.spec ? sub.spec->topic : "", type, to_string(sub.state.status),
            sub.state.events, sub.state.status == Stage::active ? "" : sub.state.error};
}

Result<std::vector<Told>> Subscriptions::Impl::read_events(std::string_view id, const Sub& sub, std::uint64_t first,
                                                           std::uint64_t last, std::size_t count_max,
                                                           bool bodies) const {
    std::vector<Told> out;
    if (first > last) return out;
    TRY_ASSIGN(const auto snapshot, store.snapshot());
    TRY_ASSIGN(const auto chunk, snapshot->scan(event_range(id, first, last), {.entries_max = count_max}));
    std::size_t bytes = 0;
    records::Context context;
    context.visible = visible_to(sub.state.owner);
    for (const store::Entry& entry : chunk.entries) {
        Told told;
        TRY_ASSIGN(told.event, decode_event(entry.key, entry.value));
        if (told.event.kind == EventKind::elsewhere && told.event.id.empty()) {
            told.hidden = true;
            out.push_back(std::move(told));
            continue;
        }
        // Blocked since: its number was told or is counted, so the event stays, but it is about nothing any more.
        if (context.visible) told.hidden = records.read(told.event.type, told.event.id, context).status == 404;
        if (bodies && !told.hidden && told.event.kind != EventKind::remove) {
            const records::Outcome outcome = records.vread(told.event.type, told.event.id, told.event.version, context);
            if (outcome.status >= 500) return fail(Category::unavailable, "a version of a record cannot be read");
            if (outcome.ok()) told.body = outcome.body;
            bytes += told.body == nullptr ? 0 : told.body->size();
            if (bytes > kBodyBytesMax && !out.empty()) break;
        }
        out.push_back(std::move(told));
    }
    return out;
}

Instant Subscriptions::Impl::next_due() const {
    Instant next = clock.now() + std::chrono::seconds(10);
    for (const auto& [id, sub] : subs) {
        if (may_ask(sub)) next = std::min(next, sub.ask_due);
        if (!sub.collecting() || sub.turn != 0) continue;
        if (sub.spec->end) next = std::min(next, *sub.spec->end);
        const bool pending = !sub.state.greeted || sub.state.events > sub.state.acknowledged || sub.state.status == Stage::error;
        if (pending) next = std::min(next, sub.due);
        else if (sub.spec->heartbeat.count() > 0) next = std::min(next, std::max(sub.due, sub.last_sent + sub.spec->heartbeat));
    }
    return next;
}

void Subscriptions::Impl::deliver_due() {
    const Instant now = clock.now();
    double count = 0;
    std::map<Stage, int> stages;
    for (auto& [id, sub] : subs) {
        ++stages[sub.state.status];
        if (!sub.collecting()) continue;
        count += static_cast<double>(sub.state.events - sub.state.acknowledged);
        if (sub.turn != 0) continue;
        if (sub.spec->end && *sub.spec->end <= now) {
            turn_off(sub, "its end has come");
            continue;
        }
        if (sub.due > now) continue;
        if (*under_way >= options.under_way_bytes_max) {
            sub.due = now + kNoRoom;
            continue;
        }
        if (const Status sent = deliver(id, sub); !sent) {
            log::warn("a notification could not be made", {{"error", sent.error().message}});
            sub.due = now + options.retry_min;
        }
    }
    waiting.set(count);
    for (const auto& [stage, gauge] : by_stage) gauge->set(stages[stage]);
}

Status Subscriptions::Impl::deliver(const std::string& id, Sub& sub) {
    const bool waiting_events = sub.state.events > sub.state.acknowledged;
    // What others may choose to withhold at any time is not sent to a receiver of whom it is not known that it is there.
    const bool failing_news = sub.news && waiting_events && sub.attempts > 0;
    if (sub.state.greeted && waiting_events && !failing_news) return deliver_events(id, sub);
    const bool probe = sub.state.status == Stage::error || failing_news;
    const bool beat = sub.spec->heartbeat.count() > 0 && clock.now() >= sub.last_sent + sub.spec->heartbeat;
    if (sub.state.greeted && !beat && !probe) return {};
    sub.sent_upto = sub.state.acknowledged;
    const std::string_view type = sub.state.greeted ? "heartbeat" : "handshake";
    send(id, sub, notification(said(id, sub, type), {}, sub.spec->content, uuid(random), uuid(random), clock.now()), {});
    return {};
}

// One entry in the log for each person that one of the records is about, made as the log takes them.
Result<ledger::NextAccess> Subscriptions::Impl::entries_about(const std::string& id, const Sub& sub, const std::vector<Told>& told) const {
    using Person = std::optional<crypto::Pseudonym>;
    struct Entries {
        ledger::Access common;
        std::vector<ledger::Record> records;  // of each event
        std::map<Person, std::vector<std::size_t>> of;  // places in `records`
    };
    const auto entries = std::make_shared<Entries>();
    TRY_ASSIGN(const auto snapshot, records.snapshot());
    for (const Told& one : told) {
        if (one.hidden) continue;
        const Event& event = one.event;
        TRY_ASSIGN(const auto patients, patients_of(event));
        std::set<Person> persons;
        for (const std::string& patient : patients) {
            TRY_ASSIGN(const auto pseudonyms, records.persons_behind(patient, *snapshot));
            for (const std::string& pseudonym : pseudonyms) persons.insert(crypto::Pseudonym::from(pseudonym));
        }
        if (persons.empty()) persons.insert(std::nullopt);
        for (const Person& person : persons) entries->of[person].push_back(entries->records.size());
        entries->records.push_back({event.type, event.id, std::to_string(event.version), std::string(fhir::to_string(event.category)),
                                    options.provider_id});
    }
    if (entries->of.empty()) return ledger::NextAccess();  // all of it is hidden: nothing is told
    ledger::Access& common = entries->common;
    common.time = clock.now();
    common.action = ledger::Action::notify;
    common.requester = sub.state.owner;
    common.rule = options.rule;
    common.store_version = snapshot->version().number;
    common.query = "Subscription/" + id;
    return [entries]() -> std::optional<ledger::Access> {
        if (entries->of.empty()) return std::nullopt;
        const auto next = entries->of.extract(entries->of.begin());
        ledger::Access access = entries->common;
        access.person = next.key();
        for (const std::size_t place : next.mapped()) access.records.push_back(entries->records[place]);
        return access;
    };
}

// Everybody whom the version of an event names as its patient. An event itself keeps the first of them only.
Result<std::vector<std::string>> Subscriptions::Impl::patients_of(const Event& event) const {
    std::vector<std::string> out;
    if (!event.patient.empty()) out.push_back(event.patient);
    TRY_ASSIGN(const auto touched, records.touched(event.type, event.id, event.version));
    if (!touched) return out;
    out.push_back(touched->patient);
    out.insert(out.end(), touched->other_patients.begin(), touched->other_patients.end());
    std::erase(out, std::string());
    return out;
}

Status Subscriptions::Impl::deliver_events(const std::string& id, Sub& sub) {
    TRY_ASSIGN(const auto told, read_events(id, sub, sub.state.acknowledged + 1, sub.state.events, sub.spec->events_max,
                                            sub.spec->content == Content::full_resource));
    if (told.empty()) return fail(Category::corrupt, "numbered events are missing");
    TRY_ASSIGN(auto entries, entries_about(id, sub, told));
    sub.sent_upto = told.back().event.number;
    send(id, sub, notification(said(id, sub, "event-notification"), told, sub.spec->content, uuid(random), uuid(random), clock.now()), std::move(entries));
    return {};
}

void Subscriptions::Impl::send(const std::string& id, Sub& sub, std::string body, ledger::NextAccess accesses) {
    sub.turn = ++turns;
    sub.last_sent = clock.now();
    const auto call = std::make_shared<http::Call>();
    call->method = "POST";
    call->url = sub.spec->endpoint;
    for (const auto& [name, value] : sub.spec->headers) call->headers.add(name, value);
    call->headers.set("Content-Type", "application/fhir+json; charset=utf-8");
    call->body = std::move(body);
    call->timeout = sub.spec->timeout;
    call->answer_bytes_max = kAnswerBytesMax;
    const auto weight = std::make_shared<const Weight>(under_way, call->body.size());
    const auto leave = [box = mailbox, &http = client, call, weight, id, turn = sub.turn](bool written, const std::string& receipt) {
        if (box->is_closed()) return;
        if (!written) return box->put({id, turn, "the log of accesses could not be written"});
        if (!receipt.empty()) call->headers.set("X-Idun-Receipt", receipt);
        http.send(std::move(*call), [box, weight, id, turn](Result<http::Response> answer) { box->put({id, turn, failure_of(answer)}); });
    };
    if (!accesses) return leave(true, "");
    ledger::append_each(ledger, std::move(accesses),
                        [leave](Result<ledger::Receipt> receipt) { leave(receipt.has_value(), receipt ? receipt->text() : ""); });
}

void Subscriptions::Impl::settle(const Mail& mail, store::Batch& batch) {
    const auto found = subs.find(mail.id);
    if (found == subs.end() || found->second.turn != mail.turn) return;  // of a subscription that was changed since
    Sub& sub = found->second;
    State& state = sub.state;
    const Instant now = clock.now();
    sub.turn = 0;
    sub.dirty = true;
    if (mail.failure.empty()) {
        arrived.add();
        sub.attempts = 0;
        sub.due = now;
        state.greeted = true;
        state.failing_since = {};
        state.error.clear();
        state.acknowledged = std::max(state.acknowledged, sub.sent_upto);
        for (; state.first_kept + options.kept_events_max <= state.acknowledged; ++state.first_kept)
            batch.erase(event_key(mail.id, state.first_kept));
        set_stage(sub, Stage::active);
        return;
    }
    failed.add();
    ++sub.attempts;
    if (state.failing_since.ms == 0) state.failing_since = now;
    state.error = mail.failure;
    const auto pause = options.retry_min * (1LL << std::min(sub.attempts - 1, 20));
    sub.due = now + std::min<std::chrono::milliseconds>(pause, options.retry_max);
    if (now - state.failing_since >= options.give_up_after) return turn_off(sub, mail.failure + ", for too long");
    if (sub.attempts >= options.error_after) set_stage(sub, Stage::error);
}

}  // namespace idun::subscriptions
