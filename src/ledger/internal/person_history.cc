#include "ledger/internal/person_history.h"

#include <algorithm>

#include "crypto/merkle.h"
#include "ledger/receipt.h"

namespace idun::ledger {
namespace {

class History {
public:
    History(const HistoryParts& parts, PersonProof& proof) : parts_(parts), proof_(proof) {}

    Status collect(std::uint64_t from, std::uint64_t newest) {
        std::uint64_t index = from;
        for (;;) {
            TRY_ASSIGN(std::string bytes, parts_.read(index));
            const auto head = read_head(bytes);
            if (!head || head->kind != Kind::person) return not_hers();
            const Slot slot = parts_.mask.apply(head->masked, index);
            const auto key = parts_.ring.find(slot);
            if (!key) return add_forgotten(index, std::move(bytes), slot, newest);
            if (key->person != proof_.person) return not_hers();
            if (full(bytes)) {
                proof_.more = index;
                return {};
            }
            TRY_ASSIGN(const Opened opened, open_entry(bytes, index, parts_.log_id, *key));
            proof_.entries.push_back({opened.sequence, {index, std::move(bytes)}, Opens::yes, entry_key(*key, index)});
            if (opened.distance == 0) return {};
            if (opened.distance > index) return fail(Category::corrupt, "log: an entry has one before it that cannot be");
            index -= opened.distance;
        }
    }

private:
    tl::unexpected<Error> not_hers() const { return fail(Category::not_found, "log: no such entry about the person"); }

    bool full(const std::string& next) {
        if (proof_.entries.size() == kProvenEntriesMax) return true;
        bytes_ += next.size();
        return bytes_ > kProvenBytesMax && !proof_.entries.empty();
    }

    // How-manieth an entry of hers is that nobody opens any more: one less than the one that has it before it.
    Result<std::uint64_t> sequence_of(std::uint64_t forgotten, std::uint64_t newest) const {
        for (std::uint64_t index = newest; index > forgotten;) {
            TRY_ASSIGN(const std::string bytes, parts_.read(index));
            const auto head = read_head(bytes);
            const auto key = head ? parts_.ring.find(parts_.mask.apply(head->masked, index)) : std::nullopt;
            if (!key) break;
            TRY_ASSIGN(const Opened opened, open_entry(bytes, index, parts_.log_id, *key));
            if (opened.distance == 0 || opened.distance > index) break;
            index -= opened.distance;
            if (index == forgotten) return opened.sequence - 1;
        }
        return not_hers();
    }

    Status add_forgotten(std::uint64_t index, std::string bytes, Slot slot, std::uint64_t newest) {
        if (slot >= parts_.ring.size()) return not_hers();
        if (index == newest) return fail(Category::busy, "log: keys were just forgotten; ask again in a moment");
        std::uint64_t sequence = 0;
        if (proof_.entries.empty()) {  // of a page that was to begin here: the one before it was made when it still opened
            TRY_ASSIGN(sequence, sequence_of(index, newest));
        } else {
            sequence = proof_.entries.back().sequence - 1;
        }
        const std::uint64_t by = parts_.ring.at(slot).forgotten_by();
        TRY_ASSIGN(std::string why, parts_.read(by));
        proof_.entries.push_back({sequence, {index, std::move(bytes)}, Opens::forgotten, {}});
        proof_.forgotten = {by, std::move(why)};
        return {};
    }

    const HistoryParts& parts_;
    PersonProof& proof_;
    std::size_t bytes_ = 0;
};

}  // namespace

Status collect_history(const HistoryParts& parts, std::uint64_t from, std::uint64_t newest, PersonProof& proof) {
    return History(parts, proof).collect(from, newest);
}

Result<PersonProof> history_of(const HistoryParts& parts, const crypto::Pseudonym& person, MapWay map, std::optional<std::uint64_t> before) {
    PersonProof out;
    out.log_id = parts.log_id;
    out.person = person;
    out.way = std::move(map.way);
    TRY_ASSIGN(std::string root, parts.read(map.index));
    out.root = {map.index, std::move(root)};
    const bool known = out.way.found && out.way.found->key == crypto::map_key(parts.log_id, person.view());
    if (known) TRY(collect_history(parts, before.value_or(out.way.found->last), out.way.found->last, out));
    else if (before) return fail(Category::not_found, "log: no such entry about the person");
    return out;
}

Status prove_leaves(PersonProof& proof, std::string checkpoint, const TileReader& tiles) {
    proof.checkpoint = std::move(checkpoint);
    const auto said = peek_checkpoint(proof.checkpoint);
    IDUN_CHECK(said.has_value());
    std::vector<std::uint64_t> leaves{proof.root.index};
    for (const ProvenEntry& entry : proof.entries) leaves.push_back(entry.leaf.index);
    if (proof.forgotten) leaves.push_back(proof.forgotten->index);
    std::sort(leaves.begin(), leaves.end());
    TRY_ASSIGN(proof.hashes, crypto::inclusion_of_all(leaves, said->size, tiles.hashes(said->size)));
    return {};
}

}  // namespace idun::ledger
