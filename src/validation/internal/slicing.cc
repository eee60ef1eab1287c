// Is a value in a slice? Follows a discriminator's path and tests what is there.
#include <algorithm>

#include "validation/internal/rules.h"

namespace idun::validation {

using json::Value;

namespace {

constexpr std::size_t kFoundMax = 1000;

// Calls visit for what the path leads to; the Run stands in the resource of that.
template <typename Visit>
void follow(Run& run, const std::vector<Step>& path, std::size_t at, const Item& item, std::size_t& left, Visit& visit) {
    if (left == 0) return;
    if (at == path.size()) {
        --left;
        return visit(item);
    }
    const Step& step = path[at];
    switch (step.kind) {
        case StepKind::child:
            each_child(item, step.name, step.choice, [&](const Item& child) {
                const bool resource = child.type != nullptr && child.type->kind == fhir::TypeKind::resource;
                const Run::At in(run, resource ? run.holder_of(child.value) : Holder::kNone);
                follow(run, path, at + 1, child, left, visit);
            });
            return;
        case StepKind::extension:
            each_child(item, "extension", false, [&](const Item& child) {
                if (child.value["url"].text() == step.name) follow(run, path, at + 1, child, left, visit);
            });
            return;
        case StepKind::of_type:
            if (item.type == step.type) follow(run, path, at + 1, item, left, visit);
            return;
        case StepKind::resolve: {
            const std::string_view reference = item.value.is_object() ? item.value["reference"].text() : item.value.text();
            const Found found = run.find(reference);
            if (!found.resource) return;
            const Run::At in(run, found.holder);
            follow(run, path, at + 1, resource_item(found.resource), left, visit);
            return;
        }
    }
}

bool is_a(const fhir::Type* type, const fhir::Type* ancestor) {
    for (; type != nullptr; type = type->base) {
        if (type == ancestor) return true;
    }
    return false;
}

bool passes_at(Run& run, const Criterion& c, const Item& item, const Program& program) {
    switch (c.test) {
        case Test::fixed: return c.value ? equal_values(item.value, c.value) : item.text() == c.text;
        case Test::pattern: return contains_pattern(item.value, c.value);
        case Test::exists: return true;
        case Test::absent: return false;
        case Test::type: return std::any_of(c.types.begin(), c.types.end(), [&](const fhir::Type* t) { return is_a(item.type, t); });
        case Test::profile:
            return std::any_of(c.profiles.begin(), c.profiles.end(), [&](ProfileSlot* slot) {
                if (slot->core != nullptr && slot->core == item.type) return true;
                const Program* other = run.library().program(*slot);
                return other != nullptr && conforms(run, *other, item);
            });
        case Test::binding: return in_value_set(run, item, c.binding.value_set);
        case Test::conforms: return run.passes([&] { judge_rule(run, *c.rule, item, program); });
    }
    return false;
}

// resolve() of what is not at hand: the reference's text may still say the type.
bool type_by_name(Run& run, const Criterion& c, const Item& reference) {
    std::string_view text = reference.value["type"].text();
    if (text.empty()) {
        text = reference.value["reference"].text();
        const std::size_t slash = text.rfind('/');
        if (slash == std::string_view::npos) return false;
        text = text.substr(0, slash);
        text = text.substr(text.rfind('/') + 1);
    }
    if (c.test == Test::type) return std::any_of(c.types.begin(), c.types.end(), [&](const fhir::Type* t) { return t->name == text; });
    return std::any_of(c.profiles.begin(), c.profiles.end(), [&](ProfileSlot* slot) {
        if (slot->core != nullptr) return slot->core->name == text;
        const Program* program = run.library().program(*slot);
        return program != nullptr && program->type->name == text;
    });
}

}  // namespace

bool passes(Run& run, const Criterion& criterion, const Item& item, const Program& program) {
    bool found = false;
    bool any = false;
    std::size_t left = kFoundMax;
    auto visit = [&](const Item& there) {
        found = true;
        if (!any) any = passes_at(run, criterion, there, program);
    };
    follow(run, criterion.path, 0, item, left, visit);
    if (criterion.test == Test::absent) return !found;
    if (found || (criterion.test != Test::type && criterion.test != Test::profile) || criterion.path.empty() || criterion.path.back().kind != StepKind::resolve) return any;
    std::vector<Step> before(criterion.path.begin(), criterion.path.end() - 1);
    auto by_name = [&](const Item& there) { any = any || type_by_name(run, criterion, there); };
    follow(run, before, 0, item, left, by_name);
    return any;
}

}  // namespace idun::validation
