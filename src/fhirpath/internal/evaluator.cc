#include "fhirpath/internal/evaluator.h"

#include <re2/re2.h>

#include <algorithm>

#include "fhirpath/internal/evaluator_patterns.h"
#include "fhirpath/internal/navigation.h"

namespace idun::fhirpath::internal {
namespace {

using Truth = Evaluator::Truth;

Truth as_truth(bool value) { return value ? Truth::yes : Truth::no; }
Truth negated(Truth t) { return t == Truth::unknown ? t : as_truth(t == Truth::no); }

bool is_system_type(const Item& item, std::string_view name) {
    if (name == "Any") return !item.is_element();
    if (item.is_element()) return false;
    const std::string full = type_name(item);
    return full.substr(7) == name;
}

// Primitives are of their very type for `as` and ofType(): a choice that is a code is no string.
bool is_of(const Item& item, const TypeSpecifier& type, bool exact_primitives) {
    if (!item.is_element()) return !type.system.empty() && is_system_type(item, type.system);
    if (type.fhir == nullptr || item.type() == nullptr) return false;
    if (exact_primitives && item.is_primitive()) return item.type() == type.fhir;
    return is_kind_of(item.type(), type.fhir);
}

}  // namespace

Evaluator::Evaluator(const Program& program, const Environment& environment, const Item* context, std::size_t count)
    : program_(program), environment_(environment), context_{context, count, -1, nullptr}, steps_left_(environment.limits.steps_max) {
    if (count > 0) first_ = context[0];
}
Evaluator::~Evaluator() = default;

bool Evaluator::run(Items& out) { return node(program_.root, context_, out); }
bool Evaluator::test(Truth& out) { return truth(program_.root, context_, out); }

bool Evaluator::filter(std::uint32_t node, const Item& item, bool& out) {
    Truth t = Truth::unknown;
    if (!truth(node, {&item, 1, -1, nullptr}, t)) return false;
    out = t == Truth::yes;
    return true;
}

bool Evaluator::fail(Category category, std::string what, const Node& at) {
    if (!error_) error_.emplace(category, "FHIRPath: " + std::move(what) + " (at " + std::to_string(at.position) + ")");
    return false;
}

bool Evaluator::spend(std::uint64_t steps) {
    if (steps_left_ > steps) {
        steps_left_ -= steps;
        return true;
    }
    steps_left_ = 0;
    if (!error_) error_.emplace(Category::too_large, "FHIRPath: the expression takes more steps than are allowed");
    return false;
}

bool Evaluator::spent(const Work& work) {
    const std::uint64_t used = steps_left_ - work.left;
    return spend(used);
}

bool Evaluator::fits(const Items& items) {
    if (items.size() <= environment_.limits.items_max) return true;
    if (!error_) error_.emplace(Category::too_large, "FHIRPath: a collection has more items than are allowed");
    return false;
}

bool Evaluator::push_text(std::string text, Items& out) {
    bytes_ += text.size() + 32;
    if (bytes_ > environment_.limits.bytes_max) {
        if (!error_) error_.emplace(Category::too_large, "FHIRPath: the expression makes longer texts than are allowed");
        return false;
    }
    out.push(Item::string(store().keep(std::move(text))));
    return true;
}

const Item& Evaluator::resource_item() const { return environment_.resource ? *environment_.resource : first_; }
const Item& Evaluator::root_item() const {
    return environment_.root_resource ? *environment_.root_resource : resource_item();
}

bool Evaluator::single(const Items& items, const Node& at, std::optional<Item>& out) {
    out.reset();
    if (items.empty()) return true;
    if (items.size() > 1) return fail(Category::invalid, "several items where one is asked for", at);
    out = items.front();
    return true;
}

bool Evaluator::single_argument(const Node& node, std::uint32_t place, const Frame& frame, std::optional<Item>& out) {
    Items items;
    return argument(node, place, frame, items) && single(items, program_.argument(node, place), out);
}

bool Evaluator::text_of(const Items& items, const Node& at, std::optional<std::string_view>& out) {
    out.reset();
    std::optional<Item> item;
    if (!single(items, at, item)) return false;
    if (!item) return true;
    const auto value = to_system(*item, store());
    if (!value && item->is_primitive()) return true;  // only extensions
    if (!value || value->kind() != Item::Kind::string) return fail(Category::invalid, "not a String where one is asked for", at);
    out = value->as_string();
    return true;
}

bool Evaluator::text_argument(const Node& node, std::uint32_t place, const Frame& frame, std::optional<std::string_view>& out) {
    Items items;
    return argument(node, place, frame, items) && text_of(items, program_.argument(node, place), out);
}

bool Evaluator::integer_argument(const Node& node, std::uint32_t place, const Frame& frame, std::optional<std::int64_t>& out) {
    out.reset();
    std::optional<Item> item;
    if (!single_argument(node, place, frame, item)) return false;
    if (!item) return true;
    const auto value = to_system(*item, store());
    if (!value || value->kind() != Item::Kind::integer) return fail(Category::invalid, "not an Integer where one is asked for", program_.argument(node, place));
    out = value->as_integer();
    return true;
}

bool Evaluator::node(Index index, const Frame& frame, Items& out) {
    const Node& n = program_.nodes[index];
    if (!spend(1)) return false;
    switch (n.op) {
        case Op::nothing: return true;
        case Op::literal: out.push(program_.literals[n.number]); return true;
        case Op::this_:
            for (std::size_t i = 0; i < frame.count; ++i) out.push(frame.items[i]);
            return true;
        case Op::index:
            if (frame.index >= 0) out.push(Item::integer(frame.index));
            return true;
        case Op::total:
            if (frame.total != nullptr) out.append(*frame.total);
            return true;
        case Op::context:
            for (std::size_t i = 0; i < context_.count; ++i) out.push(context_.items[i]);
            return true;
        case Op::resource:
            if (environment_.resource || context_.count > 0) out.push(resource_item());
            return true;
        case Op::root_resource:
            if (environment_.root_resource || environment_.resource || context_.count > 0) out.push(root_item());
            return true;
        case Op::variable: return variable(n, out);
        case Op::member: return member(n, frame, out);
        case Op::type_root: return type_root(n, frame, out);
        case Op::call: return call(n, frame, out);
        case Op::item_at: return item_at(n, frame, out);
        case Op::negate:
        case Op::plus_sign: return sign(n, frame, out);
        case Op::is:
        case Op::as: return is_or_as(n, program_.arguments[n.first], frame, out);
        case Op::multiply:
        case Op::divide:
        case Op::div:
        case Op::mod:
        case Op::add:
        case Op::subtract:
        case Op::concatenate: return arithmetic(n, frame, out);
        case Op::union_: {
            Items all;
            Items distinct;
            if (!argument(n, 0, frame, all) || !argument(n, 1, frame, all) || !append_distinct(all, distinct)) return false;
            out.append(distinct);
            return true;
        }
        default: break;
    }
    Truth t = Truth::unknown;
    if (!truth(index, frame, t)) return false;
    push(t, out);
    return true;
}

bool Evaluator::truth(Index index, const Frame& frame, Truth& out) {
    const Node& n = program_.nodes[index];
    switch (n.op) {
        case Op::and_:
        case Op::or_:
        case Op::xor_:
        case Op::implies: return spend(1) && logic(n, frame, out);
        case Op::less:
        case Op::less_equal:
        case Op::greater:
        case Op::greater_equal: return spend(1) && compare(n, frame, out);
        case Op::equal:
        case Op::not_equal:
        case Op::equivalent:
        case Op::not_equivalent: return spend(1) && equality(n, frame, out);
        case Op::in:
        case Op::contains: return spend(1) && membership(n, frame, out);
        case Op::call: {
            bool done = false;
            if (!call_truth(n, frame, out, done)) return false;
            if (done) return true;
            break;
        }
        default: break;
    }
    Items items;
    return node(index, frame, items) && truth_of(items, n, out);
}

// One item that is no Boolean is true: singleton evaluation of collections.
bool Evaluator::truth_of(const Items& items, const Node& at, Truth& out) {
    out = Truth::unknown;
    if (items.empty()) return true;
    if (items.size() > 1) return fail(Category::invalid, "several items where one Boolean is asked for", at);
    const Item& item = items.front();
    if (item.kind() == Item::Kind::boolean) {
        out = as_truth(item.as_boolean());
    } else if (item.is_element() && item.value().kind() == json::Kind::boolean) {
        out = as_truth(item.value().boolean());
    } else {
        out = Truth::yes;
    }
    return true;
}

bool Evaluator::focus(const Node& n, const Frame& frame, Items& out) {
    if (n.focus != kNone) return node(n.focus, frame, out);
    for (std::size_t i = 0; i < frame.count; ++i) out.push(frame.items[i]);
    return true;
}

bool Evaluator::member(const Node& n, const Frame& frame, Items& out) {
    const Name name{program_.names[n.number], program_.underscored[n.number], n.shape, n.property};
    const std::size_t before = out.size();
    std::uint64_t looked_at = 0;  // members, in the unit of a step
    const auto append = [&](const Item& item) {
        constexpr std::size_t kMembersAStep = 32;
        append_children(item, name, *environment_.definitions, out);
        looked_at += 1 + item.value().size() / kMembersAStep;
    };
    if (n.focus == kNone) {
        for (std::size_t i = 0; i < frame.count; ++i) append(frame.items[i]);
    } else {
        Items from;
        if (!node(n.focus, frame, from)) return false;
        for (const Item& item : from) append(item);
    }
    return spend(looked_at + out.size() - before) && fits(out);
}

bool Evaluator::type_root(const Node& n, const Frame& frame, Items& out) {
    for (std::size_t i = 0; i < frame.count; ++i) {
        if (is_of(frame.items[i], program_.types[n.number], false)) out.push(frame.items[i]);
    }
    return true;
}

bool Evaluator::variable(const Node& n, Items& out) {
    const std::string& name = program_.names[n.number];
    if (environment_.variables != nullptr) {
        const auto found = environment_.variables->find(name);
        if (found != environment_.variables->end()) {
            out.append(found->second);
            return true;
        }
    }
    return fail(Category::invalid, "there is no variable %" + name.substr(0, 64), n);
}

bool Evaluator::item_at(const Node& n, const Frame& frame, Items& out) {
    Items from;
    std::optional<std::int64_t> place;
    if (!node(n.focus, frame, from) || !integer_argument(n, 0, frame, place)) return false;
    if (place && *place >= 0 && static_cast<std::size_t>(*place) < from.size()) out.push(from[static_cast<std::size_t>(*place)]);
    return true;
}

bool Evaluator::sign(const Node& n, const Frame& frame, Items& out) {
    std::optional<Item> item;
    if (!single_argument(n, 0, frame, item)) return false;
    if (!item) return true;
    const auto value = to_system(*item, store());
    const bool minus = n.op == Op::negate;
    if (value && value->kind() == Item::Kind::integer) {
        push_integer(minus ? -value->as_integer() : value->as_integer(), out);
    } else if (value && value->kind() == Item::Kind::decimal) {
        push_decimal(minus ? value->as_decimal().negated() : value->as_decimal(), out);
    } else if (value && value->kind() == Item::Kind::quantity) {
        Quantity q = value->as_quantity();
        if (minus) q.value = q.value.negated();
        push_quantity(std::move(q), out);
    } else {
        return fail(Category::invalid, "a sign in front of what is no number", n);
    }
    return true;
}

// `is` and `as`, as operators and as functions.
bool Evaluator::is_or_as(const Node& n, Index operand, const Frame& frame, Items& out) {
    Items from;
    if (operand == kNone) {
        if (!focus(n, frame, from)) return false;
    } else if (!node(operand, frame, from)) {
        return false;
    }
    const bool is = n.op == Op::is || (n.op == Op::call && n.function == Function::is);
    std::optional<Item> item;
    if (!single(from, n, item)) return false;
    if (!item) return true;
    const bool yes = is_of(*item, program_.types[n.number], !is);
    if (is) out.push(Item::boolean(yes));
    else if (yes) out.push(*item);
    return true;
}

// Three values; the right side is left alone where the left one decides.
bool Evaluator::logic(const Node& n, const Frame& frame, Truth& out) {
    Truth a = Truth::unknown;
    Truth b = Truth::unknown;
    if (!truth(program_.arguments[n.first], frame, a)) return false;
    if (n.op == Op::and_ && a == Truth::no) return out = Truth::no, true;
    if (n.op == Op::or_ && a == Truth::yes) return out = Truth::yes, true;
    if (n.op == Op::implies && a == Truth::no) return out = Truth::yes, true;
    if (!truth(program_.arguments[n.first + 1], frame, b)) return false;
    const bool unknown = a == Truth::unknown || b == Truth::unknown;
    switch (n.op) {
        case Op::and_: out = b == Truth::no ? Truth::no : (unknown ? Truth::unknown : Truth::yes); break;
        case Op::or_: out = b == Truth::yes ? Truth::yes : (unknown ? Truth::unknown : Truth::no); break;
        case Op::xor_: out = unknown ? Truth::unknown : as_truth(a != b); break;
        default: out = b == Truth::yes ? Truth::yes : (unknown ? Truth::unknown : Truth::no); break;
    }
    return true;
}

bool Evaluator::compare(const Node& n, const Frame& frame, Truth& out) {
    out = Truth::unknown;
    std::optional<Item> a;
    std::optional<Item> b;
    if (!single_argument(n, 0, frame, a) || !single_argument(n, 1, frame, b)) return false;
    if (!a || !b) return true;
    // What has only extensions has no value to compare; nor has a Quantity without one, or with a comparator.
    const auto valueless = [](const Item& item) {
        if (item.is_primitive()) return !item.value();
        return item.is_element() && item.value().is_object() && is_quantity(item.type()) && (!item.value()["value"] || item.value()["comparator"]);
    };
    if (valueless(*a) || valueless(*b)) return true;
    Work w = work();
    const bool integers = a->kind() == Item::Kind::integer && b->kind() == Item::Kind::integer;
    const Order found = integers ? Order{.order = a->as_integer() < b->as_integer() ? -1 : (a->as_integer() > b->as_integer() ? 1 : 0)} : order(*a, *b, w);
    if (!spent(w)) return false;
    if (!found.comparable) return fail(Category::invalid, "values that have no order among each other", n);
    if (!found.order) return true;
    switch (n.op) {
        case Op::less: out = as_truth(*found.order < 0); break;
        case Op::less_equal: out = as_truth(*found.order <= 0); break;
        case Op::greater: out = as_truth(*found.order > 0); break;
        default: out = as_truth(*found.order >= 0); break;
    }
    return true;
}

bool Evaluator::equality(const Node& n, const Frame& frame, Truth& out) {
    Items a;
    Items b;
    if (!argument(n, 0, frame, a) || !argument(n, 1, frame, b)) return false;
    if (n.op == Op::equal || n.op == Op::not_equal) {
        if (!equal_lists(a, b, out)) return false;
        if (n.op == Op::not_equal) out = negated(out);
        return true;
    }
    bool same = false;
    if (!equivalent_lists(a, b, same)) return false;
    out = as_truth(same == (n.op == Op::equivalent));
    return true;
}

bool Evaluator::membership(const Node& n, const Frame& frame, Truth& out) {
    out = Truth::unknown;
    Items a;
    Items b;
    if (!argument(n, 0, frame, a) || !argument(n, 1, frame, b)) return false;
    const Items& one = n.op == Op::in ? a : b;
    const Items& list = n.op == Op::in ? b : a;
    std::optional<Item> item;
    if (!single(one, n, item)) return false;
    if (!item) return true;
    bool found = false;
    if (!holds(list, *item, found)) return false;
    out = as_truth(found);
    return true;
}

// Functions whose answer is a Boolean, without items in between: what invariants consist of.
bool Evaluator::call_truth(const Node& n, const Frame& frame, Truth& out, bool& done) {
    done = true;
    switch (n.function) {
        case Function::exists:
        case Function::empty_: {
            Items in;
            if (!spend(1) || !focus(n, frame, in)) return false;
            bool found = !in.empty() && n.count == 0;
            for (std::size_t i = 0; i < in.size() && n.count > 0 && !found; ++i) {
                Truth t = Truth::unknown;
                if (!truth(program_.arguments[n.first], {&in[i], 1, static_cast<std::int64_t>(i), frame.total}, t)) return false;
                found = t == Truth::yes;
            }
            out = as_truth(found == (n.function == Function::exists));
            return true;
        }
        case Function::not_: {
            if (!spend(1)) return false;
            Truth t = Truth::unknown;
            if (n.focus != kNone) {
                if (!truth(n.focus, frame, t)) return false;
            } else {
                Items in;
                if (!focus(n, frame, in) || !truth_of(in, n, t)) return false;
            }
            out = negated(t);
            return true;
        }
        case Function::all: {
            Items in;
            if (!spend(1) || !focus(n, frame, in)) return false;
            out = Truth::yes;
            for (std::size_t i = 0; i < in.size(); ++i) {
                Truth t = Truth::unknown;
                if (!truth(program_.arguments[n.first], {&in[i], 1, static_cast<std::int64_t>(i), frame.total}, t)) return false;
                if (t != Truth::yes) return out = Truth::no, true;
            }
            return true;
        }
        default: done = false; return true;
    }
}

bool Evaluator::call(const Node& n, const Frame& frame, Items& out) {
    if (!out.empty()) {  // functions look only at what they give themselves
        Items own;
        if (!call(n, frame, own)) return false;
        out.append(own);
        return true;
    }
    Truth t = Truth::unknown;
    bool done = false;
    if (!call_truth(n, frame, t, done)) return false;
    if (done) {
        push(t, out);
        return true;
    }
    if (n.function == Function::is || n.function == Function::as) return is_or_as(n, n.focus, frame, out);
    Items in;
    if (!focus(n, frame, in) || !spend(in.size())) return false;
    using F = Function;
    switch (n.function) {
        case F::count: out.push(Item::integer(static_cast<std::int64_t>(in.size()))); return true;
        case F::all_true:
        case F::any_true:
        case F::all_false:
        case F::any_false: return all_any(n, in, out);
        case F::subset_of:
        case F::superset_of:
        case F::distinct:
        case F::is_distinct:
        case F::intersect:
        case F::exclude:
        case F::union_:
        case F::combine:
        case F::coalesce: return sets(n, in, frame, out);
        case F::where:
        case F::select: return lambdas(n, in, frame, out);
        case F::repeat: return repeat(n, in, frame, out);
        case F::of_type:
            for (const Item& item : in) {
                if (is_of(item, program_.types[n.number], true)) out.push(item);
            }
            return true;
        case F::single:
        case F::first:
        case F::last:
        case F::tail:
        case F::skip:
        case F::take: return subsets(n, in, frame, out);
        case F::sort: return sort(n, in, out);
        case F::iif: return iif(n, in, frame, out);
        case F::aggregate: return aggregate(n, in, frame, out);
        case F::sum:
        case F::min:
        case F::max:
        case F::avg: return fold(n, in, out);
        case F::trace: return trace(n, in, frame, out);
        case F::children:
            for (const Item& item : in) {
                append_all_children(item, *environment_.definitions, out);
                if (!fits(out)) return false;
            }
            return spend(out.size());
        case F::descendants: return descendants(in, out);
        case F::now: out.push(Item::temporal(Item::Kind::date_time, Temporal::of(environment_.now))); return true;
        case F::today:
        case F::time_of_day: {
            Temporal t_now = Temporal::of(environment_.now);
            t_now.has_zone = false;
            if (n.function == F::today) t_now.precision = Temporal::Precision::day;
            out.push(Item::temporal(n.function == F::today ? Item::Kind::date : Item::Kind::time, t_now));
            return true;
        }
        case F::type: return type_of(in, out);
        case F::comparable:
        case F::low_boundary:
        case F::high_boundary:
        case F::precision: return boundaries(n, in, frame, out);
        case F::join: return join(n, in, frame, out);
        default: break;
    }
    if (n.function >= F::to_boolean && n.function <= F::converts_to_time) return convert(n, in, frame, out);
    if (n.function >= F::index_of && n.function <= F::unescape) return strings(n, in, frame, out);
    if (n.function >= F::abs && n.function <= F::truncate) return math(n, in, frame, out);
    return fhir(n, in, frame, out);
}

}  // namespace idun::fhirpath::internal
