#include "api/terminology.h"

namespace idun::api {

// GET, POST /fhir/CodeSystem/$lookup
http::Handler terminology_lookup(Node& node) { return terminology_operation(node, terms::lookup, {"CodeSystem", "system", false}); }

}  // namespace idun::api
