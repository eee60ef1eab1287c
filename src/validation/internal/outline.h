// A StructureDefinition as a tree of element definitions: from its snapshot, or, when it has none, from its base's
// tree with the differential laid over it. The compiler reads the tree; nothing at run time does.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "json/document.h"
#include "validation/source.h"

namespace idun::validation {

struct OutlineNode {
    std::string name;     // as JSON has it, choices without [x]: "value"; of the root the type
    std::string path;     // "Observation.value[x]"
    std::string slice;    // its slice name; empty when it is not a slice
    bool choice = false;  // declared as name[x]
    // What is said of the element, oldest first: the base's definition, then each differential's. A property is read from
    // the newest that has it, so that nothing has to be merged.
    std::vector<json::Value> layers;
    std::size_t own_layers = 0;  // of a slice: from here on the layers are about the slice itself
    OutlineNode* parent = nullptr;
    std::vector<std::unique_ptr<OutlineNode>> children;
    std::vector<std::unique_ptr<OutlineNode>> slices;

    json::Value get(std::string_view property) const;
    // The value of a slice's own: not of the element that it slices.
    json::Value get_own(std::string_view property) const;
    // fixed[x], pattern[x], minValue[x] ...: the member whose name starts so, and its type's name in JSON ("Coding").
    json::Value get_choice(std::string_view prefix, std::string_view* suffix = nullptr) const;
    // Every constraint, binding extension and the like of all layers.
    template <typename Visit>
    void each(std::string_view property, Visit visit) const {
        for (const json::Value layer : layers) {
            for (const json::Value item : layer[property].elements()) visit(item);
        }
    }
    OutlineNode* child(std::string_view child_name) const;
    OutlineNode* slice_named(std::string_view slice_name) const;
};

struct Outline {
    std::string url;
    std::string version;
    std::string type;           // "Patient", "Extension"
    json::Value definition;     // the StructureDefinition
    bool specialization = false;  // a type of its own, not a profile
    std::unique_ptr<OutlineNode> root;
    std::vector<std::string> problems;  // of the differential; the tree holds what could be understood
};

// Makes outlines on demand and keeps them. Thread-safe.
class Outlines {
public:
    explicit Outlines(const Source& source) : source_(source) {}

    // Null when no such StructureDefinition is known or its bases are not. Lives as long as this.
    const Outline* find(std::string_view canonical);
    // Of an R4 type by its name.
    const Outline* of_type(std::string_view type);
    // Of a StructureDefinition that nobody else may know; not kept. `from_differential` builds it anew also when it has a snapshot.
    std::unique_ptr<Outline> make(json::Value definition, bool from_differential);

private:
    std::unique_ptr<Outline> make_locked(json::Value definition, bool from_differential);
    const Outline* find_locked(std::string_view canonical);
    std::unique_ptr<Outline> from_snapshot(json::Value definition);
    std::unique_ptr<Outline> from_base(json::Value definition);
    void lay_over(Outline& outline, json::Value differential);
    void graft(OutlineNode& node, json::Value element);
    OutlineNode* locate(Outline& outline, json::Value element, std::map<std::string, OutlineNode*, std::less<>>& recent, std::string& problem);
    // Gives a node the children of its type when it has none; false when the type is not known.
    bool expand_locked(Outline& outline, OutlineNode& node);

    const Source& source_;
    std::size_t budget_ = 0;  // nodes that the outline being made may still get
    std::recursive_mutex mutex_;
    std::map<std::string, std::unique_ptr<Outline>, std::less<>> known_;  // null: being made, or not to be had
};

// "http://hl7.org/fhir/StructureDefinition/Patient" -> "Patient"; "" when it is not one of R4's own addresses.
std::string_view core_name(std::string_view canonical);
// The name of a type as element definitions spell it: "http://hl7.org/fhirpath/System.String" -> "string".
std::string_view type_code(json::Value type);

}  // namespace idun::validation
