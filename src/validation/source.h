// Where validation finds conformance resources: profiles, extensions, questionnaires, measures, other definitions.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json/document.h"

namespace idun::validation {

// Implementations are immutable or locked inside: any thread may ask. What they return lives as long as they do.
class Source {
public:
    virtual ~Source() = default;

    // The resource of that type (any when empty) with that canonical, "url" or "url|version"; absent when there is none.
    // Without a version the newest one that is known.
    virtual json::Value find(std::string_view resource_type, std::string_view canonical) const = 0;
    // Of all implementation guides at hand: resource type and profile of what they ask of every resource of that type.
    virtual std::vector<std::pair<std::string, std::string>> global_profiles() const { return {}; }
};

}  // namespace idun::validation
