// What an evaluation may know and do beside its input. All of it is passed in; all of it is borrowed for the call.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"
#include "base/time.h"
#include "fhir/definitions.h"
#include "fhir/terminology.h"
#include "fhirpath/item.h"
#include "json/document.h"

namespace idun::fhirpath {

// Every evaluation ends: over one of these it is an Error of Category::too_large.
struct Limits {
    std::uint64_t steps_max = 2'000'000;          // items visited or compared, in all
    std::size_t items_max = 1u << 18;             // in one collection
    std::size_t bytes_max = 16u << 20;            // of texts made, in all
    std::size_t pattern_bytes_max = 4096;         // of a regular expression
    std::size_t documents_max = 256;              // brought by the Resolver
};

// Finds what references point at, beyond the document at hand: fragments ("#p1"), and in a Bundle the entries by
// fullUrl, are found without it.
class Resolver {
public:
    virtual ~Resolver() = default;
    struct Target {
        json::Value resource;                            // absent: not found
        std::shared_ptr<const json::Document> document;  // holds the resource, unless it lives elsewhere long enough
    };
    virtual Target resolve(std::string_view reference) const = 0;
};

// What profiles say, for conformsTo(), slice(), elementDefinition() and checkModifiers().
class Profiles {
public:
    virtual ~Profiles() = default;
    // nullopt: no such profile.
    virtual std::optional<bool> conforms(const Item& item, std::string_view profile) const = 0;
    // Is the element in that slice of the profile? nullopt: no such profile or slice.
    virtual std::optional<bool> in_slice(const Item& item, std::string_view profile, std::string_view slice) const = 0;
    // The ElementDefinition of the element; absent when not known. It must live as long as the result.
    virtual json::Value element_definition(const Item& item) const = 0;
};

// Takes what trace() sees. Content: never for a log.
class Trace {
public:
    virtual ~Trace() = default;
    virtual void traced(std::string_view name, const Items& items) = 0;
};

struct Environment {
    const fhir::Definitions* definitions = &fhir::Definitions::r4();
    // %resource and %rootResource; when absent, the context itself.
    std::optional<Item> resource;
    std::optional<Item> root_resource;
    Instant now{};  // of now(), today() and timeOfDay(), in UTC
    const std::unordered_map<std::string, Items>* variables = nullptr;  // %name
    const Resolver* resolver = nullptr;
    const fhir::Terminology* terminology = nullptr;
    const Profiles* profiles = nullptr;
    Trace* trace = nullptr;
    // resolve() of a reference that is not found gives an item that has a type and nothing else, when the reference names
    // the type ("Patient/p1"). For search: `where(resolve() is Patient)`.
    bool resolve_to_types = false;
    Limits limits;
};

}  // namespace idun::fhirpath
