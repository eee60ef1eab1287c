#include "search/evaluate.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>

#include "search/fold.h"
#include "search/internal/amount.h"
#include "search/values.h"

namespace idun::search {
namespace {

using fhir::SearchType;
using Form = Criterion::Form;

bool same(const TokenValue& value, std::string_view code) {
    return value.folds ? folded(value.code) == folded(code) : value.code == code;
}

bool token_fits(const Criterion& c, const TokenValue& value) {
    switch (c.form) {
        case Form::any_code: return value.system == c.system || (value.implied != nullptr && value.implied->contains(c.system, value.code));
        case Form::exact:
            return same(value, c.text) && (value.system == c.system || (value.system.empty() && value.implied != nullptr &&
                                                                        value.implied->contains(c.system, value.code)));
        case Form::no_system: return value.system.empty() && same(value, c.text);
        default: return same(value, c.text);
    }
}

// Starts the text, or a word in it.
bool text_fits(const Criterion& c, std::string_view text) {
    const std::string plain = folded(text);
    for (std::size_t at = plain.find(c.folded); at != std::string::npos; at = plain.find(c.folded, at + 1)) {
        if (at == 0 || plain[at - 1] == ' ' || plain[at - 1] == '-' || plain[at - 1] == '(') return true;
    }
    return false;
}

bool in_value_set(const Criterion& c, const TokenValue& value, const Judgement& by) {
    return by.terminology != nullptr &&
           by.terminology->member_of(c.text, {.system = value.system, .version = {}, .code = value.code, .display = {}}) == fhir::Membership::in;
}

bool subsumed(const Criterion& c, const TokenValue& value, Modifier modifier, const Judgement& by) {
    if (token_fits(c, value)) return true;
    if (value.system != c.system || by.terminology == nullptr) return false;
    const bool below = modifier == Modifier::below;
    const auto verdict = by.terminology->subsumes(c.system, below ? std::string_view(c.text) : value.code, below ? value.code : std::string_view(c.text));
    return verdict == fhir::Membership::in;
}

bool token_element(const Criterion& c, Modifier modifier, json::Value element, const Leaf& leaf, const Judgement& by) {
    bool hit = false;
    if (modifier == Modifier::text) {
        each_token_text(element, [&](std::string_view text) { hit = hit || text_fits(c, text); });
        return hit;
    }
    if (modifier == Modifier::of_type) {
        if (element["value"].text() != c.text) return false;
        each_identifier_type(element, [&](TokenValue kind) {
            hit = hit || (kind.code == c.kind && (c.system.empty() || kind.system == c.system));
        });
        return hit;
    }
    each_token(element, leaf, [&](TokenValue value) {
        if (hit) return;
        switch (modifier) {
            case Modifier::in:
            case Modifier::not_in: hit = in_value_set(c, value, by); return;
            case Modifier::above:
            case Modifier::below: hit = subsumed(c, value, modifier, by); return;
            default: hit = token_fits(c, value); return;
        }
    });
    return hit;
}

bool reference_element(const Parameter& parameter, const Criterion& c, Modifier modifier, json::Value element, const Leaf& leaf,
                       const Judgement& by) {
    if (modifier == Modifier::identifier) {
        bool hit = false;
        if (element.is_object()) each_token(element["identifier"], Leaf{}, [&](TokenValue value) { hit = hit || token_fits(c, value); });
        return hit;
    }
    const std::string_view text = reference_text(element);
    if (c.form == Form::foreign) {
        // A canonical without a version is meant in all its versions.
        if (text == c.text) return true;
        return text.size() > c.text.size() && text.starts_with(c.text) && text[c.text.size()] == '|';
    }
    // A resource inside the resource (Bundle.entry[0].resource) is named by its own id.
    auto value = reference_value(text, by.base_url);
    if (element.is_object() && element["resourceType"]) value = ReferenceValue{element["resourceType"].text(), element["id"].text()};
    if (!value || value->type.empty()) return false;
    if (!leaf.target.empty() && value->type != leaf.target) return false;
    if (leaf.target.empty() && !parameter.may_point_at(value->type)) return false;
    return value->id == c.text && (c.form == Form::any_type || value->type == c.system);
}

bool string_element(const Criterion& c, Modifier modifier, json::Value element) {
    bool hit = false;
    each_string(element, [&](std::string_view text) {
        if (hit) return;
        switch (modifier) {
            case Modifier::exact: hit = text == c.text; return;
            case Modifier::contains: hit = folded(text).find(c.folded) != std::string::npos; return;
            default: hit = folded(text).starts_with(c.folded); return;
        }
    });
    return hit;
}

bool uri_fits(const Criterion& c, Modifier modifier, std::string_view text) {
    const auto under = [](std::string_view whole, std::string_view start) {
        if (!whole.starts_with(start)) return false;
        return whole.size() == start.size() || start.ends_with('/') || whole[start.size()] == '/' || whole[start.size()] == '|' ||
               (start.starts_with("urn:") && (whole[start.size()] == ':' || whole[start.size()] == '.'));
    };
    if (modifier == Modifier::below) return under(text, c.text);
    if (modifier == Modifier::above) return under(c.text, text);
    return text == c.text;
}

bool near(const Criterion& c, json::Value position) {
    const auto latitude = Decimal::parse(position["latitude"].text());
    const auto longitude = Decimal::parse(position["longitude"].text());
    if (!latitude || !longitude) return false;
    // On a sphere; half a percent off at worst.
    constexpr double kDegree = std::numbers::pi / 180;
    constexpr double kEarthRadius = 6'371'000;
    const double a = c.place[0] * kDegree;
    const double b = latitude->to_double() * kDegree;
    const double lat = std::sin((b - a) / 2);
    const double lon = std::sin((longitude->to_double() - c.place[1]) * kDegree / 2);
    const double h = std::min(1.0, lat * lat + std::cos(a) * std::cos(b) * lon * lon);
    return 2 * kEarthRadius * std::asin(std::sqrt(h)) <= c.place[2];
}

bool element_fits(const Parameter& parameter, Modifier modifier, const Criterion& c, json::Value element, const Leaf& leaf,
                  json::Value root, const Judgement& by);

bool composite_fits(const Parameter& parameter, const Criterion& c, json::Value element, json::Value root, const Judgement& by) {
    for (std::size_t i = 0; i < c.parts.size(); ++i) {
        bool hit = false;
        const Parameter& component = parameter.components[i];
        component.path.collect(element, root, [&](json::Value part, const Leaf& leaf) {
            hit = hit || element_fits(component, Modifier::none, c.parts[i], part, leaf, root, by);
        });
        if (!hit) return false;
    }
    return true;
}

bool element_fits(const Parameter& parameter, Modifier modifier, const Criterion& c, json::Value element, const Leaf& leaf,
                  json::Value root, const Judgement& by) {
    bool hit = false;
    switch (parameter.type) {
        case SearchType::token: return token_element(c, modifier, element, leaf, by);
        case SearchType::reference: return reference_element(parameter, c, modifier, element, leaf, by);
        case SearchType::string: return string_element(c, modifier, element);
        case SearchType::uri: return uri_fits(c, modifier, element.text());
        case SearchType::composite: return composite_fits(parameter, c, element, root, by);
        case SearchType::special: return near(c, element);
        case SearchType::date:
            each_interval(element, [&](Interval value) { hit = hit || matches({c.prefix, c.interval}, value, by.now); });
            return hit;
        case SearchType::number:
        case SearchType::quantity:
            each_quantity(element, [&](const QuantityValue& value) { hit = hit || amount_fits(c, value); });
            return hit;
    }
    return false;
}

// Whether the element counts as a value of the parameter at all.
bool is_value(const Parameter& parameter, json::Value element, const Leaf& leaf, std::string_view base_url) {
    if (parameter.type != SearchType::reference || !element.is_object()) return true;
    const auto value = reference_value(reference_text(element), base_url);
    if (!value || value->type.empty()) return leaf.target.empty();
    return leaf.target.empty() ? parameter.may_point_at(value->type) : value->type == leaf.target;
}

const Parameter* of_resource(const Clause& clause, std::string_view type) {
    for (const Parameter* parameter : clause.parameters) {
        if (parameter->of == type) return parameter;
    }
    return nullptr;
}

bool values_fit(const Clause& clause, const Parameter& parameter, json::Value resource, const Judgement& by) {
    bool hit = false;
    parameter.path.collect(resource, [&](json::Value element, const Leaf& leaf) {
        if (hit) return;
        if (clause.modifier == Modifier::missing) {
            hit = is_value(parameter, element, leaf, by.base_url);
            return;
        }
        hit = std::ranges::any_of(clause.criteria, [&](const Criterion& c) {
            return element_fits(parameter, clause.modifier, c, element, leaf, resource, by);
        });
    });
    switch (clause.modifier) {
        case Modifier::missing: return hit != clause.missing;
        case Modifier::not_in_set:
        case Modifier::not_in: return !hit;
        default: return hit;
    }
}

}  // namespace

bool fits(const Clause& clause, json::Value resource, const Judgement& by) {
    const std::string_view type = resource["resourceType"].text();
    if (clause.kind == Clause::Kind::compartment) {
        const Criterion& owner = clause.criteria.front();
        if (owner.system == type && owner.text == resource["id"].text()) return true;
        return std::ranges::any_of(clause.parameters, [&](const Parameter* p) { return p->of == type && values_fit(clause, *p, resource, by); });
    }
    if (clause.kind == Clause::Kind::values) {
        const Parameter* parameter = of_resource(clause, type);
        return parameter != nullptr && values_fit(clause, *parameter, resource, by);
    }
    if (clause.kind != Clause::Kind::targets) return false;
    bool hit = false;
    for (const Parameter* parameter : clause.parameters) {
        if (hit || parameter->of != type) continue;
        each_target(*parameter, resource, by.base_url, [&](std::string_view target, std::string_view id) {
            hit = hit || std::ranges::binary_search(clause.ids, std::string(target).append("/").append(id));
        });
    }
    return hit;
}

void each_target(const Parameter& parameter, json::Value resource, std::string_view base_url,
                 FunctionRef<void(std::string_view, std::string_view)> found) {
    parameter.path.collect(resource, [&](json::Value element, const Leaf& leaf) {
        const auto value = reference_value(reference_text(element), base_url);
        if (!value || value->type.empty()) return;
        const bool wanted = leaf.target.empty() ? parameter.may_point_at(value->type) : value->type == leaf.target;
        if (wanted) found(value->type, value->id);
    });
}

std::string sort_text(std::int64_t number) {
    std::string out;
    const std::uint64_t bits = static_cast<std::uint64_t>(number) ^ (std::uint64_t{1} << 63);
    for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(bits >> shift);
    return out;
}

namespace {

std::string sort_real(double number) {
    const auto bits = std::bit_cast<std::int64_t>(number == 0 ? 0.0 : number);
    return sort_text(bits < 0 ? std::numeric_limits<std::int64_t>::min() - bits - 1 : bits);
}

void each_sort_text(const Parameter& parameter, json::Value element, const Leaf& leaf, bool descending, std::string_view base_url,
                    FunctionRef<void(std::string)> found) {
    switch (parameter.type) {
        case SearchType::date:
            each_interval(element, [&](Interval value) { found(sort_text(descending ? value.to : value.from)); });
            return;
        case SearchType::string: each_string(element, [&](std::string_view text) { found(folded(text)); }); return;
        case SearchType::token:
            each_token(element, leaf, [&](TokenValue value) { found(std::string(value.code)); });
            return;
        case SearchType::reference:
            if (const auto value = reference_value(reference_text(element), base_url)) {
                const bool wanted = leaf.target.empty() || leaf.target == value->type;
                if (wanted) found(std::string(value->type) + "/" + std::string(value->id));
            }
            return;
        case SearchType::number:
        case SearchType::quantity:
            each_quantity(element, [&](const QuantityValue& value) { found(sort_real(amount_for_order(value))); });
            return;
        default: found(std::string(element.text())); return;
    }
}

}  // namespace

std::string sort_text(const Parameter& parameter, json::Value resource, bool descending, std::string_view base_url) {
    std::optional<std::string> best;
    parameter.path.collect(resource, [&](json::Value element, const Leaf& leaf) {
        each_sort_text(parameter, element, leaf, descending, base_url, [&](std::string text) {
            if (text.empty()) return;
            if (!best || (descending ? *best < text : text < *best)) best = std::move(text);
        });
    });
    return best.value_or("");
}

}  // namespace idun::search
