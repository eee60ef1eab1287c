#include "validation/internal/native.h"

#include <algorithm>

#include "validation/internal/item.h"
#include "validation/internal/run.h"

namespace idun::validation {

using json::Value;

namespace {

Truth truth(bool value) { return value ? Truth::yes : Truth::no; }

// Is there an element of that name: with a value, or with only extensions?
bool exists(Value object, std::string_view name) {
    for (const json::Member& member : object.members()) {
        if (member.name == name) return true;
        if (member.name.size() == name.size() + 1 && member.name.front() == '_' && member.name.substr(1) == name) return true;
    }
    return false;
}

bool exists_choice(Value object, std::string_view name) {
    for (const json::Member& member : object.members()) {
        std::string_view n = member.name;
        if (n.starts_with('_')) n.remove_prefix(1);
        if (n.size() > name.size() && n.starts_with(name) && std::isupper(static_cast<unsigned char>(n[name.size()])) != 0) return true;
    }
    return false;
}

Truth has_narrative(const Item& item, Run&) { return truth(item.value["text"]["div"].is_string()); }

// As FHIRPath compares: a day and a time on that day have no order, and without an order the rule is not met.
Truth period_in_order(const Item& item, Run&) {
    const std::string_view start = item.value["start"].text();
    const std::string_view end = item.value["end"].text();
    if (start.empty() || end.empty()) return Truth::yes;
    const std::size_t common = std::min({start.size(), end.size(), std::size_t{10}});
    const int order = start.substr(0, common).compare(end.substr(0, common));
    if (order < 0) return Truth::yes;
    if (order > 0) {
        if (start.size() <= 10 || end.size() <= 10) return Truth::no;
    }
    // Same day or across midnight: to the same zone, as seconds.
    const auto instant = [](std::string_view t) -> std::optional<double> {
        if (t.size() < 20) return std::nullopt;
        const auto number = [&](std::size_t at, std::size_t n) {
            long v = 0;
            for (std::size_t i = at; i < at + n; ++i) v = v * 10 + (t[i] - '0');
            return v;
        };
        const long y = number(0, 4), m = number(5, 2), d = number(8, 2);
        const long yy = m <= 2 ? y - 1 : y;
        const long era = yy / 400, yoe = yy - era * 400;
        const long doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
        const long doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
        double seconds = static_cast<double>((era * 146097 + doe) * 86400 + number(11, 2) * 3600 + number(14, 2) * 60 + number(17, 2));
        std::size_t at = 19;
        if (at < t.size() && t[at] == '.') {
            double scale = 0.1;
            for (++at; at < t.size() && t[at] >= '0' && t[at] <= '9'; ++at, scale /= 10) seconds += (t[at] - '0') * scale;
        }
        if (at < t.size() && t[at] != 'Z' && at + 6 <= t.size()) {
            const long shift = number(at + 1, 2) * 3600 + number(at + 4, 2) * 60;
            seconds += t[at] == '-' ? static_cast<double>(shift) : -static_cast<double>(shift);
        }
        return seconds;
    };
    const auto a = instant(start);
    const auto b = instant(end);
    if (!a || !b) return truth(start.size() == end.size() && order == 0);
    return truth(*a <= *b);
}

Truth quantity_code_has_system(const Item& item, Run&) { return truth(!exists(item.value, "code") || exists(item.value, "system")); }
Truth contact_value_has_system(const Item& item, Run&) { return truth(!exists(item.value, "value") || exists(item.value, "system")); }
Truth data_has_type(const Item& item, Run&) { return truth(!exists(item.value, "data") || exists(item.value, "contentType")); }

// "#id" must be among the contained of the outermost resource that is not contained.
Truth fragment_is_contained(const Item& item, Run& run) {
    const std::string_view reference = item.value["reference"].text();
    if (!reference.starts_with('#') || reference.size() == 1) return Truth::yes;
    return truth(run.find(reference).where == Found::Where::contained);
}

Truth value_or_reason(const Item& item, Run&) { return truth(!exists(item.value, "dataAbsentReason") || !exists_choice(item.value, "value")); }

// No component may repeat the code of an observation that has a value.
Truth components_have_own_codes(const Item& item, Run&) {
    const Value components = item.value["component"];
    if (components.size() == 0 || !exists_choice(item.value, "value")) return Truth::yes;
    for (const Value component : components.elements()) {
        for (const Value coding : component["code"]["coding"].elements()) {
            for (const Value own : item.value["code"]["coding"].elements()) {
                if (coding.size() != own.size()) continue;
                const bool same = std::all_of(coding.members().begin(), coding.members().end(), [&](const json::Member& m) {
                    return m.value.is_string() && own[m.name].is_string() && own[m.name].text() == m.value.text();
                });
                if (same) return Truth::no;
            }
        }
    }
    return Truth::yes;
}

Truth range_says_something(const Item& item, Run&) { return truth(exists(item.value, "low") || exists(item.value, "high") || exists(item.value, "text")); }
Truth contact_says_something(const Item& item, Run&) {
    return truth(exists(item.value, "name") || exists(item.value, "telecom") || exists(item.value, "address") || exists(item.value, "organization"));
}

Truth full_url_without_version(const Item& item, Run&) { return truth(item.value["fullUrl"].text().find("/_history/") == std::string_view::npos); }

struct Native {
    std::string_view key;
    std::string_view expression;
    Truth (*judge)(const Item&, Run&);
};

// The expression too must be the same: keys are not unique among guides.
constexpr Native kNative[] = {
    {"dom-6", "text.`div`.exists()", has_narrative},
    {"per-1", "start.hasValue().not() or end.hasValue().not() or (start <= end)", period_in_order},
    {"qty-3", "code.empty() or system.exists()", quantity_code_has_system},
    {"cpt-2", "value.empty() or system.exists()", contact_value_has_system},
    {"bdl-8", "fullUrl.contains('/_history/').not()", full_url_without_version},
    {"att-1", "data.empty() or contentType.exists()", data_has_type},
    {"ref-1", "reference.startsWith('#').not() or (reference.substring(1).trace('url') in %rootResource.contained.id.trace('ids'))", fragment_is_contained},
    {"obs-6", "dataAbsentReason.empty() or value.empty()", value_or_reason},
    {"obs-7", "value.empty() or component.code.where(coding.intersect(%resource.code.coding).exists()).empty()", components_have_own_codes},
    {"obs-3", "low.exists() or high.exists() or text.exists()", range_says_something},
    {"pat-1", "name.exists() or telecom.exists() or address.exists() or organization.exists()", contact_says_something},
};

}  // namespace

bool judged_by_structure(std::string_view key) {
    return key == "ele-1" || key == "ext-1" || key == "dom-2" || key == "dom-3" || key == "dom-4" || key == "dom-5" || key == "txt-1" || key == "txt-2";
}

Truth (*native_invariant(std::string_view key, std::string_view expression))(const Item&, Run&) {
    for (const Native& native : kNative) {
        if (native.key == key && native.expression == expression) return native.judge;
    }
    return nullptr;
}

}  // namespace idun::validation
