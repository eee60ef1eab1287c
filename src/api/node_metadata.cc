#include "api/fhir_answer.h"
#include "api/node.h"
#include "api/terminology.h"
#include "base/program.h"
#include "directory/speaks.h"
#include "json/writer.h"
#include "records/capability.h"
#include "subscriptions/subscriptions.h"

namespace idun::api {
namespace {

constexpr std::string_view kTerminology = "By GET or POST; metadata?mode=terminology says more.";
constexpr std::string_view kBulk = "For the provider's systems; Prefer: respond-async.";
constexpr records::Operation kOperations[] = {
    {"", "validate", "http://hl7.org/fhir/OperationDefinition/Resource-validate", "On types and instances: a resource, or Parameters with resource, mode and profile."},
    {"Patient", "everything", "http://hl7.org/fhir/OperationDefinition/Patient-everything",
     "On an instance, for this provider's staff: start, end, _since, _type, _count. On the type, with a ticket of the hub, which names the person: no parameters."},
    {"Patient", "match", "http://hl7.org/fhir/OperationDefinition/Patient-match",
     "Among this provider's patients (IHE PDQm ITI-119): resource, onlyCertainMatches, count."},
    {"Patient", "break-glass", "urn:idun:OperationDefinition:break-glass",
     "On an instance, for people in care of this provider: ground (life, health) and reason open for a time what is blocked between its units; the id that it "
     "gives goes into X-Idun-Break-Glass of later requests."},
    {"Patient", "care-relation", "urn:idun:OperationDefinition:care-relation",
     "On the type, with a ticket of the hub: did this provider care for the person at that time (at)?"},
    {"Patient", "log-proof", "urn:idun:OperationDefinition:log-proof",
     "On the type, with a ticket of the hub: what this provider's log holds about the person, proven whole."},
    {"Patient", "export", "http://hl7.org/fhir/uv/bulkdata/OperationDefinition/patient-export", kBulk},
    {"Group", "export", "http://hl7.org/fhir/uv/bulkdata/OperationDefinition/group-export", kBulk},
    {"Subscription", "status", "http://hl7.org/fhir/uv/subscriptions-backport/OperationDefinition/backport-subscription-status", "On the type and of one."},
    {"Subscription", "events", "http://hl7.org/fhir/uv/subscriptions-backport/OperationDefinition/backport-subscription-events", "Of one: the events that are still kept."},
    {"CodeSystem", "lookup", "http://hl7.org/fhir/OperationDefinition/CodeSystem-lookup", kTerminology},
    {"CodeSystem", "subsumes", "http://hl7.org/fhir/OperationDefinition/CodeSystem-subsumes", kTerminology},
    {"CodeSystem", "validate-code", "http://hl7.org/fhir/OperationDefinition/CodeSystem-validate-code", kTerminology},
    {"ValueSet", "validate-code", "http://hl7.org/fhir/OperationDefinition/ValueSet-validate-code", kTerminology},
    {"ValueSet", "expand", "http://hl7.org/fhir/OperationDefinition/ValueSet-expand", kTerminology},
    {"ConceptMap", "translate", "http://hl7.org/fhir/OperationDefinition/ConceptMap-translate", kTerminology},
};

void interaction(json::Writer& w, std::string_view code) { w.object().member("code", code).end(); }

void write_topics(json::Writer& w, const Node& node) {
    std::string topics;
    for (const subscriptions::Topic& topic : node.subscriptions.topics()) topics += (topics.empty() ? "" : ", ") + topic.url;
    w.member("documentation", "The provider's systems subscribe to topics: " + topics + ".");
}

std::string capability(const Node& node, Instant started) {
    json::Writer w;
    w.object().member("resourceType", "CapabilityStatement").member("status", "active");
    w.member("date", to_iso(started)).member("publisher", node.provider_name).member("kind", "instance");
    directory::write_in_capability(w, "node");
    w.name("implementation").object().member("description", "Records of " + node.provider_name);
    w.member("url", node.base_url).end();
    w.member("fhirVersion", kFhirVersion).name("format").array().value("application/fhir+json").value("json").end();
    w.name("patchFormat").array();
    for (const std::string_view format : kPatchFormats) w.value(format);
    w.end();
    w.name("rest").array().object().member("mode", "server");
    write_topics(w, node);
    w.name("security").object().member("cors", false);
    w.member("description", "Bearer tokens: access tokens of this provider's staff and systems; tickets of the hub for "
                            "Patient/$everything.").end();
    w.name("resource").raw(records::capability(kOperations));
    w.name("interaction").array();
    interaction(w, "transaction");
    interaction(w, "batch");
    interaction(w, "history-system");
    w.end();
    w.name("operation").array();
    w.object().member("name", "export").member("definition", "http://hl7.org/fhir/uv/bulkdata/OperationDefinition/export").member("documentation", kBulk).end();
    w.object().member("name", "import").member("definition", "urn:idun:OperationDefinition:import");
    w.member("documentation", "POST $import takes NDJSON back, for the provider's systems.").end();
    w.end();
    w.end().end().end();
    return w.take();
}

}  // namespace

// GET /fhir/metadata[?mode=full|normative|terminology]
http::Handler node_metadata(Node& node) {
    const auto body = std::make_shared<const std::string>(capability(node, node.clock.now()));
    return [body, &node](http::Request request, http::Reply reply) {
        const auto query = http::parameters(request.query);
        if (!query) return reply.send(refusal(query.error()));
        for (const auto& [name, value] : *query) {
            if (name == "mode" && value == "terminology") return reply.send(fhir(200, terminology_capabilities(node)));
        }
        http::Response response = fhir(200, {});
        response.shared_body = body;
        reply.send(std::move(response));
    };
}

}  // namespace idun::api
