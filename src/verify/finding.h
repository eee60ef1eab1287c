// What is wrong, in contrast to errors, which say that something could not be checked.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"

namespace idun::verify {

struct Wrong {
    std::string sentence;  // without a full stop
};
using Finding = std::optional<Wrong>;

inline Result<Finding> found(std::string sentence) { return Finding(Wrong{std::move(sentence)}); }

}  // namespace idun::verify
