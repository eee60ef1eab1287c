// A set of packages made ready to judge by.
//
//     const Guides guides(packages, &terms);
//     const fhir::Issues issues = guides.validator().validate(resource, {});
#pragma once

#include "fhir/package.h"
#include "fhir/terminology.h"
#include "validation/library.h"
#include "validation/package_source.h"
#include "validation/validator.h"

namespace idun::validation {

// Thread-safe. `terminology` must outlive it; null: codes are judged by R4's required lists only.
class Guides {
public:
    explicit Guides(fhir::PackageSet packages, const fhir::Terminology* terminology = nullptr)
        : source_(std::move(packages)), library_(source_), validator_(library_, terminology) {}

    const Validator& validator() const { return validator_; }
    Library& library() const { return library_; }

private:
    PackageSource source_;
    mutable Library library_;
    Validator validator_;
};

}  // namespace idun::validation
