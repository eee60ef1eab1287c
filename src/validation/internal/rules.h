// The rules, one function a subject. All of them report to the Run, at the element where it stands.
#pragma once

#include <string_view>

#include "validation/internal/base_rules.h"
#include "validation/internal/item.h"
#include "validation/internal/program.h"
#include "validation/internal/run.h"

namespace idun::validation {

// base_walk.cc: what R4 says beyond structure, of a resource and all in it. The Run stands at the resource.
void judge_base(Run& run, const Item& resource);
// The profiles that meta.profile names.
void judge_declared(Run& run, const Item& resource);

// profile_walk.cc: everything that a profile adds. The Run stands at the item.
void judge_profile(Run& run, const Program& program, const Item& item);
bool conforms(Run& run, const Program& program, const Item& item);
// One element against its rule, with all below.
void judge_rule(Run& run, const Rule& rule, const Item& item, const Program& program);

// slicing.cc
bool passes(Run& run, const Criterion& criterion, const Item& item, const Program& program);

// values.cc
bool equal_values(json::Value a, json::Value b);             // fixed[x]
bool contains_pattern(json::Value value, json::Value pattern);
void judge_limits(Run& run, const Rule& rule, const Item& item);

// bindings.cc
void judge_binding(Run& run, const Binding& binding, const Item& item, std::string_view profile);
bool in_value_set(Run& run, const Item& item, std::string_view value_set);  // false when not known
// A Coding, CodeableConcept's codings or a Quantity's unit against the code systems at hand.
void judge_coding(Run& run, json::Value coding);
void judge_unit(Run& run, json::Value quantity);

// references.cc
void judge_targets(Run& run, const TypeRule& rule, const Item& item, const Program& program);
void judge_reference(Run& run, const Item& item);  // R4's own rules, for what a Bundle or resource holds

// extensions.cc
struct Frame;  // where the walk stands among R4's definitions
void judge_extension(Run& run, const Item& extension, bool modifier, const Frame& holder);

struct Frame {
    const Frame* above = nullptr;
    const Item* item = nullptr;
    const fhir::Property* property = nullptr;  // null: a resource
};

// bundles.cc, and the other types with rules of their own
void judge_bundle(Run& run, const Item& bundle);
void judge_narrative(Run& run, const Item& resource);
void judge_narrative_parts(Run& run, const Rule& rule, const Item& narrative);
void judge_text(Run& run, const Item& primitive);        // strings and markdown: what looks like HTML
void judge_attachment(Run& run, const Item& attachment);
void judge_canonical(Run& run, const Item& resource);    // url of a conformance resource
void judge_observation(Run& run, const Item& resource);
void judge_questionnaire(Run& run, const Item& resource);
void judge_questionnaire_response(Run& run, const Item& resource);
void judge_measure(Run& run, const Item& resource);
void judge_measure_report(Run& run, const Item& resource);
void judge_structure_definition(Run& run, const Item& resource);
void judge_value_set(Run& run, const Item& resource);
void judge_code_system(Run& run, const Item& resource);
void judge_search_parameter(Run& run, const Item& resource);
void judge_capability_statement(Run& run, const Item& resource);

}  // namespace idun::validation
