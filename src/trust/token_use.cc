#include "trust/internal/token_use_claims.h"

namespace idun::trust {

Result<TokenUse> read_token_use(const Claims& claims, std::string_view id) {
    constexpr std::string_view kActorClaims[] = {"sub", "name"};
    TokenUse out;
    TRY_ASSIGN(out.id, claims.text_or_empty(id));
    TRY_ASSIGN(out.client_id, claims.text_or_empty("client_id"));
    const json::Value act = claims.value("act");
    if (!act) return out;
    if (!act.is_object()) return refuse("act must be an object");
    TRY_ASSIGN(const Claims actor, Claims::parse(json::to_text(act), kActorClaims));
    TRY_ASSIGN(out.actor_id, actor.text("sub"));
    TRY_ASSIGN(out.actor_name, actor.text_or_empty("name"));
    return out;
}

void write_token_use(json::Writer& w, std::string_view id, const TokenUse& use) {
    if (!use.id.empty()) w.member(id, use.id);
    if (!use.client_id.empty()) w.member("client_id", use.client_id);
    if (use.actor_id.empty()) return;
    w.name("act").object().member("sub", use.actor_id);
    if (!use.actor_name.empty()) w.member("name", use.actor_name);
    w.end();
}

Status check_token_use(const TokenUse& use) {
    TRY(check_text("token id", use.id, true));
    TRY(check_text("client", use.client_id, true));
    TRY(check_text("actor", use.actor_id, true));
    TRY(check_text("actor's name", use.actor_name, true));
    if (use.actor_id.empty() && !use.actor_name.empty()) return fail(Category::invalid, "token: an actor's name without the actor");
    return {};
}

}  // namespace idun::trust
