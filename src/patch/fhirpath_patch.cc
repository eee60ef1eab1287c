// FHIRPath Patch (FHIR R4 §3.1.5.1): operations in a Parameters resource, each at an element that a FHIRPath names.
#include <algorithm>
#include <deque>
#include <optional>

#include "fhirpath/expression.h"
#include "fhirpath/location.h"
#include "patch/internal/tree.h"
#include "patch/patch.h"

namespace idun::patch {
namespace {

constexpr std::size_t kPathSteps = 64'000;  // of FHIRPath, for each operation

using fhir::Property;
using fhir::Shape;
using fhirpath::Location;
using fhirpath::Step;

tl::unexpected<Error> malformed(std::string text) { return fail(Category::invalid, std::move(text)); }
tl::unexpected<Error> misfit(std::string text) { return fail(Category::conflict, std::move(text)); }

// One operation as the Parameters say it.
struct Operation {
    std::string_view type;
    std::string_view path;
    std::string_view name;
    json::Value value;  // the part named "value"
    std::optional<std::size_t> index, source, destination;
};

std::optional<std::size_t> place_of(json::Value value) {
    const std::string_view digits = value.kind() == json::Kind::number ? value.text() : std::string_view();
    if (digits.empty() || digits.size() > 9 || digits.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
    return std::stoul(std::string(digits));
}

Result<Operation> read_operation(json::Value parameter) {
    if (parameter["name"].text() != "operation") return malformed("the parameters of a FHIRPath Patch are named operation");
    Operation out;
    for (const json::Value part : parameter["part"].elements()) {
        const std::string_view name = part["name"].text();
        const auto once = [&](bool already) { return already ? Status(malformed("a part is given twice")) : Status(); };
        const auto text = [&](std::string_view& to, std::string_view member) -> Status {
            TRY(once(!to.empty()));
            to = part[member].text();
            if (to.empty()) to = part["valueString"].text();
            return to.empty() ? Status(malformed("type is a code; path and name are strings")) : Status();
        };
        const auto place = [&](std::optional<std::size_t>& to) -> Status {
            TRY(once(to.has_value()));
            to = place_of(part["valueInteger"]);
            return to ? Status() : Status(malformed("index, source and destination are integers from 0"));
        };
        if (name == "type") TRY(text(out.type, "valueCode"));
        else if (name == "path") TRY(text(out.path, "valueString"));
        else if (name == "name") TRY(text(out.name, "valueString"));
        else if (name == "index") TRY(place(out.index));
        else if (name == "source") TRY(place(out.source));
        else if (name == "destination") TRY(place(out.destination));
        else if (name == "value") {
            TRY(once(bool(out.value)));
            out.value = part;
        } else {
            return malformed("the parts of an operation are type, path, name, value, index, source and destination");
        }
    }
    if (out.path.empty()) return malformed("an operation needs a path");
    return out;
}

// A value as a part carries it, and for a primitive what goes into "_name".
struct Carried {
    Tree value;
    std::optional<Tree> sidecar;
    std::string_view type;  // "HumanName" of valueHumanName; "" of parts and resources
    bool empty = false;     // a primitive that has a sidecar only
};

class FhirpathPatch {
public:
    FhirpathPatch(const fhir::Definitions& definitions, json::Value resource, const Limits& limits)
        : definitions_(definitions), root_(Tree::of(resource)), budget_(limits.bytes_max, limits.steps_max) {}

    Status apply(json::Value parameter) {
        TRY_ASSIGN(const Operation operation, read_operation(parameter));
        const bool carries = operation.type == "add" || operation.type == "insert" || operation.type == "replace";
        if (carries && !operation.value) return malformed("this operation needs a value");
        if (carries) {
            const Measure size = measure(Tree::of(operation.value));
            TRY(budget_.steps(size.nodes));
            TRY(budget_.bytes(size.bytes));
        }
        if (operation.type == "add") return add(operation);
        if (operation.type == "insert") return insert(operation);
        if (operation.type == "delete") return erase(operation);
        if (operation.type == "replace") return replace(operation);
        if (operation.type == "move") return move(operation);
        return malformed("type is add, insert, delete, replace or move");
    }

    std::string text() const {
        json::Writer writer;
        write(writer, root_);
        return writer.take();
    }

private:
    // Where the path leads in the resource as the operations so far have left it.
    Result<std::vector<std::vector<Step>>> places(std::string_view path) {
        const std::string now = text();
        // The path pays in advance for all that it may do: many costly ones must end.
        TRY(budget_.steps(now.size() + kPathSteps));
        TRY_ASSIGN(document_, json::Document::parse(now));
        const json::Value root = document_->root();
        auto expression = fhirpath::Expression::compile(path, {.definitions = &definitions_});
        if (!expression) return fail(expression.error().category, expression.error().message);
        fhirpath::Environment environment;
        environment.definitions = &definitions_;
        environment.limits.steps_max = kPathSteps;
        auto found = expression->evaluate(fhirpath::Item::resource(root, definitions_), environment);
        if (!found) return fail(found.error().category, found.error().message);
        std::vector<std::vector<Step>> out;
        constexpr std::size_t kPlacesMax = 1'000;
        if (found->size() > kPlacesMax) return fail(Category::too_large, "the path leads to too many elements");
        for (const fhirpath::Item& item : *found) {
            auto place = fhirpath::locate(root, item);
            if (!place) return misfit("the path leads to something that is no element of the resource");
            out.push_back(std::move(place->steps));
        }
        return out;
    }

    Result<std::vector<Step>> one_place(std::string_view path) {
        TRY_ASSIGN(auto found, places(path));
        if (found.empty()) return misfit("the path leads to nothing in the resource");
        if (found.size() > 1) return misfit("the path leads to several elements");
        return std::move(found.front());
    }

    // An object on the way, and what R4 says may be in it.
    struct Spot {
        Tree* node = nullptr;
        const Shape* shape = nullptr;
    };

    const Shape* shape_of_resource(Tree& node) const {
        if (!node.is_object()) return nullptr;
        node.unfold();
        const std::size_t place = node.find("resourceType");
        const fhir::Type* type = place == Tree::npos ? nullptr : definitions_.type(node.children[place].value.text());
        return type == nullptr ? nullptr : type->shape;
    }

    // The tree node at these steps. A primitive with nothing but extensions is not there: null.
    Result<Spot> at(std::span<const Step> steps) {
        Spot out{&root_, shape_of_resource(root_)};
        for (const Step& step : steps) {
            TRY(budget_.steps(out.node->size() + 1));
            out.node->unfold();
            const std::size_t place = out.node->find(step.name);
            const Property* property = out.shape == nullptr ? nullptr : out.shape->find(step.name);
            if (place == Tree::npos) return Spot{};
            Tree* node = &out.node->children[place];
            if (step.index != Step::kNoIndex) {
                node->unfold();
                if (step.index >= node->children.size()) return Spot{};
                node = &node->children[step.index];
            }
            out.node = node;
            out.shape = property == nullptr ? nullptr : property->shape;
            if (out.shape == nullptr) out.shape = shape_of_resource(*node);
        }
        return out;
    }

    // What `name` is called in JSON, given the type of the value: "deceased" with a boolean is "deceasedBoolean".
    static const Property* property_of(const Shape* shape, std::string_view name, std::string_view type) {
        if (shape == nullptr) return nullptr;
        if (name.ends_with("[x]")) name.remove_suffix(3);
        if (const Property* property = shape->find(name)) return property;
        const Property* property = shape->find(std::string(name).append(type));
        return property != nullptr && property->element->choice ? property : nullptr;
    }
    static bool repeats(const Property& property) { return property.element->max != 1; }

    // The value of a part for a property: value[x], a resource, or parts by name.
    Result<Carried> carried(json::Value part, const Property* property) {
        Carried out;
        int given = 0;
        for (const json::Member& member : part.members()) {
            if (member.name == "name" || member.name == "id" || member.name == "extension") continue;
            if (member.name.starts_with("_value")) {
                out.sidecar = Tree::of(member.value);
                out.type = member.name.substr(6);
                continue;
            }
            ++given;
            if (member.name == "part") {
                TRY_ASSIGN(out.value, object_of(member.value, property == nullptr ? nullptr : property->shape));
            } else if (member.name == "resource") {
                out.value = Tree::of(member.value);
            } else if (member.name.starts_with("value") && member.name.size() > 5) {
                out.value = Tree::of(member.value);
                out.type = member.name.substr(5);
            } else {
                return malformed("a value is given as value[x], as parts or as a resource");
            }
        }
        if (given > 1 || (given == 0 && !out.sidecar)) return malformed("a value is given once, as value[x], as parts or as a resource");
        out.empty = given == 0;
        return out;
    }

    Result<Tree> object_of(json::Value parts, const Shape* shape) {
        if (!parts.is_array() || parts.size() == 0) return malformed("a value has no parts");
        Tree out = Tree::empty_object();
        for (const json::Value part : parts.elements()) {
            const std::string_view name = part["name"].text();
            TRY_ASSIGN(Property const* const property, known(shape, name, part));
            TRY_ASSIGN(Carried value, carried(part, property));
            TRY(put(out, *property, std::move(value)));
        }
        return out;
    }

    // The property that a name means, by the type of the value beside it.
    static Result<const Property*> known(const Shape* shape, std::string_view name, json::Value part) {
        std::string_view type;
        for (const json::Member& member : part.members()) {
            if (member.name.starts_with("value")) type = member.name.substr(5);
            else if (member.name.starts_with("_value")) type = member.name.substr(6);
        }
        const Property* property = name.empty() ? nullptr : property_of(shape, name, type);
        if (property == nullptr) return malformed("there is no element of that name there, or not of that type");
        return property;
    }

    std::string_view side_name(std::string_view name) {
        names_.push_back("_" + std::string(name));
        return names_.back();
    }
    static Tree null_tree() {
        static const auto kNull = json::Document::parse("null");
        return Tree::of(kNull->root());
    }
    static Tree& child(Tree& object, std::string_view name, Tree fresh) {
        const std::size_t place = object.find(name);
        if (place != Tree::npos) return object.children[place];
        fresh.name = name;
        object.children.push_back(std::move(fresh));
        return object.children.back();
    }
    static void remove_child(Tree& object, std::string_view name) {
        const std::size_t place = object.find(name);
        if (place != Tree::npos) object.children.erase(object.children.begin() + static_cast<std::ptrdiff_t>(place));
    }

    // The two lists behind a repeating element, as long as each other. "_name" is there when `with_side`, or was there.
    struct Lists {
        Tree* values = nullptr;
        Tree* sides = nullptr;
    };
    Result<Lists> lists(Tree& object, std::string_view name, bool with_side) {
        const std::string_view side = side_name(name);
        if (object.find(side) != Tree::npos) with_side = true;
        // Both are there before a pointer to one is taken: the list of children may move.
        child(object, name, Tree::empty_array());
        if (with_side) child(object, side, Tree::empty_array());
        Lists out{&object.children[object.find(name)], with_side ? &object.children[object.find(side)] : nullptr};
        out.values->unfold();
        if (out.sides != nullptr) out.sides->unfold();
        if (!out.values->is_array() || (out.sides != nullptr && !out.sides->is_array())) return misfit("the element is no list");
        const std::size_t size = std::max(out.values->size(), out.sides == nullptr ? 0 : out.sides->size());
        TRY(budget_.steps(size + 1));
        while (out.values->size() < size) out.values->children.push_back(null_tree());
        while (out.sides != nullptr && out.sides->size() < size) out.sides->children.push_back(null_tree());
        return out;
    }
    static bool is_null(const Tree& tree) { return !tree.unfolded && tree.value.kind() == json::Kind::null; }
    // Lists that hold nothing are not there.
    void tidy(Tree& object, std::string_view name) {
        for (const std::string_view one : {name, side_name(name)}) {
            const std::size_t place = object.find(one);
            if (place == Tree::npos) continue;
            Tree& list = object.children[place];
            if (list.unfolded && list.array && std::ranges::all_of(list.children, is_null)) remove_child(object, one);
        }
    }

    // As the only one, or at the end of the list.
    Status put(Tree& object, const Property& property, Carried carried) {
        if (repeats(property)) {
            TRY_ASSIGN(const Lists both, lists(object, property.name, carried.sidecar.has_value()));
            const std::size_t end = both.values->size();
            put_at(both, end, std::move(carried));
            tidy(object, property.name);
            return {};
        }
        const std::string_view side = side_name(property.name);
        if (object.find(property.name) != Tree::npos || object.find(side) != Tree::npos) {
            return misfit("the element is there already; replace it");
        }
        set(object, property.name, side, std::move(carried));
        return {};
    }
    static void set(Tree& object, std::string_view name, std::string_view side, Carried carried) {
        if (!carried.empty) child(object, name, {}) = named(std::move(carried.value), name);
        if (carried.sidecar) child(object, side, {}) = named(std::move(*carried.sidecar), side);
    }
    static Tree named(Tree tree, std::string_view name) {
        tree.name = name;
        return tree;
    }
    static void put_at(const Lists& both, std::size_t place, Carried carried) {
        const auto at = static_cast<std::ptrdiff_t>(place);
        both.values->children.insert(both.values->children.begin() + at, carried.empty ? null_tree() : named(std::move(carried.value), {}));
        if (both.sides == nullptr) return;
        both.sides->children.insert(both.sides->children.begin() + at, carried.sidecar ? named(std::move(*carried.sidecar), {}) : null_tree());
    }

    Status add(const Operation& operation) {
        if (operation.name.empty()) return malformed("add needs a name");
        TRY_ASSIGN(const auto steps, one_place(operation.path));
        TRY_ASSIGN(const Spot spot, at(steps));
        if (spot.node == nullptr || !spot.node->is_object()) return misfit("nothing can be added to this element");
        spot.node->unfold();
        TRY_ASSIGN(Property const* const property, known(spot.shape, operation.name, operation.value));
        TRY_ASSIGN(Carried value, carried(operation.value, property));
        return put(*spot.node, *property, std::move(value));
    }

    // The list that a path names: every element of it, or one that is not there.
    struct List {
        Spot parent;
        const Property* property = nullptr;
        Lists both;
    };
    Result<List> list_at(std::string_view path, bool with_side) {
        TRY_ASSIGN(const auto found, places(path));
        if (found.empty()) return misfit("the path leads to nothing in the resource");
        const std::vector<Step>& first = found.front();
        if (first.empty() || first.back().index == Step::kNoIndex) return misfit("the element is no list");
        for (std::size_t i = 0; i < found.size(); ++i) {
            const bool same = found[i].size() == first.size() && found[i].back().name == first.back().name && found[i].back().index == i &&
                              std::equal(first.begin(), first.end() - 1, found[i].begin(),
                                         [](const Step& a, const Step& b) { return a.name == b.name && a.index == b.index; });
            if (!same) return misfit("the path must name a whole list");
        }
        List out;
        TRY_ASSIGN(out.parent, at(std::span(first).first(first.size() - 1)));
        if (out.parent.node == nullptr) return misfit("the path leads to nothing in the resource");
        out.parent.node->unfold();
        out.property = out.parent.shape == nullptr ? nullptr : out.parent.shape->find(first.back().name);
        if (out.property == nullptr) return misfit("the element is not known");
        TRY_ASSIGN(out.both, lists(*out.parent.node, out.property->name, with_side));
        if (out.both.values->size() != found.size()) return misfit("the path must name a whole list");
        return out;
    }

    Status insert(const Operation& operation) {
        if (!operation.index) return malformed("insert needs an index");
        const bool with_side = std::ranges::any_of(operation.value.members(), [](const json::Member& m) { return m.name.starts_with("_value"); });
        TRY_ASSIGN(const List list, list_at(operation.path, with_side));
        if (*operation.index > list.both.values->size()) return misfit("the index is beyond the end of the list");
        TRY_ASSIGN(Carried value, carried(operation.value, list.property));
        put_at(list.both, *operation.index, std::move(value));
        tidy(*list.parent.node, list.property->name);
        return {};
    }

    Status move(const Operation& operation) {
        if (!operation.source || !operation.destination) return malformed("move needs source and destination");
        TRY_ASSIGN(const List list, list_at(operation.path, false));
        const std::size_t size = list.both.values->size();
        if (*operation.source >= size || *operation.destination >= size) return misfit("source or destination is beyond the end of the list");
        for (Tree* const one : {list.both.values, list.both.sides}) {
            if (one == nullptr) continue;
            const auto from = one->children.begin() + static_cast<std::ptrdiff_t>(*operation.source);
            const auto to = one->children.begin() + static_cast<std::ptrdiff_t>(*operation.destination);
            if (from < to) std::rotate(from, from + 1, to + 1);
            else std::rotate(to, from, from + 1);
        }
        tidy(*list.parent.node, list.property->name);
        return {};
    }

    Status replace(const Operation& operation) {
        TRY_ASSIGN(const auto steps, one_place(operation.path));
        if (steps.empty()) return malformed("the whole resource cannot be replaced by a patch");
        TRY_ASSIGN(const Spot parent, at(std::span(steps).first(steps.size() - 1)));
        if (parent.node == nullptr || parent.shape == nullptr) return misfit("the element is not known");
        parent.node->unfold();
        const Step& last = steps.back();
        const Property* property = parent.shape->find(last.name);
        if (property == nullptr) return misfit("the element is not known");
        // A choice may change its type, and with it its name.
        if (property->element->choice) {
            TRY_ASSIGN(property, known(parent.shape, property->element->name, operation.value));
        }
        TRY_ASSIGN(Carried value, carried(operation.value, property));
        const std::string_view side = side_name(last.name);
        if (last.index == Step::kNoIndex) {
            // In place, so that members keep their order.
            const std::size_t place = parent.node->find(last.name);
            if (place != Tree::npos && !value.empty) {
                remove_child(*parent.node, side);
                const std::size_t now = parent.node->find(last.name);
                parent.node->children[now] = named(std::move(value.value), property->name);
                value.empty = true;
                set(*parent.node, property->name, side_name(property->name), std::move(value));
                return {};
            }
            remove_child(*parent.node, last.name);
            remove_child(*parent.node, side);
            set(*parent.node, property->name, side_name(property->name), std::move(value));
            return {};
        }
        TRY_ASSIGN(const Lists both, lists(*parent.node, property->name, value.sidecar.has_value()));
        if (last.index >= both.values->size()) return misfit("the path leads to nothing in the resource");
        remove_at(both, last.index);
        put_at(both, last.index, std::move(value));
        tidy(*parent.node, property->name);
        return {};
    }
    static void remove_at(const Lists& both, std::size_t place) {
        for (Tree* const one : {both.values, both.sides}) {
            if (one != nullptr) one->children.erase(one->children.begin() + static_cast<std::ptrdiff_t>(place));
        }
    }

    // What is not there is deleted already. What was the last of its parent takes the parent along: R4 knows no empty elements.
    Status erase(const Operation& operation) {
        TRY_ASSIGN(auto found, places(operation.path));
        if (found.empty()) return {};
        if (found.size() > 1) return misfit("the path leads to several elements");
        std::vector<Step> steps = std::move(found.front());
        if (steps.empty()) return malformed("the whole resource cannot be deleted by a patch");
        while (!steps.empty()) {
            const Step last = steps.back();
            steps.pop_back();
            TRY_ASSIGN(const Spot parent, at(steps));
            if (parent.node == nullptr) return misfit("the path leads to nothing in the resource");
            parent.node->unfold();
            if (last.index == Step::kNoIndex) {
                remove_child(*parent.node, last.name);
                remove_child(*parent.node, side_name(last.name));
            } else {
                TRY_ASSIGN(const Lists both, lists(*parent.node, last.name, false));
                if (last.index < both.values->size()) remove_at(both, last.index);
                tidy(*parent.node, last.name);
            }
            if (!parent.node->children.empty()) break;
        }
        return {};
    }

    const fhir::Definitions& definitions_;
    Tree root_;
    Budget budget_;
    std::optional<json::Document> document_;  // of the newest places()
    std::deque<std::string> names_;
};

}  // namespace

Result<std::string> fhirpath_patch(const fhir::Definitions& definitions, json::Value resource, json::Value parameters, const Limits& limits) {
    if (parameters["resourceType"].text() != "Parameters") return malformed("a FHIRPath Patch is a Parameters resource");
    const json::Value operations = parameters["parameter"];
    if (operations && !operations.is_array()) return malformed("parameter is an array");
    if (operations.size() > limits.operations_max) {
        return fail(Category::too_large, "a patch has at most " + std::to_string(limits.operations_max) + " operations");
    }
    FhirpathPatch patch(definitions, resource, limits);
    std::size_t place = 0;
    for (const json::Value operation : operations.elements()) {
        if (const Status done = patch.apply(operation); !done) {
            return fail(done.error().within("operation " + std::to_string(place)));
        }
        ++place;
    }
    return patch.text();
}

}  // namespace idun::patch
