#include "validation/internal/compiler.h"

#include <algorithm>
#include <cctype>
#include <unordered_set>

#include "json/writer.h"
#include "validation/internal/criteria.h"
#include "validation/internal/element_definition.h"

namespace idun::validation {

using json::Value;

namespace {

constexpr std::size_t kDepthMax = 60;

// A capital first letter is how a choice's type stands in its name: "valueString" -> "string", "valueHumanName" ->
// "HumanName".
const fhir::Type* type_of_suffix(std::string_view suffix) {
    if (suffix.empty()) return nullptr;
    if (const fhir::Type* type = r4_type(suffix)) return type;
    std::string lower(suffix);
    lower[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(lower[0])));
    return r4_type(lower);
}

class Compiler {
public:
    Compiler(const Outline& outline, Library& library, Program& program)
        : outline_(outline), library_(library), program_(program) {}

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
            const OutlineNode* at = node_at(library_.outlines(), reference.substr(reference.find('#') + 1));
            return at == nullptr ? nullptr : at->child(node.name);
        }
        const fhir::Type* type = only_type(holder);
        if (type == nullptr) return nullptr;
        const Outline* of = library_.outlines().of_type(type->name);
        return of == nullptr ? nullptr : of->root->child(node.name);
    }

    // Null when the element says nothing beyond R4.
    Rule* element(const OutlineNode& node, const OutlineNode* base, const OutlineNode* sliced, std::size_t depth,
                  bool forced = false) {
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
        const std::uint32_t max =
            number_of((node.get_own("max") ? node.get_own("max") : node.get("max")).text(), kUnbounded);
        if (sliced != nullptr) {
            rule.min = min;
            const std::uint32_t whole = number_of(sliced->get("max").text(), kUnbounded);
            if (max < whole || max == 0) rule.max = max;
            return;
        }
        // What the type's own definition asks for, check_structure has judged.
        if (base == nullptr || min > number_of(base->get("min").text(), 0)) rule.min = min;
        if (base == nullptr || max < number_of(base->get("max").text(), kUnbounded)) rule.max = max;
        if (base == nullptr && max == kUnbounded) rule.max = max;
    }

    void types(Rule& rule, const OutlineNode& node, const OutlineNode* base) {
        const auto own = types_of(node);
        if (own.empty()) return;
        bool plain = true;  // nothing but type codes
        for (const Value type : own) {
            TypeRule made;
            const std::string_view code = type_code(type);
            if (code == "BackboneElement") return;
            made.type = r4_type(code);
            if (made.type == nullptr) continue;
            for (const Value profile : type["profile"].elements()) {
                if (!profile.is_string() || same_canonical(profile.text(), std::string(kCore).append(code))) continue;
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
            made.versioning = versioning == "specific"      ? Versioning::specific
                              : versioning == "independent" ? Versioning::independent
                                                            : Versioning::either;
            plain = plain && made.profiles.empty() && made.targets.empty() && made.aggregation == 0 &&
                    made.versioning == Versioning::either;
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
                same += std::any_of(made.targets.begin(), made.targets.end(),
                                    [&](const ProfileSlot* slot) { return slot->url == target.text(); })
                            ? 1
                            : 0;
            }
            return same == made.targets.size();
        }
        return false;
    }

    static bool narrower(const std::vector<TypeRule>& own, const OutlineNode* base) {
        if (own.empty()) return false;
        if (base == nullptr) return true;
        for (const Value type : base->get("type").elements()) {
            const fhir::Type* there = r4_type(type_code(type));
            if (there == nullptr) continue;
            if (std::none_of(own.begin(), own.end(), [&](const TypeRule& r) { return r.type == there; })) return true;
        }
        return false;
    }

    void values(Rule& rule, const OutlineNode& node, const OutlineNode* base) {
        const auto beyond = [&](std::string_view prefix, std::string_view* suffix) -> Value {
            const Value found = node.get_choice(prefix, suffix);
            if (!found || (base != nullptr && base->get_choice(prefix) &&
                           json::to_text(base->get_choice(prefix)) == json::to_text(found)))
                return {};
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
            if (extension_of(layer, "http://hl7.org/fhir/StructureDefinition/narrative-source-control"))
                rule.narrative_source = true;
            const Value languages =
                value_of(extension_of(layer, "http://hl7.org/fhir/StructureDefinition/narrative-language-control"));
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
        return there && there->strength == own.strength && same_canonical(there->value_set, own.value_set) &&
               there->max_value_set == own.max_value_set && there->additional == own.additional;
    }

    void constraints(Rule& rule, const OutlineNode& node, const OutlineNode* base) {
        std::unordered_set<std::string> known;
        const auto name_of = [](Value constraint) {
            return std::string(constraint["key"].text()) + '\n' + std::string(constraint["expression"].text());
        };
        if (base != nullptr) base->each("constraint", [&](Value c) { known.insert(name_of(c)); });
        // Of a root: the rules that its type states are judged with the base.
        if (node.parent == nullptr) {
            for (const char* general : {"Element", "BackboneElement", "Resource", "DomainResource"}) {
                if (const Outline* of = library_.outlines().of_type(general))
                    of->root->each("constraint", [&](Value c) { known.insert(name_of(c)); });
            }
        }
        if (const fhir::Type* type = only_type(node)) {
            if (const Outline* of = library_.outlines().of_type(type->name))
                of->root->each("constraint", [&](Value c) { known.insert(name_of(c)); });
        }
        node.each("constraint", [&](Value c) {
            const std::string_view key = c["key"].text();
            if (key == "ele-1" || key == "ext-1" || c["expression"].text().empty()) return;
            if (!known.insert(name_of(c)).second) return;
            rule.invariants.push_back(library_.invariant(c, program_.name));
        });
    }

    void slicing(Rule& rule, const OutlineNode& node, const OutlineNode* base, const OutlineNode* sliced,
                 std::size_t depth) {
        if (node.slices.empty()) return;
        Value how = node.get_own("slicing");
        if (!how) how = node.get("slicing");
        if (!how && sliced != nullptr) how = sliced->get("slicing");
        auto made = std::make_unique<Slicing>();
        const std::string_view openness = how["rules"].text();
        made->openness = openness == "closed"      ? Openness::closed
                         : openness == "openAtEnd" ? Openness::open_at_end
                                                   : Openness::open;
        made->ordered = how["ordered"].boolean();
        bool worth = made->openness != Openness::open || made->ordered;
        const CriteriaSource source{outline_, library_, program_,
                                    [&](const OutlineNode& of, const OutlineNode* of_base) {
                                        return element(of, of_base, nullptr, depth + 1, true);
                                    }};
        for (const auto& slice : node.slices) {
            Rule* slice_rule = element(*slice, base, &node, depth + 1, true);
            if (slice_rule == nullptr) continue;
            std::erase_if(slice_rule->invariants, [&](const Invariant* i) {
                return std::ranges::find(rule.invariants, i) != rule.invariants.end();
            });
            if (slice->slice == "@default") {
                made->others = slice_rule;
                worth = true;
                continue;
            }
            Slice out{.name = slice->slice, .criteria = {}, .rule = slice_rule};
            add_criteria(out, *slice, node, how, source);
            worth = worth || slice_rule->says_something();
            made->slices.push_back(std::move(out));
        }
        if (worth) rule.slicing = std::move(made);
    }

    const Outline& outline_;
    Library& library_;
    Program& program_;
};

}  // namespace

std::unique_ptr<Program> compile(const Outline& outline, Library& library) {
    const fhir::Type* type = r4_type(outline.type);
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
