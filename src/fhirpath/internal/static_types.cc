#include <algorithm>
#include <array>
#include <optional>

#include "fhirpath/internal/program.h"

namespace idun::fhirpath::internal {
namespace {

using Kind = Item::Kind;

// One of the types that a part of the expression may give. Elements have Kind::element.
struct Possible {
    Kind kind = Kind::element;
    const fhir::Type* type = nullptr;
    const fhir::Shape* shape = nullptr;
    friend bool operator==(const Possible&, const Possible&) = default;
};

// What is known of a part before it runs.
struct Known {
    std::vector<Possible> types;  // empty and not `any`: always the empty collection
    bool any = false;             // nothing is known
    bool many = false;            // may be several items
    bool unordered = false;

    void add(const Possible& p) {
        if (std::ranges::find(types, p) == types.end()) types.push_back(p);
    }
    void add(const Known& other) {
        for (const Possible& p : other.types) add(p);
        any = any || other.any;
        many = many || other.many;
        unordered = unordered || other.unordered;
    }
};

Known anything(bool many = true) {
    Known out;
    out.any = true;
    out.many = many;
    return out;
}
Known of(Kind kind, bool many = false) {
    Known out;
    out.types.push_back({kind});
    out.many = many;
    return out;
}

// The System kind that a type turns into; element: none.
Kind system_kind(const Possible& p) {
    if (p.kind != Kind::element || p.type == nullptr) return p.kind;
    using fhir::Primitive;
    switch (p.type->primitive) {
        case Primitive::none: break;
        case Primitive::boolean: return Kind::boolean;
        case Primitive::integer:
        case Primitive::positive_int:
        case Primitive::unsigned_int: return Kind::integer;
        case Primitive::decimal: return Kind::decimal;
        case Primitive::date: return Kind::date;
        case Primitive::date_time:
        case Primitive::instant: return Kind::date_time;
        case Primitive::time: return Kind::time;
        default: return Kind::string;
    }
    return is_quantity(p.type) ? Kind::quantity : Kind::element;
}

bool is_number(Kind k) { return k == Kind::integer || k == Kind::decimal; }
bool is_amount(Kind k) { return is_number(k) || k == Kind::quantity; }
bool is_date(Kind k) { return k == Kind::date || k == Kind::date_time; }

// What an operator gives over two kinds; nullopt: it does not take them.
std::optional<Kind> operated(Op op, Kind a, Kind b) {
    const bool moment = is_date(a) || a == Kind::time;
    switch (op) {
        case Op::add:
        case Op::subtract:
            if (is_number(a) && is_number(b)) return a == b ? a : Kind::decimal;
            if (is_amount(a) && is_amount(b)) return Kind::quantity;
            if (op == Op::add && a == Kind::string && b == Kind::string) return Kind::string;
            if (moment && b == Kind::quantity) return a;
            return std::nullopt;
        case Op::multiply:
        case Op::divide:
            if (is_number(a) && is_number(b)) return op == Op::multiply && a == b ? a : Kind::decimal;
            if (is_amount(a) && is_amount(b)) return Kind::quantity;
            return std::nullopt;
        case Op::div: return is_number(a) && is_number(b) ? std::optional(Kind::integer) : std::nullopt;
        case Op::mod:
            if (!is_number(a) || !is_number(b)) return std::nullopt;
            return a == b ? a : Kind::decimal;
        case Op::concatenate: return a == Kind::string && b == Kind::string ? std::optional(Kind::string) : std::nullopt;
        default: {  // comparison
            const bool fits = (is_amount(a) && is_amount(b)) || (is_date(a) && is_date(b)) || (a == b && (a == Kind::string || a == Kind::time));
            return fits ? std::optional(Kind::boolean) : std::nullopt;
        }
    }
}

class Checker {
public:
    Checker(Program& program, const Options& options) : program_(program), options_(options) {}

    Status run() {
        Known start = anything();
        if (options_.context != nullptr) {
            start = {};
            start.types.push_back({Kind::element, options_.context, options_.shape != nullptr ? options_.shape : options_.context->shape});
            if (is_open(start.types[0])) start = anything(false);
        }
        context_ = start;
        TRY_ASSIGN(const Known result, node(program_.root, {start, false}));
        (void)result;
        return {};
    }

private:
    struct Scope {
        Known self;  // $this
        bool inner = false;
    };

    // Resource and DomainResource say nothing of what is in them; nor do elements of a type that is not known.
    static bool is_open(const Possible& p) {
        if (p.kind != Kind::element) return false;
        return p.shape == nullptr || (p.type != nullptr && (p.type->name == "Resource" || p.type->name == "DomainResource"));
    }

    tl::unexpected<Error> wrong(std::string what, const Node& at) const {
        return fail(Category::invalid, "FHIRPath: " + std::move(what) + " (at " + std::to_string(at.position) + ")");
    }

    Result<Known> node(std::uint32_t index, const Scope& scope) {
        // Bodies of nested repeat() are looked into several times; not without end.
        if (++visits_ > kVisitsMax) return anything();
        Node& n = program_.nodes[index];
        switch (n.op) {
            case Op::nothing: return Known{};
            case Op::literal: return of(program_.literals[n.number].kind());
            case Op::this_: return scope.self;
            case Op::index: return of(Kind::integer);
            case Op::total: return anything();
            case Op::context: return context_;
            case Op::resource:
            case Op::root_resource:
            case Op::variable: return anything(n.op == Op::variable);
            case Op::member: return member(n, scope);
            case Op::type_root: return type_root(n, scope);
            case Op::call: return call(n, scope);
            case Op::item_at: return item_at(n, scope);
            case Op::negate:
            case Op::plus_sign: {
                TRY_ASSIGN(const Known operand, node(program_.arguments[n.first], scope));
                TRY(expect(operand, Form::number, n, "a sign"));
                return operand;
            }
            case Op::is:
            case Op::as: {
                TRY_ASSIGN(const Known operand, node(program_.arguments[n.first], scope));
                if (n.op == Op::is) return of(Kind::boolean);
                return narrowed(operand, n);
            }
            case Op::union_: {
                TRY_ASSIGN(Known a, node(program_.arguments[n.first], scope));
                TRY_ASSIGN(const Known b, node(program_.arguments[n.first + 1], scope));
                const bool both = (a.any || !a.types.empty()) && (b.any || !b.types.empty());
                a.add(b);
                a.many = a.many || both;
                return a;
            }
            default: return binary(n, scope);
        }
    }

    Result<Known> focus(const Node& n, const Scope& scope) {
        if (n.focus == kNone) return scope.self;
        return node(n.focus, scope);
    }

    Result<Known> member(Node& n, const Scope& scope) {
        TRY_ASSIGN(const Known from, focus(n, scope));
        const std::string& name = program_.names[n.number];
        if (from.any) return anything();
        Known out;
        out.many = from.many;
        out.unordered = from.unordered;
        bool found = from.types.empty();
        for (const Possible& p : from.types) {
            if (is_open(p)) return anything();
            if (p.kind == Kind::type_info && (name == "name" || name == "namespace")) {
                out.add(Possible{Kind::string});
                found = true;
            }
            if (p.kind != Kind::element) continue;
            hint(n, *p.shape, name);
            found = append_element(*p.shape, name, out) || found;
        }
        if (!found && options_.strict) return wrong("there is no element '" + name.substr(0, 64) + "' here", n);
        if (!found) return anything();
        return out;
    }

    // The first shape that the node meets is noted: at run time that saves a look-up.
    static void hint(Node& n, const fhir::Shape& shape, const std::string& name) {
        if (n.shape != nullptr) return;
        n.shape = &shape;
        n.property = shape.find(name);
    }

    bool append_element(const fhir::Shape& shape, const std::string& name, Known& out) const {
        bool found = false;
        for (const fhir::Property& property : shape.properties) {
            if (property.element->name != name) continue;
            found = true;
            out.many = out.many || property.element->max > 1;
            const fhir::Type* type = property.type != nullptr ? property.type : options_.definitions->type("BackboneElement");
            const fhir::Shape* inner = property.shape != nullptr ? property.shape : type->shape;
            out.add(Possible{Kind::element, type, inner});
        }
        return found;
    }

    Result<Known> type_root(const Node& n, const Scope& scope) {
        const fhir::Type* type = program_.types[n.number].fhir;
        Known out;
        out.many = scope.self.many;
        for (const Possible& p : scope.self.types) {
            if (p.kind != Kind::element || p.type == nullptr) continue;
            if (is_kind_of(p.type, type)) out.add(p);
            else if (is_kind_of(type, p.type)) out.add(Possible{Kind::element, type, type->shape});
        }
        if (scope.self.any) out.add(Possible{Kind::element, type, type->shape});
        if (out.types.empty() && options_.strict) return wrong("it starts with " + std::string(type->name) + ", which is not what it runs on", n);
        if (out.types.empty() || std::ranges::any_of(out.types, is_open)) return anything();
        return out;
    }

    Result<Known> item_at(const Node& n, const Scope& scope) {
        TRY_ASSIGN(Known from, node(n.focus, scope));
        TRY_ASSIGN(const Known place, node(program_.arguments[n.first], scope));
        TRY(expect(place, Form::integer, n, "an index"));
        if (options_.ordered && from.unordered) return wrong("an index into a collection without order", n);
        from.many = false;
        return from;
    }

    Result<Known> binary(const Node& n, const Scope& scope) {
        TRY_ASSIGN(const Known a, node(program_.arguments[n.first], scope));
        TRY_ASSIGN(const Known b, node(program_.arguments[n.first + 1], scope));
        const bool arithmetic = n.op >= Op::multiply && n.op <= Op::concatenate;
        const bool comparison = n.op >= Op::less && n.op <= Op::greater_equal;
        if (!arithmetic && !comparison) return of(Kind::boolean);
        const bool unknown = a.any || b.any || a.types.empty() || b.types.empty();
        if (unknown) return comparison ? of(Kind::boolean) : anything(false);
        Known out;
        for (const Possible& x : a.types) {
            for (const Possible& y : b.types) {
                if (const auto kind = operated(n.op, system_kind(x), system_kind(y))) out.add(Possible{*kind});
            }
        }
        if (!out.types.empty()) return out;
        if (options_.strict) return wrong("an operator over types that it does not take", n);
        return anything(false);
    }

    // What `as` and ofType() leave.
    Result<Known> narrowed(const Known& from, const Node& n) const {
        const TypeSpecifier& type = program_.types[n.number];
        Known out;
        out.many = from.many;
        out.unordered = from.unordered;
        for (const Possible& p : from.types) {
            if (p.kind != Kind::element) {
                if (!type.system.empty()) out.add(p);
            } else if (type.fhir != nullptr && is_kind_of(p.type, type.fhir)) {
                out.add(p);
            } else if (type.fhir != nullptr && is_kind_of(type.fhir, p.type)) {
                out.add(Possible{Kind::element, type.fhir, type.fhir->shape});
            }
        }
        if (from.any) {
            if (type.fhir == nullptr) return anything(from.many);
            out.add(Possible{Kind::element, type.fhir, type.fhir->shape});
        }
        if (std::ranges::any_of(out.types, is_open)) return anything(from.many);
        if (out.types.empty() && !from.types.empty() && options_.strict) return wrong("it cannot be of that type", n);
        return out;
    }

    // `form`: what a function or operator takes.
    Status expect(const Known& given, Form form, const Node& n, std::string_view who) const {
        if (!options_.strict || given.any || given.types.empty()) return {};
        const auto fits = [&](const Possible& p) {
            const Kind k = system_kind(p);
            switch (form) {
                case Form::boolean: return k == Kind::boolean;
                case Form::integer: return k == Kind::integer;
                case Form::number: return is_amount(k);
                case Form::string: return k == Kind::string;
                default: return true;
            }
        };
        if (std::ranges::any_of(given.types, fits)) return {};
        return wrong(std::string(who) + " does not take that type", n);
    }

    Known formed(Form form, const Known& in) const {
        switch (form) {
            case Form::same: return in;
            case Form::boolean: return of(Kind::boolean);
            case Form::integer: return of(Kind::integer);
            case Form::decimal: return of(Kind::decimal);
            case Form::string: return of(Kind::string);
            case Form::strings: return of(Kind::string, true);
            case Form::date: return of(Kind::date);
            case Form::date_time: return of(Kind::date_time);
            case Form::time: return of(Kind::time);
            case Form::quantity: return of(Kind::quantity);
            case Form::number: {
                Known out;
                for (const Possible& p : in.types) out.add(Possible{system_kind(p)});
                out.any = in.any;
                return out;
            }
            default: return anything();
        }
    }

    Result<Known> call(const Node& n, const Scope& scope) {
        const FunctionInfo& info = info_of(n.function);
        TRY_ASSIGN(const Known in, focus(n, scope));
        TRY(expect(in, info.in, n, info.name));
        if (options_.ordered && info.ordered && in.unordered) return wrong(std::string(info.name) + "() over a collection without order", n);
        if (info.type_argument) {
            if (n.function == Function::is) return of(Kind::boolean);
            TRY_ASSIGN(Known out, narrowed(in, n));
            return out;
        }
        Known self = in;
        self.many = false;
        const bool keeps = n.function == Function::iif && n.focus == kNone;
        const Scope inner = info.lambda && !keeps ? Scope{self, true} : scope;
        std::vector<Known> arguments;
        for (std::uint32_t i = 0; i < n.count; ++i) {
            const bool outer = n.function == Function::aggregate && i == 1;
            const std::uint32_t index = program_.arguments[n.first + i];
            // The key of a sort stands in a node of its own, which is no sign.
            const std::uint32_t key = n.function == Function::sort ? program_.arguments[program_.nodes[index].first] : index;
            TRY_ASSIGN(Known argument, node(key, outer ? scope : inner));
            arguments.push_back(std::move(argument));
        }
        return called(n, info, in, arguments);
    }

    Result<Known> called(const Node& n, const FunctionInfo& info, const Known& in, const std::vector<Known>& arguments) {
        using F = Function;
        switch (n.function) {
            case F::select: {
                Known out = arguments[0];
                out.many = out.many || in.many;
                out.unordered = out.unordered || in.unordered;
                return out;
            }
            case F::repeat: return repeated(n, arguments[0]);
            case F::single:
            case F::first:
            case F::last: {
                Known out = in;
                out.many = false;
                return out;
            }
            case F::union_:
            case F::combine:
            case F::coalesce: {
                Known out = in;
                if (n.function == F::coalesce) out = {};
                for (const Known& argument : arguments) out.add(argument);
                out.many = true;
                return out;
            }
            case F::iif: {
                TRY(expect(arguments[0], Form::boolean, n, "the criterion of iif()"));
                const bool several = arguments[0].many && !arguments[0].any && options_.strict;
                if (several) return wrong("the criterion of iif() may be several items", n);
                Known out = arguments[1];
                if (arguments.size() > 2) out.add(arguments[2]);
                return out;
            }
            case F::children:
            case F::descendants: {
                Known out = anything();
                out.unordered = true;
                return out;
            }
            case F::type: return of(Kind::type_info, in.many);
            case F::low_boundary:
            case F::high_boundary: return formed(Form::number, in);
            case F::extension: {
                const fhir::Type* type = options_.definitions->type("Extension");
                Known out;
                out.types.push_back({Kind::element, type, type->shape});
                out.many = true;
                return out;
            }
            case F::get_value: return formed(Form::number, in);
            default: return formed(info.out, in);
        }
    }

    // What repeat() finds is looked into again: names may be missing there.
    Result<Known> repeated(const Node& n, const Known& first) {
        Known out = first;
        out.many = true;
        constexpr int kRoundsMax = 4;
        for (int round = 0; round < kRoundsMax && !out.any; ++round) {
            Known self = out;
            self.many = false;
            const bool strict = options_.strict;
            options_.strict = false;
            auto next = node(program_.arguments[n.first], {self, true});
            options_.strict = strict;
            if (!next) return next;
            const std::size_t before = out.types.size();
            if (next->any) return anything();
            out.add(*next);
            if (out.types.size() == before) break;
        }
        return out;
    }

    static constexpr std::size_t kVisitsMax = 8 * kNodesMax;
    Program& program_;
    Options options_;
    std::size_t visits_ = 0;
    Known context_;
};

}  // namespace

Status check_types(Program& program, const Options& options) {
    // Without a type to start from, only expressions that name theirs ("Patient.name") have anything to find.
    return Checker(program, options).run();
}

}  // namespace idun::fhirpath::internal
