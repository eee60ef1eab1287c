#include "trust/internal/claims.h"

#include <algorithm>
#include <charconv>

namespace idun::trust {
namespace {

constexpr json::Limits kLimits{.bytes_max = 8192, .depth_max = 6, .nodes_max = 1024};
constexpr std::size_t kSecondsDigitsMax = 11;  // until the year 5138

}  // namespace

tl::unexpected<Error> refuse(std::string message) {
    return fail(Category::unauthorized, "token: " + std::move(message));
}

Result<Claims> Claims::parse(std::string_view payload, std::span<const std::string_view> known) {
    auto document = json::Document::parse(payload, kLimits);
    if (!document || !document->root().is_object()) return refuse("payload is not a JSON object");
    for (const json::Member& member : document->root().members())
        if (std::find(known.begin(), known.end(), member.name) == known.end())
            return refuse("holds a claim that is not known");
    return Claims(std::move(*document));
}

Result<std::string> Claims::text(std::string_view name) const {
    const json::Value value = root_[name];
    if (!value.is_string() || value.text().empty() || value.text().size() > kTextBytesMax)
        return refuse(std::string(name) + " must be a text of 1 to 256 bytes");
    return std::string(value.text());
}

Result<std::string> Claims::text_or_empty(std::string_view name) const {
    if (!root_[name]) return std::string();
    return text(name);
}

Result<bool> Claims::flag(std::string_view name) const {
    const json::Value value = root_[name];
    if (value && value.kind() != json::Kind::boolean) return refuse(std::string(name) + " must be true or false");
    return value.boolean();
}

Result<std::uint64_t> Claims::number_or_zero(std::string_view name) const {
    const json::Value value = root_[name];
    if (!value) return std::uint64_t{0};
    const std::string_view digits = value.text();
    std::uint64_t out = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
    const bool whole =
        value.kind() == json::Kind::number && error == std::errc() && end == digits.data() + digits.size();
    if (!whole || out == 0) return refuse(std::string(name) + " must be a whole number from 1");
    return out;
}

Result<Instant> Claims::time(std::string_view name) const {
    const json::Value value = root_[name];
    const std::string_view digits = value.text();
    const bool whole = value.kind() == json::Kind::number && digits.size() <= kSecondsDigitsMax &&
                       std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (!whole) return refuse(std::string(name) + " must be a time in whole seconds");
    std::int64_t out = 0;
    for (const char c : digits) out = out * 10 + (c - '0');
    return Instant{out * 1000};
}

Status check_time(const Lifetime& lifetime, Instant now, std::chrono::milliseconds skew,
                  std::chrono::milliseconds lifetime_max) {
    if (lifetime.expires <= lifetime.issued) return refuse("expires before it was issued");
    if (lifetime.expires - lifetime.issued > lifetime_max)
        return refuse("lives longer than " + std::to_string(lifetime_max.count() / 1000) + " s");
    if (lifetime.issued > now + skew) return refuse("not yet valid");
    if (lifetime.expires + skew <= now) return refuse("expired");
    return {};
}

Status check_lifetime(const Lifetime& lifetime, std::chrono::milliseconds lifetime_max) {
    if (lifetime.issued.ms < 0 || whole_second(lifetime.expires) <= whole_second(lifetime.issued))
        return fail(Category::invalid, "token: must live for a second at least");
    if (whole_second(lifetime.expires) - whole_second(lifetime.issued) > lifetime_max)
        return fail(Category::invalid,
                    "token: must not live longer than " + std::to_string(lifetime_max.count() / 1000) + " s");
    return {};
}

Status check_text(std::string_view name, std::string_view text, bool may_be_empty) {
    if (text.empty() && !may_be_empty)
        return fail(Category::invalid, "token: " + std::string(name) + " must not be empty");
    if (text.size() > kTextBytesMax)
        return fail(Category::invalid, "token: " + std::string(name) + " is over 256 bytes");
    return {};
}

}  // namespace idun::trust
