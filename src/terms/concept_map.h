// A ConceptMap resource, compiled: what a code of one system is in another.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "json/document.h"

namespace idun::terms {

struct Product {
    std::string property;
    std::string system;
    std::string value;
    std::string display;
};

// One pair of codes. From the target's side the same pair read backwards.
struct Mapping {
    std::string source_code;
    std::string source_display;
    std::string target_code;  // "": the map says that there is none
    std::string target_display;
    std::string equivalence;
    std::vector<Product> products;
    std::vector<Product> depends_on;
};

struct MapGroup {
    std::string source;  // code systems
    std::string source_version;
    std::string target;
    std::string target_version;
    std::vector<Mapping> mappings;
    std::unordered_multimap<std::string_view, const Mapping*> by_source;
    std::unordered_multimap<std::string_view, const Mapping*> by_target;
    // What becomes of codes that the group does not have: "", "provided", "fixed" or "other-map".
    std::string unmapped_mode;
    std::string unmapped_code;
    std::string unmapped_display;
    std::string unmapped_map;  // canonical of the other map
};

class ConceptMap {
public:
    static Result<std::shared_ptr<const ConceptMap>> compile(json::Value resource);

    const std::string& url() const { return url_; }
    const std::string& version() const { return version_; }
    const std::string& source_set() const { return source_set_; }  // value sets; "" when it names none
    const std::string& target_set() const { return target_set_; }
    const std::vector<MapGroup>& groups() const { return groups_; }

private:
    std::string url_, version_, source_set_, target_set_;
    std::vector<MapGroup> groups_;
};

// The equivalence seen from the other side: "wider" is "narrower".
std::string_view reversed(std::string_view equivalence);

}  // namespace idun::terms
