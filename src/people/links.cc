#include "people/links.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <unordered_map>

#include "people/internal/aliases.h"
#include "people/internal/link_rows.h"

namespace idun::people {
namespace {

using crypto::Pseudonym;

using Set = std::shared_ptr<const std::vector<Pseudonym>>;

// What of() answers by. Absent: alone, and not ambiguous.
struct Group {
    Set set;  // null: alone
    bool ambiguous = false;
};

tl::unexpected<Error> refused(std::string message) { return fail(Category::conflict, std::move(message)); }

}  // namespace

bool Numbers::has(const Pseudonym& number) const { return set_ ? std::ranges::binary_search(*set_, number) : one_ == number; }

struct Links::Impl {
    Impl(store::Store& s, const Clock& c) : store(s), clock(c) {}

    // A number, what links it to others, and what is known of it.
    struct Node {
        std::map<Pseudonym, std::shared_ptr<Edge>> neighbours;  // shared by both ends
        bool ambiguous = false;
    };

    store::Store& store;
    const Clock& clock;
    Follower* follower = nullptr;

    std::mutex writing;  // guards the graph
    std::unordered_map<Pseudonym, Node> graph;

    mutable std::shared_mutex mutex;  // guards what follows
    std::unordered_map<Pseudonym, Group> groups;  // without those that have aliases only
    std::size_t linked = 0;
    Aliases aliases;  // changed with both locks, before the commit: what it joins too early is one number all the same
    Aliases sure;     // of those what the hub itself has said; changed after the commit

    // ---- the graph

    Edge& edge_of(const Pseudonym& one, const Pseudonym& other) {
        std::shared_ptr<Edge>& place = graph[one].neighbours[other];
        if (!place) graph[other].neighbours[one] = place = std::make_shared<Edge>();
        return *place;
    }
    void forget_edge(const Pseudonym& one, const Pseudonym& other) {
        for (const auto& [here, there] : {std::pair(one, other), std::pair(other, one)}) {
            const auto node = graph.find(here);
            node->second.neighbours.erase(there);
            if (node->second.neighbours.empty() && !node->second.ambiguous) graph.erase(node);
        }
    }
    const Edge* known_edge(const Pseudonym& one, const Pseudonym& other) const {
        const auto node = graph.find(one);
        if (node == graph.end()) return nullptr;
        const auto found = node->second.neighbours.find(other);
        return found == node->second.neighbours.end() ? nullptr : found->second.get();
    }
    bool marked(const Pseudonym& number) const {
        const auto node = graph.find(number);
        return node != graph.end() && node->second.ambiguous;
    }
    bool ambiguous(const Pseudonym& number) const {
        if (!aliases.known(number)) return marked(number);
        return std::ranges::any_of(aliases.all(number), [&](const Pseudonym& one) { return marked(one); });
    }

    // Everybody whom links that hold connect with it, ascending; of one that is too large some more than it may have.
    std::vector<Pseudonym> component(const Pseudonym& number) const {
        std::vector<Pseudonym> out{number};
        if (ambiguous(number)) return out;
        const auto add = [&](const Pseudonym& other) {
            if (std::ranges::find(out, other) == out.end()) out.push_back(other);
        };
        for (std::size_t at = 0; at < out.size() && out.size() <= kNumbersMax * kAliasesMax; ++at) {
            for (const Pseudonym& other : aliases.all(out[at])) add(other);
            const auto node = graph.find(out[at]);
            if (node == graph.end()) continue;
            for (const auto& [other, edge] : node->second.neighbours)
                if (edge->holds() && !ambiguous(other)) add(other);
        }
        std::ranges::sort(out);
        return out;
    }

    // By statements in force alone, the operator's before all others': who has lied and been found out binds nobody.
    std::optional<Kind> kind_of(const Pseudonym& number) const {
        for (const bool of_operator : {true, false})
            for (const Pseudonym& one : aliases.all(number)) {
                const auto node = graph.find(one);
                if (node == graph.end()) continue;
                for (const auto& [other, edge] : node->second.neighbours)
                    if (const auto kind = edge->kind(one < other ? 0 : 1, of_operator)) return kind;
            }
        return std::nullopt;
    }
    // However many pseudonyms each has.
    std::size_t numbers_in(const std::vector<Pseudonym>& set) const {
        std::size_t out = 0;
        for (auto one = set.begin(); one != set.end(); ++one)
            out += std::none_of(set.begin(), one, [&](const Pseudonym& before) { return aliases.same(before, *one); }) ? 1 : 0;
        return out;
    }

    Status may_be_one(const std::vector<Pseudonym>& set, bool by_operator) const {
        if (numbers_in(set) > kNumbersMax) return refused("a person has at most " + std::to_string(kNumbersMax) + " numbers: ask the operator of the hub");
        bool proved = false;
        for (std::size_t i = 0; i < set.size(); ++i)
            for (std::size_t j = i + 1; j < set.size(); ++j) {
                const Edge* edge = known_edge(set[i], set[j]);
                if (edge && edge->separated) return refused("the operator of the hub has separated these numbers");
                proved = proved || (edge && edge->proved());
            }
        return by_operator ? Status() : at_most_one_personal(set, proved);
    }
    // Of those that the operator has not joined before. What a code joins may be the number of a login, whose kind nobody
    // tells: then an unknown one counts as a personal number.
    Status at_most_one_personal(const std::vector<Pseudonym>& set, bool unknown_too) const {
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

    // ---- one change

    // What is said in one commit, and what it changes.
    struct Change {
        std::map<std::pair<Pseudonym, Pseudonym>, std::vector<Statement>> pairs;  // the lower one first
        std::map<Pseudonym, std::vector<Statement>> marks;
        std::vector<AliasPair> aliases;  // joined already
        std::map<Pseudonym, Numbers> before;  // what of() said of those whom they join
        bool grows = false;
        bool by_operator = false;

        void add(const Pseudonym& one, const Pseudonym& other, Statement statement) {
            if (other < one) std::swap(statement.kinds[0], statement.kinds[1]);
            pairs[{std::min(one, other), std::max(one, other)}].push_back(std::move(statement));
        }
    };

    // What the graph said before, to be put back when the commit fails.
    struct Former {
        std::vector<std::pair<std::pair<Pseudonym, Pseudonym>, std::optional<Edge>>> edges;  // nothing: there was none
        std::vector<std::pair<Pseudonym, bool>> marks;
    };
    void put_back(const Former& former) {
        for (const auto& [number, value] : former.marks) graph[number].ambiguous = value;
        for (const auto& [pair, value] : former.edges) {
            if (value) edge_of(pair.first, pair.second) = *value;
            else forget_edge(pair.first, pair.second);
        }
    }

    // Reads the rows that the change is about and writes what is new behind them.
    Status append(const Change& change, store::Batch& batch, Former& former) {
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

    static std::size_t said_by(const std::vector<Statement>& all, const By& by) {
        return static_cast<std::size_t>(std::ranges::count(all, by, &Statement::by));
    }

    // Everybody whose set may be another one.
    std::set<Pseudonym> touched_by(const Change& change) const {
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

    Result<std::vector<Regrouped>> regroup(const Change& change) const {
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

    void show(std::span<const Regrouped> changed) {
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

    Status make(const Change& change, Also also) {
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

    // ---- reading

    Numbers of(const Pseudonym& number) const {
        const std::shared_lock lock(mutex);
        const auto found = groups.find(number);
        if (found != groups.end()) return Numbers(number, found->second.set, found->second.ambiguous);
        if (!aliases.known(number)) return Numbers(number);
        auto all = aliases.all(number);
        std::ranges::sort(all);
        return Numbers(number, std::make_shared<const std::vector<Pseudonym>>(std::move(all)), false);
    }

    // Everything there is, at start.
    Status load() {
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
    Status load_aliases(const store::Snapshot& snapshot) {
        store::Range range = store::prefix_range(kAliasRows);
        for (bool more = true; more;) {
            TRY_ASSIGN(const auto chunk, snapshot.scan(range));
            for (const store::Entry& entry : chunk.entries) {
                TRY_ASSIGN(const auto said, decode_alias(entry.key, entry.value));
                const auto& [one, other] = said.pair;
                if (said.by.who == By::Who::the_operator && !sure.same(one.pseudonym, other.pseudonym)) sure.join(said.pair);
                if (aliases.same(one.pseudonym, other.pseudonym)) continue;
                if (!aliases.fits(said.pair)) return fail(Category::corrupt, "links: two pseudonyms of one number under one key");
                aliases.join(said.pair);
            }
            more = chunk.more;
            if (more) range = store::rest_of(range, chunk.entries.back().key);
        }
        return {};
    }
    static Status each(const store::Snapshot& snapshot, std::string_view prefix, std::size_t count,
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

    // Whether the two may become one number; what was separated stays apart, and nobody gets too many numbers.
    bool may_be_aliases(const AliasPair& pair) const {
        if (!aliases.fits(pair)) return false;
        std::vector<Pseudonym> set = component(pair.one.pseudonym);
        for (const Pseudonym& one : component(pair.other.pseudonym))
            if (std::ranges::find(set, one) == set.end()) set.push_back(one);
        return numbers_in(set) <= kNumbersMax + 1 && may_be_one_apart(set);
    }
    bool may_be_one_apart(const std::vector<Pseudonym>& set) const {
        for (std::size_t i = 0; i < set.size(); ++i)
            for (std::size_t j = i + 1; j < set.size(); ++j)
                if (const Edge* edge = known_edge(set[i], set[j]); edge && edge->separated) return false;
        return true;
    }
    // What of() says of everybody in the set, before it changes.
    void remember(const Pseudonym& number, Change& change) const {
        for (const Numbers hers = of(number); const Pseudonym& member : hers.all()) change.before.try_emplace(member, of(member));
        for (const Pseudonym& alias : aliases.all(number)) change.before.try_emplace(alias, of(alias));
    }
    // Leaves in the change what is joined now.
    Aliased join(const AliasPair& pair, Change& change) {
        if (aliases.same(pair.one.pseudonym, pair.other.pseudonym)) return pair.one.pseudonym == pair.other.pseudonym ? Aliased::refused : Aliased::known;
        if (!may_be_aliases(pair)) return Aliased::refused;
        for (const crypto::Alias* end : {&pair.one, &pair.other}) remember(end->pseudonym, change);
        const std::unique_lock lock(mutex);
        aliases.join(pair);
        change.aliases.push_back(pair);
        return Aliased::joined;
    }
    void part(const Change& change) {
        const std::unique_lock lock(mutex);
        for (auto one = change.aliases.rbegin(); one != change.aliases.rend(); ++one) aliases.part(*one);
    }

    Result<std::vector<Aliased>> alias(std::span<const AliasPair> pairs, const By& by) {
        const std::lock_guard lock(writing);
        Change change;
        std::vector<Aliased> out;
        for (const AliasPair& pair : pairs) out.push_back(join(pair, change));
        if (change.aliases.empty()) return out;
        const Status made = make(change, [&](std::span<const Regrouped>, store::Batch& batch) {
            for (const AliasPair& pair : change.aliases) batch.put(alias_row(pair), encode_alias(pair, clock.now(), by));
        });
        if (made) return out;
        part(change);
        return fail(made.error());
    }

    // No reader sees what is between the two.
    std::vector<AliasPair> replace(const std::set<Pseudonym>& members, std::span<const AliasPair> pairs) {
        const std::unique_lock lock(mutex);
        return aliases.replace(members, pairs);
    }
    void replace_sure(const std::set<Pseudonym>& members, std::span<const AliasPair> pairs) {
        const std::unique_lock lock(mutex);
        sure.replace(members, pairs);
    }

    // Numbers of whom only nodes have said that they are one are not any more. Of what was said the hub's own word stays, and
    // what joins the two directly goes before anything else does.
    struct Parted {
        std::set<Pseudonym> members;
        std::vector<AliasStatement> gone;
        std::vector<AliasPair> former;
    };
    Result<Parted> part_circles(std::span<const Pseudonym> number, std::span<const Pseudonym> other, Change& change) {
        const auto any_same = [](const Aliases& by, std::span<const Pseudonym> some, const Pseudonym& one) {
            return std::ranges::any_of(some, [&](const Pseudonym& each) { return by.same(each, one); });
        };
        const auto meet = [&](const Aliases& by) { return std::ranges::any_of(other, [&](const Pseudonym& one) { return any_same(by, number, one); }); };
        if (meet(sure)) return fail(Category::invalid, "a number is not separated from itself");
        Parted out;
        if (!meet(aliases)) return out;
        for (const auto some : {number, other})
            for (const Pseudonym& one : some) {
                remember(one, change);
                for (const Pseudonym& alias : aliases.all(one)) out.members.insert(alias);
            }
        const auto join_them = [&](const Aliases& by, const AliasPair& pair) {
            const auto& [one, there] = pair;
            return (any_same(by, number, one.pseudonym) && any_same(by, other, there.pseudonym)) ||
                   (any_same(by, number, there.pseudonym) && any_same(by, other, one.pseudonym));
        };
        TRY_ASSIGN(const auto snapshot, store.snapshot());
        TRY_ASSIGN(auto said, statements_among(*snapshot, out.members));
        std::ranges::sort(said, {}, [&](const AliasStatement& one) { return one.by.who == By::Who::the_operator ? 0 : join_them(sure, one.pair) ? 2 : 1; });
        Heard heard = hear(said, [&](const Aliases& before, const AliasPair& pair) { return !join_them(before, pair); });
        out.gone = std::move(heard.gone);
        out.former = replace(out.members, heard.kept);
        return out;
    }

    // Each for itself: who fills a number with what is wrong leaves room to the others.
    bool has_room(const Pseudonym& one, const Pseudonym& other, const By& by) const {
        if (const Edge* edge = known_edge(one, other); edge && edge->count_of(by) > 0) return true;
        for (const Pseudonym& number : {one, other}) {
            const auto node = graph.find(number);
            if (node == graph.end()) continue;
            const auto said = [&](const auto& neighbour) { return neighbour.second->count_of(by) > 0; };
            if (static_cast<std::size_t>(std::ranges::count_if(node->second.neighbours, said)) >= kPairsMax) return false;
        }
        return true;
    }
};

Links::Links(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Links::~Links() = default;

Result<std::unique_ptr<Links>> Links::open(store::Store& store, const Clock& clock) {
    auto impl = std::make_unique<Impl>(store, clock);
    TRY(impl->load());
    return std::unique_ptr<Links>(new Links(std::move(impl)));
}

void Links::followed_by(Follower& follower) { impl_->follower = &follower; }

Numbers Links::of(const Pseudonym& number) const { return impl_->of(number); }

bool Links::same(const Pseudonym& one, const Pseudonym& other) const {
    return one == other || impl_->of(one).has(other);
}

Result<bool> Links::state(const Link& link, const By& by, Also also) {
    const auto& [one, other] = link.numbers;
    if (one == other) return fail(Category::invalid, "a number is not linked with itself");
    if (link.why.size() > kLinkTextBytesMax || by.id.size() > kLinkTextBytesMax) return fail(Category::too_large, "links: a text is too long");
    const std::lock_guard lock(impl_->writing);
    const bool by_operator = by.who == By::Who::the_operator;
    if (impl_->aliases.same(one, other)) return fail(Category::invalid, "a number is not linked with itself");
    if (impl_->ambiguous(one) || impl_->ambiguous(other)) return refused("a number that was used for two persons is linked with none");
    if (!by_operator && !impl_->has_room(one, other, by)) return fail(Category::too_large, "a number was linked with too many others: ask the operator of the hub");
    const Edge* known = impl_->known_edge(one, other);
    if (known && known->holds() && known->stated_by(by)) return false;
    if (known && known->separated && !by_operator) return refused("the operator of the hub has separated these numbers");
    for (std::size_t i = 0; i < 2 && !by_operator; ++i)
        if (const auto kind = impl_->kind_of(link.numbers[i]); kind && link.kinds[i] && *kind != *link.kinds[i])
            return refused("a number is said to be of two kinds");
    Impl::Change change;
    change.grows = true;
    change.by_operator = by_operator;
    const Statement statement{impl_->clock.now(), Said::state, by, link.ground, link.since, {link.kinds[0], link.kinds[1]}, link.why};
    if (by_operator) {  // whatever was separated between the two sets is not any more
        Statement rejoin = statement;
        rejoin.said = Said::rejoin;
        rejoin.kinds[0] = rejoin.kinds[1] = std::nullopt;
        for (const Pseudonym& here : impl_->component(one))
            for (const Pseudonym& there : impl_->component(other))
                if (const Edge* edge = impl_->known_edge(here, there); edge && edge->separated) change.add(here, there, rejoin);
    }
    if (!known || !known->stated_by(by)) change.add(one, other, statement);
    TRY(impl_->make(change, also));
    return true;
}

Result<bool> Links::withdraw(const Pseudonym& one, const Pseudonym& other, const By& by, Also also) {
    const std::lock_guard lock(impl_->writing);
    const Edge* known = impl_->known_edge(one, other);
    if (!known || !known->stated_by(by)) return false;
    Impl::Change change;
    change.add(one, other, {impl_->clock.now(), Said::withdraw, by, {}, {}, {}, {}});
    TRY(impl_->make(change, also));
    return true;
}

Result<std::vector<Aliased>> Links::alias(std::span<const AliasPair> pairs, const By& by) {
    if (by.id.size() > kLinkTextBytesMax) return fail(Category::too_large, "links: a text is too long");
    auto out = impl_->alias(pairs, by);
    const auto of_one = [](const Error& error) { return error.category == Category::too_large || error.category == Category::conflict; };
    if (out || !of_one(out.error())) return out;
    // One that cannot be keeps none of the others from being.
    std::vector<Aliased> each;
    for (const AliasPair& pair : pairs) {
        const auto alone = pairs.size() > 1 ? impl_->alias({&pair, 1}, by) : out;
        if (!alone && !of_one(alone.error())) return alone;
        each.push_back(alone ? alone->front() : Aliased::refused);
    }
    return each;
}

Result<std::vector<By>> Links::settle(std::span<const crypto::Alias> hers, const By& by) {
    const std::lock_guard lock(impl_->writing);
    TRY_ASSIGN(const auto snapshot, impl_->store.snapshot());
    const Instant now = impl_->clock.now();
    Impl::Change change;
    std::set<Pseudonym> members;
    std::vector<AliasStatement> said;  // hers first: what does not fit that goes
    for (const crypto::Alias& one : hers) {
        impl_->remember(one.pseudonym, change);
        for (const Pseudonym& alias : impl_->aliases.all(one.pseudonym)) members.insert(alias);
        if (one.pseudonym != hers[0].pseudonym) said.push_back({{hers[0], one}, now, by});
    }
    TRY_ASSIGN(auto before, statements_among(*snapshot, members));
    std::ranges::partition(before, [](const AliasStatement& one) { return one.by.who == By::Who::the_operator; });
    said.insert(said.end(), before.begin(), before.end());
    const Heard heard = hear(said, [](const Aliases&, const AliasPair&) { return true; });
    const auto former = impl_->replace(members, heard.kept);
    Status done;
    if (!impl_->may_be_one_apart(impl_->component(hers[0].pseudonym)))
        done = refused("these pseudonyms are one number's, and were linked with numbers that are separated: ask the operator of the hub");
    if (done)
        done = impl_->make(change, [&](std::span<const Regrouped>, store::Batch& batch) {
            for (const AliasStatement& one : heard.gone) batch.erase(alias_row(one.pair));
            for (std::size_t i = 1; i < hers.size(); ++i) batch.put(alias_row({hers[0], hers[i]}), encode_alias({hers[0], hers[i]}, now, by));
        });
    if (!done) {
        impl_->replace(members, former);
        return fail(done.error());
    }
    impl_->replace_sure(members, heard.by_hub);
    std::vector<By> others;
    for (const AliasStatement& one : heard.gone) others.push_back(one.by);
    return others;
}

std::vector<Pseudonym> Links::aliases_of(const Pseudonym& number) const {
    const std::shared_lock lock(impl_->mutex);
    return impl_->aliases.all(number);
}

std::vector<Pseudonym> Links::sure_aliases_of(const Pseudonym& number) const {
    const std::shared_lock lock(impl_->mutex);
    return impl_->sure.all(number);
}

std::optional<std::string> Links::key_of(const Pseudonym& number) const {
    const std::shared_lock lock(impl_->mutex);
    const auto name = impl_->aliases.key_of(number);
    return name ? std::optional<std::string>(*name) : std::nullopt;
}

Result<bool> Links::separate(const Pseudonym& number, const Pseudonym& other, const By& by, std::string why, Also also) {
    return separate({&number, 1}, {&other, 1}, by, std::move(why), also);
}

Result<bool> Links::separate(std::span<const Pseudonym> number, std::span<const Pseudonym> other, const By& by, std::string why, Also also) {
    if (why.size() > kLinkTextBytesMax) return fail(Category::too_large, "links: a text is too long");
    const std::lock_guard lock(impl_->writing);
    Impl::Change change;
    TRY_ASSIGN(const Impl::Parted parted, impl_->part_circles(number, other, change));
    std::set<Pseudonym> own, from;
    for (const Pseudonym& one : number)
        for (const Pseudonym& alias : impl_->aliases.all(one)) own.insert(alias);
    for (const Pseudonym& one : other) {
        for (const Pseudonym& member : impl_->component(one)) from.insert(member);
        for (const Pseudonym& alias : impl_->aliases.all(one)) from.insert(alias);  // for one that is ambiguous too
    }
    for (const Pseudonym& one : own)
        for (const Pseudonym& member : from) {
            const Edge* edge = impl_->known_edge(one, member);
            if (!own.contains(member) && (!edge || !edge->separated)) change.add(one, member, {impl_->clock.now(), Said::separate, by, {}, {}, {}, why});
        }
    if (change.pairs.empty() && parted.gone.empty()) return false;
    const Status made = impl_->make(change, [&](std::span<const Regrouped> changed, store::Batch& batch) {
        for (const AliasStatement& one : parted.gone) batch.erase(alias_row(one.pair));
        also(changed, batch);
    });
    if (made) return true;
    impl_->replace(parted.members, parted.former);
    return fail(made.error());
}

Result<bool> Links::mark(const Pseudonym& number, bool ambiguous, const By& by, std::string why, Also also) {
    if (why.size() > kLinkTextBytesMax) return fail(Category::too_large, "links: a text is too long");
    const std::lock_guard lock(impl_->writing);
    if (impl_->ambiguous(number) == ambiguous) return false;
    Impl::Change change;
    change.grows = !ambiguous;
    change.by_operator = true;
    for (const Pseudonym& one : impl_->aliases.all(number))  // cleared is each that was marked
        if (ambiguous ? one == number : impl_->marked(one))
            change.marks[one].push_back({impl_->clock.now(), ambiguous ? Said::mark : Said::clear, by, {}, {}, {}, why});
    TRY(impl_->make(change, also));
    return true;
}

Result<Links::Known> Links::known_of(const Pseudonym& number) const {
    const std::lock_guard lock(impl_->writing);
    TRY_ASSIGN(const auto snapshot, impl_->store.snapshot());
    Known out;
    for (const Pseudonym& one : impl_->aliases.all(number)) {
        TRY_ASSIGN(const auto mark, snapshot->get(mark_row(one)));
        if (mark) {
            TRY_ASSIGN(const auto statements, decode_statements(*mark));
            out.marks.insert(out.marks.end(), statements.begin(), statements.end());
        }
        const auto node = impl_->graph.find(one);
        if (node == impl_->graph.end()) continue;
        for (const auto& [other, edge] : node->second.neighbours) {
            TRY_ASSIGN(const auto row, snapshot->get(pair_row(one, other)));
            if (!row) continue;
            Pair& pair = out.pairs.emplace_back();
            pair.numbers[0] = std::min(one, other);
            pair.numbers[1] = std::max(one, other);
            pair.holds = edge->holds() && !impl_->ambiguous(one) && !impl_->ambiguous(other);
            TRY_ASSIGN(pair.statements, decode_statements(*row));
        }
    }
    return out;
}

Links::Size Links::size() const {
    const std::lock_guard writing(impl_->writing);
    const std::shared_lock lock(impl_->mutex);
    return {impl_->graph.size(), impl_->linked, impl_->aliases.size()};
}

}  // namespace idun::people
