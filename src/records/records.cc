#include "records/records.h"

#include "records/internal/impl.h"

namespace idun::records {
namespace {

// Does `ask` with an effort that all its parts share, and says whom it was about.
template <typename Ask>
Outcome within_effort(const Records::Impl& impl, const Context& context, const Ask& ask) {
    Context spending = context;
    if (spending.effort == nullptr) spending.effort = std::make_shared<Effort>(impl.options.effort, impl.clock);
    Outcome out = ask(spending);
    out.asked = spending.effort->asked();
    return out;
}

}  // namespace

Outcome Records::create(std::string_view type, json::Value resource, const Context& context, std::string_view if_none_exist) {
    return within_effort(*impl_, context, [&](const Context& c) { return impl_->create(type, resource, c, if_none_exist); });
}
Outcome Records::update(std::string_view type, std::string_view id, json::Value resource, const Context& context,
                        const Preconditions& conditions) {
    return impl_->update(type, id, resource, context, conditions);
}
Outcome Records::patch(std::string_view type, std::string_view id, const Patch& patch, const Context& context,
                       const Preconditions& conditions) {
    return within_effort(*impl_, context, [&](const Context& c) { return impl_->patch(type, id, patch, c, conditions); });
}
Outcome Records::remove(std::string_view type, std::string_view id, const Context& context,
                        const Preconditions& conditions) {
    return impl_->remove(type, id, context, conditions);
}
Outcome Records::update_where(std::string_view type, std::string_view query, json::Value resource, const Context& context,
                              const Preconditions& conditions) {
    return within_effort(*impl_, context, [&](const Context& c) { return impl_->update_where(type, query, resource, c, conditions); });
}
Outcome Records::patch_where(std::string_view type, std::string_view query, const Patch& patch, const Context& context,
                             const Preconditions& conditions) {
    return within_effort(*impl_, context, [&](const Context& c) { return impl_->patch_where(type, query, patch, c, conditions); });
}
Outcome Records::remove_where(std::string_view type, std::string_view query, const Context& context,
                              const Preconditions& conditions) {
    return within_effort(*impl_, context, [&](const Context& c) { return impl_->remove_where(type, query, c, conditions); });
}
Outcome Records::read(std::string_view type, std::string_view id, const Context& context) const {
    return impl_->read(type, id, context);
}
Outcome Records::vread(std::string_view type, std::string_view id, std::uint64_t version, const Context& context) const {
    return impl_->vread(type, id, version, context);
}
Outcome Records::history(std::string_view type, std::string_view id, const Parameters& parameters,
                         const Context& context) const {
    return within_effort(*impl_, context, [&](const Context& c) { return impl_->history(type, id, parameters, c); });
}
Outcome Records::search(std::string_view type, const Parameters& parameters, const Context& context) {
    return within_effort(*impl_, context, [&](const Context& c) { return impl_->search(type, parameters, c); });
}
Outcome Records::search(const Compartment& in, std::string_view type, const Parameters& parameters, const Context& context) {
    return within_effort(*impl_, context, [&](const Context& c) { return impl_->search(type, parameters, c, in); });
}
Outcome Records::page(std::string_view token, const Context& context) {
    return within_effort(*impl_, context, [&](const Context& c) { return impl_->page(token, c); });
}
Outcome Records::bundle(json::Value bundle, const Context& context) {
    return within_effort(*impl_, context, [&](const Context& c) { return impl_->bundle(bundle, c); });
}
Outcome Records::everything(std::string_view patient, const Parameters& parameters, const Context& context) {
    return within_effort(*impl_, context, [&](const Context& c) { return impl_->everything(patient, parameters, c); });
}

Result<std::shared_ptr<const store::Snapshot>> Records::snapshot() const { return impl_->store.snapshot(); }

}  // namespace idun::records
