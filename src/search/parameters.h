// Every search parameter of every resource type, compiled from the R4 definitions.
//
//     const Parameter* code = Registry::r4().find("Observation", "code");
#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/definitions.h"
#include "search/path.h"

namespace idun::search {

// One parameter of one resource type.
struct Parameter {
    std::string_view of;          // the resource type
    std::string_view name;
    std::string_view definition;  // canonical url
    fhir::SearchType type{};      // special: `near` of a Location
    std::vector<std::string_view> targets;  // resource types a reference may have; sorted; empty: any
    Path path;
    std::vector<Parameter> components;      // of a composite, in order; their paths start at its elements

    bool may_point_at(std::string_view resource_type) const;
};

// What the definitions have and this program does not offer.
struct NotOffered {
    std::string_view type;
    std::string_view name;
    std::string_view definition;
    std::string reason;
};

// Immutable once made; any thread may read. The Definitions outlive it.
class Registry {
public:
    // Of Definitions::r4(), made on first use: it is large and slow to make, and all roles of a process use it. Thread-safe.
    static const Registry& r4();
    explicit Registry(const fhir::Definitions& definitions);

    // By name; _id and _lastUpdated, which every type has, are not among them.
    std::span<const Parameter> of(std::string_view resource_type) const;
    const Parameter* find(std::string_view resource_type, std::string_view name) const;
    // Is it a parameter of any type, offered or not?
    bool names(std::string_view name) const;
    std::span<const NotOffered> not_offered() const { return not_offered_; }
    const fhir::Definitions& definitions() const { return definitions_; }
    Registry(const Registry&) = delete;

private:
    const fhir::Definitions& definitions_;
    std::map<std::string_view, std::vector<Parameter>> by_type_;
    std::vector<NotOffered> not_offered_;
    std::set<std::string_view> names_;
};

}  // namespace idun::search
