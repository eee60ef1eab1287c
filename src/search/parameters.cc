#include "search/parameters.h"

#include <algorithm>
#include <array>

namespace idun::search {
namespace {

using fhir::SearchType;

// Handled by the query itself: not a value of the resource, or every type's own.
constexpr std::array<std::string_view, 2> kOfQuery = {"_id", "_lastUpdated"};

std::vector<std::string_view> targets_of(const fhir::SearchParameter& defined) {
    std::vector<std::string_view> out;
    for (const fhir::Type* target : defined.targets) out.push_back(target->name);
    std::ranges::sort(out);
    return out;
}

Result<Parameter> compiled(const fhir::Definitions& definitions, const fhir::SearchParameter& defined, std::string_view type) {
    if (defined.expression.empty()) return fail(Category::unsupported, "it has no expression: full text and filter languages are not offered");
    Parameter out{type, defined.code, defined.url, defined.type, targets_of(defined), {}, {}};
    TRY_ASSIGN(out.path, Path::compile(definitions, defined.expression, type));
    if (out.path.empty()) return fail(Category::unsupported, "its expression says nothing of this type");
    for (const fhir::SearchComponent& component : defined.components) {
        const fhir::SearchParameter* part = definitions.search_parameter_by_url(component.definition);
        if (part == nullptr) return fail(Category::unsupported, "a component is not defined");
        Parameter made{type, part->code, part->url, part->type, targets_of(*part), {}, {}};
        TRY_ASSIGN(made.path, Path::relative(definitions, component.expression, out.path));
        out.components.push_back(std::move(made));
    }
    return out;
}

}  // namespace

bool Parameter::may_point_at(std::string_view resource_type) const {
    return targets.empty() || std::ranges::binary_search(targets, resource_type);
}

Registry::Registry(const fhir::Definitions& definitions) : definitions_(definitions) {
    for (const fhir::Type* type : definitions.resources()) {
        std::vector<Parameter>& all = by_type_[type->name];
        for (const fhir::SearchParameter* defined : definitions.search_parameters(type->name)) {
            if (std::ranges::find(kOfQuery, defined->code) != kOfQuery.end()) continue;
            names_.insert(defined->code);
            auto made = compiled(definitions, *defined, type->name);
            if (made) all.push_back(std::move(*made));
            else not_offered_.push_back({type->name, defined->code, defined->url, made.error().message});
        }
        std::ranges::sort(all, {}, &Parameter::name);
    }
}

const Registry& Registry::r4() {
    static const Registry made(fhir::Definitions::r4());
    return made;
}

bool Registry::names(std::string_view name) const { return names_.contains(name); }

std::span<const Parameter> Registry::of(std::string_view resource_type) const {
    const auto at = by_type_.find(resource_type);
    if (at == by_type_.end()) return {};
    return at->second;
}

const Parameter* Registry::find(std::string_view resource_type, std::string_view name) const {
    const auto all = of(resource_type);
    const auto at = std::ranges::lower_bound(all, name, {}, &Parameter::name);
    return at == all.end() || at->name != name ? nullptr : &*at;
}

}  // namespace idun::search
