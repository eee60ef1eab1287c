#include <fmt/format.h>

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

struct Named {
    std::string_view name;
    std::string_view type;
};
constexpr Named kTerminology[] = {{"lookup", "CodeSystem"},      {"subsumes", "CodeSystem"}, {"validate-code", "CodeSystem"},
                                  {"validate-code", "ValueSet"}, {"expand", "ValueSet"},     {"translate", "ConceptMap"}};

void interaction(json::Writer& w, std::string_view code) { w.object().member("code", code).end(); }

void subscription_operations(json::Writer& w, const Node& node) {
    const std::string guide = "http://hl7.org/fhir/uv/subscriptions-backport/OperationDefinition/backport-subscription-";
    std::string topics;
    for (const subscriptions::Topic& topic : node.subscriptions.topics()) topics += (topics.empty() ? "" : ", ") + topic.url;
    w.object().member("name", "status").member("definition", guide + "status");
    w.member("documentation", "On Subscription and of one. The provider's systems subscribe to topics: " + topics + ".").end();
    w.object().member("name", "events").member("definition", guide + "events");
    w.member("documentation", "Of one Subscription: the events that are still kept.").end();
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
    w.name("security").object().member("cors", false);
    w.member("description", "Bearer tokens: access tokens of this provider's staff and systems; tickets of the hub for "
                            "Patient/$everything.").end();
    w.name("resource").raw(records::capability());
    w.name("interaction").array();
    interaction(w, "transaction");
    interaction(w, "batch");
    interaction(w, "history-system");
    w.end();
    w.name("operation").array().object().member("name", "everything");
    w.member("definition", "http://hl7.org/fhir/OperationDefinition/Patient-everything");
    w.member("documentation", "On an instance, for this provider's staff: start, end, _since, _type, _count. On the type, with a ticket "
                              "of the hub, which names the person: no parameters.").end();
    w.object().member("name", "match").member("definition", "http://hl7.org/fhir/OperationDefinition/Patient-match");
    w.member("documentation", "Among this provider's patients (IHE PDQm ITI-119): resource, onlyCertainMatches, count.").end();
    w.object().member("name", "break-glass").member("definition", "urn:idun:OperationDefinition:break-glass");
    w.member("documentation",
             "On a Patient, for people in care of this provider: ground (life, health) and reason open for a time what "
             "is blocked between its units; the id that it gives goes into X-Idun-Break-Glass of later requests.");
    w.end();
    w.object().member("name", "care-relation").member("definition", "urn:idun:OperationDefinition:care-relation");
    w.member("documentation",
             "On the type, with a ticket of the hub: did this provider care for the person at that time (at)?");
    w.end();
    subscription_operations(w, node);
    w.object().member("name", "validate").member("definition", "http://hl7.org/fhir/OperationDefinition/Resource-validate");
    w.member("documentation", "On every type and instance: a resource, or Parameters with resource, mode and profile.").end();
    for (const Named& one : kTerminology) {
        w.object().member("name", one.name);
        w.member("definition", fmt::format("http://hl7.org/fhir/OperationDefinition/{}-{}", one.type, one.name));
        w.member("documentation", fmt::format("On {}, by GET or POST; metadata?mode=terminology says more.", one.type)).end();
    }
    for (const std::string_view name : {"export", "patient-export", "group-export"}) {
        w.object().member("name", name).member("definition", "http://hl7.org/fhir/uv/bulkdata/OperationDefinition/" + std::string(name));
        w.member("documentation", "For the provider's systems; Prefer: respond-async. POST $import takes NDJSON back.").end();
    }
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
