// What the element definition of an outline's node says, read into the terms of a program.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/definitions.h"
#include "json/document.h"
#include "validation/internal/outline.h"
#include "validation/internal/program.h"

namespace idun::validation {

// What the addresses of R4's own definitions start with.
inline constexpr std::string_view kCore = "http://hl7.org/fhir/StructureDefinition/";
// Null when R4 has no type of that name.
inline const fhir::Type* r4_type(std::string_view name) { return fhir::Definitions::r4().type(name); }

// Of min, max ("*": kUnbounded) and lengths.
std::uint32_t number_of(std::string_view text, std::uint32_t otherwise);
// The same address, whatever the versions.
bool same_canonical(std::string_view a, std::string_view b);
// The first extension with that url, and an extension's value[x].
json::Value extension_of(json::Value element, std::string_view url);
json::Value value_of(json::Value extension);

// The type entries that a node allows: of a slice "valueQuantity" the one that its name says.
std::vector<json::Value> types_of(const OutlineNode& node);
// The type when there is just one and it has a definition of its own.
const fhir::Type* only_type(const OutlineNode& node);
// Of an R4 type's own definition: "Questionnaire.item.item".
const OutlineNode* node_at(Outlines& outlines, std::string_view path);
// The url that the extensions of a slice have; "" when it does not say.
std::string extension_url(const OutlineNode& slice);

// Null when there is nothing to check: no value set, or a strength that binds nobody.
std::unique_ptr<Binding> binding_of(const OutlineNode& node);

}  // namespace idun::validation
