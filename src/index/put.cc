#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "index/internal/impl.h"

namespace idun::index {
namespace {

Status check_put(std::string_view provider, std::span<const Pointer> pointers) {
    if (provider.empty() || provider.size() > 64) return fail(Category::invalid, "index: malformed provider id");
    if (pointers.size() > kBatchMax)
        return fail(Category::too_large, fmt::format("index: at most {} pointers at a time", kBatchMax));
    for (const Pointer& p : pointers) {
        if (p.category.empty() || p.category.size() > 64) return fail(Category::invalid, "index: malformed category");
        if (!fits_seconds(p.newest)) return fail(Category::invalid, "index: an update is between 1970 and 2106");
    }
    return {};
}

// A pointer with its place among those that were sent.
struct Sent {
    const Pointer* pointer;
    std::size_t place;
    std::uint8_t category;
};

// By person and category. `invalid` when one comes twice: the order in a request must not decide which of them holds.
Result<std::vector<Sent>> in_order(std::span<const Pointer> pointers, Names::Draft& draft) {
    std::vector<Sent> out;
    out.reserve(pointers.size());
    for (std::size_t i = 0; i < pointers.size(); ++i) {
        TRY_ASSIGN(const std::uint8_t category, draft.category(pointers[i].category));
        out.push_back({&pointers[i], i, category});
    }
    const auto key = [](const Sent& one) { return std::tie(one.pointer->person, one.category); };
    std::ranges::sort(out, [&](const Sent& a, const Sent& b) { return key(a) < key(b); });
    if (std::ranges::adjacent_find(out, [&](const Sent& a, const Sent& b) { return key(a) == key(b); }) != out.end())
        return fail(Category::invalid, "index: the same pointer comes twice in one request");
    return out;
}

bool holds(const Belief& belief, const Stated* now) {
    if (!now || now->withdrawn) return !belief.source_version;
    return belief.source_version == now->source_version;
}

bool says_the_same(const Stated& a, const Stated& b) { return a.newest == b.newest && a.withdrawn == b.withdrawn; }

enum class Outcome { nothing, taken, passed_over };

// A tombstone stays in the row, so that a late, older update cannot bring a withdrawn pointer back.
Outcome apply(Rewrite::Person& person, const Sent& sent, std::uint32_t provider, Seconds now) {
    const Pointer& pointer = *sent.pointer;
    Stated next{provider, sent.category, pointer.withdrawn, seconds(pointer.newest), now, pointer.source_version};
    const auto place = std::ranges::lower_bound(
        person.row, std::pair(provider, sent.category), {}, [](const Stated& one) { return std::pair(one.provider, one.category); });
    Stated* const found = place != person.row.end() && place->provider == provider && place->category == sent.category
                              ? &*place : nullptr;
    if (pointer.if_believed && !holds(*pointer.if_believed, found)) return Outcome::passed_over;
    if (!found) {
        if (!next.withdrawn) person.told |= 1u << next.category;
        person.row.insert(place, next);
        return Outcome::taken;
    }
    if (!pointer.if_believed && found->source_version > next.source_version) return Outcome::nothing;
    if (says_the_same(*found, next)) {
        next.learned = found->learned;
    } else {
        next.learned = std::max(now, found->learned);
        if (found->learned < next.learned) person.former.push_back({*found, next.learned});
        if (!found->withdrawn || !next.withdrawn) person.told |= 1u << next.category;
    }
    *found = next;
    return Outcome::taken;
}

void note(SourceHeard& heard, const Freshness& freshness, std::span<const Sent> sent) {
    const bool corrects = !sent.empty() && std::ranges::all_of(sent, [](const Sent& one) { return one.pointer->if_believed.has_value(); });
    heard.heard = std::max(heard.heard, freshness.heard);
    heard.source_version = corrects ? freshness.source_version : std::max(heard.source_version, freshness.source_version);
    const Seconds now = seconds(freshness.heard);
    for (const Sent& one : sent) {
        SourceHeard::Of& of = heard.categories[one.category];
        of.heard = std::max(of.heard, now);
        of.newest = std::max(of.newest, seconds(one.pointer->newest));
    }
}

}  // namespace

Result<Taken> Index::put(std::string_view provider, std::span<const Pointer> pointers, const Freshness& freshness) {
    TRY(check_put(provider, pointers));
    if (!fits_seconds(freshness.heard)) return fail(Category::invalid, "index: a time between 1970 and 2106");
    Impl& impl = *impl_;
    const std::lock_guard writing(impl.writing);
    const Seconds now = seconds(freshness.heard);

    Names::Draft draft(impl.names);
    TRY_ASSIGN(const std::uint32_t number, draft.provider(provider));
    TRY_ASSIGN(const auto sent, in_order(pointers, draft));
    Rewrite rewrite;
    rewrite.provider = provider;
    rewrite.number = number;
    for (const Sent& one : sent)
        if (rewrite.people.empty() || rewrite.people.back().person != one.pointer->person)
            rewrite.people.push_back({one.pointer->person, {}, {}, {}, 0});
    TRY(impl.read_before(rewrite.people));

    std::vector<std::uint32_t> numbers = impl.names.numbers_of(provider);
    if (std::ranges::find(numbers, number) == numbers.end()) numbers.push_back(number);
    Taken taken;
    std::size_t next = 0;
    for (Rewrite::Person& person : rewrite.people) {
        const bool before = follows(person.row, numbers);
        for (; next < sent.size() && sent[next].pointer->person == person.person; ++next)
            if (apply(person, sent[next], number, now) == Outcome::passed_over)
                taken.passed_over.push_back(sent[next].place);
        if (const bool after = follows(person.row, numbers); after != before)
            (after ? rewrite.begins : rewrite.ceases).push_back(person.person);
    }
    std::ranges::sort(taken.passed_over);

    SourceHeard heard;
    {
        const std::lock_guard lock(impl.freshness_mutex);
        if (const auto found = impl.freshness.find(number); found != impl.freshness.end()) heard = found->second;
    }
    taken.before = {heard.heard, heard.source_version};
    note(heard, freshness, sent);
    store::Batch batch;
    batch.put(heard_key(number), encode_heard(heard));
    TRY(impl.commit(rewrite, draft, std::move(batch), now));
    const std::lock_guard lock(impl.freshness_mutex);
    impl.freshness[number] = std::move(heard);
    impl.shown_freshness.erase(number);
    return taken;
}

Status Index::withdraw(std::string_view provider, Instant now) {
    if (!fits_seconds(now)) return fail(Category::invalid, "index: a time between 1970 and 2106");
    Impl& impl = *impl_;
    {
        const std::lock_guard writing(impl.writing);
        const auto number = impl.names.provider_number(provider);
        if (!number) return fail(Category::not_found, "index: that provider has said nothing");
        Names::Draft draft(impl.names);
        draft.retire(*number, std::max<Seconds>(seconds(now), 1));
        Rewrite nothing;
        nothing.provider = provider;
        nothing.number = *number;
        store::Batch batch;
        batch.erase(heard_key(*number));
        TRY(impl.commit(nothing, draft, std::move(batch), seconds(now)));
        const std::lock_guard lock(impl.freshness_mutex);
        impl.freshness.erase(*number);
        impl.shown_freshness.erase(*number);
    }
    impl.wake();
    return {};
}

}  // namespace idun::index
