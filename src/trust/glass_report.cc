#include "trust/glass_report.h"

#include "json/writer.h"
#include "trust/internal/claims.h"

namespace idun::trust {
namespace {

constexpr std::string_view kGlassForm = "idun-glass-1";
constexpr std::string_view kGlassMembers[] = {"form", "id",     "provider", "person", "user", "name",
                                              "unit", "ground", "reason",   "from",   "until"};
constexpr std::size_t kGlassIdBytesMax = 64;

tl::unexpected<Error> malformed_report(std::string_view what) {
    return fail(Category::invalid, "report of a broken glass: " + std::string(what));
}

Status check_report(const GlassReport& r) {
    TRY(check_text("id", r.id));
    if (r.id.size() > kGlassIdBytesMax) return malformed_report("id is too long");
    TRY(check_text("provider", r.provider_id));
    TRY(check_text("user", r.user_id));
    TRY(check_text("name", r.name, true));
    TRY(check_text("unit", r.unit_id, true));
    if (r.ground != "life" && r.ground != "health") return malformed_report("ground is life or health");
    if (r.reason.empty() || r.reason.size() > kGlassReasonBytesMax)
        return malformed_report("reason has 1 to 500 bytes");
    if (r.until <= r.from) return malformed_report("it ends before it begins");
    return {};
}

}  // namespace

Result<std::string> encode(const GlassReport& r) {
    TRY(check_report(r));
    json::Writer w;
    w.object().member("form", kGlassForm).member("id", r.id).member("provider", r.provider_id);
    w.member("person", r.person.text()).member("user", r.user_id);
    if (!r.name.empty()) w.member("name", r.name);
    if (!r.unit_id.empty()) w.member("unit", r.unit_id);
    w.member("ground", r.ground).member("reason", r.reason);
    w.member("from", to_iso(r.from)).member("until", to_iso(r.until)).end();
    return w.take();
}

Result<GlassReport> decode_glass_report(std::string_view text) {
    const auto claims = Claims::parse(text, kGlassMembers);
    if (!claims) return malformed_report("it is no object with the known members");
    if (claims->value("form").text() != kGlassForm) return malformed_report("form is idun-glass-1");
    GlassReport out;
    const auto person = crypto::Pseudonym::from_text(claims->value("person").text());
    const auto from = from_iso(claims->value("from").text()), until = from_iso(claims->value("until").text());
    if (!person) return malformed_report("person is a pseudonym");
    if (!from || !until) return malformed_report("from and until are instants");
    out.person = *person;
    out.from = *from;
    out.until = *until;
    const std::pair<std::string_view, std::string*> texts[] = {
        {"id", &out.id},        {"provider", &out.provider_id}, {"user", &out.user_id}, {"name", &out.name},
        {"unit", &out.unit_id}, {"ground", &out.ground},        {"reason", &out.reason}};
    for (const auto& [name, into] : texts) {
        const json::Value value = claims->value(name);
        if (value && !value.is_string()) return malformed_report(std::string(name) + " is a text");
        *into = value.text();
    }
    TRY(check_report(out));
    return out;
}

}  // namespace idun::trust
