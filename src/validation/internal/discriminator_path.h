// Where the path of a slice's discriminator leads in the outlines: what the slice says there tells it apart.
#pragma once

#include <string_view>
#include <vector>

#include "validation/internal/outline.h"
#include "validation/internal/program.h"

namespace idun::validation {

// A node, what it slices (where it says nothing itself) and the tree it stands in.
struct Place {
    const OutlineNode* node = nullptr;
    const OutlineNode* behind = nullptr;
    const Outline* outline = nullptr;
};

// What a place says of itself, or else what it slices says.
json::Value layered(const Place& place, std::string_view property);
json::Value layered_choice(const Place& place, std::string_view prefix);

// Goes along `path` from all of `places` to where it leads, the places that say most first, and adds the steps that a
// run takes. False when the path is not understood.
bool follow(Outlines& outlines, std::string_view path, std::vector<Step>& steps, std::vector<Place>& places);

}  // namespace idun::validation
