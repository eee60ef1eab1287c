// What FHIR adds to the language (http://hl7.org/fhir/R4/fhirpath.html#functions).
#include <algorithm>
#include <unordered_set>
#include <vector>

#include "fhirpath/internal/evaluator.h"
#include "fhir/xhtml.h"
#include "fhirpath/internal/navigation.h"

namespace idun::fhirpath::internal {
namespace {

using F = Function;
using fhir::Membership;

constexpr Name kExtension{"extension", "_extension"};

bool has_value(const Item& item) {
    return item.is_primitive() && item.value() && !item.value().is_object() && !item.value().is_array();
}

// The contained resource of that id, or the container itself for "#".
json::Value contained(json::Value container, std::string_view id) {
    if (id.empty()) return container;
    for (const json::Value resource : container["contained"].elements()) {
        if (resource["id"].text() == id) return resource;
    }
    return {};
}

// The entry of a Bundle that a reference means: by its fullUrl, or by the end of it for "Patient/p1".
json::Value in_bundle(json::Value bundle, std::string_view reference) {
    if (bundle["resourceType"].text() != "Bundle") return {};
    const bool relative = reference.find(':') == std::string_view::npos;
    for (const json::Value entry : bundle["entry"].elements()) {
        const std::string_view url = entry["fullUrl"].text();
        if (url == reference) return entry["resource"];
        if (!relative) continue;
        if (url.size() > reference.size() && url.ends_with(reference) && url[url.size() - reference.size() - 1] == '/') return entry["resource"];
        const std::string_view type = entry["resource"]["resourceType"].text();
        const std::string_view id = entry["resource"]["id"].text();
        const bool shaped = reference.size() == type.size() + 1 + id.size() && !id.empty();
        if (shaped && reference.starts_with(type) && reference[type.size()] == '/' && reference.ends_with(id)) return entry["resource"];
    }
    return {};
}

// "Patient" of "http://x.org/fhir/Patient/p1/_history/1"
std::string_view type_in(std::string_view reference) {
    if (const std::size_t version = reference.find("/_history/"); version != std::string_view::npos) reference = reference.substr(0, version);
    const std::size_t slash = reference.rfind('/');
    if (slash == std::string_view::npos) return {};
    const std::string_view before = reference.substr(0, slash);
    const std::size_t start = before.rfind('/');
    return start == std::string_view::npos ? before : before.substr(start + 1);
}

// The codes that an item holds: a code, a Coding, the codings of a CodeableConcept, the unit of a Quantity.
std::vector<fhir::Coded> codes_of(const Item& item, Store& store) {
    const auto coded = [](json::Value v) {
        return fhir::Coded{v["system"].text(), v["version"].text(), v["code"].text(), v["display"].text()};
    };
    std::vector<fhir::Coded> out;
    const json::Value value = item.value();
    if (value.is_object()) {
        if (!value["coding"]) return {coded(value)};
        for (const json::Value coding : value["coding"].elements()) out.push_back(coded(coding));
        return out;
    }
    const auto system = to_system(item, store);
    if (system && system->kind() == Item::Kind::string) out.push_back({.system = {}, .version = {}, .code = system->as_string(), .display = {}});
    return out;
}

}  // namespace

bool Evaluator::extension(const Node& n, const Items& in, const Frame& frame, Items& out) {
    std::optional<std::string_view> url;
    if (!text_argument(n, 0, frame, url)) return false;
    if (!url) return true;
    Items all;
    for (const Item& item : in) append_children(item, kExtension, *environment_.definitions, all);
    for (const Item& item : all) {
        if (item.value()["url"].text() == *url) out.push(item);
    }
    return spend(all.size());
}

bool Evaluator::resolve(const Item& item, Items& out) {
    std::string_view reference;
    std::string_view type;
    if (item.is_element() && item.value().is_object()) {
        reference = item.value()["reference"].text();
        type = item.value()["type"].text();
    } else if (const auto value = to_system(item, store()); value && value->kind() == Item::Kind::string) {
        reference = value->as_string();
    }
    if (reference.empty()) return true;
    if (!spend(1)) return false;
    json::Value found;
    if (reference.starts_with('#')) {
        found = contained(resource_item().value(), reference.substr(1));
        if (!found) found = contained(root_item().value(), reference.substr(1));
        if (!spend(root_item().value()["contained"].size())) return false;
    } else {
        found = in_bundle(root_item().value(), reference);
        if (!spend(root_item().value()["entry"].size())) return false;
        if (!found && environment_.resolver != nullptr) {
            if (++documents_ > environment_.limits.documents_max) {
                if (!error_) error_.emplace(Category::too_large, "FHIRPath: resolve() asks for more resources than are allowed");
                return false;
            }
            Resolver::Target target = environment_.resolver->resolve(reference);
            found = target.resource;
            if (target.document) store().keep(std::move(target.document));
        }
    }
    if (found) {
        out.push(Item::resource(found, *environment_.definitions));
    } else if (environment_.resolve_to_types) {
        if (type.empty()) type = type_in(reference);
        const fhir::Type* known = environment_.definitions->is_resource(type) ? environment_.definitions->type(type) : nullptr;
        if (known != nullptr) out.push(Item::type_only(*known));
    }
    return true;
}

bool Evaluator::member_of(const Node& n, const Item& item, const Frame& frame, Items& out) {
    std::optional<std::string_view> value_set;
    if (!text_argument(n, 0, frame, value_set)) return false;
    if (!value_set) return true;
    if (environment_.terminology == nullptr) return fail(Category::unsupported, "memberOf() without terminology at hand", n);
    Membership best = Membership::out;
    for (const fhir::Coded& coded : codes_of(item, store())) {
        if (!spend(64)) return false;
        const Membership membership = environment_.terminology->member_of(*value_set, coded);
        if (membership == Membership::in) best = membership;
        if (membership == Membership::unknown && best == Membership::out) best = membership;
    }
    if (best != Membership::unknown) out.push(Item::boolean(best == Membership::in));
    return true;
}

bool Evaluator::subsumes(const Node& n, const Item& item, const Frame& frame, Items& out) {
    std::optional<Item> other;
    if (!single_argument(n, 0, frame, other)) return false;
    if (!other) return true;
    if (environment_.terminology == nullptr) return fail(Category::unsupported, "subsumes() without terminology at hand", n);
    const bool up = n.function == F::subsumes;
    const auto above = codes_of(up ? item : *other, store());
    const auto below = codes_of(up ? *other : item, store());
    if (!spend(above.size() * below.size() * 16 + 1)) return false;
    bool unknown = false;
    for (const fhir::Coded& a : above) {
        for (const fhir::Coded& b : below) {
            if (a.system != b.system) continue;
            const Membership found = environment_.terminology->subsumes(a.system, a.code, b.code);
            if (found == Membership::in) {
                out.push(Item::boolean(true));
                return true;
            }
            unknown = unknown || found == Membership::unknown;
        }
    }
    if (!unknown) out.push(Item::boolean(false));
    return true;
}

// Refuses modifier extensions that the expression does not say it knows.
bool Evaluator::check_modifiers(const Node& n, const Items& in, const Frame& frame, Items& out) {
    std::unordered_set<std::string_view> known;
    for (std::uint32_t i = 0; i < n.count; ++i) {
        std::optional<std::string_view> url;
        if (!text_argument(n, i, frame, url)) return false;
        if (url) known.insert(*url);
    }
    for (const Item& item : in) {
        const json::Value modifiers = item.value()["modifierExtension"];
        if (!spend(modifiers.size() + 1)) return false;
        for (const json::Value m : modifiers.elements()) {
            if (!known.contains(m["url"].text())) return fail(Category::invalid, "a modifier extension that checkModifiers() does not name", n);
        }
    }
    out.append(in);
    return true;
}

bool Evaluator::fhir(const Node& n, const Items& in, const Frame& frame, Items& out) {
    switch (n.function) {
        case F::extension: return extension(n, in, frame, out);
        case F::has_value: out.push(Item::boolean(in.size() == 1 && has_value(in.front()))); return true;
        case F::get_value:
            if (in.size() != 1 || !has_value(in.front())) return true;
            if (const auto value = to_system(in.front(), store())) out.push(*value);
            return true;
        case F::resolve:
            for (const Item& item : in) {
                if (!resolve(item, out)) return false;
            }
            return fits(out);
        case F::check_modifiers: return check_modifiers(n, in, frame, out);
        case F::element_definition:
            if (environment_.profiles == nullptr) return fail(Category::unsupported, "elementDefinition() without profiles at hand", n);
            for (const Item& item : in) {
                const json::Value found = environment_.profiles->element_definition(item);
                const fhir::Type* type = environment_.definitions->type("ElementDefinition");
                if (found && type != nullptr) out.push(Item::typed(found, {}, *type));
            }
            return spend(in.size());
        case F::slice: {
            std::optional<std::string_view> profile;
            std::optional<std::string_view> slice;
            if (!text_argument(n, 0, frame, profile) || !text_argument(n, 1, frame, slice)) return false;
            if (!profile || !slice) return true;
            if (environment_.profiles == nullptr) return fail(Category::unsupported, "slice() without profiles at hand", n);
            for (const Item& item : in) {
                const auto found = environment_.profiles->in_slice(item, *profile, *slice);
                if (!found) return fail(Category::invalid, "slice() names a profile or slice that is not known", n);
                if (*found) out.push(item);
            }
            return spend(in.size() * 16);
        }
        default: break;
    }
    std::optional<Item> item;
    if (!single(in, n, item)) return false;
    if (!item) return true;
    if (n.function == F::member_of) return member_of(n, *item, frame, out);
    if (n.function == F::subsumes || n.function == F::subsumed_by) return subsumes(n, *item, frame, out);
    if (n.function == F::html_checks) {
        const auto value = to_system(*item, store());
        if (!value || value->kind() != Item::Kind::string) return true;
        if (!spend(value->as_string().size() / 16 + 1)) return false;
        out.push(Item::boolean(fhir::xhtml_flaw(value->as_string()) == nullptr));
        return true;
    }
    std::optional<std::string_view> profile;
    if (!text_argument(n, 0, frame, profile)) return false;
    if (!profile) return true;
    // A base type is its own profile: no package is needed to judge that.
    constexpr std::string_view kBase = "http://hl7.org/fhir/StructureDefinition/";
    if (environment_.profiles != nullptr) {
        const auto found = environment_.profiles->conforms(*item, *profile);
        if (found) {
            out.push(Item::boolean(*found));
            return spend(1024);
        }
    }
    const fhir::Type* type = profile->starts_with(kBase) ? environment_.definitions->type(profile->substr(kBase.size())) : nullptr;
    if (type == nullptr) return fail(Category::invalid, "conformsTo() names a profile that is not known", n);
    out.push(Item::boolean(item->is_element() && is_kind_of(item->type(), type)));
    return true;
}

}  // namespace idun::fhirpath::internal
