#include "search/fields.h"

#include <algorithm>

namespace idun::search {
namespace {

bool offered(fhir::SearchType type) {
    return type == fhir::SearchType::token || type == fhir::SearchType::date || type == fhir::SearchType::reference;
}

}  // namespace

bool SearchField::may_point_at(std::string_view resource_type) const {
    return targets.empty() || std::ranges::binary_search(targets, resource_type);
}

SearchFields::SearchFields(const fhir::Definitions& definitions) {
    for (const fhir::Type* type : definitions.resources()) {
        std::vector<SearchField>& fields = by_type_[type->name];
        for (const auto& [code, name] : kSearchCodes) {
            const fhir::SearchParameter* defined = definitions.search_parameter(type->name, name);
            if (defined == nullptr || !offered(defined->type)) continue;
            auto path = SearchPath::compile(definitions, defined->expression, type->name);
            if (!path || path->empty()) continue;
            SearchField field{code, name, defined->type, defined->url, {}, std::move(*path)};
            for (const fhir::Type* target : defined->targets) field.targets.push_back(target->name);
            std::ranges::sort(field.targets);
            fields.push_back(std::move(field));
        }
    }
}

std::span<const SearchField> SearchFields::of(std::string_view resource_type) const {
    const auto at = by_type_.find(resource_type);
    if (at == by_type_.end()) return {};
    return at->second;
}

const SearchField* SearchFields::find(std::string_view resource_type, std::string_view name) const {
    for (const SearchField& field : of(resource_type)) {
        if (field.name == name) return &field;
    }
    return nullptr;
}

}  // namespace idun::search
