#include "api/node.h"

#include "api/fhir_answer.h"
#include "api/operations.h"
#include "api/terminology.h"

namespace idun::api {

namespace {

void add_node_operations(Operations& operations, Node& node) {
    operations.add_unlogged("GET", "/fhir/metadata", fhir_json(node_metadata(node)));
    add_terminology_routes(operations, node);
    operations.add("GET", "/fhir/Patient/$everything", fhir_json(node_everything(node)));
    operations.add("GET", "/fhir/Patient/$care-relation", fhir_json(node_care_relation(node)));
    operations.add("GET", "/fhir/Patient/$log-proof", node_log_proof(node));
    operations.add("POST", "/fhir/Patient/$match", fhir_json(node_match(node)));
    operations.add("GET", "/fhir/Patient/:id/$everything", fhir_json(node_patient_everything(node)));
    operations.add("POST", "/fhir/Patient/:id/$break-glass", fhir_json(node_break_glass(node)));
    operations.add("POST", "/fhir/Subscription", fhir_json(node_subscribe(node)));
    operations.add("PUT", "/fhir/Subscription/:id", fhir_json(node_resubscribe(node)));
    operations.add("DELETE", "/fhir/Subscription/:id", fhir_json(node_unsubscribe(node)));
    operations.add("PATCH", "/fhir/Subscription/:id", fhir_json(node_subscription_whole(node)));
    for (const char* method : {"PUT", "PATCH", "DELETE"})
        operations.add(method, "/fhir/Subscription", fhir_json(node_subscription_whole(node)));
    operations.add("GET", "/fhir/Subscription/$status", fhir_json(node_subscription_statuses(node)));
    operations.add("GET", "/fhir/Subscription/:id/$status", fhir_json(node_subscription_status(node)));
    operations.add("GET", "/fhir/Subscription/:id/$events", fhir_json(node_subscription_events(node)));
    operations.add_unlogged("GET", "/subscription-topics", node_topics(node));
    for (const char* method : {"GET", "POST"}) {
        operations.add(method, "/fhir/$export", fhir_json(node_export(node, bulk::Level::system)));
        operations.add(method, "/fhir/Patient/$export", fhir_json(node_export(node, bulk::Level::patient)));
        operations.add(method, "/fhir/Group/:id/$export", fhir_json(node_export(node, bulk::Level::group)));
    }
    operations.add("GET", "/fhir/$export-job/:job", fhir_json(node_export_status(node)));
    operations.add("DELETE", "/fhir/$export-job/:job", fhir_json(node_export_remove(node)));
    operations.add("GET", "/fhir/$export-job/:job/:file", node_export_file(node));
    operations.add("POST", "/fhir/$import", fhir_json(node_import(node)));
    operations.add("POST", "/fhir", fhir_json(node_bundle(node)));
    operations.add("GET", "/fhir", fhir_json(node_search(node)));
    operations.add("POST", "/fhir/_search", fhir_json(node_search(node)));
    operations.add("GET", "/fhir/:type", fhir_json(node_search(node)));
    operations.add("POST", "/fhir/:type", fhir_json(node_create(node)));
    operations.add("PUT", "/fhir/:type", fhir_json(node_update(node)));
    operations.add("PATCH", "/fhir/:type", fhir_json(node_patch(node)));
    operations.add("DELETE", "/fhir/:type", fhir_json(node_delete(node)));
    operations.add("POST", "/fhir/:type/$validate", fhir_json(node_validate(node)));
    for (const char* method : {"GET", "POST"}) operations.add(method, "/fhir/:type/:id/$validate", fhir_json(node_validate(node)));
    operations.add("POST", "/fhir/:type/_search", fhir_json(node_search(node)));
    operations.add("GET", "/fhir/:type/:id", fhir_json(node_read(node)));
    operations.add("PUT", "/fhir/:type/:id", fhir_json(node_update(node)));
    operations.add("PATCH", "/fhir/:type/:id", fhir_json(node_patch(node)));
    operations.add("DELETE", "/fhir/:type/:id", fhir_json(node_delete(node)));
    operations.add("GET", "/fhir/_history", fhir_json(node_history(node)));
    operations.add("GET", "/fhir/:type/_history", fhir_json(node_history(node)));
    operations.add("GET", "/fhir/:type/:id/:within", fhir_json(node_search_compartment(node)));
    operations.add("POST", "/fhir/:type/:id/:within/_search", fhir_json(node_search_compartment(node)));
    operations.add("GET", "/fhir/:type/:id/_history", fhir_json(node_history(node)));
    operations.add("GET", "/fhir/:type/:id/_history/:version", fhir_json(node_vread(node)));
}

}  // namespace

void add_node_routes(http::Router& router, Node& node) {
    Operations operations(router, node.ledger);
    add_node_operations(operations, node);
    operations.add_list();
}

}  // namespace idun::api
