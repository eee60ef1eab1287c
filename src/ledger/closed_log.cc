#include "ledger/closed_log.h"

#include <algorithm>
#include <map>

#include "crypto/key_map.h"
#include "ledger/internal/person_history.h"
#include "ledger/internal/recovery.h"
#include "ledger/internal/sealed.h"
#include "ledger/receipt.h"
#include "ledger/tiles.h"

namespace idun::ledger {
namespace {

constexpr std::uint64_t kBundle = 256;

}  // namespace

struct ClosedLog::Loaded {
    KeyRing ring;
    std::optional<SlotMask> mask;
    Batch journal;     // entries that may not be in tiles
    std::string note;  // the checkpoint under which is proven
    std::uint64_t size = 0;
    std::uint64_t root_at = 0;
    crypto::KeyMap map;

    Result<std::string> entry(const TileReader& tiles, std::uint64_t index) const {
        if (index >= journal.first && index < journal.end()) return journal.entries[static_cast<std::size_t>(index - journal.first)];
        TRY_ASSIGN(std::vector<std::string> some, tiles.entries(index, 1, size));
        return std::move(some.at(0));
    }

    // The newest one that the checkpoint covers.
    Result<MapRoot> find_root(const TileReader& tiles) {
        for (std::uint64_t end = size; end > 0;) {
            const std::uint64_t first = (end - 1) / kBundle * kBundle;
            TRY_ASSIGN(const std::vector<std::string> some, tiles.entries(first, static_cast<std::size_t>(end - first), size));
            for (std::size_t i = some.size(); i-- > 0;)
                if (auto root = read_map_root(some[i])) {
                    root_at = first + i;
                    return *root;
                }
            end = first;
        }
        return fail(Category::not_found, "log: it was closed before it had a map of its people");
    }

    // The people at the end, and from there back to what the root covers.
    Status make_map(const TileReader& tiles, const std::string& log_id, const MapRoot& root) {
        std::map<crypto::Pseudonym, PersonCount> people;
        for (const PersonCount& one : ring.people()) people[one.person] = one;
        for (std::uint64_t index = std::max(size, journal.end()); index-- > root.covered;) {
            TRY_ASSIGN(const std::string bytes, entry(tiles, index));
            const auto head = read_head(bytes);
            if (!head) return fail(Category::corrupt, "log: entry " + std::to_string(index) + ": malformed");
            if (head->kind == Kind::forgotten)
                return fail(Category::not_found, "log: it was closed, and keys were forgotten since: its last map of people cannot be made again");
            if (head->kind != Kind::person) continue;
            const auto key = ring.find(mask->apply(head->masked, index));
            if (!key) return fail(Category::corrupt, "log: entry " + std::to_string(index) + ": its key is missing");
            TRY_ASSIGN(const Opened opened, open_entry(bytes, index, log_id, *key));
            if (opened.sequence == 1 || opened.distance > index) people.erase(key->person);
            else people[key->person] = {key->person, opened.sequence - 1, index - opened.distance};
        }
        std::vector<crypto::MapEntry> entries;
        entries.reserve(people.size());
        for (const auto& [person, one] : people) entries.push_back({crypto::map_key(log_id, person.view()), one.count, one.last});
        map = crypto::KeyMap(std::move(entries));
        if (map.root() != root.root || map.size() != root.keys) return fail(Category::corrupt, "log: its keys and heads do not give the map that it has signed");
        return {};
    }
};

ClosedLog::ClosedLog(std::string folder, std::string log_id, crypto::KeySet keys, FileSystem& files)
    : folder_(std::move(folder)), log_id_(std::move(log_id)), keys_(std::move(keys)), files_(files) {}
ClosedLog::~ClosedLog() = default;

Result<const ClosedLog::Loaded*> ClosedLog::load() const {
    {
        const std::lock_guard lock(mutex_);
        if (loaded_) return loaded_.get();
        if (never_) return fail(*never_);
        if (reading_) return fail(Category::busy, "log: it is being read for somebody else: ask again in a moment");
        reading_ = true;
    }
    auto made = read();
    const std::lock_guard lock(mutex_);
    reading_ = false;
    if (made) {
        loaded_ = std::move(*made);
        return loaded_.get();
    }
    const Category category = made.error().category;
    if (category == Category::not_found || category == Category::corrupt) never_ = made.error();
    return fail(made.error());
}

Result<std::unique_ptr<const ClosedLog::Loaded>> ClosedLog::read() const {
    auto out = std::make_unique<Loaded>();
    TRY_ASSIGN(Recovered recovered, recover(files_, folder_, log_id_, keys_, out->ring, Mend::no));
    if (out->ring.size() == 0) return fail(Category::not_found, "log: there is none");
    out->mask.emplace(out->ring.at(0));
    out->journal = std::move(recovered.batch);
    const TileReader tiles(files_, folder_ + "/public");
    TRY_ASSIGN(out->note, tiles.checkpoint());
    TRY_ASSIGN(const Checkpoint said, open_checkpoint(out->note, keys_));
    if (said.log_id != log_id_) return fail(Category::corrupt, "log: its checkpoint is of another log");
    out->size = said.size;
    TRY_ASSIGN(const MapRoot root, out->find_root(tiles));
    TRY(out->make_map(tiles, log_id_, root));
    return out;
}

Result<PersonProof> ClosedLog::prove(const crypto::Pseudonym& person, std::optional<std::uint64_t> before) const {
    TRY_ASSIGN(const Loaded* log, load());
    const TileReader tiles(files_, folder_ + "/public");
    const HistoryParts parts{log_id_, log->ring, *log->mask, [&](std::uint64_t index) { return log->entry(tiles, index); }};
    TRY_ASSIGN(PersonProof out, history_of(parts, person, {log->root_at, log->map.prove(crypto::map_key(log_id_, person.view()))}, before));
    TRY(prove_leaves(out, log->note, tiles));
    return out;
}

}  // namespace idun::ledger
