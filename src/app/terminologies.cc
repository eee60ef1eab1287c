#include "app/terminologies.h"

#include "base/log.h"
#include "terms/terms.h"

namespace idun::app {

Result<std::shared_ptr<const terms::Terms>> Terminologies::of(const std::vector<std::string>& packages) {
    const std::lock_guard lock(mutex_);
    if (const auto made = made_.find(packages); made != made_.end()) return made->second;
    TRY_ASSIGN(const auto set, fhir::PackageSet::load(packages));
    for (const fhir::Problem& problem : set.problems()) log::warn("package file left out", {{"file", problem.file}, {"why", problem.message}});
    return made_[packages] = std::make_shared<const terms::Terms>(set);
}

}  // namespace idun::app
