// Compiles the FHIRPath expression of a SearchParameter into plain member look-ups: paths, unions, `as`, `.as()`,
// `.ofType()`, `.where(resolve() is Type)`, `.where(member='text')`, `.where(hasExtension('url'))`,
// `.extension('url')`, `[0]`, `%resource` and
// `X.exists() and X != false`. That is all that the R4 parameters use. An expression outside it does not compile.
//
//     TRY_ASSIGN(auto path, Path::compile(r4, "(MedicationRequest.medication as CodeableConcept)", "MedicationRequest"));
//     path.collect(resource, [&](json::Value element, const Leaf& leaf) { ... });
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/function_ref.h"
#include "base/result.h"
#include "fhir/definitions.h"
#include "json/document.h"

namespace idun::search {

// What the definitions say of an element that a path ends at.
struct Leaf {
    std::string_view target;                  // resource type that where(resolve() is ...) asks a reference to have, else ""
    const fhir::Property* property = nullptr; // null: the resource itself, or a computed boolean
    std::string_view type() const { return property == nullptr || property->type == nullptr ? std::string_view() : property->type->name; }
};

class Path {
public:
    using Found = FunctionRef<void(json::Value, const Leaf&)>;

    // The branches of `expression` that start at `type` (or Resource or DomainResource). `unsupported` when one
    // of them is outside the part above or names an element that there is not; an expression without a branch
    // for the type gives an empty path.
    static Result<Path> compile(const fhir::Definitions& definitions, std::string_view expression, std::string_view type);
    // The same for a component of a composite, relative to the elements that `base` ends at.
    static Result<Path> relative(const fhir::Definitions& definitions, std::string_view expression, const Path& base);

    bool empty() const { return branches_.empty(); }

    // Calls `found` for every element, arrays taken apart, in document order within a branch. Nulls are left out.
    // `root` is the resource, when `from` is an element of it.
    void collect(json::Value from, json::Value root, Found found) const;
    void collect(json::Value resource, Found found) const { collect(resource, resource, found); }

    // Every type that an element may have, and every target of a reference; for choosing how values are read.
    bool may_end_at(std::string_view type) const;
    // The same look-ups, whatever type references are asked to have.
    bool same_elements(const Path& other) const;
    friend bool operator==(const Path&, const Path&) = default;

private:
    friend class PathParser;
    struct Name {
        std::string_view name;  // of the member
        const fhir::Property* property = nullptr;
        friend bool operator==(const Name&, const Name&) = default;
    };
    struct Step {
        std::vector<Name> names;  // several where the element is a choice of types
        std::string_view member;  // where(member = 'text')
        std::string text;
        std::string extension;    // where(hasExtension('url'))
        std::optional<std::size_t> place;  // [n]
        friend bool operator==(const Step&, const Step&) = default;
    };
    struct Branch {
        std::vector<Step> steps;
        std::string target;
        bool truth = false;      // emits whether there is something that is not false
        bool from_root = false;  // %resource
        const fhir::Shape* start = nullptr;
        friend bool operator==(const Branch&, const Branch&) = default;
    };
    static void walk(const Branch& branch, std::size_t at, json::Value value, const fhir::Property* property, Found found);

    std::vector<Branch> branches_;
};

}  // namespace idun::search
