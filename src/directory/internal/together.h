// What the directory will be when a write is done, and whether it holds together then.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "directory/directory.h"

namespace idun::directory {

// Borrows both.
class Together {
public:
    // `written`: null where it is deleted.
    Together(const View& before, const std::map<std::pair<Type, std::string>, ResourcePtr>& written) : before_(before), written_(written) {}

    // `invalid`: refers to what is not there, or is part of itself.
    Status check(const Resource& one, const Writer& writer) const;
    // Who refers to one of these, sorted, that are to be deleted; each with what it refers to.
    std::vector<std::pair<std::string, std::string>> referring_to(const std::vector<std::string>& deleted) const;

private:
    ResourcePtr find(std::string_view reference) const;
    Status check_part_of(const Resource& one) const;

    const View& before_;
    const std::map<std::pair<Type, std::string>, ResourcePtr>& written_;
};

}  // namespace idun::directory
