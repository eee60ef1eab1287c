#include "api/terminology.h"

namespace idun::api {

// GET, POST /fhir/CodeSystem/$subsumes, /fhir/CodeSystem/:id/$subsumes
http::Handler terminology_subsumes(Node& node, bool instance) {
    return terminology_operation(node, terms::subsumes, {"CodeSystem", "system", instance});
}

}  // namespace idun::api
