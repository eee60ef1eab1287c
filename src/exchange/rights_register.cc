#include "exchange/rights_register.h"

#include <algorithm>

#include "base/bytes.h"
#include "store/person_key.h"

namespace idun::exchange {
namespace {

using rights::ChangeKind;
using rights::FactChange;
using rights::PersonFacts;

// The number of the newest change; by provider the changes that were addressed to it, and the persons they are about
// with the newest number of each; persons whom it follows no more, but of whom it was sent something.
const std::string kHeadKey = "rightshdN";
const std::string kFormatKey = "rightshdV";
constexpr std::string_view kRegisterFormat = "2";
const std::string kAddressed = "rightspf";
const std::string kPersons = "rightspp";
const std::string kFormer = "rightspo";

std::string facts_key(const crypto::Pseudonym& person) { return store::person_key(person, 'F'); }
std::string history_prefix(const crypto::Pseudonym& person) { return store::person_key(person, 'H'); }
std::string names_key(const crypto::Pseudonym& person, std::string_view fact_id) {
    return store::person_key(person, 'M') + std::string(fact_id);
}
// The versions of one choice by number, and the newest of each; under the empty id how many there are.
std::string version_prefix(const crypto::Pseudonym& person, std::string_view choice_id) {
    return store::person_key(person, 'I') + std::string(choice_id) + '\0';
}
std::string newest_key(const crypto::Pseudonym& person, std::string_view choice_id) {
    return store::person_key(person, 'E') + std::string(choice_id);
}
std::string represented_prefix(const crypto::Pseudonym& person) { return store::person_key(person, 'R'); }

std::string number_bytes(std::uint64_t number) {
    std::string out;
    append_be(out, number);
    return out;
}
std::string provider_prefix(const std::string& table, std::string_view provider) {
    return table + std::string(provider) + '\0';
}
std::string person_row(std::string_view provider, const crypto::Pseudonym& person) {
    return provider_prefix(kPersons, provider) + std::string(person.view());
}
std::string former_row(std::string_view provider, const crypto::Pseudonym& person) {
    return provider_prefix(kFormer, provider) + std::string(person.view());
}
template <typename KeyOf>
std::vector<std::string> keys_of(std::span<const crypto::Pseudonym> persons, KeyOf key_of) {
    std::vector<std::string> keys;
    keys.reserve(persons.size());
    for (const crypto::Pseudonym& person : persons) keys.push_back(key_of(person));
    return keys;
}

Result<std::optional<PersonFacts>> facts_in(const std::optional<std::string>& row) {
    if (!row) return std::optional<PersonFacts>();
    TRY_ASSIGN(auto facts, rights::decode_person_facts(*row));
    return std::optional(std::move(facts));
}

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

// Which choice a change is a version of; "" for protection.
std::string choice_of(const FactChange& change) {
    switch (change.kind) {
        case ChangeKind::opt_out:
        case ChangeKind::opt_in: return std::string(RightsRegister::kOptOut);
        case ChangeKind::secondary_opt_out:
        case ChangeKind::secondary_opt_in: return std::string(RightsRegister::kSecondaryOptOut);
        case ChangeKind::protect:
        case ChangeKind::unprotect: return {};
        default: return std::string(rights::fact_id(change));
    }
}
bool ends_fact(ChangeKind kind) {
    return kind == ChangeKind::end_block || kind == ChangeKind::end_lift || kind == ChangeKind::end_mandate;
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

// A version's place in the history: its count, and the number of the first one.
struct Place {
    std::uint64_t version = 0;
    std::uint64_t first = 0;
};
std::string place_bytes(const Place& place) { return number_bytes(place.version) + number_bytes(place.first); }
Result<Place> place_in(const std::optional<std::string>& row) {
    if (!row) return fail(Category::corrupt, "rights: a version is missing");
    ByteReader in(*row);
    Place out;
    out.version = in.be<std::uint64_t>();
    out.first = in.be<std::uint64_t>();
    if (!in.done()) return fail(Category::corrupt, "rights: malformed row");
    return out;
}
// The newest version of a choice: its number, and its place.
struct NewestVersion {
    std::uint64_t number = 0;
    Place place;
};
Result<std::optional<NewestVersion>> newest_in(const std::optional<std::string>& row) {
    if (!row) return std::optional<NewestVersion>();
    if (row->size() != 24) return fail(Category::corrupt, "rights: malformed row");
    NewestVersion out;
    out.number = ByteReader(*row).be<std::uint64_t>();
    TRY_ASSIGN(out.place, place_in(row->substr(8)));
    return std::optional(out);
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
    TRY_ASSIGN(const auto head, snapshot->get(kHeadKey));
    TRY_ASSIGN(const auto format, snapshot->get(kFormatKey));
    if (format ? *format != kRegisterFormat : head.has_value())
        return fail(Category::unsupported,
                    "the rights register in this store has format " + format.value_or("1") +
                        ", and this program writes format " + std::string(kRegisterFormat) +
                        ": start the program that wrote it, or begin with an empty store");
    if (!format) {
        store::Batch batch;
        batch.put(kFormatKey, std::string(kRegisterFormat));
        TRY(store.commit(std::move(batch)));
    }
    if (head) made->head_ = ByteReader(*head).be<std::uint64_t>();
    index.joined_by(*made);
    return made;
}

Result<PersonFacts> RightsRegister::facts_of(const crypto::Pseudonym& person) const {
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    TRY_ASSIGN(const auto row, snapshot->get(facts_key(person)));
    TRY_ASSIGN(auto facts, facts_in(row));
    return facts ? std::move(*facts) : PersonFacts{};
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
Status RightsRegister::within_bounds(const crypto::Pseudonym& person, ChangeKind kind, const PersonFacts& facts) const {
    if (!begins_choice(kind)) return {};
    const std::size_t at_once = options_.rules.choices_at_once_max, of_day = options_.rules.choices_of_day_max;
    const bool flag = kind == ChangeKind::opt_out || kind == ChangeKind::secondary_opt_out;
    if (!flag && holding(facts, clock_.now()) >= at_once)
        return fail(Category::too_large,
                    "at most " + std::to_string(at_once) + " choices hold at once: end one before the next");
    const Instant since = clock_.now() - std::chrono::hours(24);
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    store::Range range = store::prefix_range(history_prefix(person));
    range.reverse = true;
    std::size_t begun = 0;
    for (bool more = true; more;) {
        TRY_ASSIGN(const auto chunk, snapshot->scan(range, {.entries_max = of_day}));
        for (const store::Entry& entry : chunk.entries) {
            TRY_ASSIGN(const auto change, rights::decode_fact_change(entry.value));
            if (change.time <= since) return {};
            if (begins_choice(change.kind) && ++begun >= of_day)
                return fail(Category::too_large, "at most " + std::to_string(of_day) + " choices are set within a day");
        }
        more = chunk.more;
        if (more) range = store::rest_of(range, chunk.entries.back().key);
    }
    return {};
}

// Which version of which choice it is. Called with writing_ held.
Status RightsRegister::place_version(store::Batch& batch, const FactChange& change) const {
    const std::string id = choice_of(change);
    if (id.empty()) return {};
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    TRY_ASSIGN(const auto rows,
               snapshot->multi_get(std::vector{newest_key(change.person, id), newest_key(change.person, "")}));
    TRY_ASSIGN(const auto before, newest_in(rows[0]));
    TRY_ASSIGN(const auto all, newest_in(rows[1]));
    const Place place{before ? before->place.version + 1 : 1, before ? before->place.first : change.number};
    const Place of_all{all ? all->place.version + 1 : 1, all ? all->place.first : change.number};
    batch.put(version_prefix(change.person, id) + number_bytes(change.number), place_bytes(place));
    batch.put(newest_key(change.person, id), number_bytes(change.number) + place_bytes(place));
    batch.put(newest_key(change.person, ""), number_bytes(change.number) + place_bytes(of_all));
    return {};
}

void RightsRegister::number(store::Batch& batch, std::uint64_t before, std::uint64_t after) const {
    batch.expect(kHeadKey, before == 0 ? std::nullopt : std::optional(number_bytes(before)));
    batch.put(kHeadKey, number_bytes(after));
}

void RightsRegister::moved(std::uint64_t head) {
    const std::lock_guard lock(mutex_);
    head_ = head;
}

void RightsRegister::address(store::Batch& batch, std::string_view provider, const FactChange& change) const {
    batch.put(provider_prefix(kAddressed, provider) + number_bytes(change.number), rights::encode(change));
    batch.put(person_row(provider, change.person), number_bytes(change.number));
}

// Numbers the change, writes it into the history with its sum, and addresses it to the providers that it concerns, all
// in one commit. Called with writing_ held.
Status RightsRegister::commit(FactChange change, const PersonFacts& before, const Names& names) {
    const std::uint64_t at = head();
    change.number = at + 1;
    change.time = clock_.now();
    PersonFacts after = before;
    TRY(rights::check(change));
    TRY(rights::apply(after, change));
    store::Batch batch;
    number(batch, at, change.number);
    batch.put(history_prefix(change.person) + number_bytes(change.number), rights::encode(change));
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
    TRY_ASSIGN(const auto holdings, index_.holdings(change.person));
    std::vector<std::string> concerned;
    for (const index::Holding& holding : holdings) {
        if (!rights::concerns(change, before, holding.provider)) continue;
        address(batch, holding.provider, rights::for_provider(change, holding.provider));
        concerned.push_back(holding.provider);
    }
    TRY(store_.commit(std::move(batch)));
    moved(change.number);
    if (changed_) changed_(concerned);
    return {};
}

Result<std::string> RightsRegister::begin(const crypto::Pseudonym& person, ChangeKind kind, rights::Fact fact,
                                          rights::Author by, const Names& names) {
    TRY(allowed(fact));
    const std::lock_guard writing(writing_);
    TRY_ASSIGN(const auto facts, facts_of(person));
    if (const auto flag = flag_of(kind); flag && facts.*(flag->flag) == flag->value) return std::string();
    const Identified identified = identify(fact, facts, random_);
    if (!identified.is_new) return identified.id;
    TRY(within_bounds(person, kind, facts));
    FactChange change;
    change.person = person;
    change.kind = kind;
    change.fact = std::move(fact);
    change.by = std::move(by);
    TRY(commit(std::move(change), facts, names));
    return identified.id;
}

Status RightsRegister::end(const crypto::Pseudonym& person, std::string_view fact_id, rights::Author by) {
    const std::lock_guard writing(writing_);
    TRY_ASSIGN(const auto facts, facts_of(person));
    FactChange change;
    if (has_id(facts.blocks, fact_id))
        change.kind = ChangeKind::end_block;
    else if (has_id(facts.lifts, fact_id))
        change.kind = ChangeKind::end_lift;
    else if (has_id(facts.mandates, fact_id))
        change.kind = ChangeKind::end_mandate;
    else
        return fail(Category::not_found, "no such choice");
    change.person = person;
    change.fact = std::string(fact_id);
    change.by = std::move(by);
    return commit(std::move(change), facts);
}

// The provider is told whole what holds for persons whom it begins to follow; it is sent nothing more of those that it
// ceases to follow. Whom it followed before it is told of even when nothing holds any more, since its copy may still
// say otherwise; of others nothing, which would tell it that something was chosen once. The lock is held until done(),
// so that no change slips in between.
Status RightsRegister::join(std::string_view provider, std::span<const crypto::Pseudonym> begins,
                            std::span<const crypto::Pseudonym> ceases, store::Batch& batch) {
    std::unique_lock writing(writing_);
    const auto former = [&](const crypto::Pseudonym& person) { return former_row(provider, person); };
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    TRY_ASSIGN(const auto rows, snapshot->multi_get(keys_of(begins, facts_key)));
    TRY_ASSIGN(const auto known_before, snapshot->multi_get(keys_of(begins, former)));
    TRY_ASSIGN(const auto sent, snapshot->multi_get(keys_of(
                                    ceases, [&](const crypto::Pseudonym& one) { return person_row(provider, one); })));
    const std::uint64_t before = head();
    joined_head_ = before;
    for (std::size_t i = 0; i < begins.size(); ++i) {
        TRY_ASSIGN(const auto facts, facts_in(rows[i]));
        if (!facts) continue;
        FactChange change;
        PersonFacts whole = rights::for_provider(*facts, provider);
        if (whole.plain() && !known_before[i]) continue;
        if (known_before[i]) batch.erase(former(begins[i]));
        change.number = ++joined_head_;
        change.person = begins[i];
        change.kind = ChangeKind::introduce;
        change.fact = std::move(whole);
        change.time = clock_.now();
        address(batch, provider, change);
    }
    for (std::size_t i = 0; i < ceases.size(); ++i) {
        batch.erase(person_row(provider, ceases[i]));
        if (sent[i]) batch.put(former(ceases[i]), "");
    }
    introduced_ = joined_head_ != before;
    joined_provider_ = provider;
    if (introduced_) number(batch, before, joined_head_);
    joining_ = std::move(writing);
    return {};
}

void RightsRegister::done(bool committed) {
    const std::unique_lock writing = std::move(joining_);
    if (!committed || !introduced_) return;
    moved(joined_head_);
    if (changed_) changed_({&joined_provider_, 1});
}

// With the places of the changes, and of those that end a fact what began it.
Result<std::vector<RightsRegister::Version>> RightsRegister::read_versions(const store::Snapshot& snapshot,
                                                                           const crypto::Pseudonym& person,
                                                                           std::vector<FactChange> changes) const {
    std::vector<std::string> keys;
    for (const FactChange& change : changes)
        keys.push_back(version_prefix(person, choice_of(change)) + number_bytes(change.number));
    TRY_ASSIGN(const auto places, snapshot.multi_get(keys));
    std::vector<Version> out;
    std::vector<std::size_t> ends;
    keys.clear();
    for (std::size_t i = 0; i < changes.size(); ++i) {
        TRY_ASSIGN(const Place place, place_in(places[i]));
        out.push_back({choice_of(changes[i]), place.version, std::move(changes[i]), {}});
        if (!ends_fact(out.back().change.kind)) continue;
        ends.push_back(i);
        keys.push_back(history_prefix(person) + number_bytes(place.first));
    }
    TRY_ASSIGN(const auto beginnings, snapshot.multi_get(keys));
    for (std::size_t i = 0; i < ends.size(); ++i) {
        if (!beginnings[i]) return fail(Category::corrupt, "rights: a beginning is missing");
        TRY_ASSIGN(out[ends[i]].begun, rights::decode_fact_change(*beginnings[i]));
    }
    return out;
}

Result<std::vector<RightsRegister::Version>> RightsRegister::current(const crypto::Pseudonym& person) const {
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    TRY_ASSIGN(const auto row, snapshot->get(facts_key(person)));
    TRY_ASSIGN(const auto facts, facts_in(row));
    if (!facts) return std::vector<Version>();
    std::vector<std::string> keys;
    if (facts->opted_out) keys.push_back(newest_key(person, kOptOut));
    if (facts->secondary_opted_out) keys.push_back(newest_key(person, kSecondaryOptOut));
    for (const rights::Block& block : facts->blocks) keys.push_back(newest_key(person, block.fact_id));
    for (const rights::Lift& lift : facts->lifts) keys.push_back(newest_key(person, lift.fact_id));
    for (const rights::Mandate& mandate : facts->mandates) keys.push_back(newest_key(person, mandate.fact_id));
    TRY_ASSIGN(const auto newest, snapshot->multi_get(keys));
    keys.clear();
    for (const auto& one : newest) {
        TRY_ASSIGN(const auto version, newest_in(one));
        if (!version) return fail(Category::corrupt, "rights: a version is missing");
        keys.push_back(history_prefix(person) + number_bytes(version->number));
    }
    TRY_ASSIGN(const auto rows, snapshot->multi_get(keys));
    std::vector<FactChange> changes;
    for (const auto& one : rows) {
        if (!one) return fail(Category::corrupt, "rights: a change is missing");
        TRY_ASSIGN(changes.emplace_back(), rights::decode_fact_change(*one));
    }
    return read_versions(*snapshot, person, std::move(changes));
}

Result<RightsRegister::VersionPage> RightsRegister::versions(const crypto::Pseudonym& person,
                                                             std::string_view choice_id, std::uint64_t before,
                                                             std::size_t count_max) const {
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    TRY_ASSIGN(const auto row, snapshot->get(newest_key(person, choice_id)));
    TRY_ASSIGN(const auto newest, newest_in(row));
    VersionPage out;
    if (!newest) return out;
    out.total = newest->place.version;
    const bool all = choice_id.empty();
    const std::string prefix = all ? history_prefix(person) : version_prefix(person, choice_id);
    store::Range range{prefix, prefix + number_bytes(before), true};
    std::vector<FactChange> changes;
    // One more than is shown tells whether there is a next page. Protection stands in the history too.
    for (bool more = true; more && changes.size() <= count_max;) {
        TRY_ASSIGN(const auto chunk, snapshot->scan(range, {.entries_max = count_max + 1}));
        std::vector<std::string> keys;
        for (const store::Entry& entry : chunk.entries)
            keys.push_back(history_prefix(person) + entry.key.substr(prefix.size()));
        TRY_ASSIGN(const auto rows, all ? Result<std::vector<std::optional<std::string>>>(
                                              std::vector<std::optional<std::string>>{})
                                        : snapshot->multi_get(keys));
        for (std::size_t i = 0; i < keys.size() && changes.size() <= count_max; ++i) {
            if (!all && !rows[i]) return fail(Category::corrupt, "rights: a change is missing");
            TRY_ASSIGN(auto change, rights::decode_fact_change(all ? chunk.entries[i].value : *rows[i]));
            if (!choice_of(change).empty()) changes.push_back(std::move(change));
        }
        more = chunk.more;
        if (more) range = store::rest_of(range, chunk.entries.back().key);
    }
    if (changes.size() > count_max) {
        changes.pop_back();
        out.next = changes.back().number;
    }
    TRY_ASSIGN(out.versions, read_versions(*snapshot, person, std::move(changes)));
    return out;
}

Result<RightsRegister::Names> RightsRegister::names_of(const crypto::Pseudonym& person,
                                                       std::string_view fact_id) const {
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    TRY_ASSIGN(const auto row, snapshot->get(names_key(person, fact_id)));
    if (!row) return Names{"", ""};
    ByteReader in(*row);
    Names out{std::string(in.text()), std::string(in.text())};
    if (!in.done()) return fail(Category::corrupt, "rights: malformed row");
    return out;
}

Result<std::vector<crypto::Pseudonym>> RightsRegister::represented_by(const crypto::Pseudonym& representative) const {
    constexpr std::size_t kRepresentedMax = 1000;
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    const std::string prefix = represented_prefix(representative);
    TRY_ASSIGN(const auto chunk, snapshot->scan(store::prefix_range(prefix), {.entries_max = kRepresentedMax}));
    std::vector<crypto::Pseudonym> out;
    for (const store::Entry& entry : chunk.entries) {
        const auto person =
            crypto::Pseudonym::from(std::string_view(entry.key).substr(prefix.size(), crypto::kPseudonymBytes));
        if (!person) return fail(Category::corrupt, "rights: malformed row");
        if (out.empty() || out.back() != *person) out.push_back(*person);
    }
    return out;
}

std::uint64_t RightsRegister::head() const {
    const std::lock_guard lock(mutex_);
    return head_;
}

Result<std::uint64_t> RightsRegister::number_for(const crypto::Pseudonym& person, std::string_view provider_id) const {
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    TRY_ASSIGN(const auto row, snapshot->get(person_row(provider_id, person)));
    return row ? ByteReader(*row).be<std::uint64_t>() : std::uint64_t{0};
}

Result<std::string> RightsRegister::page(std::uint64_t after, std::string_view provider_id) const {
    rights::FeedPage page;
    page.hub = options_.hub;
    page.provider_id = provider_id;
    page.after = after;
    page.head = page.upto = head();  // before the snapshot: that has all until then
    if (after > page.head) return fail(Category::invalid, "the feed does not reach that number");
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    const std::string prefix = provider_prefix(kAddressed, provider_id);
    const store::Range range{prefix + number_bytes(after + 1), prefix + number_bytes(page.head + 1)};
    TRY_ASSIGN(const auto chunk, snapshot->scan(range, {.entries_max = rights::kFeedChangesMax}));
    std::size_t bytes = 0;
    bool whole = !chunk.more;
    for (const store::Entry& entry : chunk.entries) {
        bytes += entry.value.size();
        if (bytes > rights::kFeedPayloadBytesMax && !page.changes.empty()) {
            whole = false;
            break;
        }
        TRY_ASSIGN(page.changes.emplace_back(), rights::decode_fact_change(entry.value));
    }
    if (!whole) page.upto = page.changes.back().number;
    page.issued = clock_.now();
    page.lease_until = page.issued + options_.lease;
    return rights::sign_page(key_, page);
}

Result<std::string> RightsRegister::snapshot(const std::optional<crypto::Pseudonym>& after,
                                             std::string_view provider_id) const {
    rights::SnapshotPage page;
    page.hub = options_.hub;
    page.provider_id = provider_id;
    page.after = after;
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    TRY_ASSIGN(const auto newest, snapshot->get(kHeadKey));
    page.number = newest ? ByteReader(*newest).be<std::uint64_t>() : 0;
    const std::string prefix = provider_prefix(kPersons, provider_id);
    store::Range range = store::prefix_range(prefix);
    if (after) range = store::rest_of(range, prefix + std::string(after->view()));
    TRY_ASSIGN(const auto chunk, snapshot->scan(range, {.entries_max = rights::kFeedChangesMax}));
    std::vector<std::string> keys;
    for (const store::Entry& entry : chunk.entries) {
        const auto person = crypto::Pseudonym::from(std::string_view(entry.key).substr(prefix.size()));
        if (!person) return fail(Category::corrupt, "rights: malformed row");
        page.persons.push_back({*person, {}});
        keys.push_back(facts_key(*person));
    }
    TRY_ASSIGN(const auto rows, snapshot->multi_get(keys));
    std::size_t bytes = 0, count = 0;
    for (; count < rows.size(); ++count) {
        bytes += rows[count] ? rows[count]->size() : 0;
        if (bytes > rights::kFeedPayloadBytesMax && count > 0) break;
        TRY_ASSIGN(const auto facts, facts_in(rows[count]));
        if (facts) page.persons[count].facts = rights::for_provider(*facts, provider_id);
    }
    page.last = !chunk.more && count == rows.size();
    page.persons.resize(count);
    page.issued = clock_.now();
    return rights::sign_snapshot(key_, page);
}

}  // namespace idun::exchange
