#include "validation/internal/outline.h"

#include <algorithm>
#include <cctype>
#include <utility>

namespace idun::validation {

using json::Value;

namespace {

constexpr std::string_view kCore = "http://hl7.org/fhir/StructureDefinition/";
constexpr std::size_t kElementsMax = 20'000;
constexpr std::size_t kCloneDepthMax = 40;
constexpr std::size_t kNodesMax = 500'000;  // of one outline

std::string_view tail_of(std::string_view path) {
    const std::size_t dot = path.rfind('.');
    return dot == std::string_view::npos ? path : path.substr(dot + 1);
}

std::string_view parent_of(std::string_view path) {
    const std::size_t dot = path.rfind('.');
    return dot == std::string_view::npos ? std::string_view() : path.substr(0, dot);
}

// `budget`: how many nodes may still be made; a definition from outside may multiply without end.
std::unique_ptr<OutlineNode> clone(const OutlineNode& from, OutlineNode* parent, std::size_t& budget, std::size_t depth = 0) {
    auto out = std::make_unique<OutlineNode>();
    out->name = from.name;
    out->path = from.path;
    out->slice = from.slice;
    out->choice = from.choice;
    out->layers = from.layers;
    out->own_layers = from.own_layers;
    out->parent = parent;
    if (budget > 0) --budget;
    if (depth >= kCloneDepthMax || budget == 0) return out;
    for (const auto& child : from.children) out->children.push_back(clone(*child, out.get(), budget, depth + 1));
    for (const auto& slice : from.slices) out->slices.push_back(clone(*slice, parent, budget, depth + 1));
    return out;
}

// "valueQuantity" is the choice "value" with type Quantity.
bool is_typed_name(const OutlineNode& choice, std::string_view name) {
    if (!choice.choice || name.size() <= choice.name.size() || !name.starts_with(choice.name)) return false;
    const std::string_view suffix = name.substr(choice.name.size());
    const Value types = choice.get("type");
    for (const Value type : types.elements()) {
        const std::string_view code = type_code(type);
        if (code == "*") return std::isupper(static_cast<unsigned char>(suffix[0])) != 0;
        if (code.size() == suffix.size() && code.substr(1) == suffix.substr(1) && std::toupper(static_cast<unsigned char>(code[0])) == suffix[0]) return true;
    }
    return false;
}

OutlineNode* typed_choice(const OutlineNode& parent, std::string_view name) {
    for (const auto& child : parent.children) {
        if (is_typed_name(*child, name)) return child.get();
    }
    return nullptr;
}

void set_tail(OutlineNode& node, std::string_view tail) {
    node.choice = tail.ends_with("[x]");
    node.name = node.choice ? tail.substr(0, tail.size() - 3) : tail;
}

// The slice itself, or the one that a re-slice "a/b" is a part of.
OutlineNode* slice_owner(OutlineNode& sliced, std::string_view slice_name, std::string_view* rest) {
    const std::size_t slash = slice_name.rfind('/');
    if (slash != std::string_view::npos) {
        std::string_view unused;
        OutlineNode* holder = slice_owner(sliced, slice_name.substr(0, slash), &unused);
        if (OutlineNode* part = holder->slice_named(slice_name.substr(0, slash))) {
            *rest = slice_name;
            return part;
        }
    }
    *rest = slice_name;
    return &sliced;
}

}  // namespace

std::string_view core_name(std::string_view canonical) {
    canonical = canonical.substr(0, canonical.find('|'));
    if (!canonical.starts_with(kCore)) return {};
    return canonical.substr(kCore.size());
}

std::string_view type_code(Value type) {
    const std::string_view code = type["code"].text();
    constexpr std::string_view kSystem = "http://hl7.org/fhirpath/System.";
    if (!code.starts_with(kSystem)) {
        const std::string_view core = core_name(code);
        return core.empty() ? code : core;
    }
    // Element.id and the value of primitives: FHIR's own type stands in an extension.
    for (const Value extension : type["extension"].elements()) {
        if (extension["url"].text().ends_with("structuredefinition-fhir-type")) {
            return extension["valueUrl"] ? extension["valueUrl"].text() : extension["valueUri"].text();
        }
    }
    return code.ends_with("String") ? std::string_view("string") : code.substr(kSystem.size());
}

Value OutlineNode::get(std::string_view property) const {
    for (std::size_t i = layers.size(); i-- > 0;) {
        if (const Value found = layers[i][property]) return found;
    }
    return {};
}

Value OutlineNode::get_own(std::string_view property) const {
    for (std::size_t i = layers.size(); i-- > own_layers;) {
        if (const Value found = layers[i][property]) return found;
    }
    return {};
}

Value OutlineNode::get_choice(std::string_view prefix, std::string_view* suffix) const {
    for (std::size_t i = layers.size(); i-- > 0;) {
        for (const json::Member& member : layers[i].members()) {
            if (member.name.size() <= prefix.size() || !member.name.starts_with(prefix)) continue;
            if (std::isupper(static_cast<unsigned char>(member.name[prefix.size()])) == 0) continue;
            if (suffix != nullptr) *suffix = member.name.substr(prefix.size());
            return member.value;
        }
    }
    return {};
}

OutlineNode* OutlineNode::child(std::string_view child_name) const {
    for (const auto& c : children) {
        if (c->name == child_name) return c.get();
    }
    return nullptr;
}

OutlineNode* OutlineNode::slice_named(std::string_view slice_name) const {
    for (const auto& s : slices) {
        if (s->slice == slice_name) return s.get();
    }
    return nullptr;
}

const Outline* Outlines::find(std::string_view canonical) {
    const std::lock_guard lock(mutex_);
    return find_locked(canonical);
}

const Outline* Outlines::of_type(std::string_view type) {
    return find(type.find('/') == std::string_view::npos ? std::string(kCore).append(type) : std::string(type));
}

std::unique_ptr<Outline> Outlines::make(Value definition, bool from_differential) {
    const std::lock_guard lock(mutex_);
    return make_locked(definition, from_differential);
}

const Outline* Outlines::find_locked(std::string_view canonical) {
    const auto known = known_.find(canonical);
    if (known != known_.end()) return known->second.get();
    const Value definition = source_.find("StructureDefinition", canonical);
    if (!definition) return nullptr;
    const auto at = known_.emplace(std::string(canonical), nullptr).first;  // also stops a base that is its own base
    at->second = make_locked(definition, false);
    return at->second.get();
}

std::unique_ptr<Outline> Outlines::make_locked(Value definition, bool from_differential) {
    const bool has_snapshot = definition["snapshot"]["element"].size() > 0 && !from_differential;
    auto out = has_snapshot ? from_snapshot(definition) : from_base(definition);
    if (!out || !out->root) return nullptr;
    out->url = definition["url"].text();
    out->version = definition["version"].text();
    out->type = definition["type"].text();
    out->definition = definition;
    out->specialization = definition["derivation"].text() != "constraint";
    return out;
}

std::unique_ptr<Outline> Outlines::from_snapshot(Value definition) {
    auto out = std::make_unique<Outline>();
    std::map<std::string, OutlineNode*, std::less<>> recent;  // by path: the element or slice that children belong to
    std::map<std::string, OutlineNode*, std::less<>> sliced;  // by path: the element that slices belong to
    std::size_t count = 0;
    for (const Value element : definition["snapshot"]["element"].elements()) {
        if (++count > kElementsMax) break;
        const std::string_view path = element["path"].text();
        const std::string_view slice = element["sliceName"].text();
        auto node = std::make_unique<OutlineNode>();
        node->path = path;
        node->layers.push_back(element);
        set_tail(*node, tail_of(path));
        if (path.find('.') == std::string_view::npos) {
            if (out->root) continue;
            out->root = std::move(node);
            recent[std::string(path)] = out->root.get();
            continue;
        }
        const auto parent = recent.find(parent_of(path));
        if (parent == recent.end()) {
            out->problems.push_back("an element of the snapshot has no parent before it");
            continue;
        }
        OutlineNode& holder = *parent->second;
        node->parent = &holder;
        OutlineNode* raw = node.get();
        // "Observation.valueQuantity" is either a slice of value[x], or value[x] renamed.
        OutlineNode* choice = node->choice ? nullptr : typed_choice(holder, node->name);
        if (choice != nullptr) {
            node->slice = slice.empty() ? tail_of(path) : slice;
            node->name = choice->name;
            node->choice = true;
            choice->slices.push_back(std::move(node));
            recent[std::string(path)] = raw;
            continue;
        }
        const std::string_view base_tail = tail_of(element["base"]["path"].text());
        if (!node->choice && base_tail.ends_with("[x]") && node->name.starts_with(base_tail.substr(0, base_tail.size() - 3))) {
            node->choice = true;
            node->name = base_tail.substr(0, base_tail.size() - 3);
        }
        OutlineNode* unsliced = holder.child(node->name);
        if (!slice.empty() && unsliced != nullptr) {
            std::string_view name;
            OutlineNode* owner = slice_owner(*unsliced, slice, &name);
            node->slice = name;
            owner->slices.push_back(std::move(node));
        } else {
            node->slice = slice;
            holder.children.push_back(std::move(node));
        }
        recent[std::string(path)] = raw;
        // A new element at this path ends what was below its predecessor.
        const std::string below = std::string(path) + ".";
        for (auto it = recent.lower_bound(below); it != recent.end() && it->first.starts_with(below);) it = recent.erase(it);
    }
    return out;
}

std::unique_ptr<Outline> Outlines::from_base(Value definition) {
    const Outline* base = find_locked(definition["baseDefinition"].text());
    if (base == nullptr) return nullptr;
    auto out = std::make_unique<Outline>();
    out->type = definition["type"].text();
    const std::size_t outer = std::exchange(budget_, kNodesMax);
    out->root = clone(*base->root, nullptr, budget_);
    lay_over(*out, definition["differential"]);
    budget_ = outer;
    return out;
}

void Outlines::lay_over(Outline& outline, Value differential) {
    std::map<std::string, OutlineNode*, std::less<>> recent;
    std::size_t count = 0;
    for (const Value element : differential["element"].elements()) {
        if (++count > kElementsMax) return;
        const std::string_view path = element["path"].text();
        if (path.find('.') == std::string_view::npos) {
            outline.root->layers.push_back(element);
            recent[std::string(path)] = outline.root.get();
            continue;
        }
        std::string problem;
        OutlineNode* node = locate(outline, element, recent, problem);
        if (node == nullptr) {
            outline.problems.push_back(problem.empty() ? "an element of the differential has no place in the base" : problem);
            continue;
        }
        node->layers.push_back(element);
        graft(*node, element);
        recent[std::string(path)] = node;
        const std::string below = std::string(path) + ".";
        for (auto it = recent.lower_bound(below); it != recent.end() && it->first.starts_with(below);) it = recent.erase(it);
    }
}

namespace {

// Lays one tree over another: what `from` says comes after what is there.
void merge(OutlineNode& into, const OutlineNode& from, std::size_t& budget, std::size_t depth) {
    if (depth > kCloneDepthMax) return;
    for (const auto& child : from.children) {
        OutlineNode* there = into.child(child->name);
        if (there == nullptr) {
            into.children.push_back(clone(*child, &into, budget, depth + 1));
            continue;
        }
        there->layers.insert(there->layers.end(), child->layers.begin(), child->layers.end());
        merge(*there, *child, budget, depth + 1);
        for (const auto& slice : child->slices) {
            if (there->slice_named(slice->slice) == nullptr) there->slices.push_back(clone(*slice, &into, budget, depth + 1));
        }
    }
}

}  // namespace

// A backbone element may follow an element of another profile (extension elementdefinition-profile-element).
void Outlines::graft(OutlineNode& node, Value element) {
    for (const Value type : element["type"].elements()) {
        std::size_t place = 0;
        for (const Value profile : type["profile"].elements()) {
            std::string_view id;
            for (const Value extension : type["_profile"][place]["extension"].elements()) {
                if (extension["url"].text() == "http://hl7.org/fhir/StructureDefinition/elementdefinition-profile-element") id = extension["valueString"].text();
            }
            ++place;
            const Outline* other = id.empty() ? nullptr : find_locked(profile.text());
            if (other == nullptr) continue;
            // "Composition.section:codeA"
            const OutlineNode* at = other->root.get();
            std::size_t dot = id.find('.');
            while (dot != std::string_view::npos && at != nullptr) {
                const std::size_t next = id.find('.', dot + 1);
                const std::string_view step = id.substr(dot + 1, next == std::string_view::npos ? next : next - dot - 1);
                const std::size_t colon = step.find(':');
                at = at->child(step.substr(0, colon));
                if (at != nullptr && colon != std::string_view::npos) at = at->slice_named(step.substr(colon + 1));
                dot = next;
            }
            if (at != nullptr) merge(node, *at, budget_, 0);
        }
    }
}

// The node that an element of a differential is about, made when the base does not have it yet.
OutlineNode* Outlines::locate(Outline& outline, Value element, std::map<std::string, OutlineNode*, std::less<>>& recent, std::string& problem) {
    const std::string_view path = element["path"].text();
    const std::string_view slice_name = element["sliceName"].text();

    // The holder: what was last said at the parent's path, or the way down from the root.
    OutlineNode* holder = nullptr;
    const auto known = recent.find(parent_of(path));
    if (known != recent.end()) {
        holder = known->second;
    } else {
        holder = outline.root.get();
        std::string_view way = parent_of(path);
        std::size_t at = way.find('.');
        while (at != std::string_view::npos && holder != nullptr) {
            const std::size_t next = way.find('.', at + 1);
            std::string_view name = way.substr(at + 1, next == std::string_view::npos ? next : next - at - 1);
            if (name.ends_with("[x]")) name.remove_suffix(3);
            expand_locked(outline, *holder);
            OutlineNode* child = holder->child(name);
            if (child == nullptr) child = typed_choice(*holder, name);
            holder = child;
            at = next;
        }
    }
    if (holder == nullptr) return nullptr;
    expand_locked(outline, *holder);

    std::string_view tail = tail_of(path);
    if (tail.ends_with("[x]")) tail.remove_suffix(3);
    OutlineNode* target = holder->child(tail);
    std::string implied_slice(slice_name);
    if (target == nullptr) {
        target = typed_choice(*holder, tail);
        if (target == nullptr) {
            problem = "the path of an element of the differential does not exist in the base";
            return nullptr;
        }
        // The short form for a slice by type; with one type left in the base it is that element itself.
        if (implied_slice.empty()) implied_slice = std::string(tail);
    }
    if (implied_slice.empty()) return target;
    std::string_view name;
    OutlineNode* owner = slice_owner(*target, implied_slice, &name);
    if (OutlineNode* there = owner->slice_named(name)) return there;
    auto slice = std::make_unique<OutlineNode>();
    slice->name = target->name;
    slice->path = target->path;
    slice->choice = target->choice;
    slice->slice = name;
    slice->parent = target->parent;
    slice->layers = owner->layers;
    slice->own_layers = slice->layers.size();
    for (const auto& child : owner->children) slice->children.push_back(clone(*child, slice.get(), budget_));
    OutlineNode* raw = slice.get();
    owner->slices.push_back(std::move(slice));
    return raw;
}

bool Outlines::expand_locked(Outline& outline, OutlineNode& node) {
    if (!node.children.empty()) return true;
    const std::string_view reference = node.get("contentReference").text();
    if (!reference.empty()) {
        const std::string_view path = reference.substr(reference.find('#') + 1);
        // The element of the type's own definition is meant: what a profile says of it does not come along.
        const Outline* core = find_locked(std::string(kCore).append(path.substr(0, path.find('.'))));
        const OutlineNode* at = core == nullptr || !core->root ? outline.root.get() : core->root.get();
        std::size_t dot = path.find('.');
        while (dot != std::string_view::npos && at != nullptr) {
            const std::size_t next = path.find('.', dot + 1);
            at = at->child(path.substr(dot + 1, next == std::string_view::npos ? next : next - dot - 1));
            dot = next;
        }
        if (at == nullptr) return false;
        // One level is enough: deeper ones are expanded when they are asked for.
        for (const auto& child : at->children) {
            if (child.get() == &node) continue;
            node.children.push_back(clone(*child, &node, budget_, kCloneDepthMax - 3));
        }
        return true;
    }
    const Value types = node.get("type");
    if (types.size() == 0) return false;
    const Value type = types[std::size_t{0}];
    const Outline* from = nullptr;
    if (type["profile"].size() == 1) from = find_locked(type["profile"][std::size_t{0}].text());
    if (from == nullptr) from = find_locked(std::string(kCore).append(type_code(type)));
    if (from == nullptr || !from->root) return false;
    for (const auto& child : from->root->children) node.children.push_back(clone(*child, &node, budget_));
    return !node.children.empty();
}

}  // namespace idun::validation
