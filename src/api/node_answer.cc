#include "api/node_answer.h"

#include <algorithm>
#include <map>
#include <mutex>
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
                         const Outcome& outcome, const std::vector<Touched>& touched) {
    ledger::Access access;
    access.time = node.clock.now();
    access.action = action;
    access.requester = {user.subject, user.name, std::string(trust::to_string(user.role)), user.provider_id,
                        user.unit_id};
    // Record systems do not say why; people at their own provider work in care.
    if (user.role == trust::Role::clinician) access.purpose = "TREAT";
    access.rule = rights::id(rights::Rule::own_provider);
    if (user.sight != nullptr &&
        std::ranges::any_of(touched, [&](const Touched& one) { return user.sight->opened(one); }))
        access.rule = rights::id(rights::Rule::break_glass_inner);
    access.rules = node.sights.rules().version;
    access.store_version = outcome.seen.number;
    access.request_id = std::string(request.headers.get("X-Request-Id"));
    return access;
}

// Id of the Patient that an entry of the log is about; "" for none or several.
std::string patient_of(const std::vector<Touched>& touched, const Asked& asked) {
    if (!touched.empty()) return touched.front().patient;
    return asked.patients.size() == 1 ? asked.patients.front() : std::string();
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
using Accesses = std::map<Person, std::vector<Touched>>;

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

// What was touched, by person; those only asked about have nothing touched.
Result<Accesses> accesses_of(const Node& node, const Outcome& outcome, const Asked& asked) {
    TRY_ASSIGN(const auto snapshot, node.records.snapshot());
    Accesses out;
    Persons persons(node, *snapshot, outcome);
    for (const Touched& touched : outcome.touched) {
        TRY_ASSIGN(std::set<Person> who, persons.of(touched.patient));
        for (const std::string& other : touched.other_patients) {
            TRY_ASSIGN(const std::set<Person> more, persons.of(other));
            who.insert(more.begin(), more.end());
        }
        for (const Person& one : who) out[one].push_back(touched);
    }
    for (const std::string& patient : asked.patients) {
        TRY_ASSIGN(const std::set<Person> who, persons.of(patient));
        for (const Person& one : who) out[one];
    }
    for (const crypto::Pseudonym& who : asked.persons) out[who];
    if (out.empty()) out[std::nullopt];
    return out;
}

// It takes some microseconds longer not to find what is hidden than what never was. Other answers wait for the disk, which
// takes longer and varies more; these leave at full milliseconds after they came.
void even_out(const Staff& user) {
    constexpr std::chrono::microseconds kStep{1'000};
    const auto taken = std::chrono::steady_clock::now() - user.came;
    std::this_thread::sleep_until(user.came + (taken / kStep + 1) * kStep);
}

// Shared by the entries of one answer; the last one sends it.
struct Pending {
    std::mutex mutex;
    std::size_t left = 1;
    std::optional<Error> error;
    std::optional<ledger::Receipt> receipt;
    http::Response response;
    http::Reply reply;

    Pending(http::Response r, http::Reply p) : response(std::move(r)), reply(std::move(p)) {}

    void finish(Result<ledger::Receipt> one) {
        {
            const std::lock_guard lock(mutex);
            if (!one) error = one.error();
            else if (!receipt || one->index > receipt->index) receipt = std::move(*one);
            if (--left > 0) return;
        }
        if (error) return reply.send(refusal(*error));
        response.headers.set("X-Idun-Receipt", receipt->text());
        reply.send(std::move(response));
    }
};

}  // namespace

std::string owner_of(const trust::UserToken& user) { return std::string(crypto::sha256({user.issuer, "|", user.subject}).view()); }

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
    if (user.sight != nullptr)
        context.visible = [sight = user.sight](const Touched& touched) { return sight->sees(touched); };
    context.prefer = preference(request).value_or(records::Return::minimal);
    context.check = [&node](json::Value resource) { return check_persons(resource, node.clock.now()); };
    context.owner = owner_of(user);
    return context;
}

void answer(Node& node, const Staff& user, ledger::Action action, const http::Request& request, const Outcome& outcome,
            http::Reply reply, const Asked& asked) {
    http::Response response = response_of(node, request, outcome);
    // A refused question may still have told something: that a condition finds one, none or several.
    const bool about_somebody = !asked.patients.empty() || !asked.persons.empty() || !asked.query.empty();
    if (!outcome.ok() && outcome.touched.empty() && !about_somebody) {
        if (user.sight != nullptr) even_out(user);
        return reply.send(std::move(response));
    }
    auto accesses = accesses_of(node, outcome, asked);
    if (!accesses) return reply.send(refusal(accesses.error()));
    const auto snapshot = node.records.snapshot();
    if (!snapshot) return reply.send(refusal(snapshot.error()));

    const auto pending = std::make_shared<Pending>(std::move(response), std::move(reply));
    pending->left = accesses->size();
    for (auto& [person, touched] : *accesses) {
        ledger::Access access = access_of(node, user, action, request, outcome, touched);
        access.person = person;
        tell_relation(node, user, patient_of(touched, asked), asked, **snapshot, access);
        access.query = asked.query.substr(0, ledger::kTextBytesMax);
        gate::release(node.ledger, std::move(access), gate::log_records(touched, node.provider_id),
                      [pending](Result<ledger::Receipt> one) { pending->finish(std::move(one)); });
    }
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
