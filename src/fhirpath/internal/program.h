// A compiled expression: its nodes in one vector, children by number. Never changes after compile().
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "fhir/definitions.h"
#include "fhirpath/expression.h"
#include "fhirpath/internal/functions.h"
#include "fhirpath/item.h"

namespace idun::fhirpath::internal {

enum class Op : std::uint8_t {
    nothing,   // {}
    literal,   // number: place in literals
    this_, index, total,
    context, resource, root_resource,
    variable,  // name
    member,    // focus.name
    type_root, // a leading name that is a type: the focus, when it is of that type
    call,      // focus.function(arguments)
    item_at,   // focus[argument]
    negate, plus_sign,
    is, as,    // number: place in types
    multiply, divide, div, mod, add, subtract, concatenate,
    union_,
    less, less_equal, greater, greater_equal,
    equal, not_equal, equivalent, not_equivalent,
    in, contains,
    and_, or_, xor_, implies,
};

inline constexpr std::uint32_t kNone = 0xFFFFFFFF;

struct Node {
    Op op = Op::nothing;
    Function function = Function::empty_;
    bool descending = false;      // an argument of sort()
    std::uint16_t depth = 1;
    std::uint32_t focus = kNone;  // what it applies to; kNone: $this
    std::uint32_t first = 0;      // arguments[first, first + count)
    std::uint32_t count = 0;
    std::uint32_t number = 0;     // place in names, literals or types
    std::uint32_t position = 0;   // in the text
    // What a member is when the focus has `shape`: found once at compile time.
    const fhir::Shape* shape = nullptr;
    const fhir::Property* property = nullptr;
};

struct TypeSpecifier {
    const fhir::Type* fhir = nullptr;  // null: no FHIR type of that name, or System was written
    std::string system;                // "Boolean"; "" when FHIR was written
};

struct Program {
    std::string text;
    std::vector<Node> nodes;
    std::vector<std::uint32_t> arguments;
    std::vector<std::string> names;
    std::vector<std::string> underscored;  // "_" + name, for the extensions of primitives
    std::vector<Item> literals;
    std::vector<TypeSpecifier> types;
    Store store;  // texts and numbers of the literals
    std::uint32_t root = 0;

    const Node& argument(const Node& node, std::uint32_t place) const { return nodes[arguments[node.first + place]]; }
};

Result<Program> parse(std::string_view text, const fhir::Definitions& definitions);

// Finds what can only be wrong: unknown elements, types that cannot be, operators over what they do not take.
// Fills Node::shape and Node::property. With `strict` off it only fills.
Status check_types(Program& program, const Options& options);

}  // namespace idun::fhirpath::internal
