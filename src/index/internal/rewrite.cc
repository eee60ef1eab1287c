#include <algorithm>

#include "base/bytes.h"
#include "index/internal/impl.h"
#include "store/person_key.h"

namespace idun::index {

std::string row_key(const crypto::Pseudonym& person) { return store::person_key(person, 'X'); }
std::string history_key(const crypto::Pseudonym& person) { return store::person_key(person, 'Y'); }

namespace {

// Makes room by forgetting what ended first, and what ended before `oldest`.
void forget(History& history, Seconds oldest, std::size_t bytes_max) {
    constexpr std::size_t kFormerBytes = 16;  // about what one takes
    const std::size_t count_max = std::max<std::size_t>(bytes_max / kFormerBytes, 1);
    std::size_t gone = history.former.size() > count_max ? history.former.size() - count_max : 0;
    while (gone < history.former.size() && history.former[gone].until < oldest) ++gone;
    if (gone == 0) return;
    for (std::size_t i = 0; i < gone; ++i) history.from = std::max(history.from, history.former[i].until);
    history.former.erase(history.former.begin(), history.former.begin() + static_cast<std::ptrdiff_t>(gone));
}

}  // namespace

bool follows(const Row& row, std::span<const std::uint32_t> numbers) {
    return std::ranges::any_of(row, [&](const Stated& one) {
        return !one.withdrawn && std::ranges::find(numbers, one.provider) != numbers.end();
    });
}

// From the copy in memory where it is made, else from the store.
Status Index::Impl::read_before(std::vector<Rewrite::Person>& people) const {
    std::vector<std::string> keys;
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < people.size(); ++i) {
        if (pages.look(people[i].person, [&](std::string_view row) { people[i].before = row; })) continue;
        keys.push_back(row_key(people[i].person));
        places.push_back(i);
    }
    if (!keys.empty()) {
        TRY_ASSIGN(const auto snapshot, store.snapshot());
        TRY_ASSIGN(auto rows, snapshot->multi_get(keys));
        for (std::size_t i = 0; i < rows.size(); ++i)
            if (rows[i]) people[places[i]].before = std::move(*rows[i]);
    }
    for (Rewrite::Person& person : people) {
        TRY_ASSIGN(person.row, decode_row(person.before));
    }
    return {};
}

Status Index::Impl::commit(const Rewrite& rewrite, Names::Draft& draft, store::Batch batch, Seconds now) {
    std::vector<std::string> rows(rewrite.people.size());
    std::vector<std::string> keys;
    std::vector<const Rewrite::Person*> with_history;
    for (std::size_t i = 0; i < rewrite.people.size(); ++i) {
        const Rewrite::Person& person = rewrite.people[i];
        rows[i] = encode_row(person.row);
        if (rows[i].empty()) {
            if (!person.before.empty()) batch.erase(row_key(person.person));
        } else if (rows[i] != person.before) {
            batch.put(row_key(person.person), rows[i]);
        }
        if (person.former.empty()) continue;
        keys.push_back(history_key(person.person));
        with_history.push_back(&person);
    }
    if (!keys.empty()) {
        const auto kept = static_cast<std::uint64_t>(options.history.count());
        const Seconds oldest = now > kept ? static_cast<Seconds>(now - kept) : 0;
        TRY_ASSIGN(const auto snapshot, store.snapshot());
        TRY_ASSIGN(const auto before, snapshot->multi_get(keys));
        for (std::size_t i = 0; i < keys.size(); ++i) {
            History history;
            if (before[i]) {
                TRY_ASSIGN(history, decode_history(*before[i]));
            }
            history.former.insert(history.former.end(), with_history[i]->former.begin(), with_history[i]->former.end());
            forget(history, oldest, options.history_bytes_max);
            batch.put(keys[i], encode_history(history));
        }
    }
    draft.write(batch);
    Joiner* const told = rewrite.begins.empty() && rewrite.ceases.empty() ? nullptr : joiner.load();
    if (told) TRY(told->join(rewrite.provider, rewrite.begins, rewrite.ceases, batch));
    batch.order();
    const auto committed = store.commit(std::move(batch));
    // Whoever was joined may look the person up as soon as it is told, so the copy comes first.
    if (committed) {
        draft.accept();
        for (std::size_t i = 0; i < rows.size(); ++i)
            if (rows[i] != rewrite.people[i].before) pages.put(rewrite.people[i].person, rows[i]);
    }
    if (told) told->done(committed.has_value());
    if (!committed) return fail(committed.error());
    remember(rewrite, *committed);
    return {};
}

void Index::Impl::remember(const Rewrite& rewrite, store::Version version) {
    bool any = false;
    std::function<void()> tell;
    {
        const std::lock_guard lock(changes_mutex);
        tell = changed;
        for (const Rewrite::Person& person : rewrite.people) {
            if (person.told == 0) continue;
            any = true;
            recent.push_back({version, person.person, rewrite.number, person.told});
        }
        while (recent.size() > options.changes_max) {
            recent_from = recent.front().version;
            recent.pop_front();
        }
        recent_upto = std::max(recent_upto, version);
    }
    if (any && tell) tell();
}

}  // namespace idun::index
