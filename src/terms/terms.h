// Terminology of a set of packages: code systems, value sets and concept maps, compiled when they are first asked for and
// kept. Immutable to those who ask; locked inside, so that any thread may.
//
//     const Terms terms(packages);
//     terms.member_of("http://hl7.org/fhir/ValueSet/observation-status", {.code = "final"}) == Membership::in
//
// The operations of R4 on it ($lookup, $expand, …) are in operations.h.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/package.h"
#include "fhir/terminology.h"
#include "terms/compose.h"
#include "terms/concept_map.h"

namespace idun::terms {

class Terms final : public fhir::Terminology, private Source {
public:
    // Reads nothing yet but the supplements and the "all codes" names of packages beside R4 core.
    explicit Terms(fhir::PackageSet packages);
    ~Terms() override;

    Membership member_of(std::string_view value_set, const fhir::Coded& coded) const override;
    fhir::CodeCheck check(const fhir::Coded& coded) const override;
    Membership subsumes(std::string_view system, std::string_view a, std::string_view b) const override;
    bool knows_value_set(std::string_view value_set) const override;

    // `not_found` when there is none, with or without "|version".
    Result<std::shared_ptr<const CodeSystem>> code_system(std::string_view canonical) const;
    // Also implicit ones: "SYSTEM?vs", "SYSTEM?fhir_vs", "SYSTEM?fhir_vs=isa/CODE", and a code system's own valueSet; a
    // "|version" of these counts for nothing.
    Result<std::shared_ptr<const CodeSet>> code_set(std::string_view canonical) const;
    Result<std::shared_ptr<const ConceptMap>> concept_map(std::string_view canonical) const;
    // A value set that is at no package: it may draw on those that are.
    Result<std::shared_ptr<const CodeSet>> compile(json::Value value_set) const;
    // Maps from or to that code system, or between those value sets; "" is any.
    std::vector<std::shared_ptr<const ConceptMap>> maps_between(std::string_view source, std::string_view target) const;

    const fhir::PackageSet& packages() const;

private:
    Result<std::shared_ptr<const CodeSystem>> code_system(std::string_view url, std::string_view version) const override;
    Result<std::shared_ptr<const CodeSet>> code_set(std::string_view canonical, Trail& trail) const override;
    Result<std::shared_ptr<const CodeSet>> compile_resource(const fhir::PackagedResource& resource, Trail& trail) const;
    Result<std::shared_ptr<const CodeSet>> implicit_set(std::string_view url) const;

    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace idun::terms
