// The people of a demo: who they are, for the page, and those of given files.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "app/import.h"
#include "base/time.h"

namespace idun::app {

struct DemoPerson {
    std::string name;
    std::string birth_date;
    std::string gender;
    std::string identifier_system;
    std::string identifier_value;
    bool protected_identity = false;
    std::string story;  // as to_string(Story); "" of most
};

// Calls `bundle` with each Bundle's file and text: of the files at `paths`.
using BundleTaker = std::function<Status(const std::string& file, std::string_view text)>;
Status for_each_bundle(const std::vector<std::string>& paths, const BundleTaker& bundle);

// The people in the resources who can be asked about.
std::vector<DemoPerson> people_in(const std::vector<Imported>& resources, Instant now);

std::string to_json(const std::vector<DemoPerson>& people);
Result<std::vector<DemoPerson>> people_from_json(std::string_view text);

}  // namespace idun::app
