#include "api/callers.h"

namespace idun::api {

void tell_requester(const trust::UserToken& user, ledger::Access& access) {
    access.requester = {user.subject, user.name, std::string(trust::to_string(user.role)), user.provider_id, user.unit_id};
    access.token = {user.use.id, user.use.client_id, user.use.actor_id, user.use.actor_name};
}

Result<trust::UserToken> Users::caller(const http::Request& request) const {
    const std::string_view token = request.bearer();
    if (token.empty()) return fail(Category::unauthorized, "send an access token: Authorization: Bearer TOKEN");
    const crypto::Hash hash = crypto::sha256(token);
    const Instant now = clock_.now();
    {
        const std::lock_guard lock(mutex_);
        const auto known = remembered_.find(hash);
        if (known != remembered_.end()) {
            if (now < known->second.expires) return known->second;
            remembered_.erase(known);
        }
    }
    TRY_ASSIGN(auto user, trust::verify_user_token(token, keys_, {.issuer = issuer_, .audience = audience_, .now = now}));
    const std::lock_guard lock(mutex_);
    if (remembered_.size() >= kRememberedMax) remembered_.clear();
    remembered_.emplace(hash, user);
    return user;
}

Result<trust::UserToken> Users::staff_of(const http::Request& request, std::string_view provider_id) const {
    TRY_ASSIGN(auto user, caller(request));
    const bool staff = user.role == trust::Role::clinician || user.role == trust::Role::system ||
                       user.role == trust::Role::administrator;
    if (!staff || user.provider_id != provider_id)
        return fail(Category::forbidden, "only staff and systems of this provider use its records here");
    return user;
}

Result<trust::UserToken> Users::patient(const http::Request& request) const {
    TRY_ASSIGN(auto user, caller(request));
    if (user.role != trust::Role::patient || !user.person)
        return fail(Category::forbidden, "only the person herself does this");
    return user;
}

Result<std::string> Nodes::provider(const http::Request& request) const {
    const std::string_view token = request.bearer();
    if (token.empty()) return fail(Category::unauthorized, "send the node's assertion: Authorization: Bearer TOKEN");
    const Instant now = clock_.now();
    TRY_ASSIGN(const auto assertion, trust::verify_assertion(token, *keys_.live(), audience_, now));
    TRY(replays_.admit(assertion.provider_id + " " + assertion.id, assertion.expires + std::chrono::seconds(10), now));
    return assertion.provider_id;
}

std::optional<trust::Assertion> Nodes::early(const http::Request& request) const {
    constexpr std::chrono::hours kAnyTime(24 * 365);
    const Instant now = clock_.now();
    const auto assertion = trust::verify_assertion(request.bearer(), *keys_.live(), audience_, now, kAnyTime);
    if (!assertion || assertion->issued <= now) return std::nullopt;
    return *assertion;
}

}  // namespace idun::api
