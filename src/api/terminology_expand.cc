#include "api/terminology.h"
#include "base/random.h"

namespace idun::api {

// GET, POST /fhir/ValueSet/$expand, /fhir/ValueSet/:id/$expand
http::Handler terminology_expand(Node& node, bool instance) {
    const auto expand = [&node](const terms::Terms& terms, const terms::Inputs& inputs) {
        return terms::expand(terms, inputs, {.now = to_iso(node.clock.now()), .identifier = "urn:uuid:" + uuid(system_random())});
    };
    return terminology_operation(node, expand, {"ValueSet", "url", instance});
}

}  // namespace idun::api
