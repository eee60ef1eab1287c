// Pseudonyms of one number under several keys: joined by nodes, settled by the hub, parted by the operator.
#include "people/internal/links_impl.h"

namespace idun::people {

using crypto::Pseudonym;

Status Links::Impl::load_aliases(const store::Snapshot& snapshot) {
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

bool Links::Impl::may_be_aliases(const AliasPair& pair) const {
    if (!aliases.fits(pair)) return false;
    std::vector<Pseudonym> set = component(pair.one.pseudonym);
    for (const Pseudonym& one : component(pair.other.pseudonym))
        if (std::ranges::find(set, one) == set.end()) set.push_back(one);
    return numbers_in(set) <= kNumbersMax + 1 && none_separated(set);
}

void Links::Impl::remember(const Pseudonym& number, Change& change) const {
    for (const Numbers hers = of(number); const Pseudonym& member : hers.all()) change.before.try_emplace(member, of(member));
    for (const Pseudonym& alias : aliases.all(number)) change.before.try_emplace(alias, of(alias));
}

Aliased Links::Impl::join(const AliasPair& pair, Change& change) {
    if (aliases.same(pair.one.pseudonym, pair.other.pseudonym)) return pair.one.pseudonym == pair.other.pseudonym ? Aliased::refused : Aliased::known;
    if (!may_be_aliases(pair)) return Aliased::refused;
    for (const crypto::Alias* end : {&pair.one, &pair.other}) remember(end->pseudonym, change);
    const std::unique_lock lock(mutex);
    aliases.join(pair);
    change.aliases.push_back(pair);
    return Aliased::joined;
}

void Links::Impl::part(const Change& change) {
    const std::unique_lock lock(mutex);
    for (auto one = change.aliases.rbegin(); one != change.aliases.rend(); ++one) aliases.part(*one);
}

Result<std::vector<Aliased>> Links::Impl::alias(std::span<const AliasPair> pairs, const By& by) {
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

std::vector<AliasPair> Links::Impl::replace(const std::set<Pseudonym>& members, std::span<const AliasPair> pairs) {
    const std::unique_lock lock(mutex);
    return aliases.replace(members, pairs);
}

void Links::Impl::replace_sure(const std::set<Pseudonym>& members, std::span<const AliasPair> pairs) {
    const std::unique_lock lock(mutex);
    sure.replace(members, pairs);
}

Result<Links::Impl::Parted> Links::Impl::part_circles(std::span<const Pseudonym> number, std::span<const Pseudonym> other, Change& change) {
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
    // Another request that named her may have come first.
    if (std::ranges::all_of(hers, [&](const crypto::Alias& one) { return impl_->sure.same(hers[0].pseudonym, one.pseudonym); })) return std::vector<By>();
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
    const auto set = impl_->component(hers[0].pseudonym);
    if (set.size() > Impl::kSetMax) done = refused("these pseudonyms are one number's, and were linked with too many numbers: ask the operator of the hub");
    else if (!impl_->none_separated(set))
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

}  // namespace idun::people
