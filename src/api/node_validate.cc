#include "api/node_answer.h"
#include "validation/guides.h"

namespace idun::api {
namespace {

using json::Value;

constexpr std::size_t kProfilesMax = 20;

// What a caller wants to know: of the query and of the Parameters, if that is what the body is.
struct Wish {
    std::string mode;                   // "", create, update, delete, profile
    std::vector<std::string> profiles;
    Value resource;                     // absent: the one that is stored
};

Status take(Wish& wish, std::string_view name, std::string_view value) {
    if (name == "mode") {
        if (value != "create" && value != "update" && value != "delete" && value != "profile") return fail(Category::invalid, "mode is create, update, delete or profile");
        wish.mode = value;
    } else if (name == "profile") {
        if (wish.profiles.size() == kProfilesMax) return fail(Category::too_large, "more profiles than one request may name");
        wish.profiles.emplace_back(value);
    } else if (name != "_format" && name != "resource") {
        return fail(Category::invalid, "$validate takes the parameters resource, mode and profile");
    }
    return {};
}

Result<Wish> wish_of(const http::Request& request, Value body) {
    Wish wish;
    TRY_ASSIGN(const auto parameters, http::parameters(request.query));
    for (const auto& [name, value] : parameters) TRY(take(wish, name, value));
    // Parameters is what carries the question, unless Parameters is the type that is asked about and it holds no resource.
    bool carries = body["resourceType"].text() == "Parameters";
    if (carries && request.parts[0] == "Parameters") {
        carries = false;
        for (const Value parameter : body["parameter"].elements()) carries = carries || parameter["name"].text() == "resource";
    }
    if (!carries) {
        wish.resource = body;
        return wish;
    }
    for (const Value parameter : body["parameter"].elements()) {
        const std::string_view name = parameter["name"].text();
        if (name == "resource") {
            wish.resource = parameter["resource"];
            continue;
        }
        Value value;
        for (const char* member : {"valueCode", "valueUri", "valueCanonical", "valueString"}) {
            if (parameter[member].is_string()) value = parameter[member];
        }
        TRY(take(wish, name, value.text()));
    }
    return wish;
}

fhir::Issue issue(fhir::Severity severity, fhir::IssueCode code, std::string text, std::string path = {}) {
    return {.severity = severity, .code = code, .text = std::move(text), .path = std::move(path)};
}

// What creating or updating asks of a resource beyond being valid.
void judge_mode(const Wish& wish, const http::Request& request, fhir::Issues& issues) {
    const std::string_view type = request.parts[0];
    if (wish.resource["resourceType"].text() != type) {
        issues.push_back(issue(fhir::Severity::error, fhir::IssueCode::invalid, "the resource has another type than the address"));
    }
    if (request.parts.size() > 1 && wish.mode == "update" && wish.resource["id"].text() != request.parts[1]) {
        issues.push_back(issue(fhir::Severity::error, fhir::IssueCode::invalid, "for an update the resource must have the id of the address", std::string(type) + ".id"));
    }
    if (wish.mode == "create" && wish.resource["id"]) {
        issues.push_back(issue(fhir::Severity::information, fhir::IssueCode::informational, "the id will be replaced by a new one", std::string(type) + ".id"));
    }
}

fhir::Issues judge(const Node& node, const Wish& wish, const http::Request& request, std::string_view text) {
    validation::Options options;
    options.profiles = wish.profiles;
    options.text = text;
    options.now = node.clock.now();
    fhir::Issues issues = node.guides->validator().validate(wish.resource, options);
    judge_mode(wish, request, issues);
    return issues;
}

// One that is stored: it is read, so the reading is logged.
void judge_stored(Node& node, const Staff& user, const http::Request& request, const Wish& wish, http::Reply reply) {
    records::Outcome outcome = node.records.read(request.parts[0], request.parts[1], context_of(node, user, request));
    if (!outcome.ok() || outcome.body == nullptr) return answer(node, user, ledger::Action::read, request, std::move(outcome), std::move(reply));
    Wish stored = wish;
    fhir::Issues issues;
    const std::shared_ptr<const std::string> body = outcome.body;
    auto document = json::Document::parse(*body);
    if (!document) return reply.send(refusal(Error(Category::corrupt, "the stored resource cannot be read")));
    if (wish.mode == "delete") {
        issues.push_back(issue(fhir::Severity::information, fhir::IssueCode::informational, "the resource may be deleted"));
    } else {
        stored.resource = document->root();
        issues = judge(node, stored, request, *body);
    }
    outcome.body = std::make_shared<const std::string>(fhir::operation_outcome(issues));
    outcome.status = 200;
    outcome.version.reset();
    outcome.last_modified.reset();
    answer(node, user, ledger::Action::read, request, std::move(outcome), std::move(reply));
}

}  // namespace

// POST /fhir/:type/$validate, POST and GET /fhir/:type/:id/$validate
http::Handler node_validate(Node& node) {
    return [&node](http::Request request, http::Reply reply) {
        const auto user = staff_of(node, request);
        if (!user) return reply.send(refusal(user.error()));
        if (!node.definitions.is_resource(request.parts[0]))
            return reply.send(refusal(Error(Category::not_found, "there is no such resource type")));
        std::optional<json::Document> document;
        if (!request.body.empty()) {
            auto body = body_of(request);
            if (!body) return reply.send(refusal(body.error()));
            document.emplace(std::move(*body));
        }
        const auto wish = wish_of(request, document ? document->root() : Value());
        if (!wish) return reply.send(refusal(wish.error()));
        if (!wish->resource) {
            if (request.parts.size() < 2)
                return reply.send(refusal(
                    Error(Category::invalid, "$validate needs a resource: as the body, or as the parameter resource")));
            return judge_stored(node, *user, request, *wish, std::move(reply));
        }
        // Of a Parameters body, lines and columns are those of the whole.
        reply.send(fhir(200, fhir::operation_outcome(judge(node, *wish, request, request.body))));
    };
}

}  // namespace idun::api
