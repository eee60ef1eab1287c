#include "validation/library.h"

#include <utility>

#include "fhirpath/expression.h"
#include "validation/internal/base_rules.h"
#include "validation/internal/compiler.h"
#include "validation/internal/element_definition.h"
#include "validation/internal/native.h"
#include "validation/internal/outline.h"

namespace idun::validation {

using json::Value;

namespace {

// Walks an outline and the shapes of Definitions side by side.
class BaseCompiler {
public:
    BaseCompiler(Library& library, TypeRules& out) : library_(library), out_(out) {}

    ShapeRules* shape(const OutlineNode& node, const fhir::Shape& shape, std::string_view source) {
        if (const auto known = made_.find(&shape); known != made_.end()) return known->second;
        out_.shapes.push_back(std::make_unique<ShapeRules>());
        ShapeRules* rules = out_.shapes.back().get();
        made_[&shape] = rules;
        rules->shape = &shape;
        node.each("constraint", [&](Value c) { add(rules->invariants, c, source); });
        rules->properties.resize(shape.properties.size());
        for (std::size_t i = 0; i < shape.properties.size(); ++i) {
            const fhir::Property& property = shape.properties[i];
            const OutlineNode* child = node.child(property.element->name);
            if (child == nullptr) continue;
            PropertyRules& into = rules->properties[i];
            const bool backbone = property.element->children != nullptr;
            if (!backbone) child->each("constraint", [&](Value c) { add(into.invariants, c, source); });
            if (property.element->required == nullptr) into.binding = binding_of(*child);
            if (!backbone || property.shape == nullptr) continue;
            if (child->children.empty()) {  // a content reference: the shape that it names has been met
                const auto known = made_.find(property.shape);
                into.shape = known == made_.end() ? nullptr : known->second;
            } else {
                into.shape = this->shape(*child, *property.shape, source);
            }
        }
        return rules;
    }

private:
    void add(std::vector<const Invariant*>& into, Value constraint, std::string_view source) {
        if (judged_by_structure(constraint["key"].text()) || constraint["expression"].text().empty()) return;
        into.push_back(library_.invariant(constraint, source));
    }

    Library& library_;
    TypeRules& out_;
    std::unordered_map<const fhir::Shape*, ShapeRules*> made_;
};

std::unique_ptr<ExtensionRule> extension_rule(const Outline& outline, Library& library, ProfileSlot* slot) {
    auto out = std::make_unique<ExtensionRule>();
    out->profile = slot;
    const Value definition = outline.definition;
    for (const Value context : definition["context"].elements()) {
        ExtensionContext made;
        if (context.is_string()) {  // before R4
            made.expression = context.text();
        } else {
            const std::string_view type = context["type"].text();
            made.kind = type == "extension" ? ExtensionContext::Kind::extension : type == "fhirpath" ? ExtensionContext::Kind::fhirpath : ExtensionContext::Kind::element;
            made.expression = context["expression"].text();
            if (made.kind == ExtensionContext::Kind::fhirpath) made.compiled = library.invariant_of(made.expression);
        }
        out->contexts.push_back(std::move(made));
    }
    for (const Value invariant : definition["contextInvariant"].elements()) out->context_invariants.push_back(library.invariant_of(invariant.text()));
    out->modifier = outline.root->get("isModifier").boolean();
    const OutlineNode* parts = outline.root->child("extension");
    const OutlineNode* value = outline.root->child("value");
    out->complex = value != nullptr && value->get("max").text() == "0";
    if (parts != nullptr) {
        bool named = true;
        for (const auto& slice : parts->slices) {
            const OutlineNode* url = slice->child("url");
            std::string text(url == nullptr ? std::string_view() : url->get_choice("fixed").text());
            if (text.empty()) {
                for (const Value t : slice->get("type").elements()) {
                    const std::string_view profile = t["profile"][std::size_t{0}].text();
                    text = profile.substr(0, profile.find('|'));
                }
            }
            named = named && !text.empty();
            out->parts.push_back(std::move(text));
        }
        // A part whose url is no address can be defined only here.
        out->parts_open = !named;
    }
    return out;
}

bool looks_far(std::string_view expression) {
    for (const char* word : {"descendants(", "repeat(", "%resource", "%rootResource", "%context"}) {
        if (expression.find(word) != std::string_view::npos) return true;
    }
    return false;
}

}  // namespace

Library::Library(const Source& source) : source_(source), outlines_(std::make_unique<Outlines>(source)), base_(fhir::Definitions::r4().types().size()) {
    for (const auto& [type, profile] : source.global_profiles()) global_[type].push_back(slot(profile));
}
Library::~Library() = default;

ProfileSlot* Library::slot(std::string_view canonical) {
    {
        const std::shared_lock lock(slots_mutex_);
        const auto at = slots_.find(canonical);
        if (at != slots_.end()) return at->second.get();
    }
    const std::unique_lock lock(slots_mutex_);
    auto& slot = slots_[std::string(canonical)];
    if (!slot) {
        slot = std::make_unique<ProfileSlot>();
        slot->url = canonical;
        slot->core = fhir::Definitions::r4().type(core_name(canonical));
    }
    return slot.get();
}

const Program* Library::program(ProfileSlot& slot) {
    if (slot.asked.load(std::memory_order_acquire)) return slot.program.load(std::memory_order_relaxed);
    const std::lock_guard lock(compiling_);
    if (slot.asked.load(std::memory_order_acquire)) return slot.program.load(std::memory_order_relaxed);
    const Outline* outline = outlines_->find(slot.url);
    if (outline != nullptr) {
        if (auto made = validation::compile(*outline, *this)) {
            slot.program.store(made.get(), std::memory_order_relaxed);
            programs_.push_back(std::move(made));
        }
    }
    slot.asked.store(true, std::memory_order_release);
    return slot.program.load(std::memory_order_relaxed);
}

const Program* Library::program(std::string_view canonical) {
    {
        const std::shared_lock lock(slots_mutex_);
        const auto at = slots_.find(canonical);
        if (at != slots_.end() && at->second->asked.load(std::memory_order_acquire)) return at->second->program.load(std::memory_order_relaxed);
    }
    if (!source_.find("StructureDefinition", canonical)) return nullptr;
    return program(*slot(canonical));
}

CompileReport Library::compile(std::string_view canonical) {
    const Program* program = this->program(canonical);
    if (program == nullptr) return {};
    CompileReport report{.compiled = true, .problems = program->problems};
    for (const auto& rule : program->rules) {
        for (const Invariant* invariant : rule->invariants) {
            if (!invariant->problem.empty()) report.problems.push_back("rule " + invariant->key + ": " + invariant->problem);
        }
    }
    return report;
}

namespace {

std::unique_ptr<Invariant> make_invariant(std::string_view expression) {
    auto made = std::make_unique<Invariant>();
    made->expression = expression;
    auto compiled = fhirpath::Expression::compile(expression);
    if (compiled) made->compiled = std::make_shared<const fhirpath::Expression>(std::move(*compiled));
    else made->problem = compiled.error().message;
    made->wide = looks_far(made->expression);
    return made;
}

}  // namespace

const std::vector<ProfileSlot*>& Library::global_profiles(std::string_view resource_type) const {
    static const std::vector<ProfileSlot*> kNone;
    const auto at = global_.find(resource_type);
    return at == global_.end() ? kNone : at->second;
}

const ExtensionRule* Library::extension(std::string_view url) {
    {
        const std::shared_lock lock(extensions_mutex_);
        const auto at = extensions_.find(url);
        if (at != extensions_.end()) return at->second.get();
    }
    if (!source_.find("StructureDefinition", url)) return nullptr;
    const std::lock_guard compiling(compiling_);
    const Outline* outline = outlines_->find(url);
    std::unique_ptr<ExtensionRule> made;
    if (outline != nullptr && outline->type == "Extension" && outline->root) made = extension_rule(*outline, *this, slot(url));
    const std::unique_lock lock(extensions_mutex_);
    auto& at = extensions_[std::string(url)];
    if (!at) at = std::move(made);
    return at.get();
}

const TypeRules* Library::base(const fhir::Type& type) {
    const std::size_t place = static_cast<std::size_t>(&type - fhir::Definitions::r4().types().data());
    if (const TypeRules* known = base_[place].load(std::memory_order_acquire)) return known;
    const std::lock_guard lock(compiling_);
    if (const TypeRules* known = base_[place].load(std::memory_order_acquire)) return known;
    auto rules = std::make_unique<TypeRules>();
    const Outline* outline = outlines_->of_type(type.name);
    if (outline != nullptr && type.shape != nullptr) rules->root = BaseCompiler(*this, *rules).shape(*outline->root, *type.shape, {});
    base_owned_.push_back(std::move(rules));
    base_[place].store(base_owned_.back().get(), std::memory_order_release);
    return base_owned_.back().get();
}

const Invariant* Library::invariant(Value constraint, std::string_view source_name) {
    const std::lock_guard lock(compiling_);
    const std::string_view severity = constraint["severity"].text();
    std::string name(constraint["key"].text());
    name.append("\n").append(constraint["expression"].text()).append("\n").append(severity);
    auto& at = invariants_[name];
    if (at) return at.get();
    auto made = std::make_unique<Invariant>();
    made->key = constraint["key"].text();
    made->human = constraint["human"].text();
    made->expression = constraint["expression"].text();
    made->source = source_name;
    made->severity = severity == "warning" ? fhir::Severity::warning : fhir::Severity::error;
    made->native = native_invariant(made->key, made->expression);
    if (made->native == nullptr) {
        auto compiled = fhirpath::Expression::compile(made->expression);
        if (compiled) made->compiled = std::make_shared<const fhirpath::Expression>(std::move(*compiled));
        else made->problem = compiled.error().message;
    }
    made->wide = looks_far(made->expression);
    at = std::move(made);
    return at.get();
}

const Invariant* Library::invariant_of(std::string_view expression) {
    const std::lock_guard lock(compiling_);
    auto& at = invariants_[std::string(expression)];
    if (at) return at.get();
    at = make_invariant(expression);
    return at.get();
}

std::unique_ptr<const Invariant> Library::compiled(std::string_view expression) { return make_invariant(expression); }

}  // namespace idun::validation
