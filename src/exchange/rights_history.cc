// The history of a person's choices: each is a row of versions, each version a numbered change.
#include <algorithm>
#include <functional>
#include <iterator>
#include <map>

#include "base/bytes.h"
#include "exchange/rights_register.h"
#include "exchange/rights_rows.h"

namespace idun::exchange {

using namespace rights_rows;
using rights::ChangeKind;
using rights::FactChange;
using rights::PersonFacts;

namespace {

bool ends_fact(ChangeKind kind) {
    return kind == ChangeKind::end_block || kind == ChangeKind::end_lift || kind == ChangeKind::end_mandate;
}

}  // namespace

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
    batch.put(version_prefix(change.person, id) + change_number(change.number), place_bytes(place));
    batch.put(newest_key(change.person, id), change_number(change.number) + place_bytes(place));
    batch.put(newest_key(change.person, ""), change_number(change.number) + place_bytes(of_all));
    return {};
}

// With the places of the changes, and of those that end a fact what began it.
Result<std::vector<RightsRegister::Version>> RightsRegister::read_versions(const store::Snapshot& snapshot,
                                                                           const crypto::Pseudonym& person,
                                                                           std::vector<FactChange> changes) const {
    std::vector<std::string> keys;
    for (const FactChange& change : changes)
        keys.push_back(version_prefix(person, choice_of(change)) + change_number(change.number));
    TRY_ASSIGN(const auto places, snapshot.multi_get(keys));
    std::vector<Version> out;
    std::vector<std::size_t> ends;
    keys.clear();
    for (std::size_t i = 0; i < changes.size(); ++i) {
        TRY_ASSIGN(const Place place, place_in(places[i]));
        out.push_back({choice_of(changes[i]), place.version, std::move(changes[i]), {}});
        if (!ends_fact(out.back().change.kind)) continue;
        ends.push_back(i);
        keys.push_back(history_prefix(person) + change_number(place.first));
    }
    TRY_ASSIGN(const auto beginnings, snapshot.multi_get(keys));
    for (std::size_t i = 0; i < ends.size(); ++i) {
        if (!beginnings[i]) return fail(Category::corrupt, "rights: a beginning is missing");
        TRY_ASSIGN(out[ends[i]].begun, rights::decode_fact_change(*beginnings[i]));
    }
    return out;
}

Result<std::vector<RightsRegister::Version>> RightsRegister::current_of(const crypto::Pseudonym& person) const {
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
        keys.push_back(history_prefix(person) + change_number(version->number));
    }
    TRY_ASSIGN(const auto rows, snapshot->multi_get(keys));
    std::vector<FactChange> changes;
    for (const auto& one : rows) {
        if (!one) return fail(Category::corrupt, "rights: a change is missing");
        TRY_ASSIGN(changes.emplace_back(), rights::decode_fact_change(*one));
    }
    return read_versions(*snapshot, person, std::move(changes));
}

Result<RightsRegister::VersionPage> RightsRegister::versions_of(const crypto::Pseudonym& person,
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
    store::Range range{prefix, prefix + change_number(before), true};
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

// Of a flag that is set under several numbers the newest version, numbered by all of them.
Result<std::vector<RightsRegister::Version>> RightsRegister::current(const crypto::Pseudonym& person) const {
    const people::Numbers numbers = numbers_of(person);
    if (!numbers.several()) return current_of(person);
    std::map<std::string, Version, std::less<>> newest;
    for (const crypto::Pseudonym& number : numbers.all()) {
        TRY_ASSIGN(auto versions, current_of(number));
        for (Version& one : versions) {
            const auto [place, is_new] = newest.try_emplace(one.choice_id, one);
            if (!is_new && place->second.change.number < one.change.number) place->second = std::move(one);
        }
    }
    std::vector<Version> out;
    for (auto& [id, one] : newest) {
        TRY_ASSIGN(one.version, version_over(numbers, one));
        out.push_back(std::move(one));
    }
    return out;
}

// Versions of one choice count over all numbers: how many of them are not newer. Only flags stand under several.
Result<std::uint64_t> RightsRegister::version_over(const people::Numbers& numbers, const Version& one) const {
    if (one.choice_id != kOptOut && one.choice_id != kSecondaryOptOut) return one.version;
    std::uint64_t out = 0;
    for (const crypto::Pseudonym& number : numbers.all()) {
        if (number == one.change.person) {
            out += one.version;
            continue;
        }
        TRY_ASSIGN(const auto page, versions_of(number, one.choice_id, one.change.number, 1));
        if (!page.versions.empty()) out += page.versions.front().version;
    }
    return out;
}

// Changes are numbered over all persons, so that those of several numbers fall into one order.
Result<RightsRegister::VersionPage> RightsRegister::versions(const crypto::Pseudonym& person, std::string_view choice_id,
                                                             std::uint64_t before, std::size_t count_max) const {
    const people::Numbers numbers = numbers_of(person);
    if (!numbers.several()) return versions_of(person, choice_id, before, count_max);
    VersionPage out;
    bool more = false;
    for (const crypto::Pseudonym& number : numbers.all()) {
        TRY_ASSIGN(auto page, versions_of(number, choice_id, before, count_max));
        std::ranges::move(page.versions, std::back_inserter(out.versions));
        out.total += page.total;
        more = more || page.next != 0;
    }
    std::ranges::sort(out.versions, std::greater(), [](const Version& one) { return one.change.number; });
    if (out.versions.size() > count_max) {
        out.versions.erase(out.versions.begin() + static_cast<std::ptrdiff_t>(count_max), out.versions.end());
        more = true;
    }
    if (more && !out.versions.empty()) out.next = out.versions.back().change.number;
    for (Version& one : out.versions) {
        TRY_ASSIGN(one.version, version_over(numbers, one));
    }
    return out;
}

}  // namespace idun::exchange
