// Is an extension known, may it stand here, and does it hold what its definition says?
#include <algorithm>

#include "validation/internal/rules.h"

namespace idun::validation {

using fhir::IssueCode;
using json::Value;

namespace {

bool is_named(const fhir::Type* type, std::string_view name) {
    for (; type != nullptr; type = type->base) {
        if (type->name == name) return true;
    }
    return false;
}

// Names of R5 for groups of R4's types.
bool is_group(const fhir::Type* type, std::string_view name) {
    if (type == nullptr || (name != "CanonicalResource" && name != "MetadataResource")) return false;
    return type->kind == fhir::TypeKind::resource && type->shape != nullptr && type->shape->find("url") != nullptr && type->shape->find("status") != nullptr;
}

// "Patient.contact.name" of the place where the extension's holder stands; choices as JSON's element names.
bool is_path(const Run& run, std::string_view expression, std::size_t depth) {
    // Steps from the end: the expression's first part is a resource or a type on the way.
    std::vector<std::string_view> parts;
    while (true) {
        const std::size_t dot = expression.find('.');
        std::string_view part = expression.substr(0, dot);
        if (part.ends_with("[x]")) part.remove_suffix(3);
        parts.push_back(part.substr(0, part.find(':')));
        if (dot == std::string_view::npos) break;
        expression = expression.substr(dot + 1);
    }
    if (parts.size() < 2 || parts.size() > depth) return false;
    for (std::size_t i = parts.size(); i-- > 1;) {
        if (run.step(depth - (parts.size() - i)) != parts[i]) return false;
    }
    return true;
}

bool element_fits(const Run& run, std::string_view expression, const Frame& holder) {
    const fhir::Type* type = holder.item->type;
    if (expression == "Element" || expression == "*") return holder.property != nullptr || expression == "*";
    if (type == nullptr && expression == "BackboneElement") return true;
    if (is_named(type, expression) || is_group(type, expression)) return true;
    if (expression == "Resource" && type != nullptr && type->kind == fhir::TypeKind::resource) return true;
    if (expression.find('.') == std::string_view::npos) return false;
    if (holder.property != nullptr && holder.property->element->path == expression) return true;
    // A path may start at the resource or at a type on the way: "Timing.repeat", "Patient.contact.name", "DomainResource.text".
    const std::size_t depth = run.depth() - 1;  // the Run stands at the extension itself
    if (!is_path(run, expression, depth)) return false;
    const std::size_t parts = static_cast<std::size_t>(std::count(expression.begin(), expression.end(), '.'));
    const Frame* at = &holder;
    for (std::size_t i = 0; i < parts && at != nullptr; ++i) at = at->above;
    if (at == nullptr || at->item == nullptr) return false;
    const std::string_view first = expression.substr(0, expression.find('.'));
    return is_named(at->item->type, first) || is_group(at->item->type, first) || (first == "Resource" && at->property == nullptr);
}

bool fits(Run& run, const ExtensionContext& context, const Frame& holder) {
    switch (context.kind) {
        case ExtensionContext::Kind::element: return element_fits(run, context.expression, holder);
        case ExtensionContext::Kind::extension: {
            // In the extension itself, or on what it holds.
            for (const Frame* at = &holder; at != nullptr; at = at->above) {
                if (at->item->type == nullptr || at->item->type->special != fhir::Special::extension) continue;
                const std::string_view url = at->item->value["url"].text();
                if (url == context.expression) return true;
                // "url#part": a part of a complex extension.
                const std::size_t hash = context.expression.find('#');
                if (hash != std::string::npos && url == std::string_view(context.expression).substr(hash + 1)) return true;
            }
            return false;
        }
        case ExtensionContext::Kind::fhirpath: {
            return context.compiled == nullptr || run.selects(*context.compiled, *holder.item);
        }
    }
    return true;
}

std::string listed(const std::vector<ExtensionContext>& contexts) {
    std::string out;
    for (const ExtensionContext& c : contexts) out.append(out.empty() ? "" : ", ").append(c.expression);
    return out;
}

void judge_context(Run& run, const ExtensionRule& rule, const Item& extension, const Frame& holder) {
    if (!rule.contexts.empty() && std::none_of(rule.contexts.begin(), rule.contexts.end(), [&](const ExtensionContext& c) { return fits(run, c, holder); })) {
        run.error(IssueCode::extension, extension.place(), "the extension may not stand here; allowed on {}", listed(rule.contexts));
    }
    for (const Invariant* invariant : rule.context_invariants) {
        if (run.holds(*invariant, *holder.item) == Truth::no) {
            run.error(IssueCode::extension, extension.place(), "the extension may not stand here: its context invariant is not met ({})", invariant->expression);
        }
    }
}

void refuse_unknown(Run& run, const Item& extension, bool modifier, std::string_view url) {
    const auto& domains = run.options().extension_domains;
    if (std::any_of(domains.begin(), domains.end(), [&](const std::string& d) { return url.starts_with(d); })) return;
    if (modifier) {
        run.error(IssueCode::extension, extension.place(), "the modifier extension is not known here; what it modifies cannot be understood without it");
        return;
    }
    run.at_level(run.options().unknown_extension, IssueCode::extension, extension.place(), "the extension is not known here; add the package that defines it");
}

bool is_example(std::string_view url) {
    for (const char* host : {"http://example.org", "https://example.org", "http://example.com", "https://example.com", "http://acme.com", "https://acme.com"}) {
        if (url.starts_with(host)) return true;
    }
    return false;
}

// A part of a complex extension, named by a word.
void judge_part(Run& run, const Item& extension, std::string_view url, const Frame& holder) {
    const ExtensionRule* whole = run.library().extension(holder.item->value["url"].text());
    if (whole == nullptr || whole->parts_open) return;
    if (std::find(whole->parts.begin(), whole->parts.end(), url) == whole->parts.end()) {
        run.error(IssueCode::extension, extension.value["url"], "the extension that this is a part of has no such part");
    }
}

}  // namespace

void judge_extension(Run& run, const Item& extension, bool modifier, const Frame& holder) {
    const Value url_value = extension.value["url"];
    const std::string_view url = url_value.text();
    if (url.empty()) return;  // check_structure has said so
    const bool in_extension = holder.item->type != nullptr && holder.item->type->special == fhir::Special::extension;
    const bool absolute = url.find(':') != std::string_view::npos;
    if (!absolute) {
        if (!in_extension) {
            run.error(IssueCode::extension, url_value, "url must be an absolute address");
            return;
        }
        return judge_part(run, extension, url, holder);
    }
    if (is_example(url)) run.at_level(run.options().example_urls, IssueCode::invalid, url_value, "addresses of example.org and the like are not allowed here");
    const ExtensionRule* rule = run.library().extension(url);
    if (rule == nullptr) return refuse_unknown(run, extension, modifier, url);
    if (rule->modifier && !modifier && !in_extension) run.error(IssueCode::extension, extension.place(), "the extension changes the meaning of what it stands in, so it must be a modifierExtension");
    if (!rule->modifier && modifier) run.error(IssueCode::extension, extension.place(), "the extension is no modifier, so it must be an extension");
    judge_context(run, *rule, extension, holder);
    if (const Program* program = run.library().program(*rule->profile)) judge_profile(run, *program, extension);
}

}  // namespace idun::validation
