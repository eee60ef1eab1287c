#include "fhirpath/internal/paths.h"

#include <cstring>
#include <string>

#include "fhirpath/internal/evaluator.h"

namespace idun::fhirpath::internal {
namespace {

constexpr std::size_t kBranchesMax = 256;

// A path under construction, and where it has come to.
struct Draft {
    Path path;
    const fhir::Type* type = nullptr;
    const fhir::Shape* shape = nullptr;  // null: a choice, or the end
};
using Drafts = std::vector<Draft>;

bool is_open(const fhir::Type* type) {
    return type != nullptr && (type->name == "Resource" || type->name == "DomainResource");
}

class Compiler {
public:
    Compiler(const Program& program, const Options& options)
        : program_(program), definitions_(*options.definitions), type_(options.context),
          shape_(options.shape != nullptr ? options.shape : options.context->shape) {}

    std::optional<Drafts> node(std::uint32_t index) {
        if (index == kNone) return start();
        const Node& n = program_.nodes[index];
        switch (n.op) {
            case Op::this_: return start();
            case Op::type_root: {
                if (!is_kind_of(type_, program_.types[n.number].fhir)) return Drafts{};
                return start();
            }
            case Op::member: return member(n);
            case Op::union_: {
                auto a = node(program_.arguments[n.first]);
                auto b = node(program_.arguments[n.first + 1]);
                if (!a || !b || a->size() + b->size() > kBranchesMax) return std::nullopt;
                for (Draft& d : *b) a->push_back(std::move(d));
                return a;
            }
            case Op::as: return narrowed(node(program_.arguments[n.first]), program_.types[n.number]);
            case Op::call: break;
            default: return std::nullopt;
        }
        if (n.function == Function::as || n.function == Function::of_type) return narrowed(node(n.focus), program_.types[n.number]);
        if (n.function != Function::where || uses_index(program_.arguments[n.first])) return std::nullopt;
        auto from = node(n.focus);
        if (!from) return from;
        for (Draft& d : *from) d.path.steps.push_back({.members = {}, .stem = {}, .filter = program_.arguments[n.first]});
        return from;
    }

private:
    std::optional<Drafts> start() const {
        if (shape_ == nullptr || is_open(type_)) return std::nullopt;
        return Drafts{Draft{{}, type_, shape_}};
    }

    std::optional<Drafts> member(const Node& n) {
        auto from = node(n.focus);
        if (!from) return from;
        for (Draft& d : *from) {
            if (d.shape == nullptr || is_open(d.type)) return std::nullopt;
            PathStep step;
            for (const fhir::Property& property : d.shape->properties) {
                if (property.element->name != program_.names[n.number]) continue;
                const fhir::Type* type = property.type != nullptr ? property.type : definitions_.type("BackboneElement");
                if (is_open(type)) return std::nullopt;
                step.members.push_back({property.name, type, property.shape != nullptr ? property.shape : type->shape});
                step.stem = property.element->name;
            }
            if (step.members.empty() || (d.type != nullptr && d.type->kind == fhir::TypeKind::primitive)) return std::nullopt;
            d.type = step.members.size() == 1 ? step.members[0].type : nullptr;
            d.shape = step.members.size() == 1 ? step.members[0].shape : nullptr;
            d.path.steps.push_back(std::move(step));
        }
        return from;
    }

    static std::optional<Drafts> narrowed(std::optional<Drafts> from, const TypeSpecifier& type) {
        if (!from || type.fhir == nullptr) return std::nullopt;
        Drafts out;
        for (Draft& d : *from) {
            if (d.path.steps.empty() || d.path.steps.back().filter != kNone) return std::nullopt;
            std::erase_if(d.path.steps.back().members, [&](const PathMember& m) {
                const bool primitive = m.type->kind == fhir::TypeKind::primitive;
                return primitive ? m.type != type.fhir : !is_kind_of(m.type, type.fhir);
            });
            if (d.path.steps.back().members.empty()) continue;
            if (d.path.steps.back().members.size() == 1) {
                d.type = d.path.steps.back().members[0].type;
                d.shape = d.path.steps.back().members[0].shape;
            }
            out.push_back(std::move(d));
        }
        return out;
    }

    bool uses_index(std::uint32_t index) const {
        const Node& n = program_.nodes[index];
        if (n.op == Op::index || n.op == Op::total) return true;
        if (n.focus != kNone && uses_index(n.focus)) return true;
        for (std::uint32_t i = 0; i < n.count; ++i) {
            if (uses_index(program_.arguments[n.first + i])) return true;
        }
        return false;
    }

    const Program& program_;
    const fhir::Definitions& definitions_;
    const fhir::Type* type_;
    const fhir::Shape* shape_;
};

class Collector {
public:
    Collector(const Program& program, const Item& start, const Environment& environment, FunctionRef<void(const Item&)> found)
        : program_(program), start_(start), environment_(environment), found_(found) {}

    bool walk(const Path& path, std::size_t at, json::Value value, const fhir::Type* type, const fhir::Shape* shape) {
        if (value.is_array()) {
            for (const json::Value element : value.elements()) {
                if (!walk(path, at, element, type, shape)) return false;
            }
            return true;
        }
        if (!value || value.kind() == json::Kind::null) return true;
        if (at == path.steps.size()) {
            found_(Item::raw_element(value, {}, type, shape));
            return true;
        }
        const PathStep& step = path.steps[at];
        if (step.filter != kNone) {
            const Item item = Item::raw_element(value, {}, type, shape);
            bool holds = false;
            return passes(step.filter, item, holds) && (!holds || walk(path, at + 1, value, type, shape));
        }
        if (step.members.size() == 1) {
            const PathMember& member = step.members[0];
            return walk(path, at + 1, value[member.name], member.type, member.shape);
        }
        for (const json::Member& m : value.members()) {
            if (m.name.size() <= step.stem.size() || std::memcmp(m.name.data(), step.stem.data(), step.stem.size()) != 0) continue;
            for (const PathMember& member : step.members) {
                if (member.name == m.name) return walk(path, at + 1, m.value, member.type, member.shape);
            }
        }
        return true;
    }

    std::optional<Error> error;

private:
    bool passes(std::uint32_t filter, const Item& item, bool& holds) {
        Evaluator evaluator(program_, environment_, &start_, 1);
        if (evaluator.filter(filter, item, holds)) return true;
        error = evaluator.take_error();
        return false;
    }

    const Program& program_;
    const Item& start_;
    const Environment& environment_;
    FunctionRef<void(const Item&)> found_;
};

}  // namespace

std::optional<Paths> compile_paths(const Program& program, const Options& options) {
    if (options.context == nullptr) return std::nullopt;
    auto drafts = Compiler(program, options).node(program.root);
    if (!drafts) return std::nullopt;
    Paths out;
    out.shape = options.shape != nullptr ? options.shape : options.context->shape;
    for (Draft& d : *drafts) out.branches.push_back(std::move(d.path));
    return out;
}

bool collect(const Paths& paths, const Program& program, const Item& start, const Environment& environment,
             FunctionRef<void(const Item&)> found, std::optional<Error>& error) {
    Collector collector(program, start, environment, found);
    for (const Path& path : paths.branches) {
        if (collector.walk(path, 0, start.value(), start.type(), start.shape())) continue;
        error = std::move(collector.error);
        return false;
    }
    return true;
}

}  // namespace idun::fhirpath::internal
