#include <algorithm>
#include <charconv>
#include <functional>

#include "api/fhir_answer.h"
#include "api/given.h"
#include "api/searchset.h"
#include "api/subject.h"
#include "api/task.h"

namespace idun::api {
namespace {

using exchange::Case;
using exchange::CaseKind;
using exchange::CaseStatus;
using exchange::CaseStep;
using exchange::NoticeKind;

// To whom complaints about the rights of Art. 3 and 5 to 10 go on (Art. 21(2)).
constexpr std::string_view kAuthority = "Integritetsskyddsmyndigheten (IMY)";
constexpr std::size_t kNoteBytesMax = 2000;

bool complains(const Hub& hub, const Case& one, const trust::UserToken& user) {
    if (user.role != trust::Role::patient || !user.person) return false;
    const people::Numbers hers = hub.links.of(*user.person);
    return !hers.ambiguous() && (hers.has(one.person) || std::ranges::any_of(one.others, [&](const auto& other) { return hers.has(other); }));
}
bool is_asked(const Case& one, const trust::UserToken& user) {
    return one.kind == CaseKind::follow_up && user.role == trust::Role::clinician && one.user_id == user.subject;
}
bool supervises(const trust::UserToken& user) { return user.role == trust::Role::supervisor; }
bool names_person(const Hub& hub, const Case& one, const trust::UserToken& user) { return complains(hub, one, user) || supervises(user); }

Result<Case> visible(const Hub& hub, const trust::UserToken& user, std::string_view id) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), number);
    if (error != std::errc() || end != id.data() + id.size()) return fail(Category::not_found, "no such case");
    TRY_ASSIGN(Case one, hub.cases.find(number));
    if (!complains(hub, one, user) && !is_asked(one, user) && !supervises(user))
        return fail(Category::not_found, "no such case");
    return one;
}

// The log entry: about the person where it is hers.
ledger::Access case_access(const Hub& hub, const trust::UserToken& user, const Case& one, ledger::Action action,
                           const http::Request& request) {
    ledger::Access access = own_access(hub, user, action, request);
    access.person = one.person;
    if (user.role != trust::Role::patient) {
        access.purpose = rights::to_string(rights::Purpose::HSYSADMIN);
        access.rule.clear();
    }
    access.records = {{"Task", std::to_string(one.number), "", "", ""}};
    return access;
}

void tell(Hub& hub, store::Batch& batch, const Case& one, std::string sv, std::string en) {
    hub.notices.add(batch, one.person, NoticeKind::complaint, sv, en);
    for (const crypto::Pseudonym& other : one.others)
        if (other != one.person) hub.notices.add(batch, other, NoticeKind::complaint, sv, en);
}

// ---- complaining

void tell_taken(Hub& hub, store::Batch& batch, const Case& one) {
    const std::string number = std::to_string(one.number);
    std::string sv = "Ditt klagomål är mottaget och har ärendenummer " + number + ".";
    std::string en = "Your complaint has been received and has case number " + number + ".";
    if (!one.forwarded.empty()) {
        sv += " Det gäller rättigheter som bara " + one.forwarded +
              " prövar och har lämnats dit; vänd dig dit med frågor.";
        en += " It concerns rights that only " + one.forwarded +
              " decides about and has been passed on there; turn there with questions.";
    }
    tell(hub, batch, one, std::move(sv), std::move(en));
}

Result<Case> complain(Hub& hub, const http::Request& request, const trust::UserToken& user) {
    TRY(unambiguous(hub, *user.person));
    TRY_ASSIGN(const auto document, body_of(request));
    TRY_ASSIGN(Complaint complaint, complaint_from_fhir(document.root()));
    if (!complaint.provider_id.empty() && !hub.directory.organisation(complaint.provider_id))
        return fail(Category::invalid, "no such provider in the directory", "Task.input");
    Case made;
    made.kind = CaseKind::complaint;
    made.person = *user.person;
    for (const Identifier& other : complaint.complainants) {
        TRY_ASSIGN(const auto person, person_named(hub, user, other));
        if (std::ranges::find(made.others, person) == made.others.end()) made.others.push_back(person);
    }
    made.organisation = std::move(complaint.organisation);
    made.category = std::move(complaint.category);
    made.text = std::move(complaint.text);
    made.user_id = user.subject;
    made.provider_id = std::move(complaint.provider_id);
    if (made.category == "right") made.forwarded = kAuthority;
    made.steps.push_back({hub.clock.now(), CaseStatus::received, user.subject, user.name, "patient",
                          made.forwarded.empty() ? "" : "forwarded to " + made.forwarded});
    TRY_ASSIGN(const auto number,
               hub.cases.open(made, [&](store::Batch& batch, const Case& one) { tell_taken(hub, batch, one); }));
    made.number = number;
    return made;
}

// ---- moving on

// Who is asked answers; a supervisor takes it further or closes it.
Result<CaseStatus> status_for(const trust::UserToken& user, const Case& one, const Given& given) {
    if (is_asked(one, user)) {
        if (given.has("status"))
            return fail(Category::forbidden, "who is asked answers with a note; a supervisor moves it on", "status");
        return CaseStatus::in_progress;
    }
    if (!supervises(user)) return fail(Category::forbidden, "a supervisor moves cases on");
    const auto status = exchange::case_status_from(given.text("status"));
    if (!status || *status == CaseStatus::received)
        return fail(Category::invalid, "status is in-progress, completed or rejected", "Parameters.parameter");
    return *status;
}

Result<Case> move(Hub& hub, const http::Request& request, const trust::UserToken& user) {
    TRY_ASSIGN(const Case one, visible(hub, user, request.parts[0]));
    TRY_ASSIGN(const Given given, given_in(request, {"status", "note"}));
    TRY_ASSIGN(const CaseStatus status, status_for(user, one, given));
    TRY_ASSIGN(std::string note, given.required("note", kNoteBytesMax));
    CaseStep step{hub.clock.now(), status, user.subject, user.name, std::string(trust::to_string(user.role)),
                  std::move(note)};
    return hub.cases.move(one.number, std::move(step), [&](store::Batch& batch, const Case& moved) {
        if (moved.kind != CaseKind::complaint) return;
        const std::string number = std::to_string(moved.number), now(exchange::to_string(moved.status()));
        tell(hub, batch, moved, "Ärende " + number + " har ändrats: " + moved.steps.back().note,
             "Case " + number + " is now " + now + ": " + moved.steps.back().note);
    });
}

// ---- reading

// Under all of her numbers, newest first.
Result<std::vector<Case>> cases_of(const Hub& hub, const crypto::Pseudonym& person) {
    TRY(unambiguous(hub, person));
    std::vector<Case> out;
    const people::Numbers numbers = hub.links.of(person);
    for (const crypto::Pseudonym& number : numbers.all()) {
        TRY_ASSIGN(const auto cases, hub.cases.of_person(number));
        for (const Case& one : cases)
            if (std::ranges::find(out, one.number, &Case::number) == out.end()) out.push_back(one);
    }
    std::ranges::sort(out, std::greater(), &Case::number);
    return out;
}

Result<std::vector<Case>> listed(const Hub& hub, const trust::UserToken& user) {
    if (user.role == trust::Role::patient && user.person) return cases_of(hub, *user.person);
    if (user.role == trust::Role::clinician) return hub.cases.of_user(user.subject);
    if (supervises(user)) return hub.cases.all();
    return fail(Category::forbidden, "cases are for those whom they concern");
}

std::string bundle(const Hub& hub, const trust::UserToken& user, const std::vector<Case>& cases) {
    Searchset found;
    for (const Case& one : cases)
        found.add(hub.base_url + "/Task/" + std::to_string(one.number), to_fhir(one, names_person(hub, one, user)));
    return found.finish();
}

}  // namespace

// POST /fhir/Task: a complaint, by the person, also for others or by an organisation that she has asked.
http::Handler hub_task_create(Hub& hub) {
    return [&hub](http::Request request, http::Reply reply) {
        const auto user = hub.users.patient(request);
        if (!user) return reply.send(refusal(user.error()));
        const auto made = complain(hub, request, *user);
        if (!made) return reply.send(refusal(made.error()));
        auto response = fhir(201, to_fhir(*made, true));
        response.headers.set("Location", hub.base_url + "/Task/" + std::to_string(made->number));
        release(hub, case_access(hub, *user, *made, ledger::Action::create, request), std::move(response),
                std::move(reply));
    };
}

// GET /fhir/Task: a person's complaints and openings of her data; a clinician's questions; a supervisor's all. The
// newest 200.
http::Handler hub_tasks(Hub& hub) {
    return [&hub](http::Request request, http::Reply reply) {
        const auto user = hub.users.caller(request);
        if (!user) return reply.send(refusal(user.error()));
        if (!request.query.empty())
            return reply.send(
                refusal(Error(Category::invalid, "no parameters are known here: the token says whose cases")));
        const auto found = listed(hub, *user);
        if (!found) return reply.send(refusal(found.error()));
        ledger::Access access = own_access(hub, *user, ledger::Action::search, request);
        access.query = "Task";
        release(hub, access, fhir(200, bundle(hub, *user, *found)), std::move(reply));
    };
}

http::Handler hub_task(Hub& hub) {
    return [&hub](http::Request request, http::Reply reply) {
        const auto user = hub.users.caller(request);
        if (!user) return reply.send(refusal(user.error()));
        const auto one = visible(hub, *user, request.parts[0]);
        if (!one) return reply.send(refusal(one.error()));
        release(hub, case_access(hub, *user, *one, ledger::Action::read, request),
                fhir(200, to_fhir(*one, names_person(hub, *one, *user))), std::move(reply));
    };
}

// POST /fhir/Task/:id/$move: status, note.
http::Handler hub_task_move(Hub& hub) {
    return [&hub](http::Request request, http::Reply reply) {
        const auto user = hub.users.caller(request);
        if (!user) return reply.send(refusal(user.error()));
        const auto moved = move(hub, request, *user);
        if (!moved) return reply.send(refusal(moved.error()));
        release(hub, case_access(hub, *user, *moved, ledger::Action::update, request),
                fhir(200, to_fhir(*moved, names_person(hub, *moved, *user))), std::move(reply));
    };
}

}  // namespace idun::api
