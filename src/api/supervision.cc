#include "api/supervision.h"

#include "api/access_entry.h"
#include "api/fhir_answer.h"
#include "ledger/audit_event.h"

namespace idun::api {
namespace {

constexpr std::size_t kGroundBytesMax = 128;

Result<std::string> one_text(const std::vector<std::pair<std::string, std::string>>& parameters, std::string_view name) {
    std::string out;
    for (const auto& [given, value] : parameters) {
        if (given != name) continue;
        if (!out.empty()) return fail(Category::invalid, std::string(name) + " stands twice", std::string(name));
        out = value;
    }
    if (out.empty() || out.size() > kGroundBytesMax)
        return fail(Category::invalid, std::string(name) + " is needed, of at most 128 bytes", std::string(name));
    return out;
}

}  // namespace

Result<Supervision> supervision_of(const Hub& hub, const http::Request& request) {
    TRY_ASSIGN(auto user, hub.users.caller(request));
    if (user.role != trust::Role::supervisor) return fail(Category::forbidden, "only supervisors look across people");
    TRY_ASSIGN(const auto parameters, http::parameters(request.query));
    Supervision out{std::move(user), {}, {}};
    TRY_ASSIGN(out.ground, one_text(parameters, kGroundNames[0]));
    TRY_ASSIGN(out.reference, one_text(parameters, kGroundNames[1]));
    return out;
}

ledger::Access supervision_access(const Hub& hub, const Supervision& supervision, ledger::Action action,
                                  const http::Request& request, std::string what) {
    ledger::Access access = own_access(hub, supervision.user, action, request);
    access.person.reset();
    access.purpose = rights::to_string(rights::Purpose::HOPERAT);
    access.rule.clear();
    access.query = std::move(what) + " ground " + supervision.ground + " reference " + supervision.reference;
    return access;
}

exchange::AccessFilter for_supervisors(const Hub& hub) {
    exchange::AccessFilter out;
    out.reader = "supervisor";
    out.rules = &hub.rules;
    return out;
}

Result<exchange::LoggedEntry> supervised_entry(Hub& hub, std::string_view id) {
    TRY_ASSIGN(auto entry, entry_named(hub, id));
    TRY_ASSIGN(const bool hidden, hub.accesses.left_out(entry, for_supervisors(hub)));
    if (hidden) return fail(Category::not_found, "no such access");
    return entry;
}

Status ShownPeople::add(const Hub& hub, const exchange::AccessView::Seen& seen) {
    if (!seen.access.person) return {};
    TRY_ASSIGN(const bool withheld, hub.accesses.is_withheld(seen));
    if (withheld) return {};
    records_[*seen.access.person].push_back({"AuditEvent", ledger::audit_event_id(seen.receipt), "", "other", seen.receipt.log_id});
    return {};
}

Status ShownPeople::add_counted(const Hub& hub, const crypto::Pseudonym& person) {
    TRY_ASSIGN(const bool withholds, hub.accesses.withholds_from(person));
    if (!withholds) add(person);
    return {};
}

ledger::NextAccess ShownPeople::entries(ledger::Access access) && {
    return [access = std::move(access), records = std::move(records_), at = std::size_t{0},
            first = true]() mutable -> std::optional<ledger::Access> {
        if (records.empty()) return std::exchange(first, false) ? std::optional(access) : std::nullopt;
        first = false;
        auto person = records.begin();
        ledger::Access out = access;
        out.person = person->first;
        const std::size_t end = std::min(at + ledger::kRecordsMax, person->second.size());
        out.records.assign(person->second.begin() + static_cast<std::ptrdiff_t>(at), person->second.begin() + static_cast<std::ptrdiff_t>(end));
        at = end;
        if (at == person->second.size()) {
            records.erase(person);
            at = 0;
        }
        return out;
    };
}

http::Handler answering_supervisors(Hub& hub, Result<Supervised> (*answer)(Hub&, const http::Request&)) {
    return [&hub, answer](http::Request request, http::Reply reply) {
        auto out = answer(hub, request);
        if (!out) return reply.send(refusal(out.error()));
        const auto shared = std::make_shared<std::pair<http::Response, http::Reply>>(std::move(out->response), std::move(reply));
        ledger::append_each(hub.ledger, std::move(out->entries), [shared](Result<ledger::Receipt> receipt) {
            if (!receipt) return shared->second.send(refusal(receipt.error()));
            shared->first.headers.set("X-Idun-Receipt", receipt->text());
            shared->second.send(std::move(shared->first));
        });
    };
}

}  // namespace idun::api
