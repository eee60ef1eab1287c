// The codes of a value set, compiled: which codes of which systems are in, found in some tens of nanoseconds.
//
//     set->contains("http://loinc.org", "8480-6") == Membership::in
//
// A set has listed codes, whole code systems, and systems that a grammar describes. Where a part of the value set could
// not be known (a system that is not at hand, a filter it does not support), the set has a gap: it answers `unknown`
// instead of `out` for what the gap may hold. Immutable once compiled: any thread may read.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/terminology.h"
#include "terms/code_system.h"
#include "terms/grammar.h"

namespace idun::terms {

using fhir::Membership;

struct Gap {
    std::string system;  // "": of any system
    std::string reason;  // one sentence
};

class CodeSet {
public:
    struct System {
        std::string url;
        std::string version;                      // as the value set asks for; often ""
        std::shared_ptr<const CodeSystem> known;  // null when the system is not at hand
    };
    struct Entry {
        std::string_view code;
        std::string_view display;  // the value set's own; "" when the system's counts
        std::uint32_t system = 0;  // place in systems()
        ConceptNumber concept_number = kNoConcept;
    };
    struct OwnDesignation {
        std::uint32_t entry;
        Designation what;
    };

    Membership contains(std::string_view system, std::string_view code) const;

    // Is the code among entries()?
    bool lists(std::string_view system, std::string_view code) const;

    std::string url;      // of the value set; "" of one that has none
    std::string version;
    const std::vector<System>& systems() const { return systems_; }
    const std::vector<Entry>& entries() const { return entries_; }
    const std::vector<std::uint32_t>& wholes() const { return wholes_; }        // places in systems()
    const std::vector<const Grammar*>& grammars() const { return grammars_; }
    const std::vector<Gap>& gaps() const { return gaps_; }
    // Codes that are listed or in whole systems; some may be counted twice.
    std::size_t size() const;
    // The entry must be one of entries().
    std::string_view display(const Entry& entry, std::string_view language) const;
    std::span<const OwnDesignation> designations(const Entry& entry) const;

    // For the one who compiles; a set that others see is const.
    std::uint32_t add_system(std::string_view url, std::string_view version, std::shared_ptr<const CodeSystem> known);
    // False when the code is in already.
    bool add(std::uint32_t system, std::string_view code, std::string_view display, ConceptNumber n);
    void add_designation(const Designation& what);  // of the entry added last
    void add_whole(std::uint32_t system);
    void add_grammar(const Grammar* grammar);
    // After the first kGapsMax one more that holds for any system.
    void add_gap(std::string system, std::string reason);
    static constexpr std::size_t kGapsMax = 100;
    // Everything of the other set, which is kept alive.
    void add_all(const std::shared_ptr<const CodeSet>& other);
    // Whole systems become listed codes.
    void list_wholes();
    void remove_if(const std::function<bool(const Entry&)>& goes);
    void drop_grammar(std::string_view system);
    Arena& arena() { return arena_; }

private:
    std::uint32_t find(std::uint32_t system, std::string_view code) const;

    Arena arena_;
    std::vector<System> systems_;
    std::vector<Entry> entries_;
    std::vector<std::uint32_t> wholes_;
    std::vector<const Grammar*> grammars_;
    std::vector<Gap> gaps_;
    std::vector<OwnDesignation> designations_;  // in the order of entries
    std::vector<std::shared_ptr<const CodeSet>> kept_;
    CodeTable by_code_;
};

}  // namespace idun::terms
