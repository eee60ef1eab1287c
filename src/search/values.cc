#include "search/values.h"

#include <algorithm>
#include <array>

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
void timing(json::Value value, FunctionRef<void(Interval)> found) {
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

void text_of(json::Value value, FunctionRef<void(std::string_view)> found) {
    if (value.is_array()) {
        for (const json::Value element : value.elements()) text_of(element, found);
    } else if (value.is_string() && !value.text().empty()) {
        found(value.text());
    }
}

QuantityValue quantity(json::Value value) {
    QuantityValue out;
    out.system = value["system"].text();
    out.code = value["code"].text();
    out.unit = value["unit"].text();
    if (const json::Value currency = value["currency"]) {
        out.system = "urn:iso:std:iso:4217";
        out.code = currency.text();
    }
    const auto number = Decimal::parse(value["value"].text());
    const std::string_view comparator = value["comparator"].text();
    if (!comparator.starts_with('<')) out.low = number;
    if (!comparator.starts_with('>')) out.high = number;
    return out;
}

}  // namespace

bool is_type_name(std::string_view text) {
    return !text.empty() && text.size() <= 48 && text[0] >= 'A' && text[0] <= 'Z' && std::ranges::all_of(text, is_letter);
}

void each_token(json::Value element, const Leaf& leaf, FunctionRef<void(TokenValue)> found) {
    switch (element.kind()) {
        case json::Kind::string:
        case json::Kind::number: {
            if (element.text().empty()) return;
            const auto* set = leaf.property == nullptr ? nullptr : leaf.property->element->required;
            found({{}, element.text(), set, leaf.type() == "string"});
            return;
        }
        case json::Kind::boolean: found({{}, element.boolean() ? "true" : "false"}); return;
        case json::Kind::object: break;
        default: return;
    }
    if (const json::Value codings = element["coding"]) {
        for (const json::Value coding : codings.elements()) each_token(coding, Leaf{}, found);
        return;
    }
    const json::Value code = element["code"].is_string() ? element["code"] : element["value"];
    if (code.is_string() && !code.text().empty()) found({element["system"].text(), code.text(), nullptr, leaf.type() == "ContactPoint"});
}

void each_token_text(json::Value element, FunctionRef<void(std::string_view)> found) {
    if (element.is_string()) return text_of(element, found);
    text_of(element["text"], found);
    text_of(element["display"], found);
    for (const json::Value coding : element["coding"].elements()) text_of(coding["display"], found);
    text_of(element["type"]["text"], found);
}

void each_identifier_type(json::Value identifier, FunctionRef<void(TokenValue)> found) {
    each_token(identifier["type"], Leaf{}, found);
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

std::string_view reference_text(json::Value element) {
    return element.is_string() ? element.text() : element["reference"].text();
}

void each_interval(json::Value element, FunctionRef<void(Interval)> found) {
    if (element.is_string()) {
        if (const auto value = interval_of(element.text())) found(*value);
        return;
    }
    if (!element.is_object()) return;
    if (element["event"] || element["repeat"]) return timing(element, found);
    if (const auto value = period(element)) found(*value);
}

void each_string(json::Value element, FunctionRef<void(std::string_view)> found) {
    static constexpr std::array<std::string_view, 12> kParts = {"text", "family", "given", "prefix",     "suffix",  "line",
                                                                "city", "district", "state", "postalCode", "country", "display"};
    if (!element.is_object()) return text_of(element, found);
    for (const std::string_view part : kParts) text_of(element[part], found);
}

void each_quantity(json::Value element, FunctionRef<void(const QuantityValue&)> found) {
    if (element.kind() == json::Kind::number) {
        QuantityValue out;
        out.low = out.high = Decimal::parse(element.text());
        if (out.low) found(out);
        return;
    }
    if (!element.is_object()) return;
    if (element["low"] || element["high"]) {
        QuantityValue out = quantity(element["low"] ? element["low"] : element["high"]);
        out.low = quantity(element["low"]).low;
        out.high = quantity(element["high"]).high;
        if (out.low || out.high) found(out);
        return;
    }
    const QuantityValue out = quantity(element);
    if (out.low || out.high) found(out);
}

}  // namespace idun::search
