// A Source over FHIR packages: what is asked for is unpacked once and kept.
#pragma once

#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "fhir/package.h"
#include "validation/source.h"

namespace idun::validation {

class PackageSource final : public Source {
public:
    explicit PackageSource(fhir::PackageSet packages) : packages_(std::move(packages)) {}

    json::Value find(std::string_view resource_type, std::string_view canonical) const override;
    std::vector<std::pair<std::string, std::string>> global_profiles() const override;
    const fhir::PackageSet& packages() const { return packages_; }

private:
    fhir::PackageSet packages_;
    mutable std::shared_mutex mutex_;
    mutable std::unordered_map<const fhir::PackagedResource*, std::unique_ptr<const json::Document>> kept_;
};

}  // namespace idun::validation
