#include "exchange/rights_register.h"

#include <algorithm>

#include "base/bytes.h"
#include "exchange/internal/lately.h"
#include "exchange/internal/rights_whole.h"
#include "exchange/rights_rows.h"

namespace idun::exchange {

using namespace rights_rows;
using rights::ChangeKind;
using rights::FactChange;
using rights::PersonFacts;

namespace {

// The flag of the sum that a kind without an id sets, and to what.
struct Flag {
    bool PersonFacts::* flag;
    bool value;
};
std::optional<Flag> flag_of(ChangeKind kind) {
    switch (kind) {
        case ChangeKind::opt_out: return Flag{&PersonFacts::opted_out, true};
        case ChangeKind::opt_in: return Flag{&PersonFacts::opted_out, false};
        case ChangeKind::secondary_opt_out: return Flag{&PersonFacts::secondary_opted_out, true};
        case ChangeKind::secondary_opt_in: return Flag{&PersonFacts::secondary_opted_out, false};
        case ChangeKind::protect: return Flag{&PersonFacts::protected_identity, true};
        case ChangeKind::unprotect: return Flag{&PersonFacts::protected_identity, false};
        default: return std::nullopt;
    }
}

// Beginnings count towards the bound of a day. What ends a choice does not, nor protection of identity.
bool begins_choice(ChangeKind kind) {
    return kind == ChangeKind::opt_out || kind == ChangeKind::secondary_opt_out || kind == ChangeKind::block ||
           kind == ChangeKind::lift || kind == ChangeKind::mandate;
}

// Blocks, lifts and mandates that are not over.
std::size_t holding(const PersonFacts& facts, Instant now) {
    const auto lasts = [&](const auto& fact) { return !fact.to || *fact.to > now; };
    return static_cast<std::size_t>(std::ranges::count_if(facts.blocks, lasts) +
                                    std::ranges::count_if(facts.mandates, lasts) +
                                    std::ranges::count_if(facts.lifts, [&](const auto& lift) { return lift.to > now; }));
}

// The one that says the same and has begun.
template <typename T>
const T* same_in(const std::vector<T>& facts, T wanted) {
    for (const T& fact : facts) {
        wanted.fact_id = fact.fact_id;
        if (fact.from > wanted.from) continue;
        T other = fact;
        other.from = wanted.from;
        if (other == wanted) return &fact;
    }
    return nullptr;
}

template <typename T>
bool has_id(const std::vector<T>& facts, std::string_view id) {
    return std::any_of(facts.begin(), facts.end(), [&](const T& fact) { return fact.fact_id == id; });
}

// The kind of change that ends the fact; nothing when it is not there.
std::optional<ChangeKind> end_of(const PersonFacts& facts, std::string_view fact_id) {
    if (has_id(facts.blocks, fact_id)) return ChangeKind::end_block;
    if (has_id(facts.lifts, fact_id)) return ChangeKind::end_lift;
    if (has_id(facts.mandates, fact_id)) return ChangeKind::end_mandate;
    return std::nullopt;
}

Error stands_elsewhere() {
    return Error(Category::conflict, "this was chosen under another number of the same person: it ends with a login of that number, or by the operator of the hub");
}

// Gives the fact a new id, or the id of the one that is there already.
struct Identified {
    std::string id;
    bool is_new = true;
};
template <typename T>
Identified identify(T& fact, const std::vector<T>& known, Random& random) {
    if (const T* same = same_in(known, fact)) return {same->fact_id, false};
    fact.fact_id = uuid(random);
    return {fact.fact_id, true};
}
Identified identify(rights::Fact& fact, const PersonFacts& facts, Random& random) {
    if (auto* block = std::get_if<rights::Block>(&fact)) return identify(*block, facts.blocks, random);
    if (auto* lift = std::get_if<rights::Lift>(&fact)) return identify(*lift, facts.lifts, random);
    if (auto* mandate = std::get_if<rights::Mandate>(&fact)) return identify(*mandate, facts.mandates, random);
    return {};
}

}  // namespace

Result<std::unique_ptr<RightsRegister>> RightsRegister::open(store::Store& store, index::Index& index,
                                                             RegisterOptions options, const crypto::SigningKey& key,
                                                             const Clock& clock, Random& random) {
    std::unique_ptr<RightsRegister> made(new RightsRegister(store, index, std::move(options), key, clock, random));
    TRY_ASSIGN(const auto snapshot, store.snapshot());
    TRY_ASSIGN(const auto head, snapshot->get(kRegisterHeadKey));
    TRY_ASSIGN(const auto format, snapshot->get(kRegisterFormatKey));
    if (format ? *format != kRegisterFormat : head.has_value())
        return fail(Category::unsupported,
                    "the rights register in this store has format " + format.value_or("1") +
                        ", and this program writes format " + std::string(kRegisterFormat) +
                        ": start the program that wrote it, or begin with an empty store");
    if (!format) {
        store::Batch batch;
        batch.put(kRegisterFormatKey, std::string(kRegisterFormat));
        TRY(store.commit(std::move(batch)));
    }
    if (head) made->head_ = ByteReader(*head).be<std::uint64_t>();
    index.joined_by(*made);
    if (made->options_.links) made->options_.links->followed_by(*made->following_);
    return made;
}

// What the nation lets a person choose.
Status RightsRegister::allowed(const rights::Fact& fact) const {
    if (const auto* lift = std::get_if<rights::Lift>(&fact)) {
        const std::chrono::hours longest(24 * options_.rules.lift_days_max);
        if (lift->to - lift->from > longest)
            return fail(Category::invalid,
                        "a lift lasts at most " + std::to_string(options_.rules.lift_days_max) + " days");
    }
    const auto* block = std::get_if<rights::Block>(&fact);
    if (!block) return {};
    const rights::Scope& scope = block->scope;
    const std::pair<bool, std::string_view> parts[] = {
        {!scope.provider_id.empty(), "provider"}, {!scope.unit_id.empty(), "unit"},
        {!scope.category.empty(), "category"},    {!scope.element.empty(), "element"},
        {!scope.entry.empty(), "entry"},          {scope.from || scope.to, "period"}};
    for (const auto& [named, word] : parts)
        if (named && !rights::names(options_.rules.granularity, word))
            return fail(Category::invalid, "blocks by " + std::string(word) + " are not offered");
    return {};
}

// How much one person may choose: enough for anybody, and an end to what a stolen token or a program gone wrong does to
// the register and to the nodes that follow it.
Status RightsRegister::within_bounds(const people::Numbers& numbers, ChangeKind kind, const PersonFacts& facts) const {
    if (!begins_choice(kind)) return {};
    const std::size_t at_once = options_.rules.choices_at_once_max;
    const bool flag = kind == ChangeKind::opt_out || kind == ChangeKind::secondary_opt_out;
    if (!flag && holding(facts, clock_.now()) >= at_once)
        return fail(Category::too_large,
                    "at most " + std::to_string(at_once) + " choices hold at once: end one before the next");
    std::size_t begun = 0;
    for (const crypto::Pseudonym& number : numbers.all()) {
        TRY_ASSIGN(const bool too_often, begun_too_often(number, begun));
        if (too_often)
            return fail(Category::too_large, "at most " + std::to_string(options_.rules.choices_of_day_max) +
                                                 " choices are set within a day");
    }
    return {};
}

// Adds what was begun under the number within a day to `begun`.
Result<bool> RightsRegister::begun_too_often(const crypto::Pseudonym& number, std::size_t& begun) const {
    const std::size_t of_day = options_.rules.choices_of_day_max;
    const Instant since = clock_.now() - std::chrono::hours(24);
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    store::Range range = store::prefix_range(history_prefix(number));
    range.reverse = true;
    for (bool more = true; more;) {
        TRY_ASSIGN(const auto chunk, snapshot->scan(range, {.entries_max = of_day}));
        for (const store::Entry& entry : chunk.entries) {
            TRY_ASSIGN(const auto change, rights::decode_fact_change(entry.value));
            if (change.time <= since) return false;
            if (begins_choice(change.kind) && ++begun >= of_day) return true;
        }
        more = chunk.more;
        if (more) range = store::rest_of(range, chunk.entries.back().key);
    }
    return false;
}

void RightsRegister::number(store::Batch& batch, std::uint64_t before, std::uint64_t after) const {
    batch.expect(kRegisterHeadKey, before == 0 ? std::nullopt : std::optional(change_number(before)));
    batch.put(kRegisterHeadKey, change_number(after));
}

void RightsRegister::moved(std::uint64_t head) {
    const std::lock_guard lock(mutex_);
    head_ = head;
}

// A change into the history, with its sum.
Status RightsRegister::put_change(store::Batch& batch, const FactChange& change, const PersonFacts& before, const PersonFacts& after,
                                  const Names& names) const {
    batch.put(history_prefix(change.person) + change_number(change.number), rights::encode(change));
    TRY(place_version(batch, change));
    // Kept also when nothing is left in it: its number says how far it goes.
    batch.put(facts_key(change.person), rights::encode(after));
    if (const auto* mandate = std::get_if<rights::Mandate>(&change.fact)) {
        batch.put(represented_prefix(mandate->representative) + std::string(change.person.view()) + mandate->fact_id,
                  "");
        std::string texts;
        append_text(texts, names.person);
        append_text(texts, names.representative);
        batch.put(names_key(change.person, mandate->fact_id), std::move(texts));
    }
    if (change.kind == ChangeKind::end_mandate)
        for (const rights::Mandate& mandate : before.mandates)
            if (mandate.fact_id == rights::fact_id(change))
                batch.erase(represented_prefix(mandate.representative) + std::string(change.person.view()) +
                            mandate.fact_id);
    return {};
}

// Numbers the change, writes it into the history with its sum, and addresses it to the providers that it concerns, all in
// one commit. Called with writing_ held.
Status RightsRegister::commit(FactChange change, const Names& names) {
    const std::uint64_t before = head();
    std::uint64_t at = before;
    store::Batch batch;
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    TRY_ASSIGN(const Whole old, whole_of(*snapshot, numbers_of(change.person)));
    Whole now = old;
    change.number = ++at;
    change.time = clock_.now();
    PersonFacts& own = now.of(change.person);
    TRY(rights::check(change));
    TRY(rights::apply(own, change));
    TRY(put_change(batch, change, old.of(change.person), own, names));
    std::vector<std::string> concerned;
    if (now.numbers.several()) {
        TRY_ASSIGN(now.united, rights::united(now.own));
        for (const crypto::Pseudonym& number : now.numbers.all())
            TRY(address_union(batch, number, old.united, now.united, at, concerned));
    } else {
        TRY_ASSIGN(const auto holdings, index_.holdings(change.person));
        for (const index::Holding& holding : holdings) {
            if (!rights::concerns(change, old.united, holding.provider)) continue;
            address(batch, holding.provider, rights::for_provider(change, holding.provider));
            concerned.emplace_back(holding.provider);
        }
    }
    number(batch, before, at);
    const auto committed = store_.commit(std::move(batch));
    lately_->changed(change.person);  // also after a failure: who knows how it went
    TRY(committed);
    moved(at);
    if (changed_) changed_(concerned);
    return {};
}

Result<std::string> RightsRegister::begin(const crypto::Pseudonym& person, ChangeKind kind, rights::Fact fact,
                                          rights::Author by, const Names& names) {
    TRY(allowed(fact));
    const std::lock_guard writing(writing_);
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    TRY_ASSIGN(const Whole whole, whole_of(*snapshot, numbers_of(person)));
    // By what stands under this name alone: it stays hers when others turn out to be somebody else's.
    const PersonFacts& own = whole.of(person);
    if (const auto flag = flag_of(kind)) {
        if (!flag->value) return end_flag(person, kind, flag->flag, std::move(by));
        if (own.*(flag->flag)) return std::string();
    }
    const Identified identified = identify(fact, own, random_);
    if (!identified.is_new) return identified.id;
    TRY(within_bounds(whole.numbers, kind, whole.united));
    FactChange change;
    change.person = person;
    change.kind = kind;
    change.fact = std::move(fact);
    change.by = std::move(by);
    TRY(commit(std::move(change), names));
    return identified.id;
}

// Wherever the hub knows that it stands: an opt-out that was made before a key took another's place, and one after it, end together.
Result<std::string> RightsRegister::end_flag(const crypto::Pseudonym& person, ChangeKind kind, bool PersonFacts::* flag, rights::Author by) {
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    TRY_ASSIGN(const Whole whole, whole_of(*snapshot, numbers_of(person)));
    std::size_t ended = 0;
    for (const crypto::Pseudonym& one : sure_aliases_of(person, whole)) {
        if (!(whole.of(one).*flag)) continue;
        FactChange change;
        change.kind = kind;
        change.person = one;
        change.by = by;
        TRY(commit(std::move(change)));
        ++ended;
    }
    if (ended == 0 && whole.united.*flag) return fail(stands_elsewhere());
    return std::string();
}

Status RightsRegister::end(const crypto::Pseudonym& person, std::string_view fact_id, rights::Author by) {
    const std::lock_guard writing(writing_);
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    TRY_ASSIGN(const Whole whole, whole_of(*snapshot, numbers_of(person)));
    for (const crypto::Pseudonym& one : sure_aliases_of(person, whole)) {
        const auto kind = end_of(whole.of(one), fact_id);
        if (!kind) continue;
        FactChange change;
        change.kind = *kind;
        change.person = one;
        change.fact = std::string(fact_id);
        change.by = std::move(by);
        return commit(std::move(change));
    }
    if (end_of(whole.united, fact_id)) return fail(stands_elsewhere());
    return fail(Category::not_found, "no such choice");
}

std::uint64_t RightsRegister::head() const {
    const std::lock_guard lock(mutex_);
    return head_;
}

Result<RightsRegister::Names> RightsRegister::names_of(const crypto::Pseudonym& person,
                                                       std::string_view fact_id) const {
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    const people::Numbers numbers = numbers_of(person);
    for (const crypto::Pseudonym& number : numbers.all()) {
        TRY_ASSIGN(const auto row, snapshot->get(names_key(number, fact_id)));
        if (!row) continue;
        ByteReader in(*row);
        Names out{std::string(in.text()), std::string(in.text())};
        if (!in.done()) return fail(Category::corrupt, "rights: malformed row");
        return out;
    }
    return Names{"", ""};
}

Result<std::vector<crypto::Pseudonym>> RightsRegister::represented_by(const crypto::Pseudonym& representative) const {
    constexpr std::size_t kRepresentedMax = 1000;
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    std::vector<crypto::Pseudonym> out;
    const people::Numbers numbers = numbers_of(representative);
    for (const crypto::Pseudonym& number : numbers.all()) {
        const std::string prefix = represented_prefix(number);
        TRY_ASSIGN(const auto chunk, snapshot->scan(store::prefix_range(prefix), {.entries_max = kRepresentedMax}));
        for (const store::Entry& entry : chunk.entries) {
            const auto person =
                crypto::Pseudonym::from(std::string_view(entry.key).substr(prefix.size(), crypto::kPseudonymBytes));
            if (!person) return fail(Category::corrupt, "rights: malformed row");
            // One who is represented under several numbers is one.
            const people::Numbers hers = numbers_of(*person);
            if (std::ranges::none_of(out, [&](const crypto::Pseudonym& one) { return hers.has(one); })) out.push_back(*person);
        }
    }
    return out;
}

}  // namespace idun::exchange
