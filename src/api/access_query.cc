#include "api/access_query.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "api/subject.h"
#include "exchange/log_policy.h"
#include "ledger/audit_event.h"
#include "search/date.h"

namespace idun::api {
namespace {

constexpr std::string_view kUserSystem = "urn:idun:user";
constexpr std::string_view kProviderSystem = "urn:idun:provider";
constexpr std::size_t kWordsMax = 32;
constexpr std::size_t kWordBytesMax = 256;

constexpr AccessParameter kParameters[] = {
    {"action", "token", "C, R, U, D or E, as AuditEvent.action"},
    {"agent:identifier", "token", "who asked (urn:idun:user|ID), or where she works (urn:idun:provider|ID)"},
    {"break-glass", "token", "true or false: whether who asked had broken a glass"},
    {"category", "token", "record category of what was touched"},
    {"date", "date", "when: eq, ge, gt, le, lt; may be repeated"},
    {"entity:provider", "token", "whose data were asked for: the provider's id"},
    {"origin", "token", "own, other, abroad, self or break-glass"},
    {"outcome", "token", "0: permitted, 8: denied"},
    {"patient.identifier", "token", "a person whom the caller represents in everything; none: the caller herself"},
    {"purpose", "token", "PurposeOfUse"},
    {"site", "token", "in whose log it stands: the provider's id"},
};

tl::unexpected<Error> wrong(std::string_view name, std::string_view what) {
    return fail(Category::invalid, fmt::format("{} {}", name, what), std::string(name));
}

Result<std::vector<std::string>> words_of(std::string_view name, std::string_view value) {
    std::vector<std::string> out;
    for (;;) {
        const std::size_t comma = value.find(',');
        const std::string_view word = value.substr(0, comma);
        if (word.empty() || word.size() > kWordBytesMax || out.size() == kWordsMax) return wrong(name, "is one to 32 words, separated by commas");
        out.emplace_back(word);
        if (comma == std::string_view::npos) return out;
        value.remove_prefix(comma + 1);
    }
}

Status take_date(exchange::AccessFilter& filter, std::string_view value) {
    const auto criterion = search::date_criterion(value);
    if (!criterion) return wrong("date", "is a date or an instant, with eq, ge, gt, le or lt before it");
    using enum search::DatePrefix;
    const auto from = [&](std::int64_t ms) { filter.from_ms = std::max(filter.from_ms, ms); };
    const auto to = [&](std::int64_t ms) { filter.to_ms = std::min(filter.to_ms, ms); };
    switch (criterion->prefix) {
        case eq: from(criterion->value.from), to(criterion->value.to); return {};
        case ge: from(criterion->value.from); return {};
        case gt: from(criterion->value.to); return {};
        case le: to(criterion->value.to); return {};
        case lt: to(criterion->value.from); return {};
        default: return wrong("date", "takes the prefixes eq, ge, gt, le and lt");
    }
}

Status take_agents(exchange::AccessFilter& filter, std::string_view value) {
    TRY_ASSIGN(const auto words, words_of("agent:identifier", value));
    for (const std::string& word : words) {
        const std::size_t bar = word.find('|');
        const std::string system = word.substr(0, bar), id = bar == std::string::npos ? "" : word.substr(bar + 1);
        if (id.empty() || (system != kUserSystem && system != kProviderSystem))
            return wrong("agent:identifier", "is urn:idun:user|ID or urn:idun:provider|ID");
        (system == kUserSystem ? filter.users : filter.providers).push_back(id);
    }
    if (!filter.users.empty() && !filter.providers.empty())
        return wrong("agent:identifier", "names users or providers, not both at once");
    return {};
}

Status take_actions(exchange::AccessFilter& filter, std::string_view value) {
    TRY_ASSIGN(const auto words, words_of("action", value));
    for (const std::string& word : words) {
        const auto actions = ledger::actions_of_code(word);
        if (actions.empty()) return wrong("action", "is C, R, U, D or E");
        filter.actions.insert(filter.actions.end(), actions.begin(), actions.end());
    }
    return {};
}

Status known_origins(const std::vector<std::string>& words) {
    for (const std::string& word : words)
        if (std::ranges::find(exchange::kOrigins, word) == std::end(exchange::kOrigins))
            return wrong("origin", "is own, other, abroad, self or break-glass");
    return {};
}

Result<bool> either(std::string_view name, std::string_view value, std::string_view yes, std::string_view no) {
    if (value != yes && value != no) return wrong(name, fmt::format("is {} or {}", yes, no));
    return value == yes;
}

Status take_count(AccessQuery& query, std::string_view value) {
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), query.count);
    if (error != std::errc() || end != value.data() + value.size() || query.count == 0) return wrong("_count", "is a number from 1");
    query.count = std::min(query.count, kAccessCountMax);
    return {};
}

Status take(AccessQuery& query, std::string_view name, std::string_view value) {
    exchange::AccessFilter& filter = query.filter;
    if (name == "_count") return take_count(query, value);
    if (name == "_page" && !value.empty()) return query.after = value, Status();
    if (name == "patient.identifier") {
        TRY_ASSIGN(query.who, identifier_from(value, name));
        return {};
    }
    if (name == "date") return take_date(filter, value);
    if (name == "agent:identifier") return take_agents(filter, value);
    if (name == "action") return take_actions(filter, value);
    for (auto& [known, words] : {std::pair{"category", &filter.categories}, {"purpose", &filter.purposes}, {"site", &filter.logs},
                                {"entity:provider", &filter.data_providers}, {"origin", &filter.origins}})
        if (name == known) {
            TRY_ASSIGN(*words, words_of(name, value));
            return name == "origin" ? known_origins(*words) : Status();
        }
    if (name == "break-glass") {
        TRY_ASSIGN(filter.break_glass, either(name, value, "true", "false"));
        return {};
    }
    if (name == "outcome") {
        TRY_ASSIGN(filter.permit, either(name, value, "0", "8"));
        return {};
    }
    std::string allowed;
    for (const AccessParameter& one : kParameters) allowed.append(one.name).append(", ");
    return fail(Category::invalid, "allowed are " + allowed + "_count and the next link; none of them empty", "AuditEvent");
}

// What may not stand in an address as it is.
void append_escaped(std::string& out, std::string_view text) {
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        const bool plain = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
                           std::string_view("-._~:,|").find(c) != std::string_view::npos;
        if (plain) out += c;
        else out += fmt::format("%{:02X}", byte);
    }
}

}  // namespace

std::span<const AccessParameter> access_parameters() { return kParameters; }

Result<AccessQuery> access_query(const http::Request& request, std::span<const std::string_view> besides) {
    TRY_ASSIGN(const auto parameters, http::parameters(request.query));
    AccessQuery out;
    std::set<std::string> given;
    std::string rest;
    for (const auto& [name, value] : parameters) {
        if (!given.insert(name).second && name != "date") return wrong(name, "stands twice");
        if (std::find(besides.begin(), besides.end(), name) != besides.end()) continue;
        TRY(take(out, name, value));
        if (name == "_page" || name == "_count" || name == "patient.identifier") continue;
        rest.append("&").append(name).append("=");
        append_escaped(rest, value);
    }
    out.self = fmt::format("_count={}", out.count) + rest;
    return out;
}

}  // namespace idun::api
