#include "publish/former_keys.h"

#include <algorithm>

#include "crypto/pseudonym_ring.h"
#include "publish/publisher.h"
#include "publish/tables.h"
#include "records/change_note.h"

namespace idun::publish {
namespace {

constexpr std::size_t kChangesAtOnce = 1'000;
const std::string kToldRow = "publishdA";  // value: form, the names
constexpr char kForm = 1;

std::vector<std::string> words_of(std::string_view names) {
    std::vector<std::string> out;
    while (!names.empty()) {
        const std::size_t end = std::min(names.find(' '), names.size());
        out.emplace_back(names.substr(0, end));
        names.remove_prefix(std::min(end + 1, names.size()));
    }
    return out;
}

bool has(std::span<const std::string> names, const std::string& name) {
    return std::ranges::find(names, name) != names.end();
}

// Whether a Patient was written, or named otherwise, in a commit that the hub has not acknowledged.
Result<bool> patients_unpublished(store::Store& store) {
    TRY_ASSIGN(const auto snapshot, store.snapshot());
    TRY_ASSIGN(std::uint64_t done, published_upto(*snapshot));
    while (true) {
        TRY_ASSIGN(const auto changes, store.changes({done}, kChangesAtOnce));
        for (const store::Change& change : changes) {
            const auto note = records::decode_change_note(change.note);
            if (!note && note.error().category == Category::unsupported) continue;
            if (!note) return fail(note.error());
            const auto repointed = [](const records::NotedPerson& person) {
                return person.repoint && !person.pseudonyms.empty();
            };
            if (std::ranges::any_of(note->persons, repointed)) return true;
        }
        if (changes.size() < kChangesAtOnce) return false;
        done = changes.back().version.number;
    }
}

}  // namespace

void note_aliases_told(store::Batch& batch, std::string_view keys) {
    if (keys.empty())
        batch.erase(kToldRow);
    else
        batch.put(kToldRow, std::string(1, kForm).append(keys));
}

Status forget_told_by_others(store::Store& store, std::string_view keys) {
    TRY_ASSIGN(const auto snapshot, store.snapshot());
    TRY_ASSIGN(const auto row, snapshot->get(kToldRow));
    if (!row || std::string_view(*row).substr(1) == keys) return {};
    store::Batch batch;
    batch.expect(kToldRow, *row);
    batch.erase(kToldRow);
    TRY(store.commit(std::move(batch)));
    return {};
}

Result<NamedHere> named_here(const records::Records& records) {
    NamedHere out;
    TRY_ASSIGN(const auto snapshot, records.snapshot());
    TRY_ASSIGN(out.by, records::named_by(*snapshot));
    out.all = records.renamed();
    if (!out.by.keys.empty()) return out;
    TRY_ASSIGN(out.by_another_key, records.named_by_another_key());
    return out;
}

Result<std::string> told_of_all(const store::Snapshot& snapshot, const records::NamedBy& by) {
    TRY_ASSIGN(const auto row, snapshot.get(kToldRow));
    return row && std::string_view(*row).substr(1) == by.keys ? by.keys : std::string();
}

Result<Leaving> leaving(store::Store& store, const records::NamedBy& by, std::span<const std::string> ring,
                        std::span<const std::string> let_go) {
    const auto missing = [&](const std::string& name) { return !has(ring, name) && !has(let_go, name); };
    for (const std::string& name : words_of(by.since))
        if (missing(name))
            return Leaving{true, "patients are being renamed, and some may be named by the key " + name + " alone",
                           "put it back as a further line of pseudonym_key_file until all are named by the keys that are "
                           "there, or let it go with forget_blind_keys"};
    TRY_ASSIGN(const auto snapshot, store.snapshot());
    TRY_ASSIGN(const std::string told_row, told_of_all(*snapshot, by));
    const auto told = words_of(told_row);
    const bool by_one_that_stays = std::ranges::any_of(told, [&](const std::string& name) { return has(ring, name); });
    bool any = false;
    for (const std::string& name : words_of(by.keys)) {
        if (!missing(name)) continue;
        any = true;
        if (!by_one_that_stays || !has(told, name))
            return Leaving{true, "the key " + name + " names patients here, and the hub was not told who they are by another key",
                           "put it back as a further line of pseudonym_key_file until /metrics says idun_aliases_told 1, or "
                           "let it go with forget_blind_keys"};
    }
    // Where a renaming was broken off it has left already, in every start since that began, and the hub had heard of everybody then.
    if (!any || !by.since.empty()) return Leaving{any, {}, {}};
    TRY_ASSIGN(const bool unpublished, patients_unpublished(store));
    if (!unpublished) return Leaving{true, {}, {}};
    return Leaving{true, "a key that is not in pseudonym_key_file names patients of whom the hub has not heard yet",
                   "put it back as a further line until it has"};
}

Status keys_may_leave(store::Store& store, const NamedHere& named, std::span<const std::string> ring,
                      std::span<const std::string> let_go) {
    if (named.by_another_key)
        return fail(Category::conflict,
                    "pseudonym_key_file has no key by which the patients here are named: put the one back that was there "
                    "(the hub has it too)");
    TRY_ASSIGN(const Leaving found, leaving(store, named.by, ring, let_go));
    if (!found.why_not.empty()) return fail(Category::conflict, found.why_not + ": " + found.remedy);
    if (found.any) return {};
    return forget_told_by_others(store, named.all ? std::string_view(named.by.keys) : std::string_view());
}

store::Table aliases_told_table() {
    return {
        .name = "publish.aliases-told",
        .prefix = kToldRow,
        .check = [](std::string_view key, std::string_view value, store::Owed&) -> Status {
            const bool formed = key == kToldRow && !value.empty() && value.front() == kForm;
            const auto names = words_of(formed ? value.substr(1) : std::string_view());
            const bool well =
                !names.empty() && value.size() == (crypto::kKeyNameBytes + 1) * names.size() &&
                std::ranges::all_of(names, [](const std::string& one) { return one.size() == crypto::kKeyNameBytes; });
            return well ? Status() : fail(Category::corrupt, "the row of keys that the hub was told of is malformed");
        }};
}

}  // namespace idun::publish
