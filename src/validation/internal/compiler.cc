#include "validation/internal/compiler.h"

#include <algorithm>
#include <charconv>
#include <unordered_map>
#include <unordered_set>

#include "json/writer.h"
#include "validation/internal/item.h"

namespace idun::validation {

using json::Value;

namespace {

constexpr std::string_view kExtensions = "http://hl7.org/fhir/StructureDefinition/";
constexpr std::size_t kDepthMax = 60;

std::uint32_t number_of(std::string_view text, std::uint32_t otherwise) {
    if (text == "*") return 0xFFFFFFFF;
    std::uint32_t out = otherwise;
    std::from_chars(text.data(), text.data() + text.size(), out);
    return out;
}

bool same_canonical(std::string_view a, std::string_view b) { return a.substr(0, a.find('|')) == b.substr(0, b.find('|')); }

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

std::string upper_first(std::string_view text) {
    std::string out(text);
    if (!out.empty()) out[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(out[0])));
    return out;
}

class Compiler {
public:
    Compiler(const Outline& outline, Library& library, Program& program)
        : outline_(outline), library_(library), program_(program), definitions_(fhir::Definitions::r4()) {}

    void run() {
        const Outline* core = library_.outlines().of_type(outline_.type);
        const OutlineNode* base = core == nullptr || core == &outline_ ? nullptr : core->root.get();
        Rule* root = element(*outline_.root, base, nullptr, 0, true);
        program_.root = root;
    }

private:
    Rule* make() {
        program_.rules.push_back(std::make_unique<Rule>());
        return program_.rules.back().get();
    }

    // The node that stands for the same element in the definition of the type itself.
    const OutlineNode* base_child(const OutlineNode* base, const OutlineNode& holder, const OutlineNode& node) {
        if (base != nullptr && !base->children.empty()) {
            if (const OutlineNode* found = base->child(node.name)) return found;
        }
        const std::string_view reference = base == nullptr ? std::string_view() : base->get("contentReference").text();
        if (!reference.empty()) {
            const OutlineNode* at = by_path(reference.substr(reference.find('#') + 1));
            return at == nullptr ? nullptr : at->child(node.name);
        }
        const fhir::Type* type = only_type(holder);
        if (type == nullptr) return nullptr;
        const Outline* of = library_.outlines().of_type(type->name);
        return of == nullptr ? nullptr : of->root->child(node.name);
    }

    const OutlineNode* by_path(std::string_view path) {
        const Outline* of = library_.outlines().of_type(path.substr(0, path.find('.')));
        const OutlineNode* at = of == nullptr ? nullptr : of->root.get();
        std::size_t dot = path.find('.');
        while (dot != std::string_view::npos && at != nullptr) {
            const std::size_t next = path.find('.', dot + 1);
            at = at->child(path.substr(dot + 1, next == std::string_view::npos ? next : next - dot - 1));
            dot = next;
        }
        return at;
    }

    static bool is_backbone(const OutlineNode& node) {
        const Value types = node.get("type");
        if (types.size() != 1) return false;
        const std::string_view code = types[std::size_t{0}]["code"].text();
        return code == "BackboneElement" || code == "Element";
    }

    const fhir::Type* type_named(std::string_view code) const { return definitions_.type(code); }

    // The short form "valueQuantity" says the type by its name.
    std::string typed_suffix(const OutlineNode& node) const {
        if (!node.choice || node.slice.empty()) return {};
        for (const Value layer : node.layers) {
            std::string_view tail = layer["path"].text();
            tail = tail.substr(tail.rfind('.') + 1);
            if (tail.size() > node.name.size() && tail.starts_with(node.name) && !tail.ends_with("[x]")) return std::string(tail.substr(node.name.size()));
        }
        if (node.own_layers > 0 && node.slice.size() > node.name.size() && node.slice.starts_with(node.name) && node.get_own("type").size() == 0) {
            return node.slice.substr(node.name.size());
        }
        return {};
    }

    std::vector<Value> types_of(const OutlineNode& node) const {
        std::vector<Value> out;
        const std::string suffix = typed_suffix(node);
        for (const Value type : node.get("type").elements()) {
            if (!suffix.empty() && upper_first(type_code(type)) != suffix) continue;
            out.push_back(type);
        }
        return out;
    }

    const fhir::Type* only_type(const OutlineNode& node) const {
        const auto types = types_of(node);
        if (types.empty()) return nullptr;
        const std::string_view code = type_code(types[0]);
        for (const Value type : types) {
            if (type_code(type) != code) return nullptr;
        }
        if (code == "BackboneElement" || code == "Element") return nullptr;
        return type_named(code);
    }

    // Null when the element says nothing beyond R4.
    Rule* element(const OutlineNode& node, const OutlineNode* base, const OutlineNode* sliced, std::size_t depth, bool forced = false) {
        if (depth > kDepthMax) return nullptr;
        Rule* rule = make();
        rule->name = node.name;
        rule->choice = node.choice;
        rule->label = node.path + (node.slice.empty() ? "" : ":" + node.slice);
        const bool is_root = node.parent == nullptr;

        if (!is_root) cardinality(*rule, node, base, sliced);
        if (!is_root) types(*rule, node, base);
        values(*rule, node, base);
        constraints(*rule, node, base);
        for (const auto& child : node.children) {
            const OutlineNode* child_base = base_child(base, node, *child);
            if (Rule* made = element(*child, child_base, nullptr, depth + 1)) rule->children.push_back(made);
        }
        slicing(*rule, node, base, sliced, depth);
        if (forced || rule->says_something()) return rule;
        return nullptr;
    }

    void cardinality(Rule& rule, const OutlineNode& node, const OutlineNode* base, const OutlineNode* sliced) {
        const std::uint32_t min = number_of((sliced != nullptr ? node.get_own("min") : node.get("min")).text(), 0);
        const std::uint32_t max = number_of((sliced != nullptr && !node.get_own("max") ? node.get("max") : node.get_own("max") ? node.get_own("max") : node.get("max")).text(), 0xFFFFFFFF);
        if (sliced != nullptr) {
            rule.min = min;
            const std::uint32_t whole = number_of(sliced->get("max").text(), 0xFFFFFFFF);
            if (max < whole || max == 0) rule.max = max;
            return;
        }
        // What the type's own definition asks for, check_structure has judged.
        if (base == nullptr || min > number_of(base->get("min").text(), 0)) rule.min = min;
        if (base == nullptr || max < number_of(base->get("max").text(), 0xFFFFFFFF)) rule.max = max;
        if (base == nullptr && max == 0xFFFFFFFF) rule.max = max;
    }

    void types(Rule& rule, const OutlineNode& node, const OutlineNode* base) {
        const auto own = types_of(node);
        if (own.empty()) return;
        bool plain = true;  // nothing but type codes
        for (const Value type : own) {
            TypeRule made;
            const std::string_view code = type_code(type);
            if (code == "BackboneElement") return;
            made.type = type_named(code);
            if (made.type == nullptr) continue;
            for (const Value profile : type["profile"].elements()) {
                if (!profile.is_string() || same_canonical(profile.text(), std::string(kExtensions).append(code))) continue;
                made.profiles.push_back(library_.slot(profile.text()));
            }
            for (const Value target : type["targetProfile"].elements()) {
                if (target.is_string()) made.targets.push_back(library_.slot(target.text()));
            }
            if (same_targets(made, base)) made.targets.clear();
            for (const Value mode : type["aggregation"].elements()) {
                const std::string_view text = mode.text();
                if (text == "contained") made.aggregation = static_cast<std::uint8_t>(made.aggregation | kContained);
                if (text == "referenced") made.aggregation = static_cast<std::uint8_t>(made.aggregation | kReferenced);
                if (text == "bundled") made.aggregation = static_cast<std::uint8_t>(made.aggregation | kBundled);
            }
            const std::string_view versioning = type["versioning"].text();
            made.versioning = versioning == "specific" ? Versioning::specific : versioning == "independent" ? Versioning::independent : Versioning::either;
            plain = plain && made.profiles.empty() && made.targets.empty() && made.aggregation == 0 && made.versioning == Versioning::either;
            rule.types.push_back(std::move(made));
        }
        rule.limits_types = narrower(rule.types, base);
        if (plain && !rule.limits_types) rule.types.clear();
    }

    static bool same_targets(const TypeRule& made, const OutlineNode* base) {
        if (base == nullptr) return false;
        for (const Value type : base->get("type").elements()) {
            if (type_code(type) != made.type->name) continue;
            if (type["targetProfile"].size() != made.targets.size()) return false;
            std::size_t same = 0;
            for (const Value target : type["targetProfile"].elements()) {
                same += std::any_of(made.targets.begin(), made.targets.end(), [&](const ProfileSlot* slot) { return slot->url == target.text(); }) ? 1 : 0;
            }
            return same == made.targets.size();
        }
        return false;
    }

    bool narrower(const std::vector<TypeRule>& own, const OutlineNode* base) const {
        if (own.empty()) return false;
        if (base == nullptr) return true;
        for (const Value type : base->get("type").elements()) {
            const fhir::Type* there = type_named(type_code(type));
            if (there == nullptr) continue;
            if (std::none_of(own.begin(), own.end(), [&](const TypeRule& r) { return r.type == there; })) return true;
        }
        return false;
    }

    void values(Rule& rule, const OutlineNode& node, const OutlineNode* base) {
        const auto beyond = [&](std::string_view prefix, std::string_view* suffix) -> Value {
            const Value found = node.get_choice(prefix, suffix);
            if (!found || (base != nullptr && base->get_choice(prefix) && json::to_text(base->get_choice(prefix)) == json::to_text(found))) return {};
            return found;
        };
        std::string_view suffix;
        rule.fixed = beyond("fixed", &suffix);
        rule.pattern = beyond("pattern", &suffix);
        rule.min_value = limit(beyond("minValue", &suffix), suffix);
        rule.max_value = limit(beyond("maxValue", &suffix), suffix);
        const Value length = node.get("maxLength");
        if (length && (base == nullptr || !base->get("maxLength"))) rule.max_length = number_of(length.text(), 0);
        for (const Value layer : node.layers) {
            const Value least = value_of(extension_of(layer, "http://hl7.org/fhir/StructureDefinition/minLength"));
            if (least) rule.min_length = number_of(least.text(), 0);
        }
        for (const Value layer : node.layers) {
            if (extension_of(layer, "http://hl7.org/fhir/StructureDefinition/narrative-source-control")) rule.narrative_source = true;
            const Value languages = value_of(extension_of(layer, "http://hl7.org/fhir/StructureDefinition/narrative-language-control"));
            if (languages) rule.narrative_languages = languages.text();
        }
        rule.must_have_value = node.get("mustHaveValue").boolean();
        auto bound = binding_of(node);
        if (bound && !(base != nullptr && same_binding(*bound, *base))) rule.binding = std::move(bound);
    }

    static Limit limit(Value value, std::string_view suffix) {
        if (!value) return {};
        const fhir::Type* type = type_of_suffix(suffix);
        return {.value = value, .primitive = type == nullptr ? fhir::Primitive::none : type->primitive};
    }

    static bool same_binding(const Binding& own, const OutlineNode& base) {
        const auto there = binding_of(base);
        return there && there->strength == own.strength && same_canonical(there->value_set, own.value_set) && there->max_value_set == own.max_value_set &&
               there->additional == own.additional;
    }

    void constraints(Rule& rule, const OutlineNode& node, const OutlineNode* base) {
        std::unordered_set<std::string> known;
        const auto name_of = [](Value constraint) { return std::string(constraint["key"].text()) + '\n' + std::string(constraint["expression"].text()); };
        if (base != nullptr) base->each("constraint", [&](Value c) { known.insert(name_of(c)); });
        // Of a root: the rules that its type states are judged with the base.
        if (node.parent == nullptr) {
            for (const char* general : {"Element", "BackboneElement", "Resource", "DomainResource"}) {
                if (const Outline* of = library_.outlines().of_type(general)) of->root->each("constraint", [&](Value c) { known.insert(name_of(c)); });
            }
        }
        if (const fhir::Type* type = only_type(node)) {
            if (const Outline* of = library_.outlines().of_type(type->name)) of->root->each("constraint", [&](Value c) { known.insert(name_of(c)); });
        }
        node.each("constraint", [&](Value c) {
            const std::string_view key = c["key"].text();
            if (key == "ele-1" || key == "ext-1" || c["expression"].text().empty()) return;
            if (!known.insert(name_of(c)).second) return;
            rule.invariants.push_back(library_.invariant(c, program_.name));
        });
    }

    // --- slicing ---

    void slicing(Rule& rule, const OutlineNode& node, const OutlineNode* base, const OutlineNode* sliced, std::size_t depth) {
        if (node.slices.empty()) return;
        Value how = node.get_own("slicing");
        if (!how) how = node.get("slicing");
        if (!how && sliced != nullptr) how = sliced->get("slicing");
        auto made = std::make_unique<Slicing>();
        const std::string_view openness = how["rules"].text();
        made->openness = openness == "closed" ? Openness::closed : openness == "openAtEnd" ? Openness::open_at_end : Openness::open;
        made->ordered = how["ordered"].boolean();
        bool worth = made->openness != Openness::open || made->ordered;
        for (const auto& slice : node.slices) {
            const OutlineNode* slice_base = base;
            Rule* slice_rule = element(*slice, slice_base, &node, depth + 1, true);
            slice_rule->invariants.erase(std::remove_if(slice_rule->invariants.begin(), slice_rule->invariants.end(),
                                                        [&](const Invariant* i) { return std::find(rule.invariants.begin(), rule.invariants.end(), i) != rule.invariants.end(); }),
                                         slice_rule->invariants.end());
            if (slice->slice == "@default") {
                made->others = slice_rule;
                worth = true;
                continue;
            }
            Slice out{.name = slice->slice, .criteria = {}, .rule = slice_rule};
            criteria(out, *slice, node, how, slice_base, depth);
            worth = worth || slice_rule->says_something();
            made->slices.push_back(std::move(out));
        }
        if (worth) rule.slicing = std::move(made);
    }

    void criteria(Slice& out, const OutlineNode& slice, const OutlineNode& unsliced, Value how, const OutlineNode* base, std::size_t depth) {
        const Value discriminators = how["discriminator"];
        if (discriminators.size() == 0) {
            if (unsliced.name == "extension" || unsliced.name == "modifierExtension") return one(out, slice, unsliced, "value", "url", base, depth);
            if (unsliced.choice) return one(out, slice, unsliced, "type", "$this", base, depth);
            Criterion whole;
            whole.test = Test::conforms;
            whole.rule = out.rule;
            out.criteria.push_back(std::move(whole));
            return;
        }
        for (const Value d : discriminators.elements()) one(out, slice, unsliced, d["type"].text(), d["path"].text(), base, depth);
    }

    void one(Slice& out, const OutlineNode& slice, const OutlineNode& unsliced, std::string_view kind, std::string_view path, const OutlineNode* base, std::size_t depth) {
        Criterion made;
        if (kind == "value" && path == "url" && (unsliced.name == "extension" || unsliced.name == "modifierExtension")) {
            if (std::string url = extension_url(slice); !url.empty()) {
                made.path.push_back({.kind = StepKind::child, .name = "url", .choice = false, .type = nullptr});
                made.test = Test::fixed;
                made.text = std::move(url);
                out.criteria.push_back(std::move(made));
                return;
            }
        }
        std::vector<Place> places{{&slice, &unsliced, &outline_}};
        if (kind == "profile" && path.ends_with("resolve()")) return target_profile(out, path, places);
        if (!follow(path, made.path, places)) {
            note(fmt_path("a discriminator's path is not understood", slice));
            return;
        }
        if (kind == "exists") return exists(out, std::move(made), places);
        if (kind == "type") return type(out, std::move(made), places);
        if (kind == "profile") return profile(out, std::move(made), places, base, depth);
        value(out, std::move(made), places, base, depth);
    }

    static std::string fmt_path(const char* text, const OutlineNode& node) { return std::string(text) + " (" + node.path + ":" + node.slice + ")"; }
    void note(std::string problem) { program_.problems.push_back(std::move(problem)); }

    static std::string extension_url(const OutlineNode& slice) {
        if (const OutlineNode* url = slice.child("url")) {
            if (const Value fixed = url->get_choice("fixed")) return std::string(fixed.text());
        }
        for (const Value t : slice.get("type").elements()) {
            const Value first = t["profile"][std::size_t{0}];
            if (first.is_string()) return std::string(first.text().substr(0, first.text().find('|')));
        }
        return {};
    }

    // A node, what it slices (where it says nothing itself) and the tree it stands in.
    struct Place {
        const OutlineNode* node = nullptr;
        const OutlineNode* behind = nullptr;
        const Outline* outline = nullptr;
    };

    static Value layered(const Place& place, std::string_view property) {
        Value found = place.node->get(property);
        if (!found && place.behind != nullptr) found = place.behind->get(property);
        return found;
    }
    static Value layered_choice(const Place& place, std::string_view prefix) {
        Value found = place.node->get_choice(prefix);
        if (!found && place.behind != nullptr) found = place.behind->get_choice(prefix);
        return found;
    }

    std::vector<Place> child_of(const Place& place, std::string_view name) {
        const OutlineNode* found = place.node->child(name);
        const OutlineNode* behind = place.behind == nullptr ? nullptr : place.behind->child(name);
        if (found != nullptr) return {{found, behind, place.outline}};
        if (behind != nullptr) return {{behind, nullptr, place.outline}};
        std::vector<Place> out;
        for (const OutlineNode* holder : {place.node, place.behind}) {
            if (holder == nullptr || !out.empty()) continue;
            const std::string_view reference = holder->get("contentReference").text();
            if (!reference.empty()) {
                if (const OutlineNode* at = by_path(reference.substr(reference.find('#') + 1))) {
                    if (const OutlineNode* c = at->child(name)) out.push_back({c, nullptr, place.outline});
                }
                continue;
            }
            for (const Value t : types_of(*holder)) {
                for (const Value p : t["profile"].elements()) {
                    const Outline* of = library_.outlines().find(p.text());
                    if (of == nullptr) continue;
                    if (const OutlineNode* c = of->root->child(name)) out.push_back({c, nullptr, of});
                }
                if (!out.empty()) continue;
                const Outline* of = library_.outlines().of_type(type_code(t));
                if (of == nullptr) continue;
                if (const OutlineNode* c = of->root->child(name)) out.push_back({c, nullptr, of});
            }
        }
        return out;
    }

    std::vector<Place> targets_of(const Place& place) {
        std::vector<Place> out;
        for (const Value t : layered(place, "type").elements()) {
            for (const Value p : t["targetProfile"].elements()) {
                if (const Outline* of = library_.outlines().find(p.text())) out.push_back({of->root.get(), nullptr, of});
            }
        }
        return out;
    }

    bool follow(std::string_view path, std::vector<Step>& steps, std::vector<Place>& places) {
        while (!path.empty()) {
            // The end of this step: a dot outside of brackets.
            std::size_t end = 0;
            int open = 0;
            while (end < path.size() && (path[end] != '.' || open > 0)) {
                open += path[end] == '(' ? 1 : path[end] == ')' ? -1 : 0;
                ++end;
            }
            std::string_view step = path.substr(0, end);
            path = end < path.size() ? path.substr(end + 1) : std::string_view();
            if (step == "$this" || step == "this") continue;
            if (!follow_one(step, steps, places)) return false;
        }
        return true;
    }

    bool follow_one(std::string_view step, std::vector<Step>& steps, std::vector<Place>& places) {
        const auto argument = [&] {
            const std::size_t open = step.find('(');
            std::string_view in = step.substr(open + 1, step.rfind(')') - open - 1);
            while (!in.empty() && (in.front() == '\'' || in.front() == '"')) in = in.substr(1, in.size() > 1 ? in.size() - 2 : 0);
            return in;
        };
        std::vector<Place> next;
        if (step == "resolve()") {
            for (const Place& p : places) {
                for (const Place& t : targets_of(p)) next.push_back(t);
            }
            steps.push_back({.kind = StepKind::resolve, .name = {}, .choice = false, .type = nullptr});
            places = std::move(next);
            return true;
        }
        if (step.starts_with("extension(")) {
            const std::string url(argument());
            steps.push_back({.kind = StepKind::extension, .name = url, .choice = false, .type = nullptr});
            for (const Place& p : places) {
                for (const Place& c : child_of(p, "extension")) extensions(*c.node, url, c.outline, next);
            }
            if (next.empty()) {
                if (const Outline* of = library_.outlines().find(url)) next.push_back({of->root.get(), nullptr, of});
            }
            places = std::move(next);
            return true;
        }
        if (step.starts_with("ofType(") || step.starts_with("as(")) {
            const std::string type(argument());
            steps.push_back({.kind = StepKind::of_type, .name = type, .choice = false, .type = type_named(type)});
            for (const Place& p : places) {
                const OutlineNode* found = p.node;
                for (const auto& slice : p.node->slices) {
                    if (const fhir::Type* only = only_type(*slice); only != nullptr && only->name == type) found = slice.get();
                }
                next.push_back({found, found == p.node ? p.behind : p.node, p.outline});
            }
            places = std::move(next);
            return true;
        }
        if (step.find('(') != std::string_view::npos) return false;
        std::string_view name = step;
        if (name.ends_with("[x]")) name.remove_suffix(3);
        for (const Place& p : places) {
            for (const Place& c : child_of(p, name)) {
                // "valueCode" says more of value[x] than value[x] does, and so does a slice that must be there ("code.coding:SBPCode").
                if (c.node->slices.size() == 1 && (c.node->choice || number_of(c.node->slices[0]->get_own("min").text(), 0) > 0)) {
                    next.push_back({c.node->slices[0].get(), c.node, c.outline});
                }
                next.push_back(c);
            }
        }
        Step made{.kind = StepKind::child, .name = std::string(name), .choice = false, .type = nullptr};
        if (!next.empty()) {
            made.choice = next[0].node->choice;
        }
        steps.push_back(std::move(made));
        places = std::move(next);
        return true;
    }

    // The parts of a slice say more than the slice, so they come first.
    void extensions(const OutlineNode& sliced, const std::string& url, const Outline* outline, std::vector<Place>& out) {
        for (const auto& slice : sliced.slices) {
            extensions(*slice, url, outline, out);
            if (extension_url(*slice) == url) out.push_back({slice.get(), nullptr, outline});
        }
    }

    void exists(Slice& out, Criterion made, const std::vector<Place>& places) {
        for (const Place& place : places) {
            if (layered(place, "max").text() == "0") made.test = Test::absent;
            else if (number_of(layered(place, "min").text(), 0) > 0) made.test = Test::exists;
            else continue;
            out.criteria.push_back(std::move(made));
            return;
        }
        note("an exists discriminator whose slice says neither that the element must nor that it may not be there");
    }

    void type(Slice& out, Criterion made, const std::vector<Place>& places) {
        made.test = Test::type;
        for (const Place& place : places) {
            if (place.node->parent == nullptr) {  // a resource or a whole profile
                if (const fhir::Type* t = type_named(place.outline->type)) made.types.push_back(t);
                continue;
            }
            for (const Value t : types_of(*place.node)) {
                if (const fhir::Type* found = type_named(type_code(t))) made.types.push_back(found);
            }
        }
        if (!made.types.empty()) out.criteria.push_back(std::move(made));
    }

    void profile(Slice& out, Criterion made, const std::vector<Place>& places, const OutlineNode* base, std::size_t depth) {
        made.test = Test::profile;
        for (const Place& place : places) {
            if (place.node->parent == nullptr) {
                made.profiles.push_back(library_.slot(place.outline->url));
                continue;
            }
            bool reference = false;
            for (const Value t : types_of(*place.node)) {
                for (const Value p : t["profile"].elements()) made.profiles.push_back(library_.slot(p.text()));
                if (t["profile"].size() > 0) continue;
                // Guides leave resolve() out: of a reference its target is meant.
                for (const Value p : t["targetProfile"].elements()) made.profiles.push_back(library_.slot(p.text()));
                reference = reference || t["targetProfile"].size() > 0;
                const fhir::Type* plain = type_named(type_code(t));
                if (plain != nullptr && plain->kind == fhir::TypeKind::resource) made.profiles.push_back(library_.slot(std::string(kExtensions).append(plain->name)));
            }
            if (reference) made.path.push_back({.kind = StepKind::resolve, .name = {}, .choice = false, .type = nullptr});
        }
        if (!made.profiles.empty()) {
            out.criteria.push_back(std::move(made));
            return;
        }
        // Some guides write "profile" where they tell slices apart by a value.
        value(out, std::move(made), places, base, depth);
        if (out.criteria.empty()) note(places.empty() ? std::string("a profile discriminator leads nowhere") : fmt_path("a profile discriminator whose slice names no profile", *places[0].node));
    }

    // Of what a reference leads to: the target profiles are named whether they are known or not.
    void target_profile(Slice& out, std::string_view path, std::vector<Place> places) {
        Criterion made;
        made.test = Test::profile;
        path.remove_suffix(std::string_view("resolve()").size());
        if (path.ends_with('.')) path.remove_suffix(1);
        if (!follow(path, made.path, places)) return note("a discriminator's path is not understood");
        for (const Place& place : places) {
            for (const Value t : layered(place, "type").elements()) {
                for (const Value p : t["targetProfile"].elements()) made.profiles.push_back(library_.slot(p.text()));
            }
        }
        made.path.push_back({.kind = StepKind::resolve, .name = {}, .choice = false, .type = nullptr});
        if (!made.profiles.empty()) out.criteria.push_back(std::move(made));
        else note(places.empty() ? std::string("a profile discriminator leads nowhere") : fmt_path("a profile discriminator whose slice names no profile", *places[0].node));
    }

    void value(Slice& out, Criterion made, const std::vector<Place>& places, const OutlineNode* base, std::size_t depth) {
        for (const Place& place : places) {
            if (const Value fixed = layered_choice(place, "fixed")) {
                made.test = Test::fixed;
                made.value = fixed;
                out.criteria.push_back(std::move(made));
                return;
            }
            if (const Value pattern = layered_choice(place, "pattern")) {
                made.test = Test::pattern;
                made.value = pattern;
                out.criteria.push_back(std::move(made));
                return;
            }
        }
        for (const Place& place : places) {  // it may not be there at all
            if (layered(place, "max").text() == "0") {
                made.test = Test::absent;
                out.criteria.push_back(std::move(made));
                return;
            }
        }
        // A part below says which one it is: all that the slice says there must hold.
        for (const Place& place : places) {
            if (says_values(*place.node, 0)) {
                made.test = Test::conforms;
                Rule* rule = element(*place.node, base_of(place, base), nullptr, depth + 1, true);
                rule->min = 0;
                rule->max = 0xFFFFFFFF;
                made.rule = rule;
                out.criteria.push_back(std::move(made));
                return;
            }
        }
        for (const Place& place : places) {
            auto bound = binding_of(*place.node);
            if (!bound && place.behind != nullptr) bound = binding_of(*place.behind);
            if (bound && bound->strength == Strength::required) {
                made.test = Test::binding;
                made.binding = std::move(*bound);
                out.criteria.push_back(std::move(made));
                return;
            }
        }
        for (const Place& place : places) {
            if (number_of(layered(place, "min").text(), 0) > 0 && place.node->parent != nullptr) {
                made.test = Test::exists;
                out.criteria.push_back(std::move(made));
                return;
            }
        }
    }

    const OutlineNode* base_of(const Place& place, const OutlineNode*) {
        if (const fhir::Type* only = only_type(*place.node)) {
            const Outline* of = library_.outlines().of_type(only->name);
            return of == nullptr ? nullptr : of->root.get();
        }
        return nullptr;
    }

    static bool says_values(const OutlineNode& node, std::size_t depth) {
        if (depth > 6) return false;
        for (const auto& child : node.children) {
            if (child->get_choice("fixed") || child->get_choice("pattern") || says_values(*child, depth + 1)) return true;
        }
        for (const auto& slice : node.slices) {
            if (number_of(slice->get_own("min").text(), 0) > 0) return true;
        }
        return false;
    }

    const Outline& outline_;
    Library& library_;
    Program& program_;
    const fhir::Definitions& definitions_;
};

}  // namespace

const fhir::Type* type_of_suffix(std::string_view suffix) {
    const fhir::Definitions& r4 = fhir::Definitions::r4();
    if (suffix.empty()) return nullptr;
    if (const fhir::Type* type = r4.type(suffix)) return type;
    std::string lower(suffix);
    lower[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(lower[0])));
    return r4.type(lower);
}

Strength strength_of(std::string_view code) {
    return code == "required" ? Strength::required : code == "extensible" ? Strength::extensible : code == "preferred" ? Strength::preferred : Strength::example;
}

std::unique_ptr<Binding> binding_of(const OutlineNode& node) {
    const Value binding = node.get("binding");
    if (!binding) return nullptr;
    auto out = std::make_unique<Binding>();
    out->strength = strength_of(binding["strength"].text());
    // An erratum of R4's vital signs: components of other kinds would have to be measured in the units of vital signs.
    if (node.path == "Observation.component.value[x]" && binding["valueSet"].text().starts_with("http://hl7.org/fhir/ValueSet/ucum-vitals-common")) {
        out->strength = Strength::extensible;
    }
    const Value set = binding["valueSet"] ? binding["valueSet"] : binding["valueSetUri"];
    out->value_set = set.text();
    for (const Value extension : binding["extension"].elements()) {
        const std::string_view url = extension["url"].text();
        if (url == "http://hl7.org/fhir/StructureDefinition/elementdefinition-maxValueSet") out->max_value_set = value_of(extension).text();
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
        if (more["purpose"].text() == "required" && more["usage"].size() == 0) out->additional.emplace_back(more["valueSet"].text());
    }
    if (out->value_set.empty() && out->additional.empty() && out->max_value_set.empty()) return nullptr;
    const bool binds = out->strength == Strength::required || out->strength == Strength::extensible || !out->max_value_set.empty() || !out->additional.empty();
    return binds ? std::move(out) : nullptr;
}

std::unique_ptr<Program> compile(const Outline& outline, Library& library) {
    const fhir::Type* type = fhir::Definitions::r4().type(outline.type);
    if (type == nullptr || !outline.root) return nullptr;
    auto program = std::make_unique<Program>();
    program->url = outline.url;
    program->version = outline.version;
    program->name = outline.url + (outline.version.empty() ? "" : "|" + outline.version);
    program->type = type;
    program->problems = outline.problems;
    Compiler(outline, library, *program).run();
    return program;
}

}  // namespace idun::validation
