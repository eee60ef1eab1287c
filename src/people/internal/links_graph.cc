// Who is one person by links that hold, and what one change makes of it.
#include "people/internal/links_impl.h"

namespace idun::people {

using crypto::Pseudonym;

Edge& Links::Impl::edge_of(const Pseudonym& one, const Pseudonym& other) {
    std::shared_ptr<Edge>& place = graph[one].neighbours[other];
    if (!place) graph[other].neighbours[one] = place = std::make_shared<Edge>();
    return *place;
}

void Links::Impl::forget_edge(const Pseudonym& one, const Pseudonym& other) {
    for (const auto& [here, there] : {std::pair(one, other), std::pair(other, one)}) {
        const auto node = graph.find(here);
        node->second.neighbours.erase(there);
        if (node->second.neighbours.empty() && !node->second.ambiguous) graph.erase(node);
    }
}

const Edge* Links::Impl::known_edge(const Pseudonym& one, const Pseudonym& other) const {
    const auto node = graph.find(one);
    if (node == graph.end()) return nullptr;
    const auto found = node->second.neighbours.find(other);
    return found == node->second.neighbours.end() ? nullptr : found->second.get();
}

bool Links::Impl::marked(const Pseudonym& number) const {
    const auto node = graph.find(number);
    return node != graph.end() && node->second.ambiguous;
}

bool Links::Impl::ambiguous(const Pseudonym& number) const {
    if (!aliases.known(number)) return marked(number);
    return std::ranges::any_of(aliases.all(number), [&](const Pseudonym& one) { return marked(one); });
}

std::vector<Pseudonym> Links::Impl::component(const Pseudonym& number) const {
    std::vector<Pseudonym> out{number};
    if (ambiguous(number)) return out;
    const auto add = [&](const Pseudonym& other) {
        if (std::ranges::find(out, other) == out.end()) out.push_back(other);
    };
    for (std::size_t at = 0; at < out.size() && out.size() <= kSetMax; ++at) {
        for (const Pseudonym& other : aliases.all(out[at])) add(other);
        const auto node = graph.find(out[at]);
        if (node == graph.end()) continue;
        for (const auto& [other, edge] : node->second.neighbours)
            if (edge->holds() && !ambiguous(other)) add(other);
    }
    std::ranges::sort(out);
    return out;
}

std::optional<Kind> Links::Impl::kind_of(const Pseudonym& number) const {
    for (const bool of_operator : {true, false})
        for (const Pseudonym& one : aliases.all(number)) {
            const auto node = graph.find(one);
            if (node == graph.end()) continue;
            for (const auto& [other, edge] : node->second.neighbours)
                if (const auto kind = edge->kind(one < other ? 0 : 1, of_operator)) return kind;
        }
    return std::nullopt;
}

std::size_t Links::Impl::numbers_in(const std::vector<Pseudonym>& set) const {
    std::size_t out = 0;
    for (auto one = set.begin(); one != set.end(); ++one)
        out += std::none_of(set.begin(), one, [&](const Pseudonym& before) { return aliases.same(before, *one); }) ? 1 : 0;
    return out;
}

bool Links::Impl::none_separated(const std::vector<Pseudonym>& set) const {
    for (std::size_t i = 0; i < set.size(); ++i)
        for (std::size_t j = i + 1; j < set.size(); ++j)
            if (const Edge* edge = known_edge(set[i], set[j]); edge && edge->separated) return false;
    return true;
}

Status Links::Impl::may_be_one(const std::vector<Pseudonym>& set, bool by_operator) const {
    if (numbers_in(set) > kNumbersMax) return refused("a person has at most " + std::to_string(kNumbersMax) + " numbers: ask the operator of the hub");
    if (!none_separated(set)) return refused("the operator of the hub has separated these numbers");
    if (by_operator) return {};
    bool proved = false;
    for (std::size_t i = 0; i < set.size(); ++i)
        for (std::size_t j = i + 1; j < set.size() && !proved; ++j)
            if (const Edge* edge = known_edge(set[i], set[j])) proved = edge->proved();
    return at_most_one_personal(set, proved);
}

Status Links::Impl::at_most_one_personal(const std::vector<Pseudonym>& set, bool unknown_too) const {
    const Pseudonym* first = nullptr;
    for (const Pseudonym& one : set) {
        const auto kind = kind_of(one);
        if (kind ? *kind != Kind::personal_number : !unknown_too) continue;
        if (first && !of(*first).has(one))
            return refused("two personal numbers are one person only when the operator of the hub says so: ask the operator");
        first = &one;
    }
    return {};
}

void Links::Impl::put_back(const Former& former) {
    for (const auto& [number, value] : former.marks) graph[number].ambiguous = value;
    for (const auto& [pair, value] : former.edges) {
        if (value) edge_of(pair.first, pair.second) = *value;
        else forget_edge(pair.first, pair.second);
    }
}

Status Links::Impl::append(const Change& change, store::Batch& batch, Former& former) {
    TRY_ASSIGN(const auto snapshot, store.snapshot());
    const auto put = [&](const std::string& key, const std::vector<Statement>& more) -> Result<std::vector<Statement>> {
        TRY_ASSIGN(const auto row, snapshot->get(key));
        std::vector<Statement> all;
        if (row) {
            TRY_ASSIGN(all, decode_statements(*row));
        }
        all.insert(all.end(), more.begin(), more.end());
        if (change.grows && !change.by_operator && said_by(all, more.front().by) > kStatementsMax)
            return fail(Category::too_large, "too much was said of these numbers: ask the operator of the hub");
        batch.put(key, encode_statements(all));
        return all;
    };
    for (const auto& [pair, said] : change.pairs) {
        TRY_ASSIGN(const auto all, put(pair_row(pair.first, pair.second), said));
        const Edge* known = known_edge(pair.first, pair.second);
        former.edges.emplace_back(pair, known ? std::optional(*known) : std::nullopt);
        edge_of(pair.first, pair.second) = sum_of(all);
    }
    for (const auto& [number, said] : change.marks) {
        TRY_ASSIGN(const auto all, put(mark_row(number), said));
        Node& node = graph[number];
        former.marks.emplace_back(number, node.ambiguous);
        node.ambiguous = is_marked(all);
    }
    return {};
}

std::size_t Links::Impl::said_by(const std::vector<Statement>& all, const By& by) {
    return static_cast<std::size_t>(std::ranges::count(all, by, &Statement::by));
}

std::set<Pseudonym> Links::Impl::touched_by(const Change& change) const {
    std::set<Pseudonym> named, out;
    for (const auto& [pair, said] : change.pairs) named.insert({pair.first, pair.second});
    for (const auto& [number, said] : change.marks) named.insert(number);
    for (const auto& [number, numbers] : change.before) out.insert(number);
    for (const auto& [number, numbers] : change.before) named.insert(number);
    for (const Pseudonym& one : named) {
        for (const Pseudonym& alias : aliases.all(one)) out.insert(alias);
        const Numbers before = of(one);
        out.insert(before.all().begin(), before.all().end());
        const auto now = component(one);
        out.insert(now.begin(), now.end());
    }
    return out;
}

Result<std::vector<Regrouped>> Links::Impl::regroup(const Change& change) const {
    std::vector<Regrouped> out;
    std::map<Pseudonym, Set> sets;
    const auto touched = touched_by(change);
    for (const Pseudonym& one : touched) {
        if (sets.contains(one)) continue;
        const auto members = std::make_shared<const std::vector<Pseudonym>>(component(one));
        if (change.grows) TRY(may_be_one(*members, change.by_operator));
        for (const Pseudonym& member : *members) sets[member] = members->size() > 1 ? members : nullptr;
    }
    for (const Pseudonym& one : touched) {
        const auto known = change.before.find(one);
        const Numbers before = known == change.before.end() ? of(one) : known->second, after(one, sets[one], ambiguous(one));
        if (before.ambiguous() != after.ambiguous() || !std::ranges::equal(before.all(), after.all())) out.push_back({before, after});
    }
    return out;
}

void Links::Impl::show(std::span<const Regrouped> changed) {
    const std::unique_lock lock(mutex);
    for (const Regrouped& one : changed) {
        const Pseudonym& number = one.after.one();
        const auto known = groups.find(number);
        if (known != groups.end() && known->second.set) --linked;
        if (numbers_in({one.after.all().begin(), one.after.all().end()}) > 1) ++linked;
        else if (!one.after.ambiguous()) {
            groups.erase(number);
            continue;
        }
        groups[number] = {one.after.set(), one.after.ambiguous()};
    }
}

Status Links::Impl::make(const Change& change, Also also) {
    store::Batch batch;
    Former former;
    if (const Status appended = append(change, batch, former); !appended) {
        put_back(former);
        return appended;
    }
    const auto changed = regroup(change);
    Status done = changed ? Status() : Status(fail(changed.error()));
    bool joined = false;
    if (done) also(*changed, batch);
    if (done && follower && !changed->empty()) {
        done = follower->join(*changed, batch);
        joined = done.has_value();
    }
    if (done)
        if (const auto committed = store.commit(std::move(batch)); !committed) done = fail(committed.error());
    if (done) show(*changed);
    else put_back(former);
    if (joined) follower->done(done.has_value());
    return done;
}

Numbers Links::Impl::of(const Pseudonym& number) const {
    const std::shared_lock lock(mutex);
    const auto found = groups.find(number);
    if (found != groups.end()) return Numbers(number, found->second.set, found->second.ambiguous);
    if (!aliases.known(number)) return Numbers(number);
    auto all = aliases.all(number);
    std::ranges::sort(all);
    return Numbers(number, std::make_shared<const std::vector<Pseudonym>>(std::move(all)), false);
}

Status Links::Impl::load() {
    TRY_ASSIGN(const auto snapshot, store.snapshot());
    TRY(each(*snapshot, kPairRows, 2, [&](std::span<const Pseudonym> pair, const std::vector<Statement>& said) {
        edge_of(pair[0], pair[1]) = sum_of(said);
    }));
    TRY(each(*snapshot, kMarkRows, 1, [&](std::span<const Pseudonym> one, const std::vector<Statement>& said) {
        graph[one[0]].ambiguous = is_marked(said);
    }));
    TRY(load_aliases(*snapshot));
    for (const auto& [number, node] : graph) {
        if (node.ambiguous)
            for (const Pseudonym& one : aliases.all(number)) groups[one] = {nullptr, true};
        if (ambiguous(number) || groups.contains(number)) continue;
        const auto members = std::make_shared<const std::vector<Pseudonym>>(component(number));
        if (numbers_in(*members) < 2) continue;
        for (const Pseudonym& member : *members) groups[member] = {members, false};
        linked += members->size();
    }
    return {};
}

Status Links::Impl::each(const store::Snapshot& snapshot, std::string_view prefix, std::size_t count,
                          FunctionRef<void(std::span<const Pseudonym>, const std::vector<Statement>&)> found) {
    store::Range range = store::prefix_range(prefix);
    for (bool more = true; more;) {
        TRY_ASSIGN(const auto chunk, snapshot.scan(range));
        for (const store::Entry& entry : chunk.entries) {
            const std::string_view names = std::string_view(entry.key).substr(prefix.size());
            if (names.size() != count * crypto::kPseudonymBytes) return fail(Category::corrupt, "links: malformed row");
            std::vector<Pseudonym> numbers;
            for (std::size_t i = 0; i < count; ++i) numbers.push_back(*Pseudonym::from(names.substr(i * crypto::kPseudonymBytes, crypto::kPseudonymBytes)));
            TRY_ASSIGN(const auto said, decode_statements(entry.value));
            found(numbers, said);
        }
        more = chunk.more;
        if (more) range = store::rest_of(range, chunk.entries.back().key);
    }
    return {};
}

}  // namespace idun::people
