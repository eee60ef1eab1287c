#include "validation/internal/element_definition.h"

#include <cctype>
#include <charconv>

namespace idun::validation {

using json::Value;

namespace {

std::string upper_first(std::string_view text) {
    std::string out(text);
    if (!out.empty()) out[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(out[0])));
    return out;
}

// The short form "valueQuantity" says the type by its name.
std::string typed_suffix(const OutlineNode& node) {
    if (!node.choice || node.slice.empty()) return {};
    for (const Value layer : node.layers) {
        std::string_view tail = layer["path"].text();
        tail = tail.substr(tail.rfind('.') + 1);
        if (tail.size() > node.name.size() && tail.starts_with(node.name) && !tail.ends_with("[x]"))
            return std::string(tail.substr(node.name.size()));
    }
    if (node.own_layers > 0 && node.slice.size() > node.name.size() && node.slice.starts_with(node.name) &&
        node.get_own("type").size() == 0) {
        return node.slice.substr(node.name.size());
    }
    return {};
}

Strength strength_of(std::string_view code) {
    return code == "required"     ? Strength::required
           : code == "extensible" ? Strength::extensible
           : code == "preferred"  ? Strength::preferred
                                  : Strength::example;
}

}  // namespace

std::uint32_t number_of(std::string_view text, std::uint32_t otherwise) {
    if (text == "*") return kUnbounded;
    std::uint32_t out = otherwise;
    std::from_chars(text.data(), text.data() + text.size(), out);
    return out;
}

bool same_canonical(std::string_view a, std::string_view b) {
    return a.substr(0, a.find('|')) == b.substr(0, b.find('|'));
}

Value extension_of(Value element, std::string_view url) {
    for (const Value extension : element["extension"].elements()) {
        if (extension["url"].text() == url) return extension;
    }
    return {};
}

Value value_of(Value extension) {
    for (const json::Member& member : extension.members()) {
        if (member.name.starts_with("value")) return member.value;
    }
    return {};
}

std::vector<Value> types_of(const OutlineNode& node) {
    std::vector<Value> out;
    const std::string suffix = typed_suffix(node);
    for (const Value type : node.get("type").elements()) {
        if (!suffix.empty() && upper_first(type_code(type)) != suffix) continue;
        out.push_back(type);
    }
    return out;
}

const fhir::Type* only_type(const OutlineNode& node) {
    const auto types = types_of(node);
    if (types.empty()) return nullptr;
    const std::string_view code = type_code(types[0]);
    for (const Value type : types) {
        if (type_code(type) != code) return nullptr;
    }
    if (code == "BackboneElement" || code == "Element") return nullptr;
    return r4_type(code);
}

const OutlineNode* node_at(Outlines& outlines, std::string_view path) {
    const Outline* of = outlines.of_type(path.substr(0, path.find('.')));
    const OutlineNode* at = of == nullptr ? nullptr : of->root.get();
    std::size_t dot = path.find('.');
    while (dot != std::string_view::npos && at != nullptr) {
        const std::size_t next = path.find('.', dot + 1);
        at = at->child(path.substr(dot + 1, next == std::string_view::npos ? next : next - dot - 1));
        dot = next;
    }
    return at;
}

std::string extension_url(const OutlineNode& slice) {
    if (const OutlineNode* url = slice.child("url")) {
        if (const Value fixed = url->get_choice("fixed")) return std::string(fixed.text());
    }
    for (const Value t : slice.get("type").elements()) {
        const Value first = t["profile"][std::size_t{0}];
        if (first.is_string()) return std::string(first.text().substr(0, first.text().find('|')));
    }
    return {};
}

std::unique_ptr<Binding> binding_of(const OutlineNode& node) {
    const Value binding = node.get("binding");
    if (!binding) return nullptr;
    auto out = std::make_unique<Binding>();
    out->strength = strength_of(binding["strength"].text());
    // An erratum of R4's vital signs: components of other kinds would have to be measured in the units of vital signs.
    if (node.path == "Observation.component.value[x]" &&
        binding["valueSet"].text().starts_with("http://hl7.org/fhir/ValueSet/ucum-vitals-common")) {
        out->strength = Strength::extensible;
    }
    const Value set = binding["valueSet"] ? binding["valueSet"] : binding["valueSetUri"];
    out->value_set = set.text();
    for (const Value extension : binding["extension"].elements()) {
        const std::string_view url = extension["url"].text();
        if (url == "http://hl7.org/fhir/StructureDefinition/elementdefinition-maxValueSet")
            out->max_value_set = value_of(extension).text();
        if (!url.ends_with("/additional-binding") && !url.ends_with("ElementDefinition.binding.additional")) continue;
        std::string_view purpose;
        std::string_view value_set;
        bool limited = false;
        for (const Value part : extension["extension"].elements()) {
            const std::string_view name = part["url"].text();
            if (name == "purpose") purpose = value_of(part).text();
            if (name == "valueSet") value_set = value_of(part).text();
            if (name == "usage" || name == "any") limited = true;
        }
        if (purpose == "required" && !value_set.empty() && !limited) out->additional.emplace_back(value_set);
    }
    for (const Value more : binding["additional"].elements()) {
        if (more["purpose"].text() == "required" && more["usage"].size() == 0)
            out->additional.emplace_back(more["valueSet"].text());
    }
    if (out->value_set.empty() && out->additional.empty() && out->max_value_set.empty()) return nullptr;
    const bool binds = out->strength == Strength::required || out->strength == Strength::extensible ||
                       !out->max_value_set.empty() || !out->additional.empty();
    return binds ? std::move(out) : nullptr;
}

}  // namespace idun::validation
