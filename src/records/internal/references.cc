#include "records/internal/references.h"

#include "fhir/reference.h"

namespace idun::records {

bool ReferenceMap::add(std::string full_url, std::string target) {
    lengths_ |= std::uint64_t{1} << full_url.size() % 64;
    return map_.emplace(std::move(full_url), std::move(target)).second;
}

std::string_view ReferenceMap::exact(std::string_view text) const {
    if ((lengths_ >> text.size() % 64 & 1) == 0) return {};
    const auto at = map_.find(text);
    return at == map_.end() ? std::string_view() : std::string_view(at->second);
}

std::string_view ReferenceMap::target(std::string_view text, std::string_view full_url) const {
    if (map_.empty() || text.empty() || text.front() == '#') return {};
    if (const std::string_view whole = exact(text); !whole.empty()) return whole;
    const std::string_view base = base_of(full_url);
    if (base.empty() || text.find(':') != std::string_view::npos) return {};
    return exact(std::string(base).append("/").append(text));
}

std::string_view base_of(std::string_view full_url) {
    const auto parsed = fhir::parse_reference(full_url);
    if (!parsed || parsed->kind != fhir::ReferenceKind::absolute) return {};
    return parsed->base;
}

}  // namespace idun::records
