// FHIR Bulk Data Access: $export at system, Patient and Group level, its status, its files. Only systems export.
#include <fmt/format.h>

#include "api/node_answer.h"
#include "bulk/exports.h"
#include "crypto/encoding.h"

namespace idun::api {
namespace {

constexpr const char* kJobs = "/$export-job/";

bool prefers(const http::Request& request, std::string_view what) {
    return request.headers.get("Prefer").find(what) != std::string_view::npos;
}

// A system of this provider: exporting is nothing that a person at a screen does.
Result<Staff> exporter(const Node& node, const http::Request& request) {
    TRY_ASSIGN(auto user, staff_of(node, request));
    if (user.role != trust::Role::system) return fail(Category::forbidden, "only systems of this provider export and import");
    return user;
}

bulk::Client client_of(const trust::UserToken& user, const http::Request& request) {
    const std::string owner = owner_of(user);
    return {crypto::hex(owner),
            {user.subject, user.name, std::string(trust::to_string(user.role)), user.provider_id, user.unit_id},
            std::string(request.headers.get("X-Request-Id"))};
}

// Of the address, or of the Parameters resource in the body of a POST.
Result<http::Parameters> parameters_of(const http::Request& request) {
    TRY_ASSIGN(auto out, http::parameters(request.query));
    if (request.method != "POST" || request.body.empty()) return out;
    TRY_ASSIGN(const auto document, body_of(request));
    TRY_ASSIGN(const auto more, bulk::parameters_of(document.root()));
    out.insert(out.end(), more.begin(), more.end());
    return out;
}

std::string said(std::string text) {
    return fhir::operation_outcome(fhir::Issues{{fhir::Severity::information, fhir::IssueCode::informational, std::move(text), {}, 0, 0}});
}

// The specification wants 429 where somebody asks for too much, and says when to ask again.
http::Response refused(const Error& error) {
    if (error.category != Category::busy) return refusal(error);
    auto response = refusal(429, {fhir::Issue{fhir::Severity::error, fhir::IssueCode::throttled, error.message, {}, 0, 0}});
    response.headers.set("Retry-After", "30");
    return response;
}

Result<http::Response> start(Node& node, const http::Request& request, bulk::Level level) {
    TRY_ASSIGN(const auto user, exporter(node, request));
    if (!prefers(request, "respond-async"))
        return fail(Category::invalid, "an export takes its time: send Prefer: respond-async, and ask at Content-Location for its state");
    TRY_ASSIGN(const auto parameters, parameters_of(request));
    TRY_ASSIGN(auto wish, bulk::read_request(level, level == bulk::Level::group ? request.parts[0] : "", parameters, node.definitions,
                                             prefers(request, "handling=lenient")));
    const std::string url = node.base_url + request.path.substr(5) + (request.query.empty() ? "" : "?" + request.query);  // without /fhir
    TRY_ASSIGN(const auto id, node.exports.start(std::move(wish), client_of(user, request), url));
    http::Response response = fhir(202, said("the export is under way"));
    response.headers.set("Content-Location", node.base_url + kJobs + id);
    return response;
}

std::string manifest(const Node& node, const bulk::JobRecord& job) {
    json::Writer w;
    w.object().member("transactionTime", to_iso(job.as_of)).member("request", job.url).member("requiresAccessToken", true);
    const auto list = [&](std::string_view name, bool deletions) {
        w.name(name).array();
        for (const bulk::OutputFile& file : job.files) {
            if (file.type.empty() != deletions) continue;
            w.object().member("type", deletions ? "Bundle" : file.type).member("url", node.base_url + kJobs + job.id + "/" + file.name);
            w.member("count", file.count).end();
        }
        w.end();
    };
    list("output", false);
    list("deleted", true);
    w.name("error").array().end().end();
    return w.take();
}

Result<http::Response> look(Node& node, const http::Request& request) {
    TRY_ASSIGN(const auto user, exporter(node, request));
    TRY_ASSIGN(const auto view, node.exports.look(request.parts[0], client_of(user, request).owner));
    http::Response response;
    switch (view.job.state) {
        case bulk::JobState::waiting:
        case bulk::JobState::running:
            response.status = 202;
            response.headers.set("X-Progress", view.job.state == bulk::JobState::waiting ? "waiting" : fmt::format("{} %", view.percent));
            response.headers.set("Retry-After", "1");
            return response;
        case bulk::JobState::failed: return fail(Category::internal, view.job.failure);
        case bulk::JobState::complete: break;
    }
    response.headers.set("Content-Type", "application/json");
    response.headers.set("Expires", http_date(view.expires));
    response.body = manifest(node, view.job);
    return response;
}

Result<http::Response> remove(Node& node, const http::Request& request) {
    TRY_ASSIGN(const auto user, exporter(node, request));
    TRY(node.exports.remove(request.parts[0], client_of(user, request).owner));
    return fhir(202, said("the export is removed"));
}

using Step = Result<http::Response> (*)(Node&, const http::Request&);
http::Handler answering(Node& node, Step step) {
    return [&node, step](http::Request request, http::Reply reply) {
        auto response = step(node, request);
        reply.send(response ? std::move(*response) : refused(response.error()));
    };
}

}  // namespace

http::Handler node_export(Node& node, bulk::Level level) {
    return [&node, level](http::Request request, http::Reply reply) {
        auto response = start(node, request, level);
        reply.send(response ? std::move(*response) : refused(response.error()));
    };
}
http::Handler node_export_status(Node& node) { return answering(node, look); }
http::Handler node_export_remove(Node& node) { return answering(node, remove); }

// GET /fhir/$export-job/:job/:file. The delivery is in the log before the first byte leaves.
http::Handler node_export_file(Node& node) {
    return [&node](http::Request request, http::Reply reply) {
        const auto user = exporter(node, request);
        if (!user) return reply.send(refusal(user.error()));
        const auto shared = std::make_shared<http::Reply>(std::move(reply));
        node.exports.file(request.parts[0], request.parts[1], client_of(*user, request), [shared](Result<bulk::Delivery> delivery) {
            if (!delivery) return shared->send(refused(delivery.error()));
            http::Response response;
            response.headers.set("Content-Type", "application/fhir+ndjson");
            response.headers.set("X-Idun-Receipt", delivery->receipt.text());
            response.shared_body = std::move(delivery->bytes);
            shared->send(std::move(response));
        });
    };
}

}  // namespace idun::api
