#include "search/internal/criterion.h"

#include <algorithm>
#include <charconv>

#include "fhir/resource_id.h"
#include "search/fold.h"
#include "search/internal/lexer.h"
#include "search/values.h"

namespace idun::search {
namespace {

using fhir::SearchType;
using Form = Criterion::Form;

std::optional<Criterion> token(std::string_view text) {
    const auto parts = split_escaped(text, '|');
    if (parts.size() > 2) return std::nullopt;
    auto first = unescaped(parts[0]);
    if (!first) return std::nullopt;
    Criterion out;
    if (parts.size() == 1) {
        if (first->empty()) return std::nullopt;
        out.text = std::move(*first);
        return out;
    }
    auto second = unescaped(parts[1]);
    if (!second || (first->empty() && second->empty())) return std::nullopt;
    out.form = first->empty() ? Form::no_system : second->empty() ? Form::any_code : Form::exact;
    out.system = std::move(*first);
    out.text = std::move(*second);
    return out;
}

// type-system|type-code|value
std::optional<Criterion> of_type(std::string_view text) {
    const auto parts = split_escaped(text, '|');
    if (parts.size() != 3) return std::nullopt;
    auto system = unescaped(parts[0]);
    auto kind = unescaped(parts[1]);
    auto value = unescaped(parts[2]);
    if (!system || !kind || !value || kind->empty() || value->empty()) return std::nullopt;
    Criterion out;
    out.system = std::move(*system);
    out.kind = std::move(*kind);
    out.text = std::move(*value);
    return out;
}

std::optional<Criterion> reference(const Parameter& parameter, std::string_view wanted_type, std::string_view text,
                                   std::string_view base_url) {
    auto plain = unescaped(text);
    if (!plain) return std::nullopt;
    Criterion out;
    out.form = Form::exact;
    if (fhir::valid_id(*plain)) {
        // R4 lets some `patient` parameters point at groups too; a bare id is still a Patient's.
        if (!wanted_type.empty()) out.system = wanted_type;
        else if (parameter.name == "patient" && parameter.may_point_at("Patient")) out.system = "Patient";
        else if (parameter.targets.size() == 1) out.system = parameter.targets[0];
        else out.form = Form::any_type;
        out.text = std::move(*plain);
        return out;
    }
    const auto value = reference_value(*plain, base_url);
    if (!value) return std::nullopt;
    out.text = value->id;
    if (value->type.empty()) {
        if (value->id.find(':') == std::string_view::npos) return std::nullopt;
        out.form = Form::foreign;
        return out;
    }
    if (!parameter.may_point_at(value->type)) return std::nullopt;
    if (!wanted_type.empty() && wanted_type != value->type) return std::nullopt;
    out.system = value->type;
    return out;
}

DatePrefix prefix_of(std::string_view& text) {
    static constexpr std::pair<std::string_view, DatePrefix> kPrefixes[] = {
        {"eq", DatePrefix::eq}, {"ne", DatePrefix::ne}, {"gt", DatePrefix::gt}, {"lt", DatePrefix::lt}, {"ge", DatePrefix::ge},
        {"le", DatePrefix::le}, {"sa", DatePrefix::sa}, {"eb", DatePrefix::eb}, {"ap", DatePrefix::ap}};
    for (const auto& [name, prefix] : kPrefixes) {
        if (!text.starts_with(name)) continue;
        text.remove_prefix(2);
        return prefix;
    }
    return DatePrefix::eq;
}

// With the interval that its digits leave open: 100 is [99.5, 100.5), 100.00 is [99.995, 100.005), 1e2 is [95, 105).
bool number(Criterion& out, std::string_view text) {
    out.prefix = prefix_of(text);
    const auto value = text.size() > 64 || text.starts_with('+') ? std::nullopt : Decimal::parse(text);
    if (!value) return false;
    const int exponent = value->exponent() > 0 ? value->exponent() - 1 : value->exponent();
    if (exponent < -100 || exponent > 100) return false;
    const Decimal half = Decimal::scaled(5, exponent - 1);
    const auto low = Decimal::subtract(*value, half);
    const auto high = Decimal::add(*value, half);
    if (!low || !high) return false;
    out.number = *value;
    out.low = *low;
    out.high = *high;
    return true;
}

std::optional<Criterion> quantity(std::string_view text) {
    const auto parts = split_escaped(text, '|');
    Criterion out;
    if ((parts.size() != 1 && parts.size() != 3) || !number(out, parts[0])) return std::nullopt;
    if (parts.size() == 1) return out;
    auto system = unescaped(parts[1]);
    auto code = unescaped(parts[2]);
    if (!system || !code || code->empty()) return std::nullopt;
    out.form = system->empty() ? Form::no_system : Form::exact;
    out.system = std::move(*system);
    out.text = std::move(*code);
    return out;
}

std::optional<Criterion> date(std::string_view text) {
    const auto read = date_criterion(text);
    if (!read) return std::nullopt;
    Criterion out;
    out.prefix = read->prefix;
    out.interval = read->value;
    return out;
}

std::optional<Criterion> string(std::string_view text) {
    auto plain = unescaped(text);
    if (!plain) return std::nullopt;
    Criterion out;
    out.folded = folded(*plain);
    out.text = std::move(*plain);
    if (out.folded.empty()) return std::nullopt;
    return out;
}

std::optional<double> real(std::string_view text) {
    double out = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (error != std::errc{} || end != text.data() + text.size() || !(out > -1e9 && out < 1e9)) return std::nullopt;
    return out;
}

// latitude|longitude|distance|units
std::optional<Criterion> near(std::string_view text) {
    static constexpr std::pair<std::string_view, double> kUnits[] = {{"km", 1000}, {"m", 1}, {"[mi_i]", 1609.344}, {"mi_us", 1609.347}};
    const auto parts = split_escaped(text, '|');
    if (parts.size() < 2 || parts.size() > 4) return std::nullopt;
    const auto latitude = real(parts[0]);
    const auto longitude = real(parts[1]);
    const auto distance = parts.size() > 2 ? real(parts[2]) : std::optional(1.0);
    if (!latitude || !longitude || !distance || *distance < 0 || *latitude < -90 || *latitude > 90) return std::nullopt;
    double metres = 1000;
    if (parts.size() == 4) {
        const auto* unit = std::ranges::find(kUnits, parts[3], &std::pair<std::string_view, double>::first);
        if (unit == std::end(kUnits)) return std::nullopt;
        metres = unit->second;
    }
    Criterion out;
    out.place[0] = *latitude;
    out.place[1] = *longitude;
    out.place[2] = *distance * metres;
    return out;
}

std::optional<Criterion> composite(const Parameter& parameter, std::string_view text, std::string_view base_url) {
    const auto parts = split_escaped(text, '$');
    if (parts.size() != parameter.components.size()) return std::nullopt;
    Criterion out;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        auto part = parts[i].empty() ? std::nullopt : criterion_of(parameter.components[i], Modifier::none, "", parts[i], base_url);
        if (!part) return std::nullopt;
        out.parts.push_back(std::move(*part));
    }
    return out;
}

}  // namespace

std::optional<Criterion> criterion_of(const Parameter& parameter, Modifier modifier, std::string_view type,
                                      std::string_view text, std::string_view base_url) {
    if (modifier == Modifier::text) return string(text);
    if (modifier == Modifier::of_type) return of_type(text);
    if (modifier == Modifier::identifier) return token(text);
    if (modifier == Modifier::in || modifier == Modifier::not_in) {
        Criterion out;
        auto url = unescaped(text);
        if (!url) return std::nullopt;
        out.text = std::move(*url);
        return out;
    }
    switch (parameter.type) {
        case SearchType::token: return token(text);
        case SearchType::date: return date(text);
        case SearchType::reference: return reference(parameter, type, text, base_url);
        case SearchType::string: return string(text);
        case SearchType::quantity: return quantity(text);
        case SearchType::composite: return composite(parameter, text, base_url);
        case SearchType::special: return near(text);
        case SearchType::number: {
            Criterion out;
            if (!number(out, text)) return std::nullopt;
            return out;
        }
        case SearchType::uri: {
            Criterion out;
            auto plain = unescaped(text);
            if (!plain) return std::nullopt;
            out.text = std::move(*plain);
            return out;
        }
    }
    return std::nullopt;
}

std::string_view form_of(const Parameter& parameter, Modifier modifier) {
    switch (modifier) {
        case Modifier::missing: return "true or false";
        case Modifier::text: return "text";
        case Modifier::of_type: return "type-system|type-code|value";
        case Modifier::in:
        case Modifier::not_in: return "the URL of a value set that is known here";
        default: break;
    }
    switch (parameter.type) {
        case SearchType::token: return "code, system|code, |code or system|";
        case SearchType::date: return "a date, with or without a prefix";
        case SearchType::reference: return "an id, Type/id with a type this parameter points at, or a URL";
        case SearchType::quantity: return "number, number|system|code or number||code, with or without a prefix";
        case SearchType::number: return "a number, with or without a prefix";
        case SearchType::composite: return "one value for each component, with $ between them";
        case SearchType::special: return "latitude|longitude|distance|unit (km, m or [mi_i])";
        default: return "text";
    }
}

}  // namespace idun::search
