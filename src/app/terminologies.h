// Terminology by the packages it is made of: roles of one process that name the same packages share one.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"

namespace idun::terms {
class Terms;
}

namespace idun::app {

// Thread-safe.
class Terminologies {
public:
    // Reads the packages, in order, when nobody has yet. What is wrong with single files is logged, not an error.
    Result<std::shared_ptr<const terms::Terms>> of(const std::vector<std::string>& packages);

private:
    std::mutex mutex_;
    std::map<std::vector<std::string>, std::shared_ptr<const terms::Terms>> made_;
};

}  // namespace idun::app
