#include "validation/validator.h"

#include "fhir/structure.h"
#include "validation/internal/rules.h"

namespace idun::validation {

using fhir::IssueCode;

fhir::Issues Validator::validate(json::Value resource, const Options& options) const {
    const fhir::Definitions& r4 = fhir::Definitions::r4();
    Run run(library_, terminology_, options, resource);
    if (options.base) {
        run.add(fhir::check_structure(r4, resource, {.issues_max = options.issues_max, .depth_max = options.depth_max, .strict_references = false, .text = options.text}));
    }
    const Item root = resource_item(resource);
    if (root.type == nullptr || !r4.is_resource(root.type->name)) return run.take();
    const Run::Inside inside(run, root.type->name);
    if (options.base) judge_base(run, root);
    else judge_declared(run, root);
    for (const std::string& url : options.profiles) {
        if (run.stopped()) break;
        const Program* program = library_.program(url);
        if (program == nullptr) {
            run.error(IssueCode::not_found, resource, "the profile {} is not known here; add its package", url);
            continue;
        }
        judge_profile(run, *program, root);
    }
    return run.take();
}

}  // namespace idun::validation
