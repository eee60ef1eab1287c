#include "records/records.h"

#include "records/internal/impl.h"

namespace idun::records {
Outcome Records::create(std::string_view type, json::Value resource, const Context& context,
                        std::string_view if_none_exist) {
    return impl_->create(type, resource, context, if_none_exist);
}
Outcome Records::update(std::string_view type, std::string_view id, json::Value resource, const Context& context,
                        const Preconditions& conditions) {
    return impl_->update(type, id, resource, context, conditions);
}
Outcome Records::patch(std::string_view type, std::string_view id, const Patch& patch, const Context& context,
                       const Preconditions& conditions) {
    return impl_->patch(type, id, patch, context, conditions);
}
Outcome Records::remove(std::string_view type, std::string_view id, const Context& context,
                        const Preconditions& conditions) {
    return impl_->remove(type, id, context, conditions);
}
Outcome Records::update_where(std::string_view type, std::string_view query, json::Value resource, const Context& context,
                              const Preconditions& conditions) {
    return impl_->update_where(type, query, resource, context, conditions);
}
Outcome Records::patch_where(std::string_view type, std::string_view query, const Patch& patch, const Context& context,
                             const Preconditions& conditions) {
    return impl_->patch_where(type, query, patch, context, conditions);
}
Outcome Records::remove_where(std::string_view type, std::string_view query, const Context& context,
                              const Preconditions& conditions) {
    return impl_->remove_where(type, query, context, conditions);
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
Outcome Records::everything(std::string_view patient, const Parameters& parameters, const Context& context) {
    return impl_->everything(patient, parameters, context);
}

Result<std::shared_ptr<const store::Snapshot>> Records::snapshot() const { return impl_->store.snapshot(); }

}  // namespace idun::records
