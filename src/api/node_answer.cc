#include "api/node_answer.h"

#include <map>

#include "crypto/hash.h"
#include "gate/release.h"

namespace idun::api {
namespace {

using records::Outcome;
using records::Touched;

bool wants_minimal(const http::Request& request) {
    return request.headers.get("Prefer").find("return=minimal") != std::string_view::npos;
}

http::Response response_of(const Node& node, const http::Request& request, const Outcome& outcome) {
    http::Response response;
    response.status = outcome.status;
    response.headers.set("Content-Type", "application/fhir+json; charset=utf-8");
    if (outcome.version) response.headers.set("ETag", records::etag(*outcome.version));
    if (outcome.last_modified) response.headers.set("Last-Modified", http_date(*outcome.last_modified));
    if (!outcome.location.empty()) response.headers.set("Location", node.base_url + "/" + outcome.location);
    const bool read = request.method == "GET" || request.method == "HEAD";
    if (outcome.ok() && !read && wants_minimal(request)) return response;
    if (outcome.body) response.shared_body = outcome.body;
    else if (outcome.status != 204) response.body = fhir::operation_outcome(outcome.issues);
    return response;
}

ledger::Access access_of(const Node& node, const trust::UserToken& user, ledger::Action action,
                         const http::Request& request, const Outcome& outcome) {
    ledger::Access access;
    access.time = node.clock.now();
    access.action = action;
    access.requester = {user.subject, user.name, std::string(trust::to_string(user.role)), user.provider_id,
                        user.unit_id};
    access.purpose = "TREAT";
    access.rule = rights::id(rights::Rule::own_provider);
    access.store_version = outcome.seen.number;
    access.request_id = std::string(request.headers.get("X-Request-Id"));
    return access;
}

// The person whom a patient id stands for; nothing when no national identifier is known.
std::optional<crypto::Pseudonym> person_of(const Node& node, const std::string& patient,
                                           const store::Snapshot& snapshot) {
    if (patient.empty()) return std::nullopt;
    const auto pseudonyms = node.records.pseudonyms_of(patient, snapshot);
    if (!pseudonyms || pseudonyms->empty()) return std::nullopt;
    return crypto::Pseudonym::from(pseudonyms->front());
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

records::Context context_of(const trust::UserToken& user) {
    records::Context context;
    context.owner = std::string(crypto::sha256({user.issuer, "|", user.subject}).view());
    return context;
}

void answer(Node& node, const trust::UserToken& user, ledger::Action action, const http::Request& request,
            const Outcome& outcome, http::Reply reply) {
    http::Response response = response_of(node, request, outcome);
    if (!outcome.ok() && outcome.touched.empty()) return reply.send(std::move(response));
    const auto snapshot = node.records.snapshot();
    if (!snapshot) return reply.send(refusal(snapshot.error()));

    std::map<std::string, std::vector<Touched>> by_patient;
    for (const Touched& touched : outcome.touched) by_patient[touched.patient].push_back(touched);
    if (by_patient.empty()) by_patient[""];
    const auto pending = std::make_shared<Pending>(std::move(response), std::move(reply));
    pending->left = by_patient.size();
    for (const auto& [patient, touched] : by_patient) {
        ledger::Access access = access_of(node, user, action, request, outcome);
        access.person = person_of(node, patient, **snapshot);
        gate::release(node.ledger, std::move(access), gate::log_records(touched, node.provider_id),
                      [pending](Result<ledger::Receipt> one) { pending->finish(std::move(one)); });
    }
}

Result<std::optional<std::uint64_t>> if_match(const http::Request& request) {
    if (!request.headers.has("If-Match")) return std::nullopt;
    const auto version = records::version_of_etag(request.headers.get("If-Match"));
    if (!version) return fail(Category::invalid, "If-Match must be one version, such as W/\"3\"");
    return version;
}

}  // namespace idun::api
