// What a profile adds to the base rules of its type, as a tree of rules that runs without looking anything up by path.
// An element that says no more than R4 itself has no rule; what R4 says of every resource is base_rules.h.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/definitions.h"
#include "fhir/issue.h"
#include "json/document.h"
#include "validation/internal/invariant.h"

namespace idun::validation {

struct Rule;
struct Program;
class Library;

// A profile that a rule names. Compiled when it is first needed; rules keep the slot, so that this costs one load.
struct ProfileSlot {
    std::string url;  // with its version where the rule names one
    std::atomic<const Program*> program{nullptr};
    std::atomic<bool> asked{false};
    // Known without compiling: the slot of an R4 type itself ("http://hl7.org/fhir/StructureDefinition/Patient").
    const fhir::Type* core = nullptr;
};

enum class Strength : std::uint8_t { example, preferred, extensible, required };

struct Binding {
    Strength strength = Strength::example;
    std::string value_set;
    std::string max_value_set;            // beyond which nothing may go, for extensible and preferred
    std::vector<std::string> additional;  // value sets that are required as well
};

// Aggregation modes, as bits; 0: any.
inline constexpr std::uint8_t kContained = 1, kReferenced = 2, kBundled = 4;
enum class Versioning : std::uint8_t { either, independent, specific };

struct TypeRule {
    const fhir::Type* type = nullptr;
    std::vector<ProfileSlot*> profiles;  // one of them must hold; empty: any value of the type
    std::vector<ProfileSlot*> targets;   // of Reference and canonical; empty: any that the base allows
    std::uint8_t aggregation = 0;
    Versioning versioning = Versioning::either;
};

enum class StepKind : std::uint8_t { child, extension, resolve, of_type };
struct Step {
    StepKind kind = StepKind::child;
    std::string name;     // of the child, the extension's url or the type
    bool choice = false;  // the child is declared as name[x]
    const fhir::Type* type = nullptr;  // of of_type
};

enum class Test : std::uint8_t { fixed, pattern, exists, absent, type, profile, binding, conforms };
// One discriminator of one slice, made ready: what its path leads to must pass the test.
struct Criterion {
    std::vector<Step> path;
    Test test = Test::exists;
    json::Value value;                          // fixed, pattern
    std::string text;                           // fixed uri of an extension: compared first, without a tree
    std::vector<const fhir::Type*> types;       // type
    std::vector<ProfileSlot*> profiles;         // profile
    Binding binding;                            // binding
    const Rule* rule = nullptr;                 // conforms
};

struct Slice {
    std::string name;
    std::vector<Criterion> criteria;  // all must pass
    const Rule* rule = nullptr;
};

enum class Openness : std::uint8_t { open, open_at_end, closed };
struct Slicing {
    Openness openness = Openness::open;
    bool ordered = false;
    std::vector<Slice> slices;
    const Rule* others = nullptr;  // "@default": for what is in no slice
};

struct Limit {  // minValue[x], maxValue[x]
    json::Value value;
    fhir::Primitive primitive = fhir::Primitive::none;  // none: a Quantity
};

// Of Rule::max.
inline constexpr std::uint32_t kUnbounded = 0xFFFFFFFF;

struct Rule {
    std::string name;   // "value" for value[x]; of a root the type
    std::string label;  // "Observation.value[x]:valueQuantity", for texts
    bool choice = false;

    std::uint32_t min = 0;
    std::uint32_t max = kUnbounded;
    bool limits_types = false;
    std::vector<TypeRule> types;
    json::Value fixed;
    json::Value pattern;
    std::unique_ptr<Binding> binding;
    Limit min_value, max_value;
    std::uint32_t max_length = 0;  // 0: none
    std::uint32_t min_length = 0;
    bool must_have_value = false;
    bool narrative_source = false;       // every part of the narrative must say where it is from
    std::string narrative_languages;     // "_no", "_resource", ...: which language sections it may have; "": any
    std::vector<const Invariant*> invariants;
    std::vector<const Rule*> children;
    std::unique_ptr<Slicing> slicing;

    bool says_something() const {
        return min > 0 || max != kUnbounded || limits_types || !types.empty() || fixed || pattern || binding || min_value.value || max_value.value ||
               max_length > 0 || min_length > 0 || !invariants.empty() || !children.empty() || slicing ||
               must_have_value ||
               narrative_source || !narrative_languages.empty();
    }
};

struct Program {
    std::string url;
    std::string version;
    std::string name;             // for texts: url|version
    const fhir::Type* type = nullptr;
    const Rule* root = nullptr;   // never null
    std::vector<std::unique_ptr<Rule>> rules;  // all of them
    std::vector<std::string> problems;         // what could not be understood; the rest is judged
};

}  // namespace idun::validation
