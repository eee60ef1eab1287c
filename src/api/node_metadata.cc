#include "api/fhir_answer.h"
#include "api/node.h"
#include "fhir/definitions.h"
#include "json/writer.h"
#include "records/capability.h"

namespace idun::api {
namespace {

void interaction(json::Writer& w, std::string_view code) { w.object().member("code", code).end(); }

std::string capability(const Node& node, Instant started) {
    json::Writer w;
    w.object().member("resourceType", "CapabilityStatement").member("status", "active");
    w.member("date", to_iso(started)).member("publisher", node.provider_name).member("kind", "instance");
    w.name("software").object().member("name", "Idun").member("version", "0.1.0").end();
    w.name("implementation").object().member("description", "Records of " + node.provider_name);
    w.member("url", node.base_url).end();
    w.member("fhirVersion", "4.0.1").name("format").array().value("application/fhir+json").value("json").end();
    w.name("rest").array().object().member("mode", "server");
    w.name("security").object().member("cors", false);
    w.member("description", "Bearer tokens: access tokens of this provider's staff and systems; tickets of the hub for "
                            "Patient/$everything.").end();
    w.name("resource");
    records::write_capability(w, node.definitions);
    w.name("interaction").array();
    interaction(w, "transaction");
    interaction(w, "batch");
    w.end();
    w.name("operation").array().object().member("name", "everything");
    w.member("definition", "http://hl7.org/fhir/OperationDefinition/Patient-everything");
    w.member("documentation", "On the type, with a ticket of the hub, which names the person. No parameters.").end().end();
    w.end().end().end();
    return w.take();
}

}  // namespace

// GET /fhir/metadata
http::Handler node_metadata(Node& node) {
    const auto body = std::make_shared<const std::string>(capability(node, node.clock.now()));
    return [body](http::Request, http::Reply reply) {
        http::Response response = fhir(200, {});
        response.shared_body = body;
        reply.send(std::move(response));
    };
}

}  // namespace idun::api
