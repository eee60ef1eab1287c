// Where an element stands in its document.
//
//     auto place = locate(document.root(), item);
//     place->text();   // "Patient.name[0].given[1]"
//
// Nothing is noted while an expression runs: the place is found again from the root, in time that grows with depth and width.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fhirpath/item.h"
#include "json/document.h"

namespace idun::fhirpath {

struct Step {
    static constexpr std::size_t kNoIndex = static_cast<std::size_t>(-1);
    std::string_view name;          // as in JSON, without the underscore of a primitive's extensions
    std::size_t index = kNoIndex;   // in the array, when it is one
};

struct Location {
    std::string_view root;     // resourceType of the root
    std::vector<Step> steps;   // empty: the root itself
    json::Value parent;        // object that has the last step's member; absent for the root

    std::string text() const;  // "Patient.name[0].given[1]"
};

// nullopt when the item is no element of that document.
std::optional<Location> locate(json::Value root, const Item& item);

}  // namespace idun::fhirpath
