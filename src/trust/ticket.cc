#include "trust/ticket.h"

#include <algorithm>
#include <charconv>

#include "crypto/encoding.h"
#include "json/writer.h"
#include "trust/internal/token_use_claims.h"

namespace idun::trust {
namespace {

constexpr std::string_view kClaims[] = {
    "jti",     "iss",         "aud",    "sub",        "purpose", "requester", "obo", "care", "representative",
    "country", "break_glass", "rights", "categories", "iat",     "exp"};
constexpr std::string_view kRequesterClaims[] = {"id", "name", "role", "provider", "unit", "assurance", "task", "token", "client_id", "act"};
constexpr std::string_view kBreakGlassClaims[] = {"id", "ground", "until", "seconded"};
constexpr std::size_t kPurposeBytesMax = 16;

bool is_care(std::string_view word) { return word == "declared" || word == "known"; }
bool is_ground(std::string_view word) { return word == "life" || word == "health"; }
bool is_country(std::string_view code) {
    return code.size() == 2 && std::all_of(code.begin(), code.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

bool is_purpose(std::string_view code) {
    return !code.empty() && code.size() <= kPurposeBytesMax &&
           std::all_of(code.begin(), code.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

Status check_texts(const Ticket& t) {
    TRY(check_text("ticket id", t.id));
    TRY(check_text("issuer", t.issuer));
    TRY(check_text("audience", t.audience));
    TRY(check_text("requester id", t.requester.user_id));
    TRY(check_text("requester name", t.requester.display_name, true));
    TRY(check_text("requester provider", t.requester.provider_id, true));
    TRY(check_text("requester unit", t.requester.unit_id, true));
    TRY(check_text("assurance", t.requester.assurance, true));
    TRY(check_text("task", t.requester.task, true));
    TRY(check_token_use(t.requester.use));
    if (t.on_behalf_of) TRY(check_text("on behalf of", *t.on_behalf_of));
    if (t.break_glass) {
        TRY(check_text("break-glass id", t.break_glass->id));
        if (!is_ground(t.break_glass->ground))
            return fail(Category::invalid, "token: a glass is broken for life or health");
    }
    if (!t.care.empty() && !is_care(t.care)) return fail(Category::invalid, "token: care is declared or known");
    if (!t.country.empty() && !is_country(t.country))
        return fail(Category::invalid, "token: country must have two capital letters");
    if (!is_purpose(t.purpose)) return fail(Category::invalid, "token: purpose must be a PurposeOfUse code");
    if (t.categories.size() > kCategoriesMax) return fail(Category::invalid, "token: over 32 categories");
    for (const std::string& category : t.categories) TRY(check_text("category", category));
    return {};
}

void member_unless_empty(json::Writer& w, std::string_view name, const std::string& text) {
    if (!text.empty()) w.member(name, text);
}

std::string payload_of(const Ticket& t) {
    json::Writer w;
    w.object().member("jti", t.id).member("iss", t.issuer).member("aud", t.audience).member("sub", t.person.text());
    w.member("purpose", t.purpose);
    w.name("requester").object().member("id", t.requester.user_id);
    member_unless_empty(w, "name", t.requester.display_name);
    w.member("role", std::string(to_string(t.requester.role)));
    member_unless_empty(w, "provider", t.requester.provider_id);
    member_unless_empty(w, "unit", t.requester.unit_id);
    member_unless_empty(w, "assurance", t.requester.assurance);
    member_unless_empty(w, "task", t.requester.task);
    write_token_use(w, "token", t.requester.use);
    w.end();
    if (t.on_behalf_of) w.member("obo", *t.on_behalf_of);
    member_unless_empty(w, "care", t.care);
    if (t.representative) w.member("representative", t.representative->text());
    member_unless_empty(w, "country", t.country);
    if (t.break_glass) {
        w.name("break_glass").object().member("id", t.break_glass->id).member("ground", t.break_glass->ground);
        w.member("until", seconds(t.break_glass->until));
        if (t.break_glass->seconded) w.member("seconded", true);
        w.end();
    }
    if (t.rights != 0) w.member("rights", t.rights);
    if (!t.categories.empty()) {
        w.name("categories").array();
        for (const std::string& category : t.categories) w.value(category);
        w.end();
    }
    w.member("iat", seconds(t.issued)).member("exp", seconds(t.expires)).end();
    return w.take();
}

Result<Requester> read_requester(json::Value value) {
    if (!value.is_object()) return refuse("requester must be an object");
    TRY_ASSIGN(const Claims claims, Claims::parse(json::to_text(value), kRequesterClaims));
    Requester out;
    TRY_ASSIGN(out.user_id, claims.text("id"));
    TRY_ASSIGN(out.display_name, claims.text_or_empty("name"));
    TRY_ASSIGN(const std::string role_text, claims.text("role"));
    const auto role = role_from(role_text);
    if (!role) return refuse("role is not known");
    out.role = *role;
    TRY_ASSIGN(out.provider_id, claims.text_or_empty("provider"));
    TRY_ASSIGN(out.unit_id, claims.text_or_empty("unit"));
    TRY_ASSIGN(out.assurance, claims.text_or_empty("assurance"));
    TRY_ASSIGN(out.task, claims.text_or_empty("task"));
    TRY_ASSIGN(out.use, read_token_use(claims, "token"));
    return out;
}

Result<std::optional<BreakGlass>> read_break_glass(json::Value value) {
    if (!value) return std::optional<BreakGlass>();
    if (!value.is_object()) return refuse("break_glass must be an object");
    TRY_ASSIGN(const Claims claims, Claims::parse(json::to_text(value), kBreakGlassClaims));
    BreakGlass out;
    TRY_ASSIGN(out.id, claims.text("id"));
    TRY_ASSIGN(out.ground, claims.text("ground"));
    if (!is_ground(out.ground)) return refuse("ground must be life or health");
    TRY_ASSIGN(out.until, claims.time("until"));
    TRY_ASSIGN(out.seconded, claims.flag("seconded"));
    return std::optional(std::move(out));
}

Result<std::vector<std::string>> read_categories(json::Value value) {
    std::vector<std::string> out;
    if (!value) return out;
    if (!value.is_array() || value.size() == 0 || value.size() > kCategoriesMax)
        return refuse("categories must be a list of 1 to 32");
    for (const json::Value category : value.elements()) {
        if (!category.is_string() || category.text().empty() || category.text().size() > kTextBytesMax)
            return refuse("a category must be a text of 1 to 256 bytes");
        out.emplace_back(category.text());
    }
    return out;
}

Result<std::optional<std::string>> read_optional(const Claims& claims, std::string_view name) {
    if (!claims.value(name)) return std::optional<std::string>();
    TRY_ASSIGN(std::string text, claims.text(name));
    return std::optional(std::move(text));
}

Result<Ticket> read_ticket(std::string_view payload) {
    TRY_ASSIGN(const Claims claims, Claims::parse(payload, kClaims));
    Ticket out;
    TRY_ASSIGN(out.id, claims.text("jti"));
    TRY_ASSIGN(out.issuer, claims.text("iss"));
    TRY_ASSIGN(out.audience, claims.text("aud"));
    TRY_ASSIGN(const std::string subject, claims.text("sub"));
    const auto person = crypto::Pseudonym::from_text(subject);
    if (!person) return refuse("sub is not a pseudonym");
    out.person = *person;
    TRY_ASSIGN(out.purpose, claims.text("purpose"));
    if (!is_purpose(out.purpose)) return refuse("purpose is not a PurposeOfUse code");
    TRY_ASSIGN(out.requester, read_requester(claims.value("requester")));
    TRY_ASSIGN(out.on_behalf_of, read_optional(claims, "obo"));
    TRY_ASSIGN(out.care, claims.text_or_empty("care"));
    if (!out.care.empty() && !is_care(out.care)) return refuse("care must be declared or known");
    TRY_ASSIGN(const std::string representative, claims.text_or_empty("representative"));
    if (!representative.empty()) {
        out.representative = crypto::Pseudonym::from_text(representative);
        if (!out.representative) return refuse("representative is not a pseudonym");
    }
    TRY_ASSIGN(out.country, claims.text_or_empty("country"));
    if (!out.country.empty() && !is_country(out.country)) return refuse("country must have two capital letters");
    TRY_ASSIGN(out.break_glass, read_break_glass(claims.value("break_glass")));
    TRY_ASSIGN(out.rights, claims.number_or_zero("rights"));
    TRY_ASSIGN(out.categories, read_categories(claims.value("categories")));
    TRY_ASSIGN(out.issued, claims.time("iat"));
    TRY_ASSIGN(out.expires, claims.time("exp"));
    return out;
}

}  // namespace

std::string make_ticket_id(std::uint64_t number, Random& random) {
    return std::to_string(number) + "-" + crypto::base64url(random.bytes(16));
}

std::optional<std::uint64_t> ticket_number(std::string_view ticket_id) {
    const std::string_view digits = ticket_id.substr(0, ticket_id.find('-'));
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (digits.empty() || digits.front() == '0' || digits.size() == ticket_id.size()) return std::nullopt;
    if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    return number;
}

std::optional<std::string> issued_id(std::string_view token, const crypto::KeySet& keys, std::string_view audience) {
    const auto verified = crypto::verify_jws(token, keys, kTicketType);
    if (!verified) return std::nullopt;
    auto ticket = read_ticket(verified->payload);
    if (!ticket || ticket->audience != audience) return std::nullopt;
    return std::move(ticket->id);
}

Result<std::string> sign_ticket(const crypto::SigningKey& key, const Ticket& ticket) {
    TRY(check_texts(ticket));
    TRY(check_lifetime({ticket.issued, ticket.expires}, kTicketLifetimeMax));
    std::string token = crypto::sign_jws(key, kTicketType, payload_of(ticket));
    if (token.size() > crypto::kJwsBytesMax) return fail(Category::too_large, "token: over 8192 bytes");
    return token;
}

Result<Ticket> verify_ticket(std::string_view token, const crypto::KeySet& keys, const TicketCheck& check) {
    TRY_ASSIGN(const crypto::Verified verified, crypto::verify_jws(token, keys, kTicketType));
    TRY_ASSIGN(Ticket ticket, read_ticket(verified.payload));
    if (ticket.audience != check.audience) return fail(Category::forbidden, "token: is for another audience");
    TRY(check_time({ticket.issued, ticket.expires}, check.now, check.skew, kTicketLifetimeMax));
    return ticket;
}

}  // namespace idun::trust
