#include "validation/internal/criteria.h"

#include "validation/internal/discriminator_path.h"
#include "validation/internal/element_definition.h"

namespace idun::validation {

using json::Value;

namespace {

std::string with_place(const char* text, const OutlineNode& node) {
    return std::string(text) + " (" + node.path + ":" + node.slice + ")";
}

bool says_values(const OutlineNode& node, std::size_t depth) {
    if (depth > 6) return false;
    for (const auto& child : node.children) {
        if (child->get_choice("fixed") || child->get_choice("pattern") || says_values(*child, depth + 1)) return true;
    }
    for (const auto& slice : node.slices) {
        if (number_of(slice->get_own("min").text(), 0) > 0) return true;
    }
    return false;
}

class Criteria {
public:
    Criteria(Slice& out, const OutlineNode& slice, const OutlineNode& unsliced, const CriteriaSource& source)
        : out_(out), slice_(slice), unsliced_(unsliced), source_(source) {}

    void all(Value slicing) {
        const Value discriminators = slicing["discriminator"];
        if (discriminators.size() == 0) {
            if (slices_extensions()) return one("value", "url");
            if (unsliced_.choice) return one("type", "$this");
            Criterion whole;
            whole.test = Test::conforms;
            whole.rule = out_.rule;
            out_.criteria.push_back(std::move(whole));
            return;
        }
        for (const Value d : discriminators.elements()) one(d["type"].text(), d["path"].text());
    }

private:
    bool slices_extensions() const { return unsliced_.name == "extension" || unsliced_.name == "modifierExtension"; }

    void one(std::string_view kind, std::string_view path) {
        Criterion made;
        if (kind == "value" && path == "url" && slices_extensions()) {
            if (std::string url = extension_url(slice_); !url.empty()) {
                made.path.push_back({.kind = StepKind::child, .name = "url", .choice = false, .type = nullptr});
                made.test = Test::fixed;
                made.text = std::move(url);
                out_.criteria.push_back(std::move(made));
                return;
            }
        }
        std::vector<Place> places{{&slice_, &unsliced_, &source_.outline}};
        if (kind == "profile" && path.ends_with("resolve()")) return target_profile(path, places);
        if (!follow(source_.library.outlines(), path, made.path, places)) {
            note(with_place("a discriminator's path is not understood", slice_));
            return;
        }
        if (kind == "exists") return exists(std::move(made), places);
        if (kind == "type") return type(std::move(made), places);
        if (kind == "profile") return profile(std::move(made), places);
        value(std::move(made), places);
    }

    void note(std::string problem) { source_.program.problems.push_back(std::move(problem)); }

    void exists(Criterion made, const std::vector<Place>& places) {
        for (const Place& place : places) {
            if (layered(place, "max").text() == "0")
                made.test = Test::absent;
            else if (number_of(layered(place, "min").text(), 0) > 0)
                made.test = Test::exists;
            else
                continue;
            out_.criteria.push_back(std::move(made));
            return;
        }
        note("an exists discriminator whose slice says neither that the element must nor that it may not be there");
    }

    void type(Criterion made, const std::vector<Place>& places) {
        made.test = Test::type;
        for (const Place& place : places) {
            if (place.node->parent == nullptr) {  // a resource or a whole profile
                if (const fhir::Type* t = r4_type(place.outline->type)) made.types.push_back(t);
                continue;
            }
            for (const Value t : types_of(*place.node)) {
                if (const fhir::Type* found = r4_type(type_code(t))) made.types.push_back(found);
            }
        }
        if (!made.types.empty()) out_.criteria.push_back(std::move(made));
    }

    void profile(Criterion made, const std::vector<Place>& places) {
        made.test = Test::profile;
        for (const Place& place : places) {
            if (place.node->parent == nullptr) {
                made.profiles.push_back(source_.library.slot(place.outline->url));
                continue;
            }
            bool reference = false;
            for (const Value t : types_of(*place.node)) {
                for (const Value p : t["profile"].elements()) made.profiles.push_back(source_.library.slot(p.text()));
                if (t["profile"].size() > 0) continue;
                // Guides leave resolve() out: of a reference its target is meant.
                for (const Value p : t["targetProfile"].elements())
                    made.profiles.push_back(source_.library.slot(p.text()));
                reference = reference || t["targetProfile"].size() > 0;
                const fhir::Type* plain = r4_type(type_code(t));
                if (plain != nullptr && plain->kind == fhir::TypeKind::resource)
                    made.profiles.push_back(source_.library.slot(std::string(kCore).append(plain->name)));
            }
            if (reference)
                made.path.push_back({.kind = StepKind::resolve, .name = {}, .choice = false, .type = nullptr});
        }
        if (!made.profiles.empty()) {
            out_.criteria.push_back(std::move(made));
            return;
        }
        // Some guides write "profile" where they tell slices apart by a value.
        value(std::move(made), places);
        if (out_.criteria.empty())
            note(places.empty() ? std::string("a profile discriminator leads nowhere")
                                : with_place("a profile discriminator whose slice names no profile", *places[0].node));
    }

    // Of what a reference leads to: the target profiles are named whether they are known or not.
    void target_profile(std::string_view path, std::vector<Place> places) {
        Criterion made;
        made.test = Test::profile;
        path.remove_suffix(std::string_view("resolve()").size());
        if (path.ends_with('.')) path.remove_suffix(1);
        if (!follow(source_.library.outlines(), path, made.path, places))
            return note("a discriminator's path is not understood");
        for (const Place& place : places) {
            for (const Value t : layered(place, "type").elements()) {
                for (const Value p : t["targetProfile"].elements())
                    made.profiles.push_back(source_.library.slot(p.text()));
            }
        }
        made.path.push_back({.kind = StepKind::resolve, .name = {}, .choice = false, .type = nullptr});
        if (!made.profiles.empty())
            out_.criteria.push_back(std::move(made));
        else
            note(places.empty() ? std::string("a profile discriminator leads nowhere")
                                : with_place("a profile discriminator whose slice names no profile", *places[0].node));
    }

    void value(Criterion made, const std::vector<Place>& places) {
        for (const Place& place : places) {
            if (const Value fixed = layered_choice(place, "fixed")) {
                made.test = Test::fixed;
                made.value = fixed;
                out_.criteria.push_back(std::move(made));
                return;
            }
            if (const Value pattern = layered_choice(place, "pattern")) {
                made.test = Test::pattern;
                made.value = pattern;
                out_.criteria.push_back(std::move(made));
                return;
            }
        }
        for (const Place& place : places) {  // it may not be there at all
            if (layered(place, "max").text() == "0") {
                made.test = Test::absent;
                out_.criteria.push_back(std::move(made));
                return;
            }
        }
        // A part below says which one it is: all that the slice says there must hold.
        for (const Place& place : places) {
            if (says_values(*place.node, 0)) {
                made.test = Test::conforms;
                Rule* rule = source_.rule_of(*place.node, type_root(*place.node));
                if (rule == nullptr) return note("a slice is told apart by rules that lie too deep");
                rule->min = 0;
                rule->max = kUnbounded;
                made.rule = rule;
                out_.criteria.push_back(std::move(made));
                return;
            }
        }
        for (const Place& place : places) {
            auto bound = binding_of(*place.node);
            if (!bound && place.behind != nullptr) bound = binding_of(*place.behind);
            if (bound && bound->strength == Strength::required) {
                made.test = Test::binding;
                made.binding = std::move(*bound);
                out_.criteria.push_back(std::move(made));
                return;
            }
        }
        for (const Place& place : places) {
            if (number_of(layered(place, "min").text(), 0) > 0 && place.node->parent != nullptr) {
                made.test = Test::exists;
                out_.criteria.push_back(std::move(made));
                return;
            }
        }
    }

    // The definition of the type of what stands at a node.
    const OutlineNode* type_root(const OutlineNode& node) const {
        const fhir::Type* only = only_type(node);
        const Outline* of = only == nullptr ? nullptr : source_.library.outlines().of_type(only->name);
        return of == nullptr ? nullptr : of->root.get();
    }

    Slice& out_;
    const OutlineNode& slice_;
    const OutlineNode& unsliced_;
    const CriteriaSource& source_;
};

}  // namespace

void add_criteria(Slice& out, const OutlineNode& slice, const OutlineNode& unsliced, Value slicing,
                  const CriteriaSource& source) {
    Criteria(out, slice, unsliced, source).all(slicing);
}

}  // namespace idun::validation
