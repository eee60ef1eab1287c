#include <map>
#include <mutex>
#include <string>
#include <unordered_set>

#include "trust/internal/claims.h"
#include "trust/ticket.h"

namespace idun::trust {

struct ReplayGuard::Impl {
    explicit Impl(std::size_t max) : ids_max(max) {}

    void forget_expired(Instant now) {
        while (!by_expiry.empty() && by_expiry.begin()->first <= now) {
            ids.erase(by_expiry.begin()->second);
            by_expiry.erase(by_expiry.begin());
        }
    }

    const std::size_t ids_max;
    std::mutex mutex;
    std::unordered_set<std::string> ids;
    std::multimap<Instant, std::string> by_expiry;
};

ReplayGuard::ReplayGuard(std::size_t ids_max) : impl_(std::make_unique<Impl>(ids_max)) {}
ReplayGuard::~ReplayGuard() = default;

Status ReplayGuard::admit(std::string_view ticket_id, Instant expires, Instant now) {
    const std::lock_guard lock(impl_->mutex);
    impl_->forget_expired(now);
    if (expires <= now) return refuse("expired");
    std::string id(ticket_id);
    if (impl_->ids.contains(id)) return refuse("was used before");
    if (impl_->ids.size() >= impl_->ids_max) return fail(Category::busy, "token: too many tickets at once");
    impl_->ids.insert(id);
    impl_->by_expiry.emplace(expires, std::move(id));
    return {};
}

std::size_t ReplayGuard::size() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->ids.size();
}

}  // namespace idun::trust
