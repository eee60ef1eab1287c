// Runs the rules of a profile's program over a value.
#include <algorithm>

#include "validation/internal/rules.h"

namespace idun::validation {

using fhir::IssueCode;
using json::Value;

namespace {

std::string_view type_name(const Item& item) {
    if (item.type != nullptr) return item.type->name;
    return "BackboneElement";
}

class Judge {
public:
    Judge(Run& run, const Program& program) : run_(run), program_(program) {}

    void whole(const Item& item) {
        if (item.type != program_.type && !(program_.type->is_abstract && is_a(item.type, program_.type))) {
            run_.error(IssueCode::structure, item.place(), "the profile {} is for {}, this is {}", program_.name, program_.type->name, type_name(item));
            return;
        }
        const bool resource = item.type != nullptr && item.type->kind == fhir::TypeKind::resource;
        const Run::At at(run_, resource ? run_.holder_of(item.value) : Holder::kNone);
        content(*program_.root, item);
    }

    void element(const Rule& rule, const Item& item) {
        if (!run_.spend()) return;
        types(rule, item);
        if (rule.fixed && !equal_values(item.value, rule.fixed)) {
            run_.error(IssueCode::value, item.place(), "must have the fixed value of {} ({})", rule.label, program_.name);
        }
        if (rule.pattern && !contains_pattern(item.value, rule.pattern)) {
            run_.error(IssueCode::value, item.place(), "must hold the pattern of {} ({})", rule.label, program_.name);
        }
        if (rule.binding != nullptr) judge_binding(run_, *rule.binding, item, program_.name);
        judge_limits(run_, rule, item);
        if (rule.narrative_source || !rule.narrative_languages.empty()) judge_narrative_parts(run_, rule, item);
        if (rule.must_have_value && !item.value) run_.error(IssueCode::required, item.place(), "must have a value, extensions are not enough ({})", program_.name);
        content(rule, item);
    }

private:
    static bool is_a(const fhir::Type* type, const fhir::Type* ancestor) {
        for (; type != nullptr; type = type->base) {
            if (type == ancestor) return true;
        }
        return false;
    }

    void content(const Rule& rule, const Item& item) {
        // %resource of an element's own invariants is the resource that the element stands in, also when it is one itself.
        if (!rule.invariants.empty()) run_.check(rule.invariants, item, program_.name);
        const bool resource = item.type != nullptr && item.type->kind == fhir::TypeKind::resource;
        const Run::At at(run_, resource ? run_.holder_of(item.value) : Holder::kNone);
        for (const Rule* child : rule.children) {
            if (run_.stopped()) return;
            this->child(*child, item);
        }
    }

    void child(const Rule& rule, const Item& holder) {
        std::vector<Item> items;
        each_child(holder, rule.name, rule.choice, [&](const Item& item) {
            if (item.value.kind() == json::Kind::null && !item.companion.is_object()) return;
            items.push_back(item);
        });
        group(rule, items, holder);
    }

    // All values of an element or of one slice.
    void group(const Rule& rule, const std::vector<Item>& items, const Item& holder) {
        if (items.size() < rule.min) {
            run_.error(IssueCode::required, holder.place(), "{}: at least {} required, {} found ({})", rule.label, rule.min, items.size(), program_.name);
        }
        if (items.size() > rule.max) {
            run_.error(IssueCode::structure, items[rule.max].place(), "{}: at most {} allowed, {} found ({})", rule.label, rule.max, items.size(), program_.name);
        }
        for (const Item& item : items) {
            if (run_.stopped()) return;
            const Run::Inside inside(run_, rule.name, item.index);
            if (!inside) return;
            element(rule, item);
        }
        if (rule.slicing != nullptr) slices(rule, *rule.slicing, items, holder);
    }

    void slices(const Rule& rule, const Slicing& slicing, const std::vector<Item>& items, const Item& holder) {
        std::vector<std::vector<Item>> in(slicing.slices.size());
        std::vector<Item> others;
        std::size_t last = 0;
        bool unsliced_before = false;
        for (const Item& item : items) {
            if (run_.stopped()) return;
            const std::size_t place = slice_of(slicing, item);
            const Run::Inside inside(run_, rule.name, item.index);
            if (!inside) return;
            if (place == slicing.slices.size()) {
                unsliced_before = true;
                if (slicing.others != nullptr) {
                    others.push_back(item);
                } else if (slicing.openness == Openness::closed) {
                    run_.error(IssueCode::structure, item.place(), "{} is in none of the slices {}, and no others are allowed ({})", rule.label, names(slicing), program_.name);
                }
                continue;
            }
            if (slicing.openness == Openness::open_at_end && unsliced_before) {
                run_.error(IssueCode::structure, item.place(), "{}: what is in no slice may stand only at the end ({})", rule.label, program_.name);
            }
            if (slicing.ordered && place < last) {
                run_.error(IssueCode::structure, item.place(), "{}: the slice {} must stand before {} ({})", rule.label, slicing.slices[place].name, slicing.slices[last].name, program_.name);
            }
            last = std::max(last, place);
            in[place].push_back(item);
        }
        for (std::size_t i = 0; i < in.size(); ++i) group(*slicing.slices[i].rule, in[i], holder);
        if (slicing.others != nullptr) group(*slicing.others, others, holder);
    }

    std::size_t slice_of(const Slicing& slicing, const Item& item) {
        for (std::size_t i = 0; i < slicing.slices.size(); ++i) {
            const Slice& slice = slicing.slices[i];
            // Without a discriminator that could be made ready nothing can be told apart.
            if (slice.criteria.empty()) continue;
            if (std::all_of(slice.criteria.begin(), slice.criteria.end(), [&](const Criterion& c) { return passes(run_, c, item, program_); })) return i;
        }
        return slicing.slices.size();
    }

    static std::string names(const Slicing& slicing) {
        std::string out;
        for (const Slice& slice : slicing.slices) {
            if (!out.empty()) out += ", ";
            out += slice.name;
        }
        return out;
    }

    void types(const Rule& rule, const Item& item) {
        if (rule.types.empty()) return;
        const TypeRule* mine = nullptr;
        std::vector<const TypeRule*> matching;
        for (const TypeRule& type : rule.types) {
            if (is_a(item.type, type.type)) {
                matching.push_back(&type);
                mine = &type;
            }
        }
        if (mine == nullptr) {
            if (rule.limits_types && item.type != nullptr) {
                std::string allowed;
                for (const TypeRule& type : rule.types) allowed.append(allowed.empty() ? "" : ", ").append(type.type->name);
                run_.error(IssueCode::structure, item.place(), "{} must be of type {}, not {} ({})", rule.label, allowed, item.type->name, program_.name);
            }
            return;
        }
        profiles(matching, rule, item);
        if (item.type->special == fhir::Special::reference || item.type->primitive == fhir::Primitive::canonical) {
            for (const TypeRule* type : matching) judge_targets(run_, *type, item, program_);
        }
    }

    void profiles(const std::vector<const TypeRule*>& matching, const Rule& rule, const Item& item) {
        std::vector<const Program*> programs;
        for (const TypeRule* type : matching) {
            if (type->profiles.empty()) return;  // any value of the type will do
            for (ProfileSlot* slot : type->profiles) {
                // An extension is judged by its own definition wherever it stands.
                if (item.type->special == fhir::Special::extension) {
                    if (slot->url.substr(0, slot->url.find('|')) == item.value["url"].text()) return;
                }
                const Program* program = run_.library().program(*slot);
                if (program == nullptr) {
                    run_.warn(IssueCode::not_found, item.place(), "the profile that {} asks for is not known here, so it was not judged ({})", rule.label, program_.name);
                    return;
                }
                programs.push_back(program);
            }
        }
        if (programs.size() == 1) {
            if (run_.in_trial()) {
                if (!conforms(run_, *programs[0], item)) run_.error(IssueCode::structure, item.place(), "does not follow {}", programs[0]->name);
                return;
            }
            return judge_profile(run_, *programs[0], item);
        }
        if (programs.empty()) return;
        const bool any = std::any_of(programs.begin(), programs.end(), [&](const Program* p) { return conforms(run_, *p, item); });
        if (any) return;
        std::string urls;
        for (const Program* p : programs) urls.append(urls.empty() ? "" : ", ").append(p->url);
        run_.error(IssueCode::structure, item.place(), "{} must follow one of the profiles {} ({})", rule.label, urls, program_.name);
    }

    Run& run_;
    const Program& program_;
};

}  // namespace

void judge_profile(Run& run, const Program& program, const Item& item) { Judge(run, program).whole(item); }

bool conforms(Run& run, const Program& program, const Item& item) {
    if (const auto known = run.known_conformity(program, item.place())) return *known;
    run.remember_conformity(program, item.place(), true);  // while it is being judged: circles hold when nothing breaks them
    const bool result = run.passes([&] { judge_profile(run, program, item); });
    run.remember_conformity(program, item.place(), result);
    return result;
}

void judge_rule(Run& run, const Rule& rule, const Item& item, const Program& program) { Judge(run, program).element(rule, item); }

}  // namespace idun::validation
