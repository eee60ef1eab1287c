// The terminology operations of R4 at a node: GET with parameters in the address, POST with a Parameters resource, on the
// type and, where R4 has it, on a resource of a package by its id. They tell nothing about anybody: no receipt, but the
// caller is staff or a system of the provider, as everywhere at a node (docs/decisions/0021-terminology.md).
#pragma once

#include "api/node.h"
#include "api/operations.h"
#include "terms/operations.h"

namespace idun::api {

void add_terminology_routes(Operations& operations, Node& node);

using TerminologyOperation = std::function<Result<std::string>(const terms::Terms&, const terms::Inputs&)>;

// The handler of an operation. `type` is that of the resources it works on; with `instance` the path's part names one,
// and `parameter` becomes its canonical.
struct TerminologyAt {
    std::string type;
    std::string parameter;
    bool instance = false;
};
http::Handler terminology_operation(Node& node, TerminologyOperation operation, TerminologyAt at);

http::Handler terminology_lookup(Node& node);
http::Handler terminology_subsumes(Node& node, bool instance);
http::Handler terminology_validate_code_in_system(Node& node, bool instance);
http::Handler terminology_validate_code_in_value_set(Node& node, bool instance);
http::Handler terminology_expand(Node& node, bool instance);
http::Handler terminology_translate(Node& node, bool instance);
// The TerminologyCapabilities of GET /fhir/metadata?mode=terminology.
std::string terminology_capabilities(const Node& node);

}  // namespace idun::api
