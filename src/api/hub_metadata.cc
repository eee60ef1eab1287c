#include "api/fhir_answer.h"
#include "api/hub.h"
#include "json/writer.h"

namespace idun::api {
namespace {

struct Search {
    std::string_view name;
    std::string_view type;
};

void resource(json::Writer& w, std::string_view type, std::initializer_list<std::string_view> interactions,
              std::initializer_list<Search> searches, std::string_view documentation) {
    w.object().member("type", type).member("documentation", documentation);
    w.name("interaction").array();
    for (const std::string_view code : interactions) w.object().member("code", code).end();
    w.end();
    if (searches.size() > 0) {
        w.name("searchParam").array();
        for (const Search& search : searches) w.object().member("name", search.name).member("type", search.type).end();
        w.end();
    }
    w.end();
}

std::string capability(const Hub& hub) {
    json::Writer w;
    w.object().member("resourceType", "CapabilityStatement").member("status", "active");
    w.member("date", to_iso(hub.clock.now())).member("kind", "instance");
    w.name("software").object().member("name", "Idun").member("version", "0.1.0").end();
    w.name("implementation").object().member("description", "Hub: directory, patient data index, rights, exchange");
    w.member("url", hub.base_url).end();
    w.member("fhirVersion", "4.0.1").name("format").array().value("application/fhir+json").value("json").end();
    w.name("rest").array().object().member("mode", "server");
    w.name("security").object().member("cors", false);
    w.member("description", "Bearer tokens: access tokens of people, assertions of nodes. The directory is open to all.").end();
    w.name("resource").array();
    resource(w, "AuditEvent", {"search-type"}, {}, "Who has looked at the caller's own data, newest first; _count and the next link.");
    resource(w, "Consent", {"search-type", "create", "delete"}, {}, "The caller's own opt-out and blocks; no parameters.");
    resource(w, "DocumentReference", {"search-type"},
             {{"patient.identifier", "token"}, {"category", "token"}, {"purpose", "token"}, {"careRelation", "token"}},
             "Index pointers: which provider holds what about a person.");
    resource(w, "Endpoint", {"search-type", "read", "update"}, {{"organization", "reference"}}, "Nodes register their own.");
    resource(w, "Organization", {"search-type", "read", "update"}, {{"partof", "reference"}},
             "Providers and units; nodes register their own.");
    w.end();
    w.name("interaction").array().object().member("code", "batch");
    w.member("documentation", "Index pointers of the sending node.").end().end();
    w.name("operation").array().object().member("name", "gather").member("definition", "urn:idun:OperationDefinition:gather");
    w.member("documentation",
             "Patient/$gather?identifier=SYSTEM|VALUE&purpose=&careRelation=&timeout=&category=: everything that is known "
             "about one person, from all providers, with the state of every source.").end().end();
    w.end().end().end();
    return w.take();
}

}  // namespace

http::Handler hub_metadata(Hub& hub) {
    const auto body = std::make_shared<const std::string>(capability(hub));
    return [body](http::Request, http::Reply reply) {
        http::Response response = fhir(200, {});
        response.shared_body = body;
        reply.send(std::move(response));
    };
}

}  // namespace idun::api
