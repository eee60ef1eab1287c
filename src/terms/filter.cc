#include "terms/filter.h"

#include <re2/re2.h>

#include <algorithm>
#include <functional>
#include <set>

namespace idun::terms {
namespace {

using Numbers = std::vector<ConceptNumber>;

Error bad(Category category, const Filter& filter, std::string_view why) {
    return {category, "filter " + std::string(filter.property) + " " + std::string(filter.op) + ": " + std::string(why)};
}

std::vector<std::string_view> listed(std::string_view value) {
    std::vector<std::string_view> out;
    for (std::size_t at = 0; at <= value.size();) {
        const std::size_t end = std::min(value.find(',', at), value.size());
        std::string_view one = value.substr(at, end - at);
        while (one.starts_with(' ')) one.remove_prefix(1);
        while (one.ends_with(' ')) one.remove_suffix(1);
        if (!one.empty()) out.push_back(one);
        at = end + 1;
    }
    return out;
}

bool is_code(std::string_view property) { return property == "concept" || property == "code"; }

// What a concept says under a property; a concept may say several things.
void for_each_value(const CodeSystem& system, ConceptNumber n, std::string_view property, const std::function<void(std::string_view)>& take) {
    const Concept& one = system.concept_at(n);
    if (is_code(property)) return take(one.code);
    if (property == "display") return take(one.display);
    if (property == "definition") return take(one.definition);
    if (property == "parent") {
        for (const ConceptNumber parent : system.parents(n)) take(system.concept_at(parent).code);
        return;
    }
    if (property == "child") {
        for (const ConceptNumber child : system.children(n)) take(system.concept_at(child).code);
        return;
    }
    bool said = false;
    for (const PropertyValue& p : system.properties(n)) {
        if (p.code != property) continue;
        take(p.value);
        said = true;
    }
    // Properties that every concept has, said or not.
    if (said) return;
    if (property == "inactive") take(one.inactive ? "true" : "false");
    if (property == "notSelectable" || property == "abstract") take(one.abstract ? "true" : "false");
}

bool known_property(const CodeSystem& system, std::string_view property) {
    for (const std::string_view always : {"concept", "code", "display", "definition", "parent", "child", "inactive", "notSelectable", "abstract"}) {
        if (property == always) return true;
    }
    return system.has_property(property);
}

Numbers where(const CodeSystem& system, const std::function<bool(ConceptNumber)>& holds) {
    Numbers out;
    for (ConceptNumber n = 0; n < system.size(); ++n) {
        if (holds(n)) out.push_back(n);
    }
    return out;
}

Numbers where_value(const CodeSystem& system, std::string_view property, const std::function<bool(std::string_view)>& fits) {
    return where(system, [&](ConceptNumber n) {
        bool any = false;
        for_each_value(system, n, property, [&](std::string_view value) { any |= fits(value); });
        return any;
    });
}

Numbers complement(const CodeSystem& system, const Numbers& some) {
    return where(system, [&](ConceptNumber n) { return !std::binary_search(some.begin(), some.end(), n); });
}

// All that are the same as the concept or above it.
Numbers with_ancestors(const CodeSystem& system, ConceptNumber n) {
    std::set<ConceptNumber> seen = {n};
    Numbers open = {n};
    for (std::size_t at = 0; at < open.size(); ++at) {
        for (const ConceptNumber parent : system.parents(open[at])) {
            if (seen.insert(parent).second) open.push_back(parent);
        }
    }
    return {seen.begin(), seen.end()};
}

Result<Numbers> by_hierarchy(const CodeSystem& system, const Filter& filter) {
    if (!is_code(filter.property)) return fail(bad(Category::unsupported, filter, "the operator works on the concept"));
    const ConceptNumber root = system.find(filter.value);
    if (root == kNoConcept) return fail(bad(Category::not_found, filter, "the system has no such code"));
    if (filter.op == "generalizes") return with_ancestors(system, root);
    Numbers below = system.with_descendants(root);
    if (filter.op == "is-not-a") return complement(system, below);
    if (filter.op == "descendent-of" || filter.op == "descendant-of") std::erase(below, root);
    return below;
}

Result<Numbers> by_regex(const CodeSystem& system, const Filter& filter) {
    if (filter.value.size() > kRegexBytesMax) return fail(bad(Category::too_large, filter, "the expression is too long"));
    RE2::Options options(RE2::Quiet);
    options.set_max_mem(1 << 20);
    const RE2 regex(re2::StringPiece(filter.value.data(), filter.value.size()), options);
    if (!regex.ok()) return fail(bad(Category::invalid, filter, "not a regular expression that is taken here"));
    return where_value(system, filter.property, [&](std::string_view value) {
        return RE2::FullMatch(re2::StringPiece(value.data(), value.size()), regex);
    });
}

}  // namespace

Result<std::vector<ConceptNumber>> filtered(const CodeSystem& system, const Filter& filter) {
    const std::string_view op = filter.op;
    if (op == "is-a" || op == "descendent-of" || op == "descendant-of" || op == "is-not-a" || op == "generalizes") return by_hierarchy(system, filter);
    if (!known_property(system, filter.property)) return fail(bad(Category::unsupported, filter, "the code system defines no such property"));
    if (op == "=") return where_value(system, filter.property, [&](std::string_view value) { return value == filter.value; });
    if (op == "regex") return by_regex(system, filter);
    if (op == "exists") {
        if (filter.value != "true" && filter.value != "false") return fail(bad(Category::invalid, filter, "the value must be true or false"));
        const Numbers with = where_value(system, filter.property, [](std::string_view value) { return !value.empty(); });
        return filter.value == "true" ? with : complement(system, with);
    }
    if (op == "in" || op == "not-in") {
        auto values = listed(filter.value);
        std::ranges::sort(values);
        const Numbers in = where_value(system, filter.property, [&](std::string_view value) {
            return std::ranges::binary_search(values, value);
        });
        return op == "in" ? in : complement(system, in);
    }
    return fail(bad(Category::unsupported, filter, "no such operator"));
}

}  // namespace idun::terms
