#include "api/terminology.h"

namespace idun::api {

// GET, POST /fhir/CodeSystem/$validate-code, /fhir/CodeSystem/:id/$validate-code
http::Handler terminology_validate_code_in_system(Node& node, bool instance) {
    return terminology_operation(node, terms::validate_code_in_system, {"CodeSystem", "url", instance});
}

// GET, POST /fhir/ValueSet/$validate-code, /fhir/ValueSet/:id/$validate-code
http::Handler terminology_validate_code_in_value_set(Node& node, bool instance) {
    return terminology_operation(node, terms::validate_code_in_value_set, {"ValueSet", "url", instance});
}

}  // namespace idun::api
