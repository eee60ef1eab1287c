#include "subscriptions/subscriptions.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "json/writer.h"
#include "subscriptions/internal/impl.h"

namespace idun::subscriptions {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kRoundRetryMin{100};
constexpr milliseconds kRoundRetryMax{5'000};
constexpr milliseconds kUnhealthyAfter{60'000};
constexpr milliseconds kForgetAgain{10'000};
constexpr std::size_t kEventsAnsweredMax = 1'000;

records::Outcome refused(int status, fhir::Issues issues) {
    records::Outcome out;
    out.status = status;
    out.issues = std::move(issues);
    return out;
}
records::Outcome refused(int status, fhir::IssueCode code, std::string text) {
    return refused(status, {{fhir::Severity::error, code, std::move(text), "", 0, 0}});
}
records::Outcome refused(const Error& error) {
    return refused(error.category == Category::busy || error.category == Category::unavailable ? 503 : 500, {fhir::to_issue(error)});
}
records::Outcome no_such() { return refused(404, fhir::IssueCode::not_found, "there is no such subscription"); }

// A row of before issuers were kept is its user's until it is written again.
bool belongs(const Sub& sub, const Owner& owner) {
    if (owner.administrator) return true;
    return sub.state.owner.user_id == owner.actor.user_id && (sub.state.issuer.empty() || sub.state.issuer == owner.issuer);
}

// "abc" of "Subscription/abc/_history/1".
std::string id_in(std::string_view location) {
    const std::size_t from = location.find('/') + 1;
    return std::string(location.substr(from, location.find('/', from) - from));
}

}  // namespace

Subscriptions::Impl::Impl(Options o, store::Store& s, records::Records& r, ledger::Ledger& l, store::ChangeKeeper& k, http::Client& c,
                          const Clock& t, Random& n, Metrics& m)
    : options(std::move(o)), store(s), records(r), ledger(l), keeper(k), client(c), clock(t), random(n),
      events_made(m.counter("idun_subscription_events_total", "events numbered for subscriptions")),
      arrived(m.counter("idun_subscription_notifications_total", "notifications sent", {{"result", "arrived"}})),
      failed(m.counter("idun_subscription_notifications_total", "notifications sent", {{"result", "failed"}})),
      waiting(m.gauge("idun_subscription_waiting_events", "events that have not arrived yet")),
      read_version(m.gauge("idun_subscription_read_version", "store version up to which events are made")),
      hub_answered(m.counter("idun_subscription_hub_questions_total", "questions at the hub what is new elsewhere", {{"result", "answered"}})),
      hub_failed(m.counter("idun_subscription_hub_questions_total", "questions at the hub what is new elsewhere", {{"result", "failed"}})),
      questions(r) {
    for (const Stage stage : {Stage::requested, Stage::active, Stage::error, Stage::off})
        by_stage[stage] = &m.gauge("idun_subscriptions", "subscriptions by status", {{"status", std::string(to_string(stage))}});
}

Subscriptions::Impl::~Impl() {
    {
        const std::lock_guard lock(mailbox->mutex);
        mailbox->closed = true;
    }
    mailbox->woken.notify_all();
    if (thread.joinable()) thread.join();
}

// All that is to do now. True when the feed has more. Others wait for the mutex, so nothing is judged under it.
Result<bool> Subscriptions::Impl::round() {
    std::unique_lock lock(mutex);
    if (!loaded) TRY(load());
    store::Batch batch;
    std::vector<Mail> mail;
    {
        const std::lock_guard inner(mailbox->mutex);
        mail.swap(mailbox->mail);
    }
    std::vector<Mail> news;
    for (Mail& one : mail) {
        if (one.news) news.push_back(std::move(one));
        else settle(one, batch);
    }
    if (!news.empty()) {
        TRY(persist(std::exchange(batch, {})));
        lock.unlock();
        std::vector<Result<std::vector<OwnPatient>>> patients;
        for (const Mail& one : news) patients.push_back(*one.news ? own_patients(**one.news) : fail(one.news->error()));
        lock.lock();
        if (!loaded) return true;  // asked again from where it was
        for (std::size_t i = 0; i < news.size(); ++i) hear(news[i], patients[i], batch);
    }
    TRY(empty_what_waited(batch));
    reading = std::ranges::any_of(subs, [](const auto& one) { return one.second.collecting(); });
    Judging piece;
    if (reading) {
        TRY_ASSIGN(piece, read_feed());
    } else if (clock.now() - forgotten >= kForgetAgain) {
        TRY(keeper.needs_nothing(kFeedReader));
        forgotten = clock.now();
    }
    if (!piece.changes.empty()) {
        TRY(persist(std::exchange(batch, {})));
        lock.unlock();
        TRY(judge(piece));
        lock.lock();
        if (!loaded) return true;  // what is in memory is to be read anew, and the feed from where it was
        number(piece, batch);
    }
    TRY(persist(std::move(batch)));  // before anything is sent: a number that was told is never given again
    deliver_due();
    ask_hub_due();
    show();
    TRY(persist({}));
    return piece.more;
}

void Subscriptions::Impl::wait(bool soon) {
    Instant until;
    {
        const std::lock_guard lock(mutex);
        until = loaded ? next_due() : clock.now();
    }
    const auto time = std::clamp<milliseconds>(until - clock.now(), milliseconds(1), milliseconds(10'000));
    std::unique_lock lock(mailbox->mutex);
    if (!soon) mailbox->woken.wait_for(lock, time, [&] { return mailbox->nudged || mailbox->closed || !mailbox->mail.empty(); });
    mailbox->nudged = false;
}

void Subscriptions::Impl::run() {
    milliseconds retry = kRoundRetryMin;
    while (!mailbox->is_closed()) {
        const auto more = round();
        if (more) {
            {
                const std::lock_guard lock(health_mutex);
                ailing_since.reset();
            }
            retry = kRoundRetryMin;
            wait(*more);
            continue;
        }
        log::warn("subscriptions wait", {{"provider", options.provider_id}, {"error", more.error().message}});
        {
            const std::lock_guard lock(mutex);
            loaded = false;  // what is in memory may be ahead of the store
        }
        {
            const std::lock_guard lock(health_mutex);
            ailment = more.error().message;
            if (!ailing_since) ailing_since = clock.now();
        }
        std::unique_lock lock(mailbox->mutex);
        mailbox->woken.wait_for(lock, retry, [&] { return mailbox->closed; });
        retry = std::min(retry * 2, kRoundRetryMax);
    }
}

Subscriptions::Subscriptions(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Subscriptions::~Subscriptions() = default;

Result<std::unique_ptr<Subscriptions>> Subscriptions::open(Options options, store::Store& store, records::Records& records,
                                                           ledger::Ledger& ledger, store::ChangeKeeper& keeper, http::Client& client,
                                                           const Clock& clock, Random& random, Metrics& metrics) {
    auto impl = std::make_unique<Impl>(std::move(options), store, records, ledger, keeper, client, clock, random, metrics);
    {
        const std::lock_guard lock(impl->mutex);
        TRY(impl->load());
    }
    impl->thread = std::thread([inner = impl.get()] { inner->run(); });
    return std::unique_ptr<Subscriptions>(new Subscriptions(std::move(impl)));
}

// Room for one more.
records::Outcome Subscriptions::Impl::room(const Owner& owner) const {
    if (subs.size() >= options.subscriptions_max)
        return refused(422, fhir::IssueCode::too_costly, fmt::format("this node has {} subscriptions already", options.subscriptions_max));
    const auto own = std::ranges::count_if(subs, [&](const auto& one) { return belongs(one.second, owner); });
    if (static_cast<std::size_t>(own) < options.owner_subscriptions_max) return {};
    return refused(422, fhir::IssueCode::too_costly, fmt::format("you have {} subscriptions already", options.owner_subscriptions_max));
}

// Of what is new elsewhere, also of its own id.
records::Outcome Subscriptions::Impl::room_for_news(const Subscription& spec, std::string_view id) const {
    if (!spec.elsewhere) return {};
    if (!options.ask_hub) return refused(422, fhir::IssueCode::not_supported, "nobody is told of what is new at other providers: " + options.no_news);
    const auto others = std::ranges::count_if(subs, [&](const auto& one) { return one.second.news && one.first != id; });
    if (static_cast<std::size_t>(others) < options.news_subscriptions_max) return {};
    return refused(422, fhir::IssueCode::too_costly, fmt::format("this node has {} subscriptions to that topic already", options.news_subscriptions_max));
}

records::Outcome Subscriptions::create(json::Value resource, const Owner& owner) {
    Impl& i = *impl_;
    auto spec = read_subscription(resource, i.options.topics, i.options.endpoints, i.records);
    if (!spec) return refused(422, std::move(spec.error()));
    const auto stored = json::Document::parse(stored_form(resource, to_string(spec->off ? Stage::off : Stage::requested), ""));
    if (!stored) return refused(stored.error());

    const std::lock_guard lock(i.mutex);
    if (!i.loaded) return refused(503, fhir::IssueCode::transient, "subscriptions are not ready; try again");
    if (records::Outcome full = i.room(owner); !full.ok()) return full;
    if (records::Outcome full = i.room_for_news(*spec, ""); !full.ok()) return full;
    records::Outcome outcome = i.records.create("Subscription", stored->root(), {});
    if (!outcome.ok()) return outcome;
    Sub sub;
    sub.state.status = spec->off ? Stage::off : Stage::requested;
    sub.state.resource_version = *outcome.version;
    sub.state.start = outcome.seen.number;
    sub.state.owner = owner.actor;
    sub.state.issuer = owner.issuer;
    sub.state.headers = spec->headers;
    if (spec->elsewhere) sub.news = NewsState{"", "", {}, owner.assurance, owner.task};
    sub.spec = std::make_shared<const Subscription>(std::move(*spec));
    sub.dirty = true;
    store::Batch batch;
    if (sub.collecting())
        if (const Status begun = i.begin(batch); !begun) return refused(begun.error());
    i.subs.insert_or_assign(id_in(outcome.location), std::move(sub));
    if (const Status kept = i.persist(std::move(batch)); !kept) {
        i.loaded = false;
        return refused(kept.error());
    }
    nudge();
    return outcome;
}

records::Outcome Subscriptions::update(std::string_view id, json::Value resource, const Owner& owner,
                                       std::optional<std::uint64_t> if_match) {
    Impl& i = *impl_;
    auto spec = read_subscription(resource, i.options.topics, i.options.endpoints, i.records);
    if (!spec) return refused(422, std::move(spec.error()));
    const Stage stage = spec->off ? Stage::off : Stage::requested;
    const auto stored = json::Document::parse(stored_form(resource, to_string(stage), ""));
    if (!stored) return refused(stored.error());

    const std::lock_guard lock(i.mutex);
    if (!i.loaded) return refused(503, fhir::IssueCode::transient, "subscriptions are not ready; try again");
    const auto known = i.subs.find(id);
    if (known != i.subs.end() && !belongs(known->second, owner)) return no_such();
    if (known == i.subs.end()) {
        if (owner.administrator) return no_such();
        // Its earlier versions were another's.
        if (i.records.read("Subscription", id, {}).status != 404)
            return refused(409, fhir::IssueCode::conflict, "this id was a subscription once: subscribe under a new one");
        if (records::Outcome full = i.room(owner); !full.ok()) return full;
    }
    if (records::Outcome full = i.room_for_news(*spec, id); !full.ok()) return full;
    if (owner.administrator && spec->elsewhere && !known->second.news)
        return refused(422, fhir::IssueCode::forbidden, "only the system itself subscribes to what is new at other providers");
    records::Outcome outcome = i.records.update("Subscription", id, stored->root(), {}, {.if_match = if_match});
    if (!outcome.ok()) return outcome;
    Sub& sub = known != i.subs.end() ? known->second : i.subs[std::string(id)];
    if (!owner.administrator) {
        sub.state.owner = owner.actor;
        sub.state.issuer = owner.issuer;
    }
    const bool was_collecting = sub.collecting();
    // The resource never shows headers, so a client that sends back what it read cannot mean to drop them. For another
    // endpoint they are not meant.
    if (!resource["channel"]["header"] && sub.spec && sub.spec->endpoint == spec->endpoint) spec->headers = sub.state.headers;
    sub.state.status = stage;
    sub.state.greeted = false;
    sub.state.resource_version = *outcome.version;
    if (!was_collecting) sub.state.start = outcome.seen.number;
    sub.state.failing_since = {};
    sub.state.error.clear();
    sub.state.headers = spec->headers;
    sub.spec = std::make_shared<const Subscription>(std::move(*spec));
    sub.turn = 0;
    sub.attempts = 0;
    sub.due = {};
    sub.shown = true;
    sub.dirty = true;
    store::Batch batch;
    i.renew_news(id, sub, owner, was_collecting, batch);
    if (sub.collecting())
        if (const Status begun = i.begin(batch); !begun) return refused(begun.error());
    if (const Status kept = i.persist(std::move(batch)); !kept) {
        i.loaded = false;
        return refused(kept.error());
    }
    nudge();
    return outcome;
}

// Who has been off hears of what is new from now on.
void Subscriptions::Impl::renew_news(std::string_view id, Sub& sub, const Owner& owner, bool was_collecting, store::Batch& batch) const {
    sub.asking = 0;
    sub.ask_due = {};
    sub.ask_failures = 0;
    if (!sub.spec->elsewhere) {
        if (sub.news) batch.erase(news_key(id));
        sub.news.reset();
        return;
    }
    if (!sub.news) sub.news.emplace();
    if (!was_collecting) sub.news->after = sub.news->before = "";
    if (owner.administrator) return;
    sub.news->assurance = owner.assurance;
    sub.news->task = owner.task;
}

records::Outcome Subscriptions::remove(std::string_view id, const Owner& owner, std::optional<std::uint64_t> if_match) {
    Impl& i = *impl_;
    const std::lock_guard lock(i.mutex);
    if (!i.loaded) return refused(503, fhir::IssueCode::transient, "subscriptions are not ready; try again");
    const auto known = i.subs.find(id);
    // What never was and what is another's look the same.
    if (known == i.subs.end() ? !owner.administrator : !belongs(known->second, owner)) return no_such();
    records::Outcome outcome = i.records.remove("Subscription", id, {}, {.if_match = if_match});
    if (!outcome.ok() || known == i.subs.end()) return outcome;
    const std::uint64_t events = known->second.state.events;
    i.subs.erase(known);
    // Rows that stay behind are found and erased at the next start.
    if (const Status gone = i.forget(id, events); !gone) log::warn("rows of a subscription stay", {{"error", gone.error().message}});
    return outcome;
}

records::Outcome Subscriptions::status(const std::vector<std::string>& ids, const std::vector<std::string>& statuses, const Owner& owner) const {
    const Impl& i = *impl_;
    const std::lock_guard lock(i.mutex);
    json::Writer w;
    std::vector<std::pair<std::string, std::string>> found;
    bool known = false;
    for (const auto& [id, sub] : i.subs) {
        if (!belongs(sub, owner)) continue;
        if (!ids.empty() && std::ranges::find(ids, id) == ids.end()) continue;
        known = true;
        if (!statuses.empty() && std::ranges::find(statuses, to_string(sub.state.status)) == statuses.end()) continue;
        const std::string part = uuid(i.random);
        found.emplace_back(part, subscription_status(i.said(id, sub, "query-status"), {}, Content::id_only, part));
    }
    if (ids.size() == 1 && !known) return no_such();
    w.object().member("resourceType", "Bundle").member("type", "searchset").member("total", found.size());
    w.member("timestamp", to_iso(i.clock.now()));
    if (!found.empty()) {
        w.name("entry").array();
        for (const auto& [part, resource] : found) {
            w.object().member("fullUrl", "urn:uuid:" + part).name("resource").raw(resource);
            w.name("search").object().member("mode", "match").end().end();
        }
        w.end();
    }
    w.end();
    records::Outcome out;
    out.body = std::make_shared<const std::string>(w.take());
    return out;
}

bool Subscriptions::shows(std::string_view id, const Owner& owner) const {
    const std::lock_guard lock(impl_->mutex);
    const auto found = impl_->subs.find(id);
    return owner.administrator || (found != impl_->subs.end() && belongs(found->second, owner));
}

records::Outcome Subscriptions::events(std::string_view id, std::uint64_t first, std::uint64_t last, std::optional<Content> content,
                                       const Owner& owner) const {
    const Impl& i = *impl_;
    const std::lock_guard lock(i.mutex);
    const auto found = i.subs.find(id);
    if (found == i.subs.end() || !belongs(found->second, owner)) return no_such();
    const Sub& sub = found->second;
    const Content subscribed = sub.spec ? sub.spec->content : Content::empty;
    const Content level = std::min(content.value_or(subscribed), subscribed);
    if (first < sub.state.first_kept && first != 0)
        return refused(410, fhir::IssueCode::expired, fmt::format("events before number {} are not kept any more", sub.state.first_kept));
    first = std::max(first, sub.state.first_kept);
    // What is new elsewhere is shown when it has been sent: until then the hub may have to be asked again.
    last = std::min(last, sub.news ? sub.state.acknowledged : sub.state.events);
    const auto told = i.read_events(id, sub, first, last, kEventsAnsweredMax, level == Content::full_resource);
    if (!told) return refused(told.error());
    records::Outcome out;
    out.body = std::make_shared<const std::string>(
        notification(i.said(id, sub, "query-event"), *told, level, uuid(i.random), uuid(i.random), i.clock.now()));
    for (const Told& one : *told) {
        if (one.hidden) continue;
        records::Touched touched;
        touched.type = one.event.type;
        touched.id = one.event.id;
        touched.version = one.event.version;
        touched.last_updated = one.event.time;
        touched.deleted = one.event.kind == EventKind::remove;
        touched.category = one.event.category;
        touched.patient = one.event.patient;
        auto patients = i.patients_of(one.event);
        if (!patients) return refused(patients.error());
        touched.other_patients = std::move(*patients);
        out.touched.push_back(std::move(touched));
    }
    return out;
}

const std::vector<Topic>& Subscriptions::topics() const { return impl_->options.topics; }

void Subscriptions::nudge() {
    {
        const std::lock_guard lock(impl_->mailbox->mutex);
        impl_->mailbox->nudged = true;
    }
    impl_->mailbox->woken.notify_all();
}

Status Subscriptions::healthy() const {
    const std::lock_guard lock(impl_->health_mutex);
    if (!impl_->ailing_since || impl_->clock.now() - *impl_->ailing_since <= kUnhealthyAfter) return {};
    return fail(Category::unavailable, "changes are not followed for subscriptions: " + impl_->ailment);
}

Status Subscriptions::hears_of_elsewhere() const {
    const std::lock_guard lock(impl_->health_mutex);
    if (!impl_->hub_silent_since || impl_->clock.now() - *impl_->hub_silent_since <= kUnhealthyAfter) return {};
    return fail(Category::unavailable, "subscribers are not told of what is new at other providers: " + impl_->hub_failure);
}

}  // namespace idun::subscriptions
