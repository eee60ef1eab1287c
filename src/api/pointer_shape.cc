#include "api/pointer_shape.h"

#include "fhir/definitions.h"
#include "json/document.h"
#include "search/subset.h"

namespace idun::api {
namespace {

index::ShownForms forms_of(const PointerParts& parts) {
    if (parts == PointerParts{}) return index::ShownForms();
    return index::ShownForms([parts](const std::string& pointer) {
        const auto document = json::Document::parse(pointer);
        IDUN_CHECK(document);  // our own text
        return search::subset(fhir::Definitions::r4(), document->root(), parts.summary, parts.elements);
    });
}

}  // namespace

PointerShape::PointerShape(const PointerParts& parts) : forms_(forms_of(parts)) {}

std::shared_ptr<const std::string> PointerShape::end_of(const directory::Directory& directory, std::string_view provider) const {
    const std::uint64_t number = directory.number();  // before what is read
    {
        const std::lock_guard lock(mutex_);
        if (number_ != number) ends_.clear();
        number_ = number;
        if (const auto known = ends_.find(provider); known != ends_.end()) return known->second;
    }
    const auto endpoint = directory.endpoint_of(provider);
    const auto organisation = directory.organisation(provider);
    const index::Source source{std::string(provider), organisation ? organisation->name : std::string(provider), endpoint ? endpoint->url : ""};
    auto end = std::make_shared<const std::string>(forms_.end_of(source, organisation.has_value()));
    if (directory.has_period(provider)) return end;  // true for this answer; its address begins and ends without a change of the directory
    const std::lock_guard lock(mutex_);
    if (number_ == number) ends_.insert_or_assign(std::string(provider), end);
    return end;
}

std::shared_ptr<const PointerShape> PointerShapes::of(const PointerParts& parts) const {
    {
        const std::lock_guard lock(mutex_);
        if (const auto known = shapes_.find(parts); known != shapes_.end()) return known->second;
    }
    auto made = std::make_shared<const PointerShape>(parts);
    const std::lock_guard lock(mutex_);
    if (shapes_.size() >= kShapesMax && parts != PointerParts{}) return made;
    return shapes_.emplace(parts, std::move(made)).first->second;
}

}  // namespace idun::api
