#include "api/node.h"

#include "api/fhir_answer.h"
#include "api/terminology.h"

namespace idun::api {

void add_node_routes(http::Router& router, Node& node) {
    router.add("GET", "/fhir/metadata", fhir_json(node_metadata(node)));
    add_terminology_routes(router, node);
    router.add("GET", "/fhir/Patient/$everything", fhir_json(node_everything(node)));
    router.add("GET", "/fhir/Patient/$care-relation", fhir_json(node_care_relation(node)));
    router.add("GET", "/fhir/Patient/$log-proof", node_log_proof(node));
    router.add("POST", "/fhir/Patient/$match", fhir_json(node_match(node)));
    router.add("GET", "/fhir/Patient/:id/$everything", fhir_json(node_patient_everything(node)));
    router.add("POST", "/fhir/Patient/:id/$break-glass", fhir_json(node_break_glass(node)));
    router.add("POST", "/fhir/Subscription", fhir_json(node_subscribe(node)));
    router.add("PUT", "/fhir/Subscription/:id", fhir_json(node_resubscribe(node)));
    router.add("DELETE", "/fhir/Subscription/:id", fhir_json(node_unsubscribe(node)));
    router.add("PATCH", "/fhir/Subscription/:id", fhir_json(node_subscription_whole(node)));
    for (const char* method : {"PUT", "PATCH", "DELETE"})
        router.add(method, "/fhir/Subscription", fhir_json(node_subscription_whole(node)));
    router.add("GET", "/fhir/Subscription/$status", fhir_json(node_subscription_statuses(node)));
    router.add("GET", "/fhir/Subscription/:id/$status", fhir_json(node_subscription_status(node)));
    router.add("GET", "/fhir/Subscription/:id/$events", fhir_json(node_subscription_events(node)));
    router.add("GET", "/subscription-topics", node_topics(node));
    for (const char* method : {"GET", "POST"}) {
        router.add(method, "/fhir/$export", fhir_json(node_export(node, bulk::Level::system)));
        router.add(method, "/fhir/Patient/$export", fhir_json(node_export(node, bulk::Level::patient)));
        router.add(method, "/fhir/Group/:id/$export", fhir_json(node_export(node, bulk::Level::group)));
    }
    router.add("GET", "/fhir/$export-job/:job", fhir_json(node_export_status(node)));
    router.add("DELETE", "/fhir/$export-job/:job", fhir_json(node_export_remove(node)));
    router.add("GET", "/fhir/$export-job/:job/:file", node_export_file(node));
    router.add("POST", "/fhir/$import", fhir_json(node_import(node)));
    router.add("POST", "/fhir", fhir_json(node_bundle(node)));
    router.add("GET", "/fhir", fhir_json(node_search(node)));
    router.add("POST", "/fhir/_search", fhir_json(node_search(node)));
    router.add("GET", "/fhir/:type", fhir_json(node_search(node)));
    router.add("POST", "/fhir/:type", fhir_json(node_create(node)));
    router.add("PUT", "/fhir/:type", fhir_json(node_update(node)));
    router.add("PATCH", "/fhir/:type", fhir_json(node_patch(node)));
    router.add("DELETE", "/fhir/:type", fhir_json(node_delete(node)));
    router.add("POST", "/fhir/:type/$validate", fhir_json(node_validate(node)));
    for (const char* method : {"GET", "POST"}) router.add(method, "/fhir/:type/:id/$validate", fhir_json(node_validate(node)));
    router.add("POST", "/fhir/:type/_search", fhir_json(node_search(node)));
    router.add("GET", "/fhir/:type/:id", fhir_json(node_read(node)));
    router.add("PUT", "/fhir/:type/:id", fhir_json(node_update(node)));
    router.add("PATCH", "/fhir/:type/:id", fhir_json(node_patch(node)));
    router.add("DELETE", "/fhir/:type/:id", fhir_json(node_delete(node)));
    router.add("GET", "/fhir/_history", fhir_json(node_history(node)));
    router.add("GET", "/fhir/:type/_history", fhir_json(node_history(node)));
    router.add("GET", "/fhir/:type/:id/:within", fhir_json(node_search_compartment(node)));
    router.add("POST", "/fhir/:type/:id/:within/_search", fhir_json(node_search_compartment(node)));
    router.add("GET", "/fhir/:type/:id/_history", fhir_json(node_history(node)));
    router.add("GET", "/fhir/:type/:id/_history/:version", fhir_json(node_vread(node)));
}

}  // namespace idun::api
