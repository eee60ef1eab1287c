#include "api/terminology.h"

#include "api/fhir_answer.h"

namespace idun::api {
namespace {

// R4's codes for what an expansion may meet; a body that is too long is met before (413).
http::Response refusal_of(const Error& error) {
    const auto with = [&](fhir::IssueCode code) { return refusal(422, {{fhir::Severity::error, code, error.message, error.path, 0, 0}}); };
    if (error.category == Category::too_large) return with(fhir::IssueCode::too_costly);
    if (error.category == Category::unsupported) return with(fhir::IssueCode::not_supported);
    return refusal(error);
}

// The canonical of the package's resource with that id.
Result<std::string> canonical_of(const Node& node, const TerminologyAt& at, std::string_view id) {
    for (const fhir::PackagedResource* one : node.terms->packages().of_type(at.type)) {
        if (one->id == id && !one->url.empty()) return one->version.empty() ? one->url : one->url + "|" + one->version;
    }
    return fail(Category::not_found, "no package has a " + at.type + " with this id");
}

struct Asked {
    std::optional<json::Document> body;  // outlives the inputs, which borrow from it
    terms::Inputs inputs;
};

Result<Asked> read(const Node& node, const TerminologyAt& at, const http::Request& request) {
    TRY_ASSIGN(const auto query, http::parameters(request.query));
    Asked out;
    if (request.method == "POST") {
        if (!query.empty()) return fail(Category::invalid, "send the parameters in the body, or ask by GET");
        TRY_ASSIGN(out.body, body_of(request));
        TRY_ASSIGN(out.inputs, terms::Inputs::from_parameters(out.body->root()));
    } else {
        out.inputs = terms::Inputs::from_query(query);
    }
    if (!at.instance) return out;
    if (out.inputs.has(at.parameter)) return fail(Category::invalid, "the address names the resource already: leave out " + at.parameter);
    TRY_ASSIGN(auto canonical, canonical_of(node, at, request.parts[0]));
    out.inputs.set(at.parameter, std::move(canonical));
    return out;
}

}  // namespace

http::Handler terminology_operation(Node& node, TerminologyOperation operation, TerminologyAt at) {
    return [&node, operation = std::move(operation), at = std::move(at)](http::Request request, http::Reply reply) {
        const auto user = node.users.staff_of(request, node.provider_id);
        if (!user) return reply.send(refusal(user.error()));
        const auto asked = read(node, at, request);
        if (!asked) return reply.send(refusal(asked.error()));
        auto answer = operation(*node.terms, asked->inputs);
        reply.send(answer ? fhir(200, std::move(*answer)) : refusal_of(answer.error()));
    };
}

void add_terminology_routes(Operations& operations, Node& node) {
    const auto both = [&](const std::string& path, const http::Handler& handler) {
        operations.add_unlogged("GET", path, fhir_json(handler));
        operations.add_unlogged("POST", path, fhir_json(handler));
    };
    both("/fhir/CodeSystem/$lookup", terminology_lookup(node));
    both("/fhir/CodeSystem/$subsumes", terminology_subsumes(node, false));
    both("/fhir/CodeSystem/:id/$subsumes", terminology_subsumes(node, true));
    both("/fhir/CodeSystem/$validate-code", terminology_validate_code_in_system(node, false));
    both("/fhir/CodeSystem/:id/$validate-code", terminology_validate_code_in_system(node, true));
    both("/fhir/ValueSet/$validate-code", terminology_validate_code_in_value_set(node, false));
    both("/fhir/ValueSet/:id/$validate-code", terminology_validate_code_in_value_set(node, true));
    both("/fhir/ValueSet/$expand", terminology_expand(node, false));
    both("/fhir/ValueSet/:id/$expand", terminology_expand(node, true));
    both("/fhir/ConceptMap/$translate", terminology_translate(node, false));
    both("/fhir/ConceptMap/:id/$translate", terminology_translate(node, true));
}

}  // namespace idun::api
