// From events to receivers: one notification at a time for each subscription, none waiting for another's.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <set>

#include "base/log.h"
#include "subscriptions/internal/impl.h"

namespace idun::subscriptions {
namespace {

constexpr std::size_t kBodyBytesMax = 8u << 20;    // of one notification; one event is always sent
constexpr std::size_t kAnswerBytesMax = 64u << 10;

// The accesses of one notification; the last receipt lets it leave.
struct Leaving {
    std::mutex mutex;
    std::size_t left = 0;
    std::optional<ledger::Receipt> receipt;
    bool refused = false;
    std::function<void(bool written, std::string receipt)> done;

    void finish(Result<ledger::Receipt> one) {
        {
            const std::lock_guard lock(mutex);
            if (!one) refused = true;
            else if (!receipt || one->index > receipt->index) receipt = std::move(*one);
            if (--left > 0) return;
        }
        done(!refused, receipt ? receipt->text() : std::string());
    }
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
        // Blocked since: its number was told or is counted, so the event stays, but it is about nothing any more.
        if (context.visible) told.hidden = records.read(told.event.type, told.event.id, context).status == 404;
        if (bodies && !told.hidden && told.event.kind != records::WriteKind::remove) {
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
        if (const Status sent = deliver(id, sub); !sent) {
            log::warn("a notification could not be made", {{"error", sent.error().message}});
            sub.due = now + options.retry_min;
        }
    }
    waiting.set(count);
    for (const auto& [stage, gauge] : by_stage) gauge->set(stages[stage]);
}

Status Subscriptions::Impl::deliver(const std::string& id, Sub& sub) {
    if (sub.state.greeted && sub.state.events > sub.state.acknowledged) return deliver_events(id, sub);
    const bool probe = sub.state.status == Stage::error;
    const bool beat = sub.spec->heartbeat.count() > 0 && clock.now() >= sub.last_sent + sub.spec->heartbeat;
    if (sub.state.greeted && !beat && !probe) return {};
    sub.sent_upto = sub.state.acknowledged;
    const std::string_view type = sub.state.greeted ? "heartbeat" : "handshake";
    send(id, sub, notification(said(id, sub, type), {}, sub.spec->content, uuid(random), uuid(random), clock.now()), {});
    return {};
}

Status Subscriptions::Impl::deliver_events(const std::string& id, Sub& sub) {
    TRY_ASSIGN(const auto told, read_events(id, sub, sub.state.acknowledged + 1, sub.state.events, sub.spec->events_max,
                                            sub.spec->content == Content::full_resource));
    if (told.empty()) return fail(Category::corrupt, "numbered events are missing");
    // One entry in the log for each person it is about.
    TRY_ASSIGN(const auto snapshot, records.snapshot());
    std::map<std::optional<crypto::Pseudonym>, ledger::Access> accesses;
    for (const Told& one : told) {
        if (one.hidden) continue;
        const Event& event = one.event;
        std::set<std::optional<crypto::Pseudonym>> persons;
        if (!event.patient.empty()) {
            TRY_ASSIGN(const auto pseudonyms, records.persons_behind(event.patient, *snapshot));
            for (const std::string& pseudonym : pseudonyms) persons.insert(crypto::Pseudonym::from(pseudonym));
        }
        if (persons.empty()) persons.insert(std::nullopt);
        for (const auto& person : persons) {
            ledger::Access& access = accesses[person];
            access.person = person;
            access.records.push_back({event.type, event.id, std::to_string(event.version),
                                      std::string(fhir::to_string(event.category)), options.provider_id});
        }
    }
    std::vector<ledger::Access> entries;
    for (auto& [person, access] : accesses) {
        access.time = clock.now();
        access.action = ledger::Action::notify;
        access.requester = sub.state.owner;
        access.rule = options.rule;
        access.store_version = snapshot->version().number;
        access.query = "Subscription/" + id;
        entries.push_back(std::move(access));
    }
    sub.sent_upto = told.back().event.number;
    send(id, sub, notification(said(id, sub, "event-notification"), told, sub.spec->content, uuid(random), uuid(random), clock.now()), std::move(entries));
    return {};
}

void Subscriptions::Impl::send(const std::string& id, Sub& sub, std::string body, std::vector<ledger::Access> accesses) {
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
    const auto leave = [box = mailbox, &http = client, call, id, turn = sub.turn](bool written, const std::string& receipt) {
        if (box->is_closed()) return;
        if (!written) return box->put({id, turn, "the log of accesses could not be written"});
        if (!receipt.empty()) call->headers.set("X-Idun-Receipt", receipt);
        http.send(std::move(*call), [box, id, turn](Result<http::Response> answer) { box->put({id, turn, failure_of(answer)}); });
    };
    if (accesses.empty()) return leave(true, "");
    const auto leaving = std::make_shared<Leaving>();
    leaving->left = accesses.size();
    leaving->done = leave;
    for (const ledger::Access& access : accesses)
        ledger.append(access, [leaving](Result<ledger::Receipt> one) { leaving->finish(std::move(one)); });
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
