#include "validation/package_source.h"

namespace idun::validation {

json::Value PackageSource::find(std::string_view resource_type, std::string_view canonical) const {
    const fhir::PackagedResource* found = resource_type.empty() ? packages_.find(canonical) : packages_.find(resource_type, canonical);
    if (found == nullptr) return {};
    {
        const std::shared_lock lock(mutex_);
        const auto known = kept_.find(found);
        if (known != kept_.end()) return known->second->root();
    }
    auto document = found->parse();
    if (!document) return {};
    const std::unique_lock lock(mutex_);
    auto& kept = kept_[found];
    if (!kept) kept = std::make_unique<const json::Document>(std::move(*document));
    return kept->root();
}

std::vector<std::pair<std::string, std::string>> PackageSource::global_profiles() const {
    std::vector<std::pair<std::string, std::string>> out;
    for (const fhir::PackagedResource* guide : packages_.of_type("ImplementationGuide")) {
        const auto document = guide->parse();
        if (!document) continue;
        for (const json::Value global : document->root()["global"].elements()) out.emplace_back(global["type"].text(), global["profile"].text());
    }
    return out;
}

}  // namespace idun::validation
