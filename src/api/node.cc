#include "api/node.h"

#include "api/fhir_answer.h"

namespace idun::api {

void add_node_routes(http::Router& router, Node& node) {
    router.add("GET", "/fhir/metadata", fhir_json(node_metadata(node)));
    router.add("GET", "/fhir/Patient/$everything", fhir_json(node_everything(node)));
    router.add("POST", "/fhir", fhir_json(node_bundle(node)));
    router.add("GET", "/fhir/:type", fhir_json(node_search(node)));
    router.add("POST", "/fhir/:type", fhir_json(node_create(node)));
    router.add("POST", "/fhir/:type/_search", fhir_json(node_search(node)));
    router.add("GET", "/fhir/:type/:id", fhir_json(node_read(node)));
    router.add("PUT", "/fhir/:type/:id", fhir_json(node_update(node)));
    router.add("DELETE", "/fhir/:type/:id", fhir_json(node_delete(node)));
    router.add("GET", "/fhir/:type/:id/_history", fhir_json(node_history(node)));
    router.add("GET", "/fhir/:type/:id/_history/:version", fhir_json(node_vread(node)));
}

}  // namespace idun::api
