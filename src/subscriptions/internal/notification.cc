#include "subscriptions/internal/notification.h"

#include "json/writer.h"

namespace idun::subscriptions {
namespace {

constexpr std::string_view kProfiles = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/";

void profile(json::Writer& w, std::string_view name) {
    w.name("meta").object().name("profile").array().value(std::string(kProfiles) + std::string(name)).end().end();
}

std::string address(const Said& said, const Event& event) { return said.base_url + "/" + event.type + "/" + event.id; }

void event_parameter(json::Writer& w, const Said& said, const Told& told, Content content) {
    const Event& event = told.event;
    w.object().member("name", "notification-event").name("part").array();
    w.object().member("name", "event-number").member("valueString", std::to_string(event.number)).end();
    w.object().member("name", "timestamp").member("valueInstant", to_iso(event.time)).end();
    if (content != Content::empty && !told.hidden) {
        w.object().member("name", "focus").name("valueReference").object();
        w.member("reference", address(said, event)).end().end();
    }
    w.end().end();
}

void event_entry(json::Writer& w, const Said& said, const Told& told, Content content) {
    const Event& event = told.event;
    const bool removed = event.kind == EventKind::remove;
    const bool created = event.kind == EventKind::create;
    const bool elsewhere = event.kind == EventKind::elsewhere;  // nothing of the resource itself has changed
    w.object().member("fullUrl", address(said, event));
    if (content == Content::full_resource && told.body != nullptr) w.name("resource").raw(*told.body);
    w.name("request").object().member("method", removed ? "DELETE" : created ? "POST" : elsewhere ? "GET" : "PUT");
    w.member("url", created ? event.type : event.type + "/" + event.id).end();
    w.name("response").object().member("status", removed ? "204" : created ? "201" : "200");
    w.member("etag", "W/\"" + std::to_string(event.version) + "\"").member("lastModified", to_iso(event.time)).end();
    w.end();
}

}  // namespace

std::string subscription_status(const Said& said, const std::vector<Told>& events, Content content, std::string_view part_id) {
    json::Writer w;
    w.object().member("resourceType", "Parameters").member("id", part_id);
    profile(w, "backport-subscription-status-r4");
    w.name("parameter").array();
    w.object().member("name", "subscription").name("valueReference").object();
    w.member("reference", said.base_url + "/Subscription/" + said.id).end().end();
    if (content != Content::empty) w.object().member("name", "topic").member("valueCanonical", said.topic).end();
    w.object().member("name", "status").member("valueCode", said.status).end();
    w.object().member("name", "type").member("valueCode", said.type).end();
    w.object().member("name", "events-since-subscription-start");
    w.member("valueString", std::to_string(said.events_since_start)).end();
    for (const Told& told : events) event_parameter(w, said, told, content);
    if (!said.error.empty()) {
        w.object().member("name", "error").name("valueCodeableConcept").object();
        w.member("text", said.error).end().end();
    }
    w.end().end();
    return w.take();
}

std::string notification(const Said& said, const std::vector<Told>& events, Content content, std::string_view bundle_id,
                         std::string_view part_id, Instant now) {
    json::Writer w;
    w.object().member("resourceType", "Bundle").member("id", bundle_id);
    profile(w, "backport-subscription-notification-r4");
    w.member("type", "history").member("timestamp", to_iso(now)).name("entry").array();
    w.object().member("fullUrl", "urn:uuid:" + std::string(part_id)).name("resource");
    w.raw(subscription_status(said, events, content, part_id));
    w.name("request").object().member("method", "GET").member("url", said.base_url + "/Subscription/" + said.id + "/$status").end();
    w.name("response").object().member("status", "200").end().end();
    if (content != Content::empty)
        for (const Told& told : events)
            if (!told.hidden) event_entry(w, said, told, content);
    w.end().end();
    return w.take();
}

}  // namespace idun::subscriptions
