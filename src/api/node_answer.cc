#include "api/node_answer.h"

#include <algorithm>
#include <future>
#include <map>
#include <set>
#include <thread>

#include "api/person_check.h"
#include "crypto/encoding.h"
#include "crypto/hash.h"
#include "gate/release.h"
#include "http/problem.h"

namespace idun::api {
namespace {

using records::Outcome;
using records::Touched;

// Prefer: return=... of the request; nothing when it does not say (or says what R4 does not know).
std::optional<records::Return> preference(const http::Request& request) {
    const std::string_view prefer = request.headers.get("Prefer");
    if (prefer.find("return=minimal") != std::string_view::npos) return records::Return::minimal;
    if (prefer.find("return=representation") != std::string_view::npos) return records::Return::representation;
    if (prefer.find("return=OperationOutcome") != std::string_view::npos) return records::Return::operation_outcome;
    return std::nullopt;
}

http::Response response_of(const Node& node, const http::Request& request, const Outcome& outcome) {
    http::Response response;
    response.status = outcome.status;
    if (outcome.version) response.headers.set("ETag", records::etag(*outcome.version));
    if (outcome.last_modified) response.headers.set("Last-Modified", http_date(*outcome.last_modified));
    if (!outcome.location.empty()) response.headers.set("Location", node.base_url + "/" + outcome.location);
    if (outcome.status == 304) return response;
    const bool writes = request.method != "GET" && !request.path.ends_with("/_search") && request.path != "/fhir";
    const auto prefer = outcome.ok() && writes ? preference(request) : std::nullopt;
    if (prefer == records::Return::minimal) return response;
    if (prefer == records::Return::operation_outcome) {
        if (response.status == 204) response.status = 200;
        response.body = fhir::operation_outcome(outcome.issues);
    } else if (outcome.body) {
        response.shared_body = outcome.body;
    } else if (outcome.status != 204) {
        response.body = fhir::operation_outcome(outcome.issues);
    }
    if (response.status != 204) response.headers.set("Content-Type", "application/fhir+json; charset=utf-8");
    http::add_status_fields(response);
    return response;
}

ledger::Access access_of(const Node& node, const Staff& user, ledger::Action action, const http::Request& request,
                         const Outcome& outcome, const std::vector<const Touched*>& touched) {
    ledger::Access access;
    access.time = node.clock.now();
    access.action = action;
    tell_requester(user, access);
    // Record systems do not say why; people at their own provider work in care.
    if (user.role == trust::Role::clinician) access.purpose = "TREAT";
    access.rule = rights::id(rights::Rule::own_provider);
    if (user.sight != nullptr &&
        std::ranges::any_of(touched, [&](const Touched* one) { return user.sight->opened(*one); }))
        access.rule = rights::id(rights::Rule::break_glass_inner);
    access.rules = node.sights.rules().version;
    access.store_version = outcome.seen.number;
    access.request_id = std::string(request.headers.get("X-Request-Id"));
    return access;
}

// What the log says of the relation to her: the glass that was broken, and whether bookings or encounters show that the
// provider cares for her. The latter is asked of people in care only: a system does not treat.
void tell_relation(Node& node, const Staff& user, const std::string& patient, const Asked& asked,
                   const store::Snapshot& snapshot, ledger::Access& access) {
    if (patient.empty()) return;
    const auto& glass = asked.glass ? asked.glass : user.glass;
    if (glass && glass->patient == patient)
        access.break_glass = {glass->id, std::string(rights::to_string(glass->ground))};
    access.care_relation =
        user.role == trust::Role::clinician && node.care.of(patient, snapshot) == rights::Care::known;
}

using Person = std::optional<crypto::Pseudonym>;  // nullopt: no national identifier is known

// What one entry is about.
struct Part {
    std::vector<const Touched*> touched;
    std::string patient;  // the Patient; "" when the question names her otherwise
};
using Accesses = std::map<std::pair<Person, ledger::Action>, Part>;

ledger::Action action_of(records::Way way, ledger::Action otherwise) {
    using enum records::Way;
    switch (way) {
        case as_asked: break;
        case read: return ledger::Action::read;
        case vread: return ledger::Action::vread;
        case history: return ledger::Action::history;
        case search: return ledger::Action::search;
        case create: return ledger::Action::create;
        case update: return ledger::Action::update;
        case remove: return ledger::Action::remove;
    }
    return otherwise;
}

// Whom patient ids stand for. One patient may stand for several: each identifier that names a person nationally
// gets an entry, so that no identifier more can turn the log away from the others.
class Persons {
public:
    Persons(const Node& node, const store::Snapshot& snapshot, const Outcome& outcome) : node_(node), snapshot_(snapshot) {
        for (const Touched& touched : outcome.touched)
            for (const std::string& pseudonym : touched.before) before_[touched.patient].insert(pseudonym);
    }

    Result<std::set<Person>> of(const std::string& patient) {
        if (patient.empty()) return std::set<Person>{std::nullopt};
        if (const auto found = known_.find(patient); found != known_.end()) return found->second;
        TRY_ASSIGN(const auto pseudonyms, node_.records.persons_behind(patient, snapshot_));
        std::set<Person> out;
        const auto add = [&out](const std::string& bytes) {
            if (const auto pseudonym = crypto::Pseudonym::from(bytes)) out.insert(*pseudonym);
        };
        for (const std::string& pseudonym : pseudonyms) add(pseudonym);
        for (const std::string& pseudonym : before_[patient]) add(pseudonym);
        if (out.empty()) out.insert(std::nullopt);
        return known_[patient] = std::move(out);
    }

private:
    const Node& node_;
    const store::Snapshot& snapshot_;
    std::map<std::string, std::set<std::string>> before_;  // pseudonyms that a write of this request took away
    std::map<std::string, std::set<Person>> known_;
};

// What was touched, by person and action; those only asked about have nothing touched.
class Sorting {
public:
    Sorting(Persons& persons, ledger::Action action) : persons_(persons), action_(action) {}

    // By everybody whom a record names as its patient.
    Status touched(const Touched& one) {
        TRY(touched(one, one.patient));
        for (const std::string& other : one.other_patients) TRY(touched(one, other));
        return {};
    }
    // Has an entry of any kind.
    Status asked(const std::string& patient) {
        TRY_ASSIGN(const std::set<Person> who, persons_.of(patient));
        for (const Person& person : who) asked(person, patient);
        return {};
    }
    void asked(const Person& person, const std::string& patient = {}) {
        const auto first = out_.lower_bound({person, ledger::Action{}});
        if (first == out_.end() || first->first.first != person) add(person, patient);
    }
    // Has an entry that tells of a look at her.
    Status looked_up(const std::string& patient) {
        TRY_ASSIGN(const std::set<Person> who, persons_.of(patient));
        for (const Person& person : who) looked_up(person, patient);
        return {};
    }
    void looked_up(const Person& person, const std::string& patient = {}) {
        using enum ledger::Action;
        for (const ledger::Action look : {read, vread, history, search})
            if (out_.contains({person, look})) return;
        add(person, patient);
    }

    Accesses take() && {
        if (out_.empty()) out_[{std::nullopt, action_}];
        return std::move(out_);
    }

private:
    Status touched(const Touched& one, const std::string& patient) {
        TRY_ASSIGN(const std::set<Person> who, persons_.of(patient));
        for (const Person& person : who) {
            Part& part = out_[{person, action_of(one.way, action_)}];
            if (!part.touched.empty() && part.touched.back() == &one) continue;  // two ids of one person
            if (part.touched.empty()) part.patient = patient;
            part.touched.push_back(&one);
        }
        return {};
    }
    void add(const Person& person, const std::string& patient) {
        // A Bundle asks by searches, conditions and reads.
        const auto action = action_ == ledger::Action::transaction ? ledger::Action::search : action_;
        out_[{person, action}].patient = patient;
    }

    Persons& persons_;
    const ledger::Action action_;
    Accesses out_;
};

Result<Accesses> accesses_of(const Node& node, ledger::Action action, const Outcome& outcome, const Asked& asked,
                             const store::Snapshot& snapshot) {
    Persons persons(node, snapshot, outcome);
    Sorting out(persons, action);
    for (const Touched& touched : outcome.touched) TRY(out.touched(touched));
    for (const std::string& patient : asked.looked_up) TRY(out.looked_up(patient));
    for (const crypto::Pseudonym& who : asked.looked_up_persons) out.looked_up(who);
    for (const auto* patients : {&asked.patients, &outcome.asked})
        for (const std::string& patient : *patients) TRY(out.asked(patient));
    for (const crypto::Pseudonym& who : asked.persons) out.asked(who);
    return std::move(out).take();
}

// It takes some microseconds longer not to find what is hidden than what never was. Other answers wait for the disk, which
// takes longer and varies more; these leave at full milliseconds after they came.
void even_out(const Staff& user) {
    constexpr std::chrono::microseconds kStep{1'000};
    const auto taken = std::chrono::steady_clock::now() - user.came;
    std::this_thread::sleep_until(user.came + (taken / kStep + 1) * kStep);
}

// The entries of one answer, made as the log takes them: one for each person and action, and more for many records.
class Entries {
public:
    struct Of {
        ledger::Access access;  // without its records
        std::vector<const Touched*> touched;
    };
    // `of` points into the outcome.
    Entries(std::string provider_id, Outcome outcome, std::vector<Of> of)
        : provider_id_(std::move(provider_id)), outcome_(std::move(outcome)), of_(std::move(of)) {}
    Entries(const Entries&) = delete;

    std::optional<ledger::Access> next() {
        if (at_ == of_.size()) return std::nullopt;
        const Of& one = of_[at_];
        ledger::Access out = one.access;
        const std::size_t end = std::min(from_ + ledger::kRecordsMax, one.touched.size());
        for (; from_ < end; ++from_) out.records.push_back(gate::log_record(*one.touched[from_], provider_id_));
        if (from_ == one.touched.size()) {
            from_ = 0;
            ++at_;
        }
        return out;
    }

private:
    const std::string provider_id_;
    const Outcome outcome_;
    const std::vector<Of> of_;
    std::size_t at_ = 0;
    std::size_t from_ = 0;  // of its records
};

// The entries that must be durable before `outcome` may be told.
Result<std::shared_ptr<Entries>> entries_of(Node& node, const Staff& user, ledger::Action action, const http::Request& request,
                                            Outcome outcome, const Asked& asked) {
    outcome.body = nullptr;  // its bytes are in the response
    TRY_ASSIGN(const auto snapshot, node.records.snapshot());
    TRY_ASSIGN(auto accesses, accesses_of(node, action, outcome, asked, *snapshot));
    std::vector<Entries::Of> all;
    all.reserve(accesses.size());
    for (auto& [what, part] : accesses) {
        ledger::Access access = access_of(node, user, what.second, request, outcome, part.touched);
        access.person = what.first;
        tell_relation(node, user, part.patient, asked, *snapshot, access);
        access.query = asked.query.substr(0, ledger::kTextBytesMax);
        all.push_back({std::move(access), std::move(part.touched)});
    }
    // Records stay where they are when the outcome moves.
    return std::make_shared<Entries>(node.provider_id, std::move(outcome), std::move(all));
}

// No receipt, no data. But what was written stays written, and whoever wrote it is not told otherwise.
Error not_told(const Error& error, bool written) {
    if (!written) return error;
    return Error(error.category, "what was asked for is done and stays; it cannot be shown, for the log of accesses takes no entry: " + error.message);
}

}  // namespace

std::string owner_of(const trust::UserToken& user) { return std::string(crypto::sha256({user.issuer, "|", user.subject}).view()); }

subscriptions::Owner subscriber_of(const trust::UserToken& user) {
    return {{user.subject, user.name, std::string(trust::to_string(user.role)), user.provider_id, user.unit_id},
            user.issuer,
            user.role == trust::Role::administrator,
            user.assurance,
            user.task};
}

Result<Staff> staff_of(const Node& node, const http::Request& request) {
    TRY_ASSIGN(auto user, node.users.staff_of(request, node.provider_id));
    std::optional<gate::Glass> glass;
    if (request.headers.has("X-Idun-Break-Glass")) {
        // Checked also where nothing is blocked, so that its answer tells nothing.
        TRY_ASSIGN(glass, node.glasses.verify(request.headers.get("X-Idun-Break-Glass"), crypto::hex(owner_of(user))));
    }
    gate::Staff staff{user.subject, rights::role_from(trust::to_string(user.role)), user.unit_id};
    auto sight = node.sights.of(std::move(staff), glass);
    return Staff{std::move(user), std::move(sight), std::move(glass)};
}

records::Context context_of(const Node& node, const Staff& user, const http::Request& request) {
    records::Context context;
    context.unit = user.unit_id;
    context.prefer = preference(request).value_or(records::Return::minimal);
    context.check = [&node](json::Value resource) { return check_persons(resource, node.clock.now()); };
    context.owner = owner_of(user);
    if (user.sight == nullptr) context.guarded = {"Subscription"};
    context.visible = [&node, owner = subscriber_of(user), sight = user.sight](const Touched& touched) {
        if (touched.type == "Subscription" && !node.subscriptions.shows(touched.id, owner)) return false;
        return sight == nullptr || sight->sees(touched);
    };
    return context;
}

void answer(Node& node, const Staff& user, ledger::Action action, const http::Request& request, Outcome outcome,
            http::Reply reply, const Asked& asked) {
    http::Response response = response_of(node, request, outcome);
    // A refused question may still have told something: that a condition finds one, none or several.
    const bool about_somebody = !asked.patients.empty() || !asked.persons.empty() || !asked.query.empty() || !outcome.asked.empty();
    if (!outcome.ok() && outcome.touched.empty() && !about_somebody) {
        if (user.sight != nullptr) even_out(user);
        return reply.send(std::move(response));
    }
    const bool done = outcome.ok() && outcome.wrote;
    auto entries = entries_of(node, user, action, request, std::move(outcome), asked);
    if (!entries) return reply.send(refusal(not_told(entries.error(), done)));

    struct Waiting {
        http::Response response;
        http::Reply reply;
    };
    const auto waiting = std::make_shared<Waiting>(Waiting{std::move(response), std::move(reply)});
    ledger::append_each(node.ledger, [entries = std::move(*entries)] { return entries->next(); },
                        [waiting, done](Result<ledger::Receipt> receipt) {
                            if (!receipt) return waiting->reply.send(refusal(not_told(receipt.error(), done)));
                            waiting->response.headers.set("X-Idun-Receipt", receipt->text());
                            waiting->reply.send(std::move(waiting->response));
                        });
}

Result<ledger::Receipt> log_access(Node& node, const Staff& user, ledger::Action action, const http::Request& request,
                                   Outcome outcome, const Asked& asked) {
    TRY_ASSIGN(const auto entries, entries_of(node, user, action, request, std::move(outcome), asked));
    std::promise<Result<ledger::Receipt>> promise;
    auto future = promise.get_future();
    ledger::append_each(node.ledger, [entries] { return entries->next(); },
                        [&promise](Result<ledger::Receipt> receipt) { promise.set_value(std::move(receipt)); });
    return future.get();
}

Result<records::Preconditions> preconditions(const http::Request& request) {
    records::Preconditions out;
    if (request.headers.has("If-Match")) {
        out.if_match = records::version_of_etag(request.headers.get("If-Match"));
        if (!out.if_match) return fail(Category::invalid, "If-Match must be one version, such as W/\"3\"");
    }
    if (request.headers.has("If-None-Match")) {
        if (request.headers.get("If-None-Match") != "*") return fail(Category::invalid, "a write takes If-None-Match: * only");
        out.if_none_match = true;
    }
    return out;
}

void spare_unchanged(const http::Request& request, Outcome& outcome) {
    std::optional<Instant> since;
    if (request.headers.has("If-Modified-Since")) since = from_http_date(request.headers.get("If-Modified-Since"));
    if (!records::not_modified(outcome, request.headers.get("If-None-Match"), since)) return;
    outcome.status = 304;
    outcome.body = nullptr;
}

}  // namespace idun::api
