#include "gate/break_glass.h"

#include "crypto/encoding.h"
#include "gate/glass_reports.h"
#include "gate/tables.h"
#include "json/document.h"
#include "json/writer.h"

namespace idun::gate {
namespace {

tl::unexpected<Error> refuse() {
    return fail(Category::forbidden, "this break-glass does not hold (any more): break the glass again");
}

// A row for each glass, by its id: the reason. Not in a table of the records, which exports scan.
std::string row_key(std::string_view id) { return std::string("glassnodG").append(id); }

std::string claims_of(std::string_view provider_id, const Glass& glass) {
    json::Writer w;
    w.object()
        .member("jti", glass.id)
        .member("iss", provider_id)
        .member("sub", glass.user)
        .member("patient", glass.patient);
    w.member("ground", rights::to_string(glass.ground)).member("exp", to_iso(glass.until)).end();
    return w.take();
}

}  // namespace

Result<Glasses::Opened> Glasses::open(std::string_view user, std::string_view patient, rights::Ground ground,
                                      std::string_view reason, std::span<const crypto::Pseudonym> persons,
                                      const Breaker& breaker) {
    Opened out;
    out.glass = {"g-" + crypto::base64url(random_.bytes(16)), std::string(user), std::string(patient), ground,
                 clock_.now() + std::chrono::minutes(rules_.break_glass_minutes)};
    store::Batch batch;
    for (const crypto::Pseudonym& person : persons)
        TRY(lay_out(batch, {.id = out.glass.id,
                            .provider_id = provider_id_,
                            .person = person,
                            .user_id = breaker.user_id,
                            .name = breaker.name,
                            .unit_id = breaker.unit_id,
                            .ground = std::string(rights::to_string(ground)),
                            .reason = std::string(reason),
                            .from = clock_.now(),
                            .until = out.glass.until}));
    batch.put(row_key(out.glass.id), std::string(reason));
    TRY(store_.commit(std::move(batch)));
    out.token = crypto::sign_jws(key_, kGlassType, claims_of(provider_id_, out.glass));
    return out;
}

Result<Glass> Glasses::verify(std::string_view token, std::string_view user) const {
    const auto verified = crypto::verify_jws(token, crypto::KeySet(key_.public_key()), kGlassType, kGlassBytesMax);
    if (!verified) return refuse();
    const auto document = json::Document::parse(verified->payload);
    if (!document) return refuse();
    const json::Value claims = document->root();
    const auto ground = rights::ground_from(claims["ground"].text());
    const auto until = from_iso(claims["exp"].text());
    if (!ground || !until || claims["iss"].text() != provider_id_ || claims["sub"].text() != user) return refuse();
    if (*until <= clock_.now()) return refuse();
    return Glass{std::string(claims["jti"].text()), std::string(user), std::string(claims["patient"].text()), *ground,
                 *until};
}

Result<std::optional<std::string>> Glasses::reason_of(std::string_view id) const {
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    return snapshot->get(row_key(id));
}

store::Table glass_table() {
    return {.name = "glasses.reasons", .prefix = row_key(""), .value_bytes_max = trust::kGlassReasonBytesMax, .check = [](std::string_view key, std::string_view value, store::Owed&) -> Status {
                const bool well = key.substr(row_key("").size()).starts_with("g-") && !value.empty();
                return well ? Status() : fail(Category::corrupt, "the row of a glass is malformed");
            }};
}

}  // namespace idun::gate
