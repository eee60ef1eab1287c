#include "api/node.h"

namespace idun::api {

void add_node_routes(http::Router& router, Node& node) {
    router.add("GET", "/fhir/metadata", node_metadata(node));
    router.add("GET", "/fhir/Patient/$everything", node_everything(node));
    router.add("POST", "/fhir", node_bundle(node));
    router.add("GET", "/fhir/:type", node_search(node));
    router.add("POST", "/fhir/:type", node_create(node));
    router.add("POST", "/fhir/:type/_search", node_search(node));
    router.add("GET", "/fhir/:type/:id", node_read(node));
    router.add("PUT", "/fhir/:type/:id", node_update(node));
    router.add("DELETE", "/fhir/:type/:id", node_delete(node));
    router.add("GET", "/fhir/:type/:id/_history", node_history(node));
    router.add("GET", "/fhir/:type/:id/_history/:version", node_vread(node));
}

}  // namespace idun::api
