// FHIRPath (normative release 2.0.0, and what of later drafts the HL7 test suite for R4 asks for) over FHIR R4:
// compiled once, run many times.
//
//     TRY_ASSIGN(const auto path, fhirpath::Expression::compile("name.where(use = 'official').given"));
//     TRY_ASSIGN(const auto given, path.evaluate(fhirpath::Item::resource(document.root()), environment));
//     for (const auto& item : given) std::puts(fhirpath::to_text(item)->c_str());
//
// An invariant, at an element inside a resource:
//
//     TRY_ASSIGN(const std::optional<bool> holds, invariant.test(element, {.resource = patient, .root_resource = patient}));
//
// compile() knows the whole language: unknown functions and wrong numbers of arguments are its errors. With
// `strict` and a context type it also finds unknown elements, impossible types and misused collections.
// Errors: `invalid` (syntax, static or at run time: several items where one is asked for), `too_large` (over a Limit),
// `unsupported` (what needs a part of the Environment that is absent). An Error never quotes content of the document.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/function_ref.h"
#include "base/result.h"
#include "fhir/definitions.h"
#include "fhirpath/environment.h"
#include "fhirpath/item.h"

namespace idun::fhirpath {

namespace internal {
struct Program;
struct Paths;
}

inline constexpr std::size_t kTextBytesMax = 64 * 1024;
inline constexpr std::size_t kNodesMax = 16 * 1024;
inline constexpr std::size_t kDepthMax = 256;

struct Options {
    const fhir::Definitions* definitions = &fhir::Definitions::r4();
    // What the expression starts from; null: anything. Only strict mode needs it.
    const fhir::Type* context = nullptr;
    // The context as a shape, for expressions that start at a backbone element; null: the shape of `context`.
    const fhir::Shape* shape = nullptr;
    bool strict = false;
    bool ordered = false;  // strict, and functions that depend on order may not follow unordered collections
};

// Immutable; any thread may evaluate.
class Expression {
public:
    static Result<Expression> compile(std::string_view text, const Options& options = {});

    Expression(Expression&&) noexcept;
    Expression& operator=(Expression&&) noexcept;
    ~Expression();

    std::string_view text() const;

    // `context` is $this and %context. The result borrows from the document, from this Expression and from the environment.
    Result<Collection> evaluate(const Item& context, const Environment& environment) const;
    // With several items or none as the start.
    Result<Collection> evaluate(const Items& context, const Environment& environment) const;
    // The one Boolean of the result; a single item of another kind is true, as everywhere in FHIRPath. nullopt when empty.
    // An error when there are several items.
    Result<std::optional<bool>> test(const Item& context, const Environment& environment) const;

    // Calls `found` for every element with a value, in the order of the document within each branch of a union. Twins stay,
    // and `as` takes what fits from several items, which is how search parameters are written. When the expression is only
    // paths, and was compiled for the type of `start` (is_paths), nothing is built on the way; else it is evaluate().
    Status collect(const Item& start, const Environment& environment, FunctionRef<void(const Item&)> found) const;
    bool is_paths() const;

private:
    Expression(std::unique_ptr<const internal::Program> program, std::unique_ptr<const internal::Paths> paths);
    std::unique_ptr<const internal::Program> program_;
    std::unique_ptr<const internal::Paths> paths_;  // null: more than paths
};

}  // namespace idun::fhirpath
