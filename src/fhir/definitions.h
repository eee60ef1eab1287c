// The FHIR R4 (4.0.1) definitions: types, their elements, required code lists and search parameters.
// Compiled at build time from data/fhir-r4-core into the program; see docs/formats/fhir-definitions.md.
//
//     const Definitions& r4 = Definitions::r4();
//     const Type* patient = r4.type("Patient");
//     const Property* born = patient->shape->find("birthDate");   // born->type->primitive == Primitive::date
//
// Everything points into one immutable object that lives as long as the process; any thread may read.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "fhir/internal/name_table.h"

namespace idun::fhir {

enum class Primitive : std::uint8_t {
    none,  // not a primitive
    base64_binary, boolean, canonical, code, date, date_time, decimal, id, instant, integer, markdown, oid,
    positive_int, string, time, unsigned_int, uri, url, uuid, xhtml,
};

enum class TypeKind : std::uint8_t { primitive, complex, resource };

// Types with rules of their own in the structural check.
enum class Special : std::uint8_t { none, extension, reference, coding, codeable_concept };

struct Shape;
struct ElementType;

struct Type {
    std::string_view name;      // "Patient", "HumanName", "dateTime"
    TypeKind kind = TypeKind::complex;
    Primitive primitive = Primitive::none;
    Special special = Special::none;
    bool is_abstract = false;   // Element, BackboneElement, Resource, DomainResource
    const Type* base = nullptr;
    const Shape* shape = nullptr;  // what an object of it may hold; of a primitive: id and extension
};

// The codes of one required binding.
struct ValueSet {
    struct Code {
        std::string_view system;
        std::string_view code;
    };
    std::string_view url;
    std::span<const Code> codes;
    bool contains(std::string_view code) const { return by_code_.find(code) != NameTable::kNone; }
    bool contains(std::string_view system, std::string_view code) const;

    NameTable by_code_;  // private
};

struct ElementType {
    const Type* type = nullptr;
    std::span<const Type* const> targets;  // of Reference and canonical; empty: any
};

inline constexpr std::uint16_t kMany = 0xFFFF;

struct Element {
    std::string_view path;  // "Patient.deceased[x]", "Patient.contact.name"
    std::string_view name;  // "deceased" for both the path above and its JSON names
    std::uint16_t min = 0;
    std::uint16_t max = 1;  // kMany: "*"
    bool choice = false;    // declared as name[x]
    bool summary = false;
    bool modifier = false;
    std::uint16_t place = 0;                // among the elements of its shape
    std::span<const ElementType> types;     // empty with a content reference
    const Shape* children = nullptr;        // of backbone elements and content references
    const ValueSet* required = nullptr;     // of a required binding, where the code list is known
};

// A name that JSON may use: choices are resolved ("deceasedBoolean", "deceasedDateTime").
struct Property {
    std::string_view name;
    const Element* element = nullptr;
    const ElementType* typed = nullptr;  // null with a content reference
    const Type* type = nullptr;          // of typed; null with a content reference
    const Shape* shape = nullptr;        // of its value when that is an object; null for resources (see Type)
};

struct Shape {
    static constexpr std::size_t kElementsMax = 64;

    std::string_view path;  // "Patient", "Patient.contact"
    std::span<const Element> elements;
    std::span<const Property> properties;
    std::uint64_t required = 0;  // bit n: elements[n].min > 0
    const Property* find(std::string_view name) const {
        const std::uint32_t place = by_name_.find(name);
        return place == NameTable::kNone ? nullptr : &properties[place];
    }

    NameTable by_name_;  // private
};

enum class SearchType : std::uint8_t { number, date, string, token, reference, composite, quantity, uri, special };

struct SearchComponent {
    std::string_view definition;  // URL of the parameter
    std::string_view expression;  // relative to the composite's own
};

struct SearchParameter {
    std::string_view code;        // "birthdate"
    std::string_view url;
    SearchType type = SearchType::string;
    std::string_view expression;  // FHIRPath for all its base types, as R4 has it; may be empty
    std::span<const Type* const> bases;
    std::span<const Type* const> targets;  // of references
    std::span<const SearchComponent> components;
};

class Definitions {
public:
    // Read on first use, in a few milliseconds; thread-safe.
    static const Definitions& r4();

    // Null when there is no such type.
    const Type* type(std::string_view name) const;
    // True for concrete resource types: not Resource and DomainResource.
    bool is_resource(std::string_view name) const;
    // Concrete resource types in alphabetical order.
    std::span<const Type* const> resources() const;

    // Those for the type itself and for Resource and DomainResource, by code. Empty for other names.
    std::span<const SearchParameter* const> search_parameters(std::string_view resource_type) const;
    const SearchParameter* search_parameter(std::string_view resource_type, std::string_view code) const;
    const SearchParameter* search_parameter_by_url(std::string_view url) const;

    // Search parameters of `resource_type` that put a resource into the compartment ("Patient", "Encounter",
    // "Practitioner", "RelatedPerson", "Device"); nullopt when that type is never in it. The type that names
    // the compartment is in its own, also with an empty list.
    std::optional<std::span<const std::string_view>> compartment(std::string_view name, std::string_view resource_type) const;

    std::span<const Type> types() const;
    std::span<const SearchParameter> search_parameters() const;
    const ValueSet* value_set(std::string_view url) const;

    ~Definitions();
    Definitions(const Definitions&) = delete;

private:
    struct Impl;
    explicit Definitions(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

std::string_view to_string(SearchType type);

}  // namespace idun::fhir
