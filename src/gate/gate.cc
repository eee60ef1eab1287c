#include "gate/gate.h"

#include <fmt/format.h>

#include <deque>
#include <map>

#include "gate/care_relation.h"
#include "gate/mask.h"
#include "gate/record_of.h"
#include "gate/release.h"
#include "json/writer.h"

namespace idun::gate {
namespace {

// What a ticket asks; borrows from it.
class Asking {
public:
    Asking(const trust::Ticket& ticket, Instant now) {
        if (ticket.break_glass) {
            const auto ground = rights::ground_from(ticket.break_glass->ground);
            if (ground)
                glass_ = {.id = ticket.break_glass->id,
                                 .ground = *ground,
                                 .until = ticket.break_glass->until,
                                 .seconded = ticket.break_glass->seconded};
        }
        request_ = {.now = now,
                    .purpose = rights::purpose_from(ticket.purpose),
                    .role = rights::role_from(trust::to_string(ticket.requester.role)),
                    .user_id = ticket.requester.user_id,
                    .provider_id = ticket.requester.provider_id,
                    .unit_id = ticket.requester.unit_id,
                    .task = ticket.requester.task,
                    .assurance = rights::assurance_from(ticket.requester.assurance),
                    .is_the_person = ticket.requester.role == trust::Role::patient && !ticket.representative,
                    .representative = ticket.representative ? &*ticket.representative : nullptr,
                    .care = rights::care_from(ticket.care).value_or(rights::Care::none),
                    .country = ticket.country,
                    .break_glass = glass_.id.empty() ? nullptr : &glass_};
    }
    Asking(const Asking&) = delete;
    const rights::Request& request() const { return request_; }

private:
    rights::BreakGlass glass_;
    rights::Request request_;
};

// Does what another person has chosen hide a record that names her too?
bool hides(rights::Rule rule) {
    using enum rights::Rule;
    return rule == inner_block || rule == opt_out || rule == protected_abroad || rule == block_abroad || rule == block;
}

ledger::Access access_of(const trust::Ticket& ticket, std::string request_id, Instant now) {
    ledger::Access access;
    access.time = now;
    access.action = ledger::Action::gather;
    access.person = ticket.person;
    access.requester = {ticket.requester.user_id, ticket.requester.display_name,
                        std::string(trust::to_string(ticket.requester.role)), ticket.requester.provider_id,
                        ticket.requester.unit_id};
    const trust::TokenUse& use = ticket.requester.use;
    access.token = {use.id, use.client_id, use.actor_id, use.actor_name};
    access.on_behalf_of = ticket.on_behalf_of;
    access.purpose = ticket.purpose;
    access.care_relation = !ticket.care.empty();
    if (ticket.break_glass) access.break_glass = {ticket.break_glass->id, ticket.break_glass->ground};
    access.ticket_id = ticket.id;
    access.request_id = std::move(request_id);
    access.country = ticket.country;
    return access;
}

// The mandate by which was decided.
std::optional<ledger::Mandate> mandate_of(const rights::PersonFacts& facts, std::string_view fact_id) {
    for (const rights::Mandate& mandate : facts.mandates)
        if (mandate.fact_id == fact_id) return ledger::Mandate{mandate.fact_id, ledger::day_of(mandate.from)};
    return std::nullopt;
}

// The searchset as it grows.
class BundleBuilder {
public:
    explicit BundleBuilder(std::string_view base_url) : base_url_(base_url) { entries_.array(); }

    void add(const records::Touched& touched, std::string_view body) {
        entries_.object().member("fullUrl", fmt::format("{}/{}/{}", base_url_, touched.type, touched.id));
        entries_.name("resource").raw(body);
        entries_.name("search").object().member("mode", "match").end().end();
        ++count_;
    }
    std::size_t count() const { return count_; }
    std::size_t bytes() const { return entries_.size(); }

    // A total is said only of what is whole.
    std::string finish(Instant now, bool complete) {
        if (!complete) add_incomplete();
        const bool any = count_ > 0 || !complete;
        entries_.end();
        json::Writer w;
        w.object().member("resourceType", "Bundle").member("type", "searchset");
        w.member("timestamp", to_iso(now));
        if (complete) w.member("total", count_);
        if (any) w.name("entry").raw(entries_.take());
        w.end();
        return w.take();
    }

private:
    void add_incomplete() {
        entries_.object().name("resource").object().member("resourceType", "OperationOutcome");
        entries_.name("issue").array().object().member("severity", "warning").member("code", "incomplete");
        entries_.member("diagnostics", "more records than one answer holds; narrow the question").end().end().end();
        entries_.name("search").object().member("mode", "outcome").end().end();
    }

    std::string base_url_;
    json::Writer entries_;
    std::size_t count_ = 0;
};

}  // namespace

struct Gate::Impl {
    Impl(Options o, records::Records& r, ledger::Ledger& l, RightsCopy& f, const Clock& c, Metrics& m)
        : options(std::move(o)), records(r), ledger(l), rights(f), clock(c),
          refused(m.counter("idun_gate_refused_total", "tickets refused")),
          disclosed(m.counter("idun_gate_records_total", "records disclosed to others")) {}

    Options options;
    records::Records& records;
    ledger::Ledger& ledger;
    RightsCopy& rights;
    const Clock& clock;
    Counter& refused;
    Counter& disclosed;
    const Instant started = clock.now();
    trust::ReplayGuard replays;

    Result<trust::Ticket> admit(std::string_view token) {
        auto ticket = admitted(token);
        if (ticket || options.refused == nullptr) return ticket;
        if (auto id = trust::issued_id(token, options.hub_keys(), options.provider_id)) options.refused->add(std::move(*id));
        return ticket;
    }

    Result<trust::Ticket> admitted(std::string_view token) {
        constexpr std::chrono::milliseconds kSkew{5'000};
        const Instant now = clock.now();
        auto verified = trust::verify_ticket(token, options.hub_keys(), {.audience = options.provider_id, .now = now, .skew = kSkew});
        if (!verified && options.stranger) options.stranger();
        TRY_ASSIGN(auto ticket, std::move(verified));
        // Which tickets were used before this start is not known any more.
        if (ticket.issued + std::chrono::seconds(1) <= started)
            return fail(Category::unauthorized, "the ticket is older than this node's start");
        TRY(replays.admit(ticket.id, ticket.expires + kSkew, now));
        return ticket;
    }

    Result<ledger::PersonProof> prove(const LogQuestion& question, const crypto::Pseudonym& person) const {
        if (question.log_id.empty() || question.log_id == ledger.log_id()) return ledger.prove(person, question.before);
        for (const auto& closed : options.closed_logs)
            if (closed->log_id() == question.log_id) return closed->prove(person, question.before);
        return fail(Category::not_found, "there is no such log here");
    }

    struct Found {
        BundleBuilder bundle;
        std::vector<ledger::Record> records;
        // What shows of others whom a record names too: an appointment of two is an access to both.
        std::map<crypto::Pseudonym, std::vector<ledger::Record>> of_others;
        rights::Decision decision;  // of the last record permitted, else of what was withheld, else in general
        bool complete = true;
    };

    // Reads, at one version, what the facts leave visible.
    Status collect(const trust::Ticket& ticket, const rights::PersonFacts& person, Instant now,
                   const store::Snapshot& snapshot, Found& found) {
        const Asking asking(ticket, now);
        const rights::Request& request = asking.request();
        const rights::Judge judge(request, person.facts(), options.rules);
        found.decision = judge.question(options.provider_id);
        if (found.decision.permit) found.decision = judge(rights::Record{.provider_id = options.provider_id});
        // Closed as a whole: nothing is looked up, as nothing is for a person without records.
        if (!judge.may_ask(options.provider_id)) return {};
        Others others(*this, request, snapshot);
        bool mask = false;
        const records::Visible visible = [&](const records::Touched& touched) {
            std::string entry;
            const rights::Record record = record_of(touched, options.provider_id, entry);
            const rights::Decision decision = judge(record);
            if (!decision.permit || others.hide(touched, record)) return false;
            if (!found.decision.permit || !found.decision.duties.notify_now) found.decision = decision;
            mask = mask || decision.duties.mask_contact;
            return true;
        };
        records::Selection selection;
        for (const std::string& word : ticket.categories)
            if (const auto category = fhir::priority_category(word)) selection.categories.push_back(*category);
        TRY_ASSIGN(const auto patients, records.patients_of(ticket.person.view(), snapshot));
        for (const std::string& patient : patients)
            TRY(scan(ticket, patient, selection, visible, snapshot, mask, found));
        return {};
    }

    // `mask` is what `visible` has made of it when rows come.
    Status scan(const trust::Ticket& ticket, const std::string& patient, const records::Selection& selection,
                const records::Visible& visible, const store::Snapshot& snapshot, const bool& mask, Found& found) {
        Status named;
        TRY(records.scan_patient(snapshot, patient, selection, visible, [&](std::vector<records::Row> rows) {
            const std::size_t taken = take(rows, mask, found);
            for (std::size_t i = 0; i < taken && named; ++i) named = name_others(ticket, rows[i].touched, snapshot, found);
            return named && taken == rows.size();
        }));
        return named;
    }

    // What other persons than the ticket's have chosen, for records that name several.
    class Others {
    public:
        Others(const Impl& gate, const rights::Request& request, const store::Snapshot& snapshot)
            : gate_(gate), request_(request), snapshot_(snapshot) {}

        // True too when it cannot be known.
        bool hide(const records::Touched& touched, const rights::Record& record) const {
            return std::ranges::any_of(touched.other_patients, [&](const std::string& patient) {
                const auto hidden = hidden_for(patient, record);
                return !hidden || *hidden;
            });
        }

    private:
        Result<bool> hidden_for(const std::string& patient, const rights::Record& record) const {
            TRY_ASSIGN(const auto pseudonyms, gate_.records.persons_behind(patient, snapshot_));
            for (const std::string& bytes : pseudonyms) {
                const auto pseudonym = crypto::Pseudonym::from(bytes);
                if (!pseudonym) continue;
                TRY_ASSIGN(const auto facts, gate_.rights.known_of(*pseudonym));
                rights::Request request = request_;
                request.is_the_person = false;
                request.representative = nullptr;
                request.break_glass = nullptr;
                if (hides(rights::decide(request, facts.facts(), record, gate_.options.rules).rule)) return true;
            }
            return false;
        }

        const Impl& gate_;
        const rights::Request& request_;
        const store::Snapshot& snapshot_;
    };

    // How many of them there was room for.
    std::size_t take(const std::vector<records::Row>& rows, bool mask, Found& found) {
        std::size_t taken = 0;
        for (const records::Row& row : rows) {
            if (found.bundle.count() >= options.records_max || found.bundle.bytes() >= options.bytes_max) {
                found.complete = false;
                break;
            }
            if (mask)
                found.bundle.add(row.touched, without_contact(*row.body));
            else
                found.bundle.add(row.touched, *row.body);
            found.records.push_back(log_record(row.touched, options.provider_id));
            ++taken;
        }
        return taken;
    }

    Status name_others(const trust::Ticket& ticket, const records::Touched& touched, const store::Snapshot& snapshot, Found& found) const {
        for (const std::string& other : touched.other_patients) {
            TRY_ASSIGN(const auto pseudonyms, records.persons_behind(other, snapshot));
            for (const std::string& bytes : pseudonyms) {
                const auto person = crypto::Pseudonym::from(bytes);
                if (person && *person != ticket.person) found.of_others[*person].push_back(log_record(touched, options.provider_id));
            }
        }
        return {};
    }

    // One after another: the person of the ticket, then the others.
    static ledger::NextAccess entries_of(const ledger::Access& access, Found& found) {
        const auto left = std::make_shared<std::deque<Entries>>();
        left->emplace_back(access, std::move(found.records));
        for (auto& [person, shown] : found.of_others) {
            ledger::Access other = access;
            other.person = person;
            left->emplace_back(std::move(other), std::move(shown));
        }
        return [left]() -> std::optional<ledger::Access> {
            while (!left->empty()) {
                if (auto one = left->front().next()) return one;
                left->pop_front();
            }
            return std::nullopt;
        };
    }

    // What the hub had decided by when it signed: an older copy could miss what the person has confirmed. Empty: up to
    // date. A node that cannot catch up because it does not reach the hub says so to everybody from then on: that it
    // answers about others, but not about one, would tell that she has just chosen something.
    std::optional<Error> behind(const trust::Ticket& ticket) {
        const Error cut_off(Category::unavailable, "this node does not reach the hub");
        if (options.cut_off && options.cut_off()) return cut_off;
        if (rights.number() >= ticket.rights) return std::nullopt;
        switch (options.catch_up ? options.catch_up(ticket.rights) : CaughtUp::behind) {
            case CaughtUp::reached: return std::nullopt;
            case CaughtUp::cut_off: return cut_off;
            case CaughtUp::behind: break;
        }
        return Error(Category::forbidden, "the copy of the rights is older than the ticket");
    }

    // A refusal is an access too: it is in the log before it is told.
    void refuse(ledger::Access access, rights::Rule rule, Error error, Disclosed done) {
        refused.add();
        access.permit = false;
        access.rule = rights::id(rule);
        access.rules = options.rules.version;
        release(ledger, std::move(access), {}, [error = std::move(error), done = std::move(done)](auto receipt) {
            if (!receipt) return done(fail(receipt.error()));
            done(tl::unexpected(Refusal(error, std::move(*receipt))));
        });
    }
};

Gate::Gate(Options options, records::Records& records, ledger::Ledger& ledger, RightsCopy& rights, const Clock& clock,
           Metrics& metrics)
    : impl_(std::make_unique<Impl>(std::move(options), records, ledger, rights, clock, metrics)) {}
Gate::~Gate() = default;

void Gate::everything(std::string_view token, std::string request_id, Disclosed done) {
    auto ticket = impl_->admit(token);
    if (!ticket) {
        impl_->refused.add();
        return done(fail(ticket.error()));
    }
    const Instant now = impl_->clock.now();
    ledger::Access access = access_of(*ticket, std::move(request_id), now);
    // A provider's own staff read their own record however old the copy of the rights is.
    const bool own = rights::Judge(Asking(*ticket, now).request(), {}, impl_->options.rules)
                         .question(impl_->options.provider_id)
                         .rule == rights::Rule::own_provider;
    const auto read_facts = [&] {
        return own ? impl_->rights.known_of(ticket->person) : impl_->rights.facts_of(ticket->person);
    };
    // The lease first, which is everybody's, then what is hers.
    auto facts = read_facts();
    if (facts) {
        if (auto behind = impl_->behind(*ticket); behind && !own)
            return impl_->refuse(std::move(access), rights::Rule::stale_facts, std::move(*behind), std::move(done));
        facts = read_facts();
    }
    if (!facts) {
        if (facts.error().category != Category::unavailable) return done(fail(facts.error()));
        return impl_->refuse(std::move(access), rights::Rule::stale_facts,
                             Error(Category::forbidden, facts.error().message), std::move(done));
    }
    const auto snapshot = impl_->records.snapshot();
    if (!snapshot) return done(fail(snapshot.error()));
    Impl::Found found{BundleBuilder(impl_->options.base_url), {}, {}, {}, true};
    if (const Status read = impl_->collect(*ticket, *facts, now, **snapshot, found); !read)
        return done(fail(read.error()));

    access.permit = found.decision.permit;
    access.rule = rights::id(found.decision.rule);
    if (found.decision.rule == rights::Rule::representative) access.mandate = mandate_of(*facts, found.decision.fact_id);
    access.rules = impl_->options.rules.version;
    access.store_version = (*snapshot)->version().number;
    const std::size_t count = found.bundle.count();
    auto body = std::make_shared<std::string>(found.bundle.finish(now, found.complete));
    ledger::append_each(impl_->ledger, Impl::entries_of(access, found),
            [this, body, now, count, done = std::move(done)](Result<ledger::Receipt> receipt) {
                if (!receipt) return done(fail(receipt.error()));
                impl_->disclosed.add(static_cast<double>(count));
                done(Disclosure{std::move(*body), std::move(*receipt), now, count});
            });
}

void Gate::care_relation(std::string_view token, Instant at, std::string request_id, Related done) {
    auto ticket = impl_->admit(token);
    if (!ticket) {
        impl_->refused.add();
        return done(fail(ticket.error()));
    }
    const auto snapshot = impl_->records.snapshot();
    if (!snapshot) return done(fail(snapshot.error()));
    const auto patients = impl_->records.patients_of(ticket->person.view(), **snapshot);
    if (!patients) return done(fail(patients.error()));
    rights::Care care = rights::Care::none;
    for (const std::string& patient : *patients) {
        const auto one = gate::care_relation(impl_->records, **snapshot, patient, at, impl_->options.rules);
        if (!one) return done(fail(one.error()));
        care = std::max(care, *one);
    }
    ledger::Access access = access_of(*ticket, std::move(request_id), impl_->clock.now());
    access.action = ledger::Action::read;
    access.store_version = (*snapshot)->version().number;
    access.query = "care-relation " + to_iso(at);
    release(impl_->ledger, std::move(access), {}, [care, done = std::move(done)](Result<ledger::Receipt> receipt) {
        if (!receipt) return done(fail(receipt.error()));
        done(Relation{care, std::move(*receipt)});
    });
}

void Gate::log_proof(std::string_view token, const LogQuestion& question, std::string request_id, LogProven done) {
    const auto ticket = impl_->admit(token);
    if (!ticket) {
        impl_->refused.add();
        return done(fail(ticket.error()));
    }
    // Who may see the list of accesses the hub decides, and what of it is withheld.
    if (ticket->requester.user_id != ticket->issuer || ticket->requester.role != trust::Role::supervisor)
        return done(fail(Category::forbidden, "only the hub asks what a log holds about a person"));
    auto proof = impl_->prove(question, ticket->person);
    if (!proof) return done(fail(proof.error()));
    ledger::Access access = access_of(*ticket, std::move(request_id), impl_->clock.now());
    access.action = ledger::Action::export_data;
    access.query = "AuditEvent/$proof";
    release(impl_->ledger, std::move(access), {},
            [proof = std::make_shared<ledger::PersonProof>(std::move(*proof)), done = std::move(done)](Result<ledger::Receipt> receipt) {
                if (!receipt) return done(fail(receipt.error()));
                done(LogProof{std::move(*proof), std::move(*receipt)});
            });
}

}  // namespace idun::gate
