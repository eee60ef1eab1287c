// Everything that validation has compiled: profiles, extensions and the base rules of R4's types. Compiled when first
// asked for, kept, and shared by all threads.
//
//     Library library(source);
//     const Program* program = library.program("http://hl7.org/fhir/StructureDefinition/vitalsigns");  // null: not known
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/definitions.h"
#include "validation/source.h"

namespace idun::validation {

struct Program;
struct ProfileSlot;
struct Invariant;
struct TypeRules;
struct ExtensionRule;
class Outlines;

// How compiling a profile went, for those who check guides.
struct CompileReport {
    bool compiled = false;
    std::vector<std::string> problems;
};

class Library {
public:
    // `source` must outlive this.
    explicit Library(const Source& source);
    ~Library();
    Library(const Library&) = delete;

    const Source& source() const { return source_; }
    Outlines& outlines() { return *outlines_; }

    // The slot of a canonical; the same one each time. For what definitions name: slots are kept for ever.
    ProfileSlot* slot(std::string_view canonical);
    // Null when the profile is not known or is of no R4 type.
    const Program* program(ProfileSlot& slot);
    // For what documents and callers name: nothing is kept of what is not known.
    const Program* program(std::string_view canonical);
    // Compiles a profile now, with the invariants that are not understood.
    CompileReport compile(std::string_view canonical);
    // What implementation guides at hand ask of every resource of that type.
    const std::vector<ProfileSlot*>& global_profiles(std::string_view resource_type) const;
    // Null when no such extension is known.
    const ExtensionRule* extension(std::string_view url);
    // What R4 says of a type beyond its structure; never null, empty when the definition is not at hand.
    const TypeRules* base(const fhir::Type& type);
    // Compiles an element definition's constraint, or finds the one that says the same.
    const Invariant* invariant(json::Value constraint, std::string_view source_name);
    // Of a definition's expression without a key; kept.
    const Invariant* invariant_of(std::string_view expression);
    // Of a document's expression; not kept.
    static std::unique_ptr<const Invariant> compiled(std::string_view expression);

private:
    const Source& source_;
    std::unique_ptr<Outlines> outlines_;
    std::recursive_mutex compiling_;
    std::shared_mutex slots_mutex_;
    std::map<std::string, std::unique_ptr<ProfileSlot>, std::less<>> slots_;
    std::vector<std::unique_ptr<const Program>> programs_;
    std::shared_mutex extensions_mutex_;
    std::map<std::string, std::unique_ptr<const ExtensionRule>, std::less<>> extensions_;
    std::map<std::string, std::unique_ptr<Invariant>, std::less<>> invariants_;
    std::vector<std::atomic<const TypeRules*>> base_;  // by the type's place in Definitions
    std::vector<std::unique_ptr<const TypeRules>> base_owned_;
    std::map<std::string, std::vector<ProfileSlot*>, std::less<>> global_;
};

}  // namespace idun::validation
