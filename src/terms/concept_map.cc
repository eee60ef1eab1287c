#include "terms/concept_map.h"

#include <utility>

namespace idun::terms {
namespace {

std::string text(json::Value value) { return std::string(value.text()); }

std::vector<Product> read_products(json::Value list) {
    std::vector<Product> out;
    for (const json::Value one : list.elements()) out.push_back({text(one["property"]), text(one["system"]), text(one["value"]), text(one["display"])});
    return out;
}

Result<MapGroup> read_group(json::Value node) {
    MapGroup group{.source = text(node["source"]), .source_version = text(node["sourceVersion"]), .target = text(node["target"]),
                   .target_version = text(node["targetVersion"]), .mappings = {}, .by_source = {}, .by_target = {},
                   .unmapped_mode = {}, .unmapped_code = {}, .unmapped_display = {}, .unmapped_map = {}};
    for (const json::Value element : node["element"].elements()) {
        const std::string code = text(element["code"]);
        if (code.empty()) continue;
        for (const json::Value target : element["target"].elements()) {
            group.mappings.push_back({code, text(element["display"]), text(target["code"]), text(target["display"]), text(target["equivalence"]),
                                      read_products(target["product"]), read_products(target["dependsOn"])});
        }
        if (element["target"].size() == 0) group.mappings.push_back({code, text(element["display"]), {}, {}, "unmatched", {}, {}});
    }
    const json::Value unmapped = node["unmapped"];
    group.unmapped_mode = text(unmapped["mode"]);
    group.unmapped_code = text(unmapped["code"]);
    group.unmapped_display = text(unmapped["display"]);
    group.unmapped_map = text(unmapped["url"]);
    return group;
}

}  // namespace

Result<std::shared_ptr<const ConceptMap>> ConceptMap::compile(json::Value resource) {
    if (resource["resourceType"].text() != "ConceptMap") return fail(Category::invalid, "not a ConceptMap");
    const auto map = std::make_shared<ConceptMap>();
    map->url_ = resource["url"].text();
    map->version_ = resource["version"].text();
    map->source_set_ = text(resource["sourceUri"]) + text(resource["sourceCanonical"]);
    map->target_set_ = text(resource["targetUri"]) + text(resource["targetCanonical"]);
    for (const json::Value node : resource["group"].elements()) {
        TRY_ASSIGN(MapGroup group, read_group(node));
        map->groups_.push_back(std::move(group));
    }
    // Now that nothing moves any more.
    for (MapGroup& group : map->groups_) {
        for (const Mapping& one : group.mappings) {
            group.by_source.emplace(one.source_code, &one);
            if (!one.target_code.empty()) group.by_target.emplace(one.target_code, &one);
        }
    }
    return map;
}

std::string_view reversed(std::string_view equivalence) {
    static constexpr std::pair<std::string_view, std::string_view> kPairs[] = {
        {"wider", "narrower"}, {"narrower", "wider"}, {"subsumes", "specializes"}, {"specializes", "subsumes"}};
    for (const auto& [from, to] : kPairs) {
        if (equivalence == from) return to;
    }
    return equivalence;
}

}  // namespace idun::terms
