// Functions over whole collections: sets, filters, projections, folds.
#include <algorithm>
#include <unordered_set>
#include <vector>

#include "fhirpath/internal/evaluator.h"
#include "fhirpath/internal/navigation.h"
#include "fhirpath/internal/quantities.h"

namespace idun::fhirpath::internal {
namespace {

using Truth = Evaluator::Truth;
using F = Function;

// From this size on, sets of texts go through a hash table.
constexpr std::size_t kHashFrom = 16;
constexpr std::size_t kHashBytesAStep = 64;

}  // namespace

// `=`: the same items in the same order. One undecided pair makes the whole undecided unless another pair differs.
bool Evaluator::equal_lists(const Items& a, const Items& b, Truth& out) {
    out = Truth::unknown;
    if (a.empty() || b.empty()) return true;
    out = Truth::no;
    if (a.size() != b.size()) return true;
    bool undecided = false;
    for (std::size_t i = 0; i < a.size(); ++i) {
        Work w = work();
        const auto same = equal(a[i], b[i], w);
        if (!spent(w)) return false;
        if (!same) undecided = true;
        else if (!*same) return true;
    }
    out = undecided ? Truth::unknown : Truth::yes;
    return true;
}

// `~`: the same items in any order.
bool Evaluator::equivalent_lists(const Items& a, const Items& b, bool& out) {
    out = false;
    if (a.size() != b.size()) return true;
    std::vector<bool> used(b.size());
    for (const Item& item : a) {
        std::size_t i = 0;
        for (; i < b.size(); ++i) {
            if (used[i]) continue;
            Work w = work();
            const bool same = equivalent(item, b[i], w);
            w.spend(1);
            if (!spent(w)) return false;
            if (same) break;
        }
        if (i == b.size()) return true;
        used[i] = true;
    }
    out = true;
    return true;
}

bool Evaluator::holds(const Items& list, const Item& item, bool& out) {
    out = false;
    Work w = work();
    for (const Item& other : list) {
        w.spend(1);
        if (!equal(other, item, w).value_or(false)) continue;
        out = true;
        break;
    }
    return spent(w);
}

// The items of `from` that are not in `out` yet, each once.
bool Evaluator::append_distinct(const Items& from, Items& out) {
    const auto is_text = [](const Item& item) { return !text_key(item).empty(); };
    if (from.size() < kHashFrom || !out.empty() || !std::all_of(from.begin(), from.end(), is_text)) {
        for (const Item& item : from) {
            bool found = false;
            if (!holds(out, item, found)) return false;
            if (!found) out.push(item);
        }
        return fits(out);
    }
    std::unordered_set<std::string_view> seen;
    for (const Item& item : from) {
        if (!spend(text_key(item).size() / kHashBytesAStep)) return false;
        if (seen.insert(text_key(item)).second) out.push(item);
    }
    return spend(from.size()) && fits(out);
}

bool Evaluator::sets(const Node& n, const Items& in, const Frame& frame, Items& out) {
    if (n.function == F::distinct) return append_distinct(in, out);
    if (n.function == F::is_distinct) {
        Items distinct;
        if (!append_distinct(in, distinct)) return false;
        out.push(Item::boolean(distinct.size() == in.size()));
        return true;
    }
    if (n.function == F::coalesce) {
        for (std::uint32_t i = 0; i < n.count && out.empty(); ++i) {
            if (!argument(n, i, frame, out)) return false;
        }
        return true;
    }
    Items other;
    if (!argument(n, 0, frame, other)) return false;
    if (n.function == F::combine) {
        out.append(in);
        out.append(other);
        return fits(out);
    }
    if (n.function == F::union_) {
        Items all = in;
        all.append(other);
        return append_distinct(all, out);
    }
    if (n.function == F::subset_of || n.function == F::superset_of) {
        const Items& small = n.function == F::subset_of ? in : other;
        const Items& large = n.function == F::subset_of ? other : in;
        bool found = true;
        for (std::size_t i = 0; i < small.size() && found; ++i) {
            if (!holds(large, small[i], found)) return false;
        }
        out.push(Item::boolean(found));
        return true;
    }
    Items kept;
    for (const Item& item : in) {
        bool found = false;
        if (!holds(other, item, found)) return false;
        if (found == (n.function == F::intersect)) kept.push(item);
    }
    if (n.function == F::intersect) return append_distinct(kept, out);
    out.append(kept);
    return true;
}

bool Evaluator::lambdas(const Node& n, const Items& in, const Frame& frame, Items& out) {
    const Index body = program_.arguments[n.first];
    for (std::size_t i = 0; i < in.size(); ++i) {
        const Frame inner{&in[i], 1, static_cast<std::int64_t>(i), frame.total};
        if (n.function == F::select) {
            if (!node(body, inner, out) || !fits(out)) return false;
            continue;
        }
        Truth t = Truth::unknown;
        if (!truth(body, inner, t)) return false;
        if (t == Truth::yes) out.push(in[i]);
    }
    return true;
}

bool Evaluator::subsets(const Node& n, const Items& in, const Frame& frame, Items& out) {
    const auto push_range = [&](std::size_t from, std::size_t to) {
        for (std::size_t i = from; i < std::min(to, in.size()); ++i) out.push(in[i]);
    };
    std::optional<std::int64_t> count;
    switch (n.function) {
        case F::single:
            if (in.size() > 1) return fail(Category::invalid, "several items where single() asks for one", n);
            push_range(0, 1);
            return true;
        case F::first: push_range(0, 1); return true;
        case F::last: push_range(in.empty() ? 0 : in.size() - 1, in.size()); return true;
        case F::tail: push_range(1, in.size()); return true;
        default: break;
    }
    if (!integer_argument(n, 0, frame, count)) return false;
    if (!count) return n.function == F::take ? true : (push_range(0, in.size()), true);
    const auto whole = static_cast<std::size_t>(std::max<std::int64_t>(*count, 0));
    if (n.function == F::skip) push_range(whole, in.size());
    else push_range(0, whole);
    return true;
}

bool Evaluator::all_any(const Node& n, const Items& in, Items& out) {
    const bool wanted = n.function == F::all_true || n.function == F::any_true;
    const bool all = n.function == F::all_true || n.function == F::all_false;
    std::size_t matching = 0;
    for (const Item& item : in) {
        const auto value = to_system(item, store());
        if (!value || value->kind() != Item::Kind::boolean) return fail(Category::invalid, "not a Boolean where Booleans are asked for", n);
        if (value->as_boolean() == wanted) ++matching;
    }
    out.push(Item::boolean(all ? matching == in.size() : matching > 0));
    return true;
}

// Each item once, so that references in a circle come to an end.
bool Evaluator::repeat(const Node& n, const Items& in, const Frame& frame, Items& out) {
    const Index body = program_.arguments[n.first];
    Items open = in;
    while (!open.empty()) {
        Items found;
        for (std::size_t i = 0; i < open.size(); ++i) {
            if (!node(body, {&open[i], 1, static_cast<std::int64_t>(i), frame.total}, found)) return false;
            if (!fits(found)) return false;
        }
        const std::size_t before = out.size();
        if (!append_distinct(found, out)) return false;
        open.clear();
        for (std::size_t i = before; i < out.size(); ++i) open.push(out[i]);
    }
    return true;
}

bool Evaluator::descendants(const Items& in, Items& out) {
    Items open = in;
    while (!open.empty()) {
        Items found;
        for (const Item& item : open) append_all_children(item, *environment_.definitions, found);
        if (!spend(found.size())) return false;
        out.append(found);
        if (!fits(out)) return false;
        open = std::move(found);
    }
    return true;
}

bool Evaluator::aggregate(const Node& n, const Items& in, const Frame& frame, Items& out) {
    Items total;
    if (n.count > 1 && !argument(n, 1, frame, total)) return false;
    for (std::size_t i = 0; i < in.size(); ++i) {
        Items next;
        if (!node(program_.arguments[n.first], {&in[i], 1, static_cast<std::int64_t>(i), &total}, next)) return false;
        total = std::move(next);
    }
    out.append(total);
    return true;
}

bool Evaluator::fold(const Node& n, const Items& in, Items& out) {
    if (in.empty()) return true;
    Items total(in[0]);
    for (std::size_t i = 1; i < in.size(); ++i) {
        Items next;
        if (n.function == F::sum || n.function == F::avg) {
            const auto a = to_system(total.front(), store());
            const auto b = to_system(in[i], store());
            if (!a || !b) return fail(Category::invalid, "a sum of what is no number", n);
            if (!plus(*a, *b, n, next)) return false;
            if (next.empty()) return true;
        } else {
            Work w = work();
            const Order found = order(in[i], total.front(), w);
            if (!spent(w)) return false;
            if (!found.comparable) return fail(Category::invalid, "values that have no order among each other", n);
            if (!found.order) return true;
            const bool better = n.function == F::min ? *found.order < 0 : *found.order > 0;
            next.push(better ? in[i] : total.front());
        }
        total = std::move(next);
    }
    if (n.function != F::avg) {
        out.append(total);
        return true;
    }
    const auto sum = to_system(total.front(), store());
    if (!sum) return fail(Category::invalid, "an average of what is no number", n);
    const Decimal count = Decimal::of(static_cast<std::int64_t>(in.size()));
    if (sum->kind() == Item::Kind::quantity) {
        Quantity q = sum->as_quantity();
        const auto value = Decimal::divide(q.value, count);
        if (!value) return true;
        q.value = *value;
        push_quantity(std::move(q), out);
        return true;
    }
    if (sum->kind() != Item::Kind::integer && sum->kind() != Item::Kind::decimal) return fail(Category::invalid, "an average of what is no number", n);
    push_decimal(Decimal::divide(sum->kind() == Item::Kind::integer ? Decimal::of(sum->as_integer()) : sum->as_decimal(), count), out);
    return true;
}

// Stable. Items without a key come first, also when the order is turned round (the suite's testSort10).
bool Evaluator::sort(const Node& n, const Items& in, Items& out) {
    struct Row {
        Item item;
        std::vector<std::optional<Item>> keys;
    };
    std::vector<Row> rows;
    for (std::size_t i = 0; i < in.size(); ++i) {
        Row row{in[i], {}};
        const Frame inner{&in[i], 1, static_cast<std::int64_t>(i), nullptr};
        for (std::uint32_t k = 0; k < n.count; ++k) {
            const Node& marked = program_.argument(n, k);  // holds the key itself
            if (!single_argument(marked, 0, inner, row.keys.emplace_back())) return false;
        }
        if (n.count == 0) row.keys.emplace_back(in[i]);
        rows.push_back(std::move(row));
    }
    std::uint64_t rounds = 1;
    while ((std::size_t{1} << rounds) < rows.size()) ++rounds;
    if (!spend(rows.size() * rounds * std::max<std::uint32_t>(n.count, 1))) return false;
    bool comparable = true;
    Work w = work();
    const auto before = [&](const Row& a, const Row& b) {
        for (std::size_t k = 0; k < a.keys.size(); ++k) {
            const bool descending = n.count > 0 && program_.argument(n, static_cast<std::uint32_t>(k)).descending;
            if (!a.keys[k] || !b.keys[k]) {
                if (a.keys[k].has_value() == b.keys[k].has_value()) continue;
                return b.keys[k].has_value();
            }
            const Order found = order(*a.keys[k], *b.keys[k], w);
            comparable = comparable && found.comparable;
            if (!found.order || *found.order == 0) continue;
            return descending ? *found.order > 0 : *found.order < 0;
        }
        return false;
    };
    // Undecided pairs count as equal, which need not be a strict order: a merge sort ends all the same.
    std::vector<Row> room(rows.size());
    for (std::size_t width = 1; width < rows.size(); width *= 2) {
        for (std::size_t from = 0; from < rows.size(); from += 2 * width) {
            std::size_t left = from;
            std::size_t right = std::min(from + width, rows.size());
            const std::size_t left_end = right;
            const std::size_t right_end = std::min(from + 2 * width, rows.size());
            for (std::size_t to = from; to < right_end; ++to) {
                const bool take_right = left == left_end || (right < right_end && before(rows[right], rows[left]));
                room[to] = std::move(rows[take_right ? right++ : left++]);
            }
        }
        rows.swap(room);
    }
    if (!spent(w)) return false;
    if (!comparable) return fail(Category::invalid, "values that have no order among each other", n);
    for (const Row& row : rows) out.push(row.item);
    return true;
}

bool Evaluator::iif(const Node& n, const Items& in, const Frame& frame, Items& out) {
    if (n.focus != kNone && in.size() > 1) return fail(Category::invalid, "several items where iif() asks for one", n);
    // Without an input of its own, or over an empty one, $this stays what it is.
    Frame inner = frame;
    if (n.focus != kNone && in.size() == 1) inner = {in.begin(), 1, frame.index, frame.total};
    Truth t = Truth::unknown;
    Items criterion;
    if (!argument(n, 0, inner, criterion) || !truth_of(criterion, program_.argument(n, 0), t)) return false;
    if (t == Truth::yes) return argument(n, 1, inner, out);
    return n.count < 3 || argument(n, 2, inner, out);
}

bool Evaluator::trace(const Node& n, const Items& in, const Frame& frame, Items& out) {
    std::optional<std::string_view> name;
    if (!text_argument(n, 0, frame, name)) return false;
    if (environment_.trace != nullptr) {
        Items shown;
        for (std::size_t i = 0; i < in.size() && n.count > 1; ++i) {
            if (!node(program_.arguments[n.first + 1], {&in[i], 1, static_cast<std::int64_t>(i), frame.total}, shown)) return false;
        }
        environment_.trace->traced(name.value_or(""), n.count > 1 ? shown : in);
    }
    out.append(in);
    return true;
}

}  // namespace idun::fhirpath::internal
