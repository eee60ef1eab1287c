#include "validation/internal/discriminator_path.h"

#include <algorithm>
#include <iterator>
#include <string>

#include "validation/internal/element_definition.h"

namespace idun::validation {

using json::Value;

namespace {

std::vector<Place> child_of(Outlines& outlines, const Place& place, std::string_view name) {
    const OutlineNode* found = place.node->child(name);
    const OutlineNode* behind = place.behind == nullptr ? nullptr : place.behind->child(name);
    if (found != nullptr) return {{found, behind, place.outline}};
    if (behind != nullptr) return {{behind, nullptr, place.outline}};
    std::vector<Place> out;
    for (const OutlineNode* holder : {place.node, place.behind}) {
        if (holder == nullptr || !out.empty()) continue;
        const std::string_view reference = holder->get("contentReference").text();
        if (!reference.empty()) {
            if (const OutlineNode* at = node_at(outlines, reference.substr(reference.find('#') + 1))) {
                if (const OutlineNode* c = at->child(name)) out.push_back({c, nullptr, place.outline});
            }
            continue;
        }
        for (const Value t : types_of(*holder)) {
            for (const Value p : t["profile"].elements()) {
                const Outline* of = outlines.find(p.text());
                if (of == nullptr) continue;
                if (const OutlineNode* c = of->root->child(name)) out.push_back({c, nullptr, of});
            }
            if (!out.empty()) continue;
            const Outline* of = outlines.of_type(type_code(t));
            if (of == nullptr) continue;
            if (const OutlineNode* c = of->root->child(name)) out.push_back({c, nullptr, of});
        }
    }
    return out;
}

std::vector<Place> targets_of(Outlines& outlines, const Place& place) {
    std::vector<Place> out;
    for (const Value t : layered(place, "type").elements()) {
        for (const Value p : t["targetProfile"].elements()) {
            if (const Outline* of = outlines.find(p.text())) out.push_back({of->root.get(), nullptr, of});
        }
    }
    return out;
}

// The parts of a slice say more than the slice, so they come first.
void extensions(const OutlineNode& sliced, const std::string& url, const Outline* outline, std::vector<Place>& out) {
    for (const auto& slice : sliced.slices) {
        extensions(*slice, url, outline, out);
        if (extension_url(*slice) == url) out.push_back({slice.get(), nullptr, outline});
    }
}

// "extension('http://...')" -> http://...
std::string_view argument_of(std::string_view step) {
    const std::size_t open = step.find('(');
    std::string_view in = step.substr(open + 1, step.rfind(')') - open - 1);
    while (!in.empty() && (in.front() == '\'' || in.front() == '"'))
        in = in.substr(1, in.size() > 1 ? in.size() - 2 : 0);
    return in;
}

// Each of these takes one step from all places.
std::vector<Place> step_to_targets(Outlines& outlines, const std::vector<Place>& places) {
    std::vector<Place> next;
    for (const Place& p : places) std::ranges::move(targets_of(outlines, p), std::back_inserter(next));
    return next;
}

std::vector<Place> step_to_extension(Outlines& outlines, const std::string& url, const std::vector<Place>& places) {
    std::vector<Place> next;
    for (const Place& p : places) {
        for (const Place& c : child_of(outlines, p, "extension")) extensions(*c.node, url, c.outline, next);
    }
    if (next.empty()) {
        if (const Outline* of = outlines.find(url)) next.push_back({of->root.get(), nullptr, of});
    }
    return next;
}

std::vector<Place> step_to_type(std::string_view type, const std::vector<Place>& places) {
    std::vector<Place> next;
    for (const Place& p : places) {
        const OutlineNode* found = p.node;
        for (const auto& slice : p.node->slices) {
            if (const fhir::Type* only = only_type(*slice); only != nullptr && only->name == type) found = slice.get();
        }
        next.push_back({found, found == p.node ? p.behind : p.node, p.outline});
    }
    return next;
}

std::vector<Place> step_to_child(Outlines& outlines, std::string_view name, const std::vector<Place>& places) {
    std::vector<Place> next;
    for (const Place& p : places) {
        for (const Place& c : child_of(outlines, p, name)) {
            // "valueCode" says more of value[x] than value[x] does, and so does a slice that must be there
            // ("code.coding:SBPCode").
            if (c.node->slices.size() == 1 &&
                (c.node->choice || number_of(c.node->slices[0]->get_own("min").text(), 0) > 0)) {
                next.push_back({c.node->slices[0].get(), c.node, c.outline});
            }
            next.push_back(c);
        }
    }
    return next;
}

bool follow_one(Outlines& outlines, std::string_view step, std::vector<Step>& steps, std::vector<Place>& places) {
    Step made;
    if (step == "resolve()") {
        made.kind = StepKind::resolve;
        places = step_to_targets(outlines, places);
    } else if (step.starts_with("extension(")) {
        made.kind = StepKind::extension;
        made.name = argument_of(step);
        places = step_to_extension(outlines, made.name, places);
    } else if (step.starts_with("ofType(") || step.starts_with("as(")) {
        made.kind = StepKind::of_type;
        made.name = argument_of(step);
        made.type = r4_type(made.name);
        places = step_to_type(made.name, places);
    } else if (step.find('(') != std::string_view::npos) {
        return false;
    } else {
        made.name = step.ends_with("[x]") ? step.substr(0, step.size() - 3) : step;
        places = step_to_child(outlines, made.name, places);
        made.choice = !places.empty() && places[0].node->choice;
    }
    steps.push_back(std::move(made));
    return true;
}

}  // namespace

Value layered(const Place& place, std::string_view property) {
    Value found = place.node->get(property);
    if (!found && place.behind != nullptr) found = place.behind->get(property);
    return found;
}
Value layered_choice(const Place& place, std::string_view prefix) {
    Value found = place.node->get_choice(prefix);
    if (!found && place.behind != nullptr) found = place.behind->get_choice(prefix);
    return found;
}

bool follow(Outlines& outlines, std::string_view path, std::vector<Step>& steps, std::vector<Place>& places) {
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
        if (!follow_one(outlines, step, steps, places)) return false;
    }
    return true;
}

}  // namespace idun::validation
