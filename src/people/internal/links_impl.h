// What Links holds in memory, and one change of it. The graph and its changes: links_graph.cc; pseudonyms of one number under
// several keys: links_aliases.cc.
#pragma once

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <unordered_map>

#include "people/internal/aliases.h"
#include "people/internal/link_rows.h"
#include "people/links.h"

namespace idun::people {

struct Links::Impl {
    using Pseudonym = crypto::Pseudonym;
    using Set = std::shared_ptr<const std::vector<Pseudonym>>;

    // What of() answers by. Absent: alone, and not ambiguous.
    struct Group {
        Set set;  // null: alone
        bool ambiguous = false;
    };

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
    Aliases aliases;  // changed with both locks, before the commit, and put back when that fails
    Aliases sure;     // of those what the hub itself has said; changed after the commit

    // ---- the graph

    Edge& edge_of(const Pseudonym& one, const Pseudonym& other);
    void forget_edge(const Pseudonym& one, const Pseudonym& other);
    const Edge* known_edge(const Pseudonym& one, const Pseudonym& other) const;
    bool marked(const Pseudonym& number) const;
    bool ambiguous(const Pseudonym& number) const;

    // Everybody whom links that hold connect with it, ascending; of one that is too large some more than kSetMax.
    static constexpr std::size_t kSetMax = kNumbersMax * kAliasesMax;
    std::vector<Pseudonym> component(const Pseudonym& number) const;

    // By statements in force alone, the operator's before all others': who has lied and been found out binds nobody.
    std::optional<Kind> kind_of(const Pseudonym& number) const;
    // However many pseudonyms each has.
    std::size_t numbers_in(const std::vector<Pseudonym>& set) const;

    // Whether the operator has separated nobody of them from another.
    bool none_separated(const std::vector<Pseudonym>& set) const;
    Status may_be_one(const std::vector<Pseudonym>& set, bool by_operator) const;
    // Of those that the operator has not joined before. What a code joins may be the number of a login, whose kind nobody
    // tells: then an unknown one counts as a personal number.
    Status at_most_one_personal(const std::vector<Pseudonym>& set, bool unknown_too) const;

    // ---- one change

    // What is said in one commit, and what it changes.
    struct Change {
        std::map<std::pair<Pseudonym, Pseudonym>, std::vector<Statement>> pairs;  // the lower one first
        std::map<Pseudonym, std::vector<Statement>> marks;
        std::vector<AliasPair> aliases;       // joined already
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
    void put_back(const Former& former);

    // Reads the rows that the change is about and writes what is new behind them.
    Status append(const Change& change, store::Batch& batch, Former& former);

    static std::size_t said_by(const std::vector<Statement>& all, const By& by);

    // Everybody whose set may be another one.
    std::set<Pseudonym> touched_by(const Change& change) const;

    Result<std::vector<Regrouped>> regroup(const Change& change) const;

    void show(std::span<const Regrouped> changed);

    Status make(const Change& change, Also also);

    // ---- reading

    Numbers of(const Pseudonym& number) const;

    // Everything there is, at start.
    Status load();
    Status load_aliases(const store::Snapshot& snapshot);
    static Status each(const store::Snapshot& snapshot, std::string_view prefix, std::size_t count,
                       FunctionRef<void(std::span<const Pseudonym>, const std::vector<Statement>&)> found);

    // Whether the two may become one number; what was separated stays apart, and nobody gets too many numbers.
    bool may_be_aliases(const AliasPair& pair) const;
    // What of() says of everybody in the set, before it changes.
    void remember(const Pseudonym& number, Change& change) const;
    // Leaves in the change what is joined now.
    Aliased join(const AliasPair& pair, Change& change);
    void part(const Change& change);

    Result<std::vector<Aliased>> alias(std::span<const AliasPair> pairs, const By& by);

    // No reader sees what is between the two.
    std::vector<AliasPair> replace(const std::set<Pseudonym>& members, std::span<const AliasPair> pairs);
    void replace_sure(const std::set<Pseudonym>& members, std::span<const AliasPair> pairs);

    // Numbers of whom only nodes have said that they are one are not any more. Of what was said the hub's own word stays, and
    // what joins the two directly goes before anything else does.
    struct Parted {
        std::set<Pseudonym> members;
        std::vector<AliasStatement> gone;
        std::vector<AliasPair> former;
    };
    Result<Parted> part_circles(std::span<const Pseudonym> number, std::span<const Pseudonym> other, Change& change);

    // Each for itself: who fills a number with what is wrong leaves room to the others.
    bool has_room(const Pseudonym& one, const Pseudonym& other, const By& by) const;
};

inline tl::unexpected<Error> refused(std::string message) { return fail(Category::conflict, std::move(message)); }

}  // namespace idun::people
