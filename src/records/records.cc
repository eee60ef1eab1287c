#include "records/records.h"

#include "records/internal/impl.h"

namespace idun::records {
Outcome Records::create(std::string_view type, json::Value resource, const Context& context,
                        std::string_view if_none_exist) {
    return impl_->create(type, resource, context, if_none_exist);
}
Outcome Records::update(std::string_view type, std::string_view id, json::Value resource, const Context&,
                        std::optional<std::uint64_t> if_match) {
    return impl_->update(type, id, resource, if_match);
}
Outcome Records::remove(std::string_view type, std::string_view id, const Context&,
                        std::optional<std::uint64_t> if_match) {
    return impl_->remove(type, id, if_match);
}
Outcome Records::read(std::string_view type, std::string_view id, const Context& context) const {
    return impl_->read(type, id, context);
}
Outcome Records::vread(std::string_view type, std::string_view id, std::uint64_t version,
                       const Context& context) const {
    return impl_->vread(type, id, version, context);
}
Outcome Records::history(std::string_view type, std::string_view id, const Parameters& parameters,
                         const Context& context) const {
    return impl_->history(type, id, parameters, context);
}
Outcome Records::search(std::string_view type, const Parameters& parameters, const Context& context) {
    return impl_->search(type, parameters, context);
}
Outcome Records::search(const Compartment& in, std::string_view type, const Parameters& parameters, const Context& context) {
    return impl_->search(type, parameters, context, in);
}
Outcome Records::page(std::string_view token, const Context& context) { return impl_->page(token, context); }
Outcome Records::bundle(json::Value bundle, const Context& context) { return impl_->bundle(bundle, context); }

Result<std::shared_ptr<const store::Snapshot>> Records::snapshot() const { return impl_->store.snapshot(); }

}  // namespace idun::records
