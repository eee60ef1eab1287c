#include "api/terminology.h"

namespace idun::api {

// GET, POST /fhir/ConceptMap/$translate, /fhir/ConceptMap/:id/$translate
http::Handler terminology_translate(Node& node, bool instance) {
    return terminology_operation(node, terms::translate, {"ConceptMap", "url", instance});
}

}  // namespace idun::api
