#include "exchange/gather.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <map>

#include "exchange/merge.h"
#include "ledger/append_each.h"

namespace idun::exchange {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kTicketLifetime{60'000};

SourceState state_of(const Error& error) {
    return error.category == Category::busy ? SourceState::late : SourceState::down;
}

// One question to a source, about the person under one number that it has.
struct SourceCall {
    std::size_t source = 0;  // place among the sources
    crypto::Pseudonym number;
    std::string ticket;        // its id
    std::uint64_t rights = 0;  // newest change that was addressed to it, read after the decision
    SourceAnswer answer;
};

struct Source {
    SourceAnswer answer;  // of all calls
    std::string url;      // "": it is not called
    std::string why_not;
    std::size_t waiting = 0;  // calls that have not come back
    std::string entries;
};

// The one that says most about what is missing.
SourceState graver(SourceState a, SourceState b) {
    constexpr SourceState kOrder[] = {SourceState::refused, SourceState::down, SourceState::late, SourceState::answered, SourceState::empty};
    for (const SourceState one : kOrder)
        if (a == one || b == one) return one;
    return a;
}

// What came of one more call to the same source.
void add_to(SourceAnswer& all, const SourceAnswer& one) {
    const bool first = all.state == SourceState::asked;
    const SourceState state = first ? one.state : graver(all.state, one.state);
    if (first || (state == one.state && state != all.state)) all.reason = one.reason;
    all.state = state;
    all.records += one.records;
    all.duplicates += one.duplicates;
    all.complete = all.complete && one.complete;
    if (all.as_of.empty() || (!one.as_of.empty() && one.as_of < all.as_of)) all.as_of = one.as_of;
    all.elapsed_ms = std::max(all.elapsed_ms, one.elapsed_ms);
    if (!one.receipt.empty()) all.receipt = one.receipt;
}

}  // namespace

RightsQuestion::RightsQuestion(const Question& q, Instant now)
    : request_{.now = now,
               .purpose = rights::purpose_from(q.purpose),
               .role = rights::role_from(trust::to_string(q.requester.role)),
               .user_id = q.requester.user_id,
               .provider_id = q.requester.provider_id,
               .unit_id = q.requester.unit_id,
               .task = q.requester.task,
               .assurance = rights::assurance_from(q.requester.assurance),
               .is_the_person = q.is_the_person,
               .representative = q.representative ? &*q.representative : nullptr,
               .care = q.care_relation ? rights::Care::declared : rights::Care::none,
               .country = q.country} {
    if (!q.break_glass) return;
    glass_ = {q.break_glass->id, rights::ground_from(q.break_glass->ground).value_or(rights::Ground::health),
              q.break_glass->until, q.break_glass->seconded};
    request_.break_glass = &glass_;
}

ledger::Access access_of(const Question& q, Instant now) {
    ledger::Access access;
    access.time = now;
    access.action = ledger::Action::gather;
    access.person = q.person;
    access.requester = {q.requester.user_id, q.requester.display_name, std::string(trust::to_string(q.requester.role)),
                        q.requester.provider_id, q.requester.unit_id};
    const trust::TokenUse& use = q.requester.use;
    access.token = {use.id, use.client_id, use.actor_id, use.actor_name};
    access.mandate = q.mandate;
    access.purpose = q.purpose;
    access.care_relation = q.care_relation;
    if (q.break_glass) access.break_glass = ledger::BreakGlass{q.break_glass->id, q.break_glass->ground};
    access.request_id = q.request_id;
    access.country = q.country;
    return access;
}

Error denied(const rights::Decision& general) {
    const bool ambiguous = general.rule == rights::Rule::ambiguous_identity;
    return Error(ambiguous ? Category::conflict : Category::forbidden, std::string(rights::reason_en(general.rule)));
}

struct Exchange::Impl {
    Impl(std::string h, rights::RuleTable r, Parts p)
        : hub(std::move(h)),
          rules(std::move(r)),
          parts(p),
          duration(p.metrics.seconds("idun_gather_seconds", "from question to the last source")) {}

    const std::string hub;
    const rights::RuleTable rules;
    const Parts parts;
    Histogram& duration;
    std::mutex mutex;
    std::condition_variable ended;
    std::size_t running = 0;  // gatherings under way

    void begin() {
        const std::lock_guard lock(mutex);
        ++running;
    }
    void end() {
        const std::lock_guard lock(mutex);
        --running;
        ended.notify_all();
    }
    void wait_for_all() {
        std::unique_lock lock(mutex);
        ended.wait(lock, [this] { return running == 0; });
    }

    Counter& state_counter(SourceState state) {
        return parts.metrics.counter("idun_gather_sources_total", "how sources answered",
                                     {{"state", std::string(to_string(state))}});
    }

    // Whether the question as such may be asked, and what of the index may be asked for. What a person has chosen shows
    // in the holdings; in the decision only whether a representative has a mandate.
    Result<VisibleHoldings> visible(const Question& q) const {
        VisibleHoldings out;
        TRY_ASSIGN(out.seen, parts.index.version());
        const people::Numbers numbers = parts.links.of(q.person);
        TRY_ASSIGN(const auto person, parts.rights.facts_of(numbers));
        const RightsQuestion asked(q, parts.clock.now());
        const rights::Judge judge(asked.request(), person.facts(), rules);
        out.general = judge.question();
        out.general.fact_id = {};
        if (!out.general.permit) return out;
        if (numbers.ambiguous()) {  // told to nobody who may not ask
            out.general = {};
            out.general.rule = rights::Rule::ambiguous_identity;
            return out;
        }
        std::vector<crypto::Pseudonym> order(numbers.all().begin(), numbers.all().end());
        std::iter_swap(order.begin(), std::ranges::find(order, q.person));
        for (const crypto::Pseudonym& number : order) {
            TRY_ASSIGN(auto holdings, visible_under(number, q, judge));
            if (!holdings.empty()) out.numbers.push_back({number, std::move(holdings)});
        }
        return out;
    }

    Result<std::vector<index::Holding>> visible_under(const crypto::Pseudonym& number, const Question& q, const rights::Judge& judge) const {
        TRY_ASSIGN(auto holdings, q.as_of ? parts.index.holdings_at(number, *q.as_of) : parts.index.holdings(number));
        for (index::Holding& holding : holdings)
            std::erase_if(holding.parts, [&](const auto& part) {
                const bool wanted = q.categories.empty() || std::find(q.categories.begin(), q.categories.end(),
                                                                      part.category) != q.categories.end();
                return !wanted || !judge.may_ask(holding.provider, part.category);
            });
        std::erase_if(holdings, [](const index::Holding& holding) { return holding.parts.empty(); });
        return holdings;
    }

    Source source_of(std::string_view provider) const {
        Source out;
        out.answer.provider = provider;
        out.answer.name = parts.directory.name_of(provider);
        auto endpoint = parts.directory.to_call(provider);
        if (endpoint) out.url = std::move(endpoint->url);
        else out.why_not = endpoint.error().message;
        return out;
    }

    // One source for each provider, and a call for each number that it has.
    Status add_calls(const VisibleHoldings& visible, std::vector<Source>& sources, std::vector<SourceCall>& calls) const {
        std::map<std::string_view, std::size_t> places;
        for (const NumberHoldings& under : visible.numbers)
            for (const index::Holding& holding : under.holdings) {
                const auto [place, is_new] = places.emplace(holding.provider, sources.size());
                if (is_new) sources.push_back(source_of(holding.provider));
                SourceCall call;
                call.source = place->second;
                call.number = under.number;
                TRY_ASSIGN(call.rights, parts.rights.number_for(under.number, holding.provider));
                TRY_ASSIGN(call.ticket, parts.tickets.next(std::string(holding.provider)));
                call.answer = sources[call.source].answer;
                ++sources[call.source].waiting;
                calls.push_back(std::move(call));
            }
        return {};
    }

    Result<std::string> ticket_for(const Question& q, const SourceCall& call) const {
        trust::Ticket ticket;
        ticket.id = call.ticket;
        ticket.issuer = hub;
        ticket.audience = call.answer.provider;
        ticket.person = call.number;
        ticket.purpose = q.purpose;
        ticket.requester = q.requester;
        ticket.representative = q.representative;
        if (q.care_relation) ticket.care = "declared";
        ticket.country = q.country;
        ticket.break_glass = q.break_glass;
        ticket.rights = call.rights;
        ticket.categories = q.categories;
        ticket.issued = parts.clock.now();
        ticket.expires = ticket.issued + kTicketLifetime;
        return trust::sign_ticket(parts.key, ticket);
    }
};

namespace {

// One gathering under way. Kept alive by the calls it waits for.
class Gathering : public std::enable_shared_from_this<Gathering> {
public:
    Gathering(std::shared_ptr<Exchange::Impl> exchange, Question question, std::shared_ptr<Listener> listener)
        : exchange_(std::move(exchange)),
          question_(std::move(question)),
          listener_(std::move(listener)),
          started_(std::chrono::steady_clock::now()) {
        exchange_->begin();
    }
    ~Gathering() { exchange_->end(); }

    void start();

private:
    void ask_all(const ledger::Receipt& first);
    void ask(std::size_t place);
    void answered(std::size_t place, Result<http::Response> answer);
    void merge(std::size_t place, const http::Response& answer);
    void done(std::size_t place, std::string entries);
    void finish();
    void finished(const ledger::Receipt& receipt);
    void off_the_ledger(std::function<void()> step);
    void log(const std::function<ledger::Source(const SourceCall&)>& source_of, ledger::Appended then);
    std::vector<SourceAnswer> answers() const;
    std::int64_t elapsed_ms() const {
        return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - started_).count();
    }

    const std::shared_ptr<Exchange::Impl> exchange_;
    const Question question_;
    const std::shared_ptr<Listener> listener_;
    const std::chrono::steady_clock::time_point started_;
    Merger merger_;
    std::string_view rule_;  // by which the question may be asked
    store::Version seen_;    // by what was read
    std::mutex mutex_;       // one call of the listener at a time; guards what follows
    std::vector<Source> sources_;
    std::vector<SourceCall> calls_;  // each is of whoever answers it
    std::size_t waiting_ = 0;        // calls
};

std::vector<SourceAnswer> Gathering::answers() const {
    std::vector<SourceAnswer> out;
    out.reserve(sources_.size());
    for (const Source& source : sources_) out.push_back(source.answer);
    return out;
}

// One entry under each number that is asked for: should it turn out to be somebody else's, she finds it in her own list.
void Gathering::log(const std::function<ledger::Source(const SourceCall&)>& source_of, ledger::Appended then) {
    ledger::Access access = access_of(question_, exchange_->parts.clock.now());
    access.rule = rule_;
    access.rules = exchange_->rules.version;
    access.store_version = seen_.number;
    std::map<crypto::Pseudonym, std::vector<ledger::Source>> others;
    for (const SourceCall& call : calls_)
        (call.number == question_.person ? access.sources : others[call.number]).push_back(source_of(call));
    if (others.empty()) return exchange_->parts.ledger.append(access, std::move(then));
    std::vector<ledger::Access> entries;
    for (auto& [number, sources] : others) {
        ledger::Access& other = entries.emplace_back(access);
        other.person = number;
        other.sources = std::move(sources);
        other.query = kOtherNumberQuery;
    }
    entries.push_back(std::move(access));  // whose receipt goes out
    ledger::append_each(exchange_->parts.ledger,
                        [entries = std::move(entries), at = std::size_t{0}]() mutable {
                            return at == entries.size() ? std::nullopt : std::optional(entries[at++]);
                        },
                        std::move(then));
}

void Gathering::start() {
    const auto visible = exchange_->visible(question_);
    if (!visible) return listener_->failed(visible.error());
    const rights::Decision& general = visible->general;
    rule_ = rights::id(general.rule);
    seen_ = visible->seen;
    const auto self = shared_from_this();
    if (!general.permit) {
        ledger::Access access = access_of(question_, exchange_->parts.clock.now());
        access.rule = rule_;
        access.rules = exchange_->rules.version;
        access.store_version = seen_.number;
        access.permit = false;
        return exchange_->parts.ledger.append(access, [self, error = denied(general)](Result<ledger::Receipt> receipt) {
            if (!receipt) return self->listener_->failed(receipt.error());
            self->listener_->failed(error, &*receipt);
        });
    }
    if (const Status added = exchange_->add_calls(*visible, sources_, calls_); !added) return listener_->failed(added.error());
    waiting_ = calls_.size();
    log([](const SourceCall& call) { return ledger::Source{call.answer.provider, "asked", call.ticket, 0}; },
        [self](Result<ledger::Receipt> receipt) {
            if (!receipt) return self->listener_->failed(receipt.error());
            self->off_the_ledger([self, first = *receipt] { self->ask_all(first); });
        });
}

// The ledger's thread must not be held up by what an answer takes.
void Gathering::off_the_ledger(std::function<void()> step) {
    if (!exchange_->parts.workers.post(std::move(step)))
        listener_->failed(Error(Category::busy, "too many questions at once; try again"));
}

void Gathering::ask_all(const ledger::Receipt& first) {
    {
        const std::lock_guard lock(mutex_);
        listener_->started(answers());
    }
    if (calls_.empty()) return finished(first);  // nothing more to log
    for (std::size_t place = 0; place < calls_.size(); ++place) ask(place);
}

void Gathering::ask(std::size_t place) {
    SourceCall& asked = calls_[place];
    const std::string& url = sources_[asked.source].url;
    auto ticket = exchange_->ticket_for(question_, asked);
    if (!ticket || url.empty()) {
        asked.answer.reason = ticket ? sources_[asked.source].why_not : ticket.error().message;
        asked.answer.state = SourceState::down;
        return done(place, {});
    }
    http::Call call;
    call.url = url + "/Patient/$everything";
    call.headers.set("Authorization", "Bearer " + *ticket);
    call.headers.set("Accept", "application/fhir+json");
    call.headers.set("X-Request-Id", question_.request_id);
    call.timeout = question_.bound;
    const auto self = shared_from_this();
    exchange_->parts.client.send(std::move(call), [self, place](Result<http::Response> answer) {
        auto shared = std::make_shared<Result<http::Response>>(std::move(answer));
        if (self->exchange_->parts.workers.post([self, place, shared] { self->answered(place, std::move(*shared)); }))
            return;
        self->answered(place, fail(Category::unavailable, "the hub has too much to do"));
    });
}

void Gathering::answered(std::size_t place, Result<http::Response> answer) {
    SourceAnswer& source = calls_[place].answer;
    source.elapsed_ms = elapsed_ms();
    if (!answer) {
        source.state = state_of(answer.error());
        source.reason = source.state == SourceState::late ? "no answer within the bound" : "not reached";
        return done(place, {});
    }
    if (answer->status == 200) return merge(place, *answer);
    source.state = answer->status == 401 || answer->status == 403 ? SourceState::refused : SourceState::down;
    source.reason = fmt::format("status {}", answer->status);
    if (source.state == SourceState::refused) {
        // Its entry is accounted for as that of an answer is.
        if (const auto receipt = exchange_->parts.receipts.open(answer->headers.get("X-Idun-Receipt"), source.provider)) source.receipt = receipt->text();
        if (const auto document = json::Document::parse(answer->body))
            if (const auto text = document->root()["issue"][0]["diagnostics"].text(); !text.empty())
                source.reason = text.substr(0, 200);
    }
    done(place, {});
}

void Gathering::merge(std::size_t place, const http::Response& answer) {
    SourceAnswer& source = calls_[place].answer;
    const auto receipt = exchange_->parts.receipts.open(answer.headers.get("X-Idun-Receipt"), source.provider);
    if (!receipt) {  // no receipt, no data
        source.state = SourceState::refused;
        source.reason = receipt.error().message;
        return done(place, {});
    }
    auto merged = merger_.add(answer.body, source.provider, source.name);
    source.elapsed_ms = elapsed_ms();
    if (!merged) {
        source.state = SourceState::refused;
        source.reason = "the answer could not be read";
        return done(place, {});
    }
    source.receipt = receipt->text();
    source.state = merged->records > 0 ? SourceState::answered : SourceState::empty;
    source.records = merged->records;
    source.duplicates = merged->duplicates;
    source.complete = merged->complete;
    source.as_of = merged->as_of;
    done(place, std::move(merged->entries));
}

void Gathering::done(std::size_t place, std::string entries) {
    bool last = false;
    {
        const std::lock_guard lock(mutex_);
        const SourceAnswer& answer = calls_[place].answer;
        Source& source = sources_[calls_[place].source];
        add_to(source.answer, answer);
        if (!source.entries.empty() && !entries.empty()) source.entries += ',';
        source.entries += entries;
        if (--source.waiting == 0) {
            exchange_->state_counter(source.answer.state).add();
            listener_->arrived(source.answer, std::move(source.entries));
        }
        last = --waiting_ == 0;
    }
    if (last) finish();
}

void Gathering::finish() {
    exchange_->duration.observe(static_cast<double>(elapsed_ms()) / 1000);
    const auto self = shared_from_this();
    log([](const SourceCall& call) {
            const SourceAnswer& a = call.answer;
            return ledger::Source{a.provider, std::string(to_string(a.state)), a.receipt, a.records};
        },
        [self](Result<ledger::Receipt> receipt) {
            if (!receipt) return self->listener_->failed(receipt.error());
            self->off_the_ledger([self, last = *receipt] { self->finished(last); });
        });
}

void Gathering::finished(const ledger::Receipt& receipt) {
    const std::lock_guard lock(mutex_);
    listener_->finished(answers(), receipt);
}

}  // namespace

Exchange::Exchange(std::string hub, rights::RuleTable rules, Parts parts)
    : impl_(std::make_shared<Impl>(std::move(hub), std::move(rules), parts)) {}
Exchange::~Exchange() { impl_->wait_for_all(); }

Result<VisibleHoldings> Exchange::visible_holdings(const Question& question) const { return impl_->visible(question); }

void Exchange::gather(Question question, std::shared_ptr<Listener> listener) {
    question.bound = std::clamp(question.bound, kBoundMin, kBoundMax);
    question.request_id = uuid(impl_->parts.random);
    std::make_shared<Gathering>(impl_, std::move(question), std::move(listener))->start();
}

}  // namespace idun::exchange
