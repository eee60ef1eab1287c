#include "people/links.h"

#include "people/internal/links_impl.h"

namespace idun::people {

using crypto::Pseudonym;

bool Numbers::has(const Pseudonym& number) const { return set_ ? std::ranges::binary_search(*set_, number) : one_ == number; }

bool Links::Impl::has_room(const Pseudonym& one, const Pseudonym& other, const By& by) const {
    if (const Edge* edge = known_edge(one, other); edge && edge->count_of(by) > 0) return true;
    for (const Pseudonym& number : {one, other}) {
        const auto node = graph.find(number);
        if (node == graph.end()) continue;
        const auto said = [&](const auto& neighbour) { return neighbour.second->count_of(by) > 0; };
        if (static_cast<std::size_t>(std::ranges::count_if(node->second.neighbours, said)) >= kPairsMax) return false;
    }
    return true;
}

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
