#include "api/node_answer.h"

namespace idun::api {
namespace {

// Of the address and, for POST _search, of the form in the body.
Result<http::Parameters> parameters_of(const http::Request& request) {
    TRY_ASSIGN(auto parameters, http::parameters(request.query));
    if (request.method != "POST") return parameters;
    if (!request.headers.get("Content-Type").starts_with("application/x-www-form-urlencoded"))
        return fail(Category::media_type, "send application/x-www-form-urlencoded");
    TRY_ASSIGN(auto form, http::parameters(request.body));
    parameters.insert(parameters.end(), std::make_move_iterator(form.begin()), std::make_move_iterator(form.end()));
    return parameters;
}

// "p1" of "p1", "Patient/p1" and of an absolute reference.
std::string patient_id(std::string_view value) { return std::string(value.substr(value.rfind('/') + 1)); }

// Whom the parameters name, and which parameters there are.
Asked asked_in(const Node& node, std::string_view type, const http::Parameters& parameters) {
    Asked asked;
    for (const auto& [parameter, value] : parameters) {
        const std::string_view name = std::string_view(parameter).substr(0, parameter.find(':'));
        asked.query += (asked.query.empty() ? "" : " ") + std::string(name);
        const bool by_reference = name == "patient" || name == "subject" || (type == "Patient" && name == "_id");
        const bool by_identifier = name == "patient.identifier" || name == "subject.identifier" ||
                                   (type == "Patient" && name == "identifier");
        for (std::size_t at = 0; at <= value.size();) {
            const std::size_t end = std::min(value.find(',', at), value.size());
            const std::string_view one = std::string_view(value).substr(at, end - at);
            at = end + 1;
            if (by_reference) asked.patients.push_back(patient_id(one));
            const std::size_t bar = one.find('|');
            if (!by_identifier || bar == std::string_view::npos) continue;
            if (const auto key = node.person_key(one.substr(0, bar), one.substr(bar + 1)))
                if (const auto person = crypto::Pseudonym::from(*key)) asked.persons.push_back(*person);
        }
    }
    return asked;
}

}  // namespace

// GET /fhir/:type?..., POST /fhir/:type/_search
http::Handler node_search(Node& node) {
    return [&node](http::Request request, http::Reply reply) {
        const auto user = node.users.staff_of(request, node.provider_id);
        if (!user) return reply.send(refusal(user.error()));
        const auto parameters = parameters_of(request);
        if (!parameters) return reply.send(refusal(parameters.error()));
        const auto outcome = node.records.search(request.parts[0], *parameters, context_of(*user));
        answer(node, *user, ledger::Action::search, request, outcome, std::move(reply),
               asked_in(node, request.parts[0], *parameters));
    };
}

}  // namespace idun::api
