#include "search/values.h"

#include <algorithm>

#include "fhir/resource_id.h"

namespace idun::search {
namespace {

std::optional<Interval> period(json::Value value) {
    const auto start = value["start"] ? interval_of(value["start"].text()) : Interval{};
    const auto end = value["end"] ? interval_of(value["end"].text()) : Interval{};
    if (!start || !end || (!value["start"] && !value["end"])) return std::nullopt;
    return Interval{start->from, end->to};
}

// From the first event to the last, and the bounds of the repetition.
void timing(json::Value value, const std::function<void(Interval)>& found) {
    std::optional<Interval> all;
    for (const json::Value event : value["event"].elements()) {
        const auto one = interval_of(event.text());
        if (!one) continue;
        all = all ? Interval{std::min(all->from, one->from), std::max(all->to, one->to)} : *one;
    }
    if (all) found(*all);
    if (const auto bounds = period(value["repeat"]["boundsPeriod"])) found(*bounds);
}

bool is_letter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

}  // namespace

bool is_type_name(std::string_view text) {
    return !text.empty() && text.size() <= 48 && text[0] >= 'A' && text[0] <= 'Z' && std::ranges::all_of(text, is_letter);
}

void each_token(json::Value element, const std::function<void(TokenValue)>& found) {
    switch (element.kind()) {
        case json::Kind::string:
        case json::Kind::number:
            if (!element.text().empty()) found({{}, element.text()});
            return;
        case json::Kind::boolean: found({{}, element.boolean() ? "true" : "false"}); return;
        case json::Kind::object: break;
        default: return;
    }
    if (const json::Value codings = element["coding"]) {
        for (const json::Value coding : codings.elements()) each_token(coding, found);
        return;
    }
    const json::Value code = element["code"].is_string() ? element["code"] : element["value"];
    if (code.is_string() && !code.text().empty()) found({element["system"].text(), code.text()});
}

std::optional<ReferenceValue> reference_value(std::string_view text, std::string_view base_url) {
    if (text.empty() || text.front() == '#') return std::nullopt;
    std::string_view rest = text;
    if (!base_url.empty() && rest.size() > base_url.size() + 1 && rest.starts_with(base_url) &&
        rest[base_url.size()] == '/') {
        rest.remove_prefix(base_url.size() + 1);
    }
    const std::size_t slash = rest.find('/');
    if (slash == std::string_view::npos) return ReferenceValue{{}, text};
    const std::string_view type = rest.substr(0, slash);
    std::string_view id = rest.substr(slash + 1);
    if (const std::size_t history = id.find("/_history/"); history != std::string_view::npos) id = id.substr(0, history);
    if (!is_type_name(type) || !fhir::valid_id(id)) return ReferenceValue{{}, text};
    return ReferenceValue{type, id};
}

void each_reference(json::Value element, std::string_view base_url, const std::function<void(ReferenceValue)>& found) {
    const std::string_view text = element.is_string() ? element.text() : element["reference"].text();
    if (const auto value = reference_value(text, base_url)) found(*value);
}

void each_interval(json::Value element, const std::function<void(Interval)>& found) {
    if (element.is_string()) {
        if (const auto value = interval_of(element.text())) found(*value);
        return;
    }
    if (!element.is_object()) return;
    if (element["event"] || element["repeat"]) return timing(element, found);
    if (const auto value = period(element)) found(*value);
}

}  // namespace idun::search
