// One code system, compiled from its resource: concepts by code, the hierarchy, properties and names.
//
//     TRY_ASSIGN(const auto system, CodeSystem::compile(resource.root()));
//     const ConceptNumber n = system->find("J45");
//     if (n != kNoConcept) system->concept_at(n).display;
//
// Immutable: any thread may read.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/document.h"
#include "terms/internal/arena.h"
#include "terms/internal/code_hash.h"

namespace idun::terms {

using ConceptNumber = std::uint32_t;
inline constexpr ConceptNumber kNoConcept = CodeTable::kEmpty;

enum class Content : std::uint8_t { complete, fragment, example, not_present };

enum class ValueKind : std::uint8_t { code, string, integer, boolean, date_time, decimal, coding };

struct PropertyValue {
    std::string_view code;
    ValueKind kind = ValueKind::string;
    std::string_view value;    // of a Coding its code
    std::string_view system;   // of a Coding
    std::string_view display;  // of a Coding
};

struct Designation {
    std::string_view language;
    std::string_view use_system;
    std::string_view use_code;
    std::string_view use_display;
    std::string_view value;
};

struct PropertyDefinition {
    std::string_view code;
    std::string_view uri;
    std::string_view description;
};

struct Concept {
    std::string_view code;
    std::string_view display;
    std::string_view definition;
    bool inactive = false;  // by the property inactive, or a status of deprecated, retired or withdrawn
    bool abstract = false;  // notSelectable: a heading, not to be recorded
};

class CodeSystem {
public:
    // Supplements add names and properties to the concepts of the system; what they say of other codes is ignored.
    // `invalid` when the resource has no URL, is itself a supplement, or its hierarchy has a loop.
    static Result<std::shared_ptr<const CodeSystem>> compile(json::Value resource, std::span<const json::Value> supplements = {});

    const std::string& url() const { return url_; }
    const std::string& version() const { return version_; }
    const std::string& name() const { return name_; }  // title of the resource, or its name, or its URL
    const std::string& language() const { return language_; }
    const std::string& value_set() const { return value_set_; }  // canonical of "all codes"; often ""
    Content content() const { return content_; }
    bool complete() const { return content_ == Content::complete; }
    bool case_sensitive() const { return case_sensitive_; }

    std::size_t size() const { return concepts_.size(); }
    ConceptNumber find(std::string_view code) const;
    const Concept& concept_at(ConceptNumber n) const { return concepts_[n]; }
    std::span<const PropertyValue> properties(ConceptNumber n) const { return part(properties_, property_starts_, n); }
    std::span<const Designation> designations(ConceptNumber n) const { return part(designations_, designation_starts_, n); }
    std::span<const ConceptNumber> parents(ConceptNumber n) const { return part(parents_, parent_starts_, n); }
    std::span<const ConceptNumber> children(ConceptNumber n) const { return part(children_, child_starts_, n); }
    std::span<const PropertyDefinition> property_definitions() const { return definitions_; }
    bool has_property(std::string_view code) const;
    // Codes that are there twice in the resource; the first of each counts.
    std::size_t repeated() const { return repeated_; }

    // Is `above` the same as `below` or above it?
    bool subsumes(ConceptNumber above, ConceptNumber below) const;
    // The concept and all below it, in the order of the resource.
    std::vector<ConceptNumber> with_descendants(ConceptNumber n) const;
    // Concepts whose code, display or other names have all the words (internal/fold.h), in the order of the resource.
    std::vector<ConceptNumber> search(const std::vector<std::string>& words) const;
    bool matches(ConceptNumber n, const std::vector<std::string>& words) const;
    // The display in that language ("sv" also for "sv-SE"), or the system's own.
    std::string_view display(ConceptNumber n, std::string_view language) const;

private:
    friend class CodeSystemCompiler;
    CodeSystem() = default;

    template <typename T>
    static std::span<const T> part(const std::vector<T>& all, const std::vector<std::uint32_t>& starts, ConceptNumber n) {
        return std::span<const T>(all).subspan(starts[n], starts[n + 1] - starts[n]);
    }
    struct Words;  // the folded texts of all concepts, made at the first search
    const Words& words() const;

    Arena arena_;
    std::string url_, version_, name_, language_, value_set_;
    Content content_ = Content::complete;
    bool case_sensitive_ = true;
    std::size_t repeated_ = 0;
    std::vector<Concept> concepts_;
    CodeTable by_code_;
    std::vector<PropertyDefinition> definitions_;
    std::vector<PropertyValue> properties_;
    std::vector<Designation> designations_;
    std::vector<ConceptNumber> parents_, children_;
    std::vector<std::uint32_t> property_starts_, designation_starts_, parent_starts_, child_starts_;
    mutable std::once_flag words_once_;
    mutable std::unique_ptr<const Words> words_;

public:
    ~CodeSystem();
    CodeSystem(const CodeSystem&) = delete;
    CodeSystem& operator=(const CodeSystem&) = delete;
};

// Does a language tag fit what is wanted? "sv-SE" fits "sv" and "sv" fits "sv-SE".
bool language_fits(std::string_view tag, std::string_view wanted);

}  // namespace idun::terms
