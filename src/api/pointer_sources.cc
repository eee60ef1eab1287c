#include "api/pointer_sources.h"

#include "index/shown_form.h"

namespace idun::api {
namespace {

std::string end_read(const directory::Directory& directory, std::string_view provider) {
    const auto endpoint = directory.endpoint_of(provider);
    const auto organisation = directory.organisation(provider);
    return index::ShownForms::end_of({std::string(provider), organisation ? organisation->name : std::string(provider), endpoint ? endpoint->url : ""},
                                     organisation.has_value());
}

}  // namespace

std::shared_ptr<const std::string> PointerSources::end_of(const directory::Directory& directory, std::string_view provider) const {
    const std::uint64_t number = directory.number();  // before what is read
    {
        const std::lock_guard lock(mutex_);
        if (number_ != number) ends_.clear();
        number_ = number;
        if (const auto known = ends_.find(provider); known != ends_.end()) return known->second;
    }
    auto end = std::make_shared<const std::string>(end_read(directory, provider));
    const std::lock_guard lock(mutex_);
    if (number_ == number) ends_.insert_or_assign(std::string(provider), end);
    return end;
}

}  // namespace idun::api
