#include "app/blind_key_status.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <optional>

#include "app/role_tables.h"
#include "index/holders.h"
#include "publish/former_keys.h"
#include "records/named_by.h"

namespace idun::app {
namespace {

constexpr std::string_view kPointers = "index.persons";
constexpr std::size_t kProvidersNamed = 10;

// People of whom one provider has pointers now, by the place of a key.
struct Held {
    explicit Held(std::size_t keys) : under(keys), beside(keys) {}
    std::vector<std::uint64_t> under;   // that key
    std::vector<std::uint64_t> beside;  // another one, and the hub remembers their pseudonym under it
};
using HeldBy = std::map<std::uint32_t, Held>;

// What the hub knows of who holds people, and by which keys.
struct Pointers {
    std::map<std::uint32_t, std::string> providers;
    HeldBy held;
    std::vector<std::uint64_t> people;  // by key: with pointers under it
};

void count_pointers(Pointers& out, std::size_t keys, const people::RowKey& of, std::span<const std::uint32_t> holders) {
    bool any = false;
    for (const std::uint32_t provider : holders) {
        if (!out.providers.contains(provider)) continue;  // it has withdrawn
        any = true;
        Held& held = out.held.try_emplace(provider, keys).first->second;
        if (of.key) ++held.under[*of.key];
        for (std::size_t key = 0; key < keys; ++key)
            if (of.beside >> key & 1) ++held.beside[key];
    }
    if (any && of.key) ++out.people[*of.key];
}

std::string names_of(const Pointers& pointers, const std::vector<std::uint32_t>& numbers) {
    std::vector<std::string> names;
    for (const std::uint32_t number : numbers) names.push_back(pointers.providers.at(number));
    std::ranges::sort(names);
    const std::size_t more = names.size() > kProvidersNamed ? names.size() - kProvidersNamed : 0;
    names.resize(names.size() - more);
    return fmt::format("{}{}", fmt::join(names, ", "), more > 0 ? fmt::format(" and {} more", more) : std::string());
}

// A provider that publishes under the key has it in its ring. One of whose people the hub knows nobody by this key and
// another may name all of them by this one alone, unseen.
BlindKeys::MayLeave at_hub(const std::string& key, std::size_t place, const Pointers& pointers) {
    std::vector<std::uint32_t> publish, untold;
    for (const auto& [provider, held] : pointers.held) {
        if (held.under[place] > 0)
            publish.push_back(provider);
        else if (held.beside[place] == 0)
            untold.push_back(provider);
    }
    if (!publish.empty())
        return {key, false,
                fmt::format("of {} people there are pointers under it: {} still publish by it", pointers.people[place],
                            names_of(pointers, publish))};
    if (!untold.empty())
        return {key, false,
                fmt::format("of nobody at {} the hub knows a pseudonym under it and one under another key: people "
                            "there may be named by it alone",
                            names_of(pointers, untold))};
    if (pointers.held.empty()) return {key, true, "no provider has pointers here"};
    return {key, true, "no provider publishes by it, and of each the hub knows people by it and another key"};
}

Result<BlindKeys> of_hub(const RolePlace& place, const store::Snapshot& snapshot, std::span<const std::string> ring,
                         const store::ScanPace& pace) {
    BlindKeys out;
    out.ring.assign(ring.begin(), ring.end());
    TRY_ASSIGN(const store::Tables tables, role_tables(place, snapshot));
    Pointers pointers;
    TRY_ASSIGN(pointers.providers, index::provider_numbers(snapshot));
    pointers.people.resize(people::kKeysCountedMax);
    Status status;
    TRY_ASSIGN(out.stands,
               people::count_by_key(snapshot, tables, out.ring, pace,
                                    [&](const store::Table& table, std::string_view value, const people::RowKey& of) {
                                        if (table.name != kPointers || !status) return;
                                        std::vector<std::uint32_t> holders;
                                        status = index::each_holder(
                                            value, [&](std::uint32_t provider) { holders.push_back(provider); });
                                        if (status) count_pointers(pointers, people::kKeysCountedMax, of, holders);
                                    }));
    TRY(status);
    for (const std::string& key : ring.subspan(1)) {
        const auto at = std::ranges::lower_bound(out.stands.keys, key) - out.stands.keys.begin();
        out.others.push_back(at_hub(key, static_cast<std::size_t>(at), pointers));
    }
    return out;
}

Result<BlindKeys::MayLeave> at_node(const RolePlace& place, store::Store& store, const records::NamedBy& by,
                                    std::span<const std::string> ring, const std::string& key) {
    if (!place.has_hub) return BlindKeys::MayLeave{key, true, "the node is of no hub"};
    if (by.keys.empty())
        return BlindKeys::MayLeave{
            key, false, "the store does not say yet by which keys patients are named: start the node with this ring"};
    std::vector<std::string> rest(ring.begin(), ring.end());
    std::erase(rest, key);
    TRY_ASSIGN(const publish::Leaving found, publish::leaving(store, by, rest, {}));
    if (!found.why_not.empty()) return BlindKeys::MayLeave{key, false, found.why_not};
    return BlindKeys::MayLeave{
        key, true,
        found.any ? "the hub knows of everybody here by it and another key" : "no patient here is named by it"};
}

Result<BlindKeys> of_node(const RolePlace& place, store::Store& store, const store::Snapshot& snapshot,
                          std::span<const std::string> ring) {
    TRY_ASSIGN(const records::NamedBy by, records::named_by(snapshot));
    TRY_ASSIGN(const std::string told, publish::told_of_all(snapshot, by));
    BlindKeys out;
    out.ring.assign(ring.begin(), ring.end());
    out.named_by = by.keys;
    out.since = by.since;
    out.told = told;
    for (const std::string& key : ring.subspan(1)) {
        TRY_ASSIGN(out.others.emplace_back(), at_node(place, store, by, ring, key));
    }
    return out;
}

}  // namespace

Result<BlindKeys> blind_keys_in(const RolePlace& place, store::Store& store, std::span<const std::string> ring,
                                const store::ScanPace& pace) {
    TRY_ASSIGN(const auto snapshot, store.snapshot());
    return place.role == "hub" ? of_hub(place, *snapshot, ring, pace) : of_node(place, store, *snapshot, ring);
}

}  // namespace idun::app
