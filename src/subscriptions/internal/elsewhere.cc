// What is new about the provider's own Patients at other providers: asked of the hub for each subscription, only when all that it has
// heard has arrived. Why so: docs/decisions/0074-called-of-news-elsewhere.md.
#include <algorithm>
#include <set>

#include "base/log.h"
#include "subscriptions/internal/impl.h"

namespace idun::subscriptions {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kWaitAtHub{20'000};
constexpr milliseconds kAskAgainMin{500};
constexpr milliseconds kAskAgainMax{30'000};

}  // namespace

// Without a place it is asked for at once: from then on nothing is missed. What is new is asked for when the receiver is there.
bool Subscriptions::Impl::may_ask(const Sub& sub) const {
    if (!sub.collecting() || !sub.news || sub.asking != 0) return false;
    if (sub.news->after.empty()) return true;
    return sub.state.status == Stage::active && sub.state.greeted && sub.state.events == sub.state.acknowledged;
}

void Subscriptions::Impl::ask_hub_due() {
    const Instant now = clock.now();
    for (auto& [id, sub] : subs) {
        if (!may_ask(sub) || sub.ask_due > now) continue;
        sub.asking = ++turns;
        const NewsAsk ask{sub.state.owner, sub.news->assurance, sub.news->task, sub.news->after, sub.spec->events_max, kWaitAtHub};
        options.ask_hub(ask, [box = mailbox, whose = id, turn = sub.asking](Result<News> news) {
            if (!box->is_closed()) box->put({whose, turn, "", std::make_shared<const Result<News>>(std::move(news))});
        });
    }
}

// Which of the provider's Patients they are, of whom it cares for. Reads records, for as long as it takes.
Result<std::vector<Subscriptions::Impl::OwnPatient>> Subscriptions::Impl::own_patients(const News& news) const {
    std::vector<OwnPatient> out;
    std::set<std::string> seen;
    TRY_ASSIGN(const auto snapshot, records.snapshot());
    for (const crypto::Pseudonym& person : news.persons) {
        TRY_ASSIGN(const auto patients, records.patients_of(person.view(), *snapshot));
        for (const std::string& patient : patients) {
            if (!seen.insert(patient).second) continue;
            TRY_ASSIGN(const bool cares, options.cares_for(patient));
            if (!cares) continue;
            const records::Outcome now = records.read("Patient", patient, {});
            if (now.status >= 500) return fail(Category::unavailable, "a Patient cannot be read");
            if (now.ok() && now.version) out.push_back({patient, *now.version});
        }
    }
    return out;
}

void Subscriptions::Impl::hear(const Mail& mail, const Result<std::vector<OwnPatient>>& patients, store::Batch& batch) {
    const auto found = subs.find(mail.id);
    if (found == subs.end() || found->second.asking != mail.turn) return;  // of a subscription that was changed since
    Sub& sub = found->second;
    sub.asking = 0;
    if (!sub.collecting() || !sub.news) return;
    if (!*mail.news) return not_heard(sub, mail.news->error());
    if (!patients) return not_heard(sub, patients.error());
    hub_answered.add();
    heard_from_hub({});
    const Instant now = clock.now();
    sub.ask_failures = 0;
    sub.ask_due = now;
    sub.dirty = true;
    NewsState& place = *sub.news;
    if (!patients->empty()) {
        place.before = place.after;
        place.decided = now;
    }
    place.after = (*mail.news)->after;
    for (const OwnPatient& patient : *patients) {
        Event event;
        event.number = ++sub.state.events;
        event.time = now;
        event.kind = EventKind::elsewhere;
        event.type = "Patient";
        event.id = event.patient = patient.id;
        event.version = patient.version;
        batch.put(event_key(mail.id, event.number), encode(event));
        events_made.add();
    }
}

void Subscriptions::Impl::not_heard(Sub& sub, const Error& error) {
    hub_failed.add();
    if (error.category == Category::forbidden) return turn_off(sub, error.message);
    if (error.category == Category::gone)
        return turn_off(sub, "what was new at other providers is not known any more, since the hub was not reached for so long: ask anew, then subscribe again");
    heard_from_hub(error.message);
    const auto pause = kAskAgainMin * (1LL << std::min(sub.ask_failures++, 20));
    sub.ask_due = clock.now() + std::min<milliseconds>(pause, kAskAgainMax);
}

// What was decided is sent soon or not at all: of what has waited longer nothing but numbers is left, and the hub is asked again
// from before it. All of it alike: an empty number does not say that somebody has chosen otherwise meanwhile.
Status Subscriptions::Impl::empty_what_waited(store::Batch& batch) {
    const Instant now = clock.now();
    for (auto& [id, sub] : subs) {
        const bool waits = sub.collecting() && sub.news && sub.turn == 0 && sub.attempts == 0 && sub.state.events > sub.state.acknowledged;
        if (!waits || now - sub.news->decided < options.decision_holds) continue;
        TRY_ASSIGN(const auto snapshot, store.snapshot());
        Status emptied;
        TRY(snapshot->walk(event_range(id, sub.state.acknowledged + 1, sub.state.events), [&](std::string_view key, std::string_view value) -> store::Onward {
            auto event = decode_event(key, value);
            if (!event) emptied = fail(event.error());
            if (!event) return {.stop = true};
            event->id.clear();
            event->patient.clear();
            event->version = 0;
            batch.put(std::string(key), encode(*event));
            return {};
        }));
        TRY(emptied);
        sub.news->after = sub.news->before;
        sub.news->decided = now;
        sub.dirty = true;
    }
    return {};
}

void Subscriptions::Impl::heard_from_hub(const std::string& failure) {
    const std::lock_guard lock(health_mutex);
    hub_failure = failure;
    if (failure.empty()) hub_silent_since.reset();
    else if (!hub_silent_since) hub_silent_since = clock.now();
}

}  // namespace idun::subscriptions
