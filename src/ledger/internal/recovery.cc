#include "ledger/internal/recovery.h"

#include <fmt/format.h>

#include <set>

#include "base/log.h"
#include "ledger/internal/sealed.h"

namespace idun::ledger {
namespace {

tl::unexpected<Error> refuse(std::string_view file, std::string_view what) {
    return fail(Category::corrupt, fmt::format("log: {}: {}", file, what));
}

class Recovery {
public:
    Recovery(FileSystem& files, const std::string& folder, const std::string& log_id, const crypto::KeySet& keys,
             KeyRing& ring, Mend mend)
        : files_(files), folder_(folder), log_id_(log_id), keys_(keys), ring_(ring), mend_(mend) {}

    Result<Recovered> run() {
        TRY(refuse_first_shape());
        TRY(read_published());
        const bool has_keys = files_.size(folder_ + "/" + std::string(kKeysFile)).value_or(0) > 0;
        const Known known{published_any_ || has_keys, published_ ? published_->size : 0};
        TRY_ASSIGN(out_.journal, read_journal(files_, folder_ + "/journal", log_id_, keys_, known, mend_));
        if (out_.journal.segments.empty()) return std::move(out_);
        TRY(check_published());
        TRY(fill_ring());
        TRY(open_entries());
        return std::move(out_);
    }

private:
    Journal& journal() { return out_.journal; }
    std::uint64_t first() const { return out_.journal.segments.front().first; }

    Status refuse_first_shape() {
        TRY_ASSIGN(const std::vector<std::string> names, files_.list(folder_));
        for (const std::string& name : names)
            if (segment_first(name))
                return fail(Category::unsupported,
                            "log: the folder holds a log of the first shape, which this version does not read; keep it "
                            "elsewhere and begin anew");
        return {};
    }

    Status read_published() {
        const std::string file = "public/checkpoint";
        published_any_ = files_.size(folder_ + "/" + file).has_value();
        if (!published_any_) return {};
        const auto note = TileReader(files_, folder_ + "/public").checkpoint();
        if (!note || !peek_checkpoint(*note)) {
            // A power cut may tear it: it is only replaced at once, and synced with the tiles.
            log::warn("the log's public checkpoint was damaged and is made anew", {{"log", log_id_}});
            return {};
        }
        const auto said = open_checkpoint(*note, keys_);
        if (!said || said->log_id != log_id_) return refuse(file, "is not signed by this log's key");
        published_ = *said;
        return {};
    }

    Status check_published() {
        if (first() > 0 && !published_any_) return refuse("public/checkpoint", "is missing");
        if (!published_) return {};
        if (published_->size < first()) return refuse("public/checkpoint", "was set back: the journal goes on behind it");
        crypto::CompactRange range = journal().before;
        for (std::uint64_t i = first(); i < published_->size; ++i)
            range.append(crypto::leaf_hash(journal().entries[static_cast<std::size_t>(i - first())]));
        if (range.root() != published_->root) return refuse("public/checkpoint", "is not of this log: its root is another");
        return {};
    }

    // The journal's keys are the newest; what `keys` says of them too must be the same, or that they are forgotten.
    Status fill_ring() {
        const Slot before = journal().segments.front().slots;
        TRY(find_slots(before));
        TRY_ASSIGN(const KeyRecords records,
                   read_key_files(files_, folder_, before, {.met = met_, .forgotten = forgotten_}));
        const std::size_t slots = before + journal().keys.size();
        if (records.keys.size() > slots) return refuse(kKeysFile, "knows more slots than the journal");
        for (std::size_t slot = 0; slot < slots; ++slot) {
            const bool kept = slot < records.keys.size();
            SlotKey key = kept ? records.keys[slot] : journal().keys[slot - before];
            if (kept && slot >= before && !key.forgotten() && key != journal().keys[slot - before])
                return refuse(kKeysFile, "has another key than the journal");
            ring_.add(key);
        }
        out_.kept = static_cast<Slot>(records.keys.size());
        heads_ = records.heads;
        heads_.resize(slots);
        return {};
    }

    // Which slots the journal's entries have. Slot 0 unmasks them, wherever it is kept.
    Status find_slots(Slot before) {
        SlotKey own;
        if (before == 0) {
            if (journal().keys.empty()) return refuse("journal", "has no key of its own");
            own = journal().keys.front();
        } else {
            TRY_ASSIGN(const KeyRecords records, read_key_files(files_, folder_, 1, {.met = {0}, .forgotten = {}}));
            own = records.keys.front();
        }
        const SlotMask mask(own);
        for (std::size_t i = 0; i < journal().entries.size(); ++i) {
            const auto head = read_head(journal().entries[i]);
            if (!head) return refuse("journal", fmt::format("entry {} is malformed", first() + i));
            const bool sealed = head->kind == Kind::person || head->kind == Kind::nobody;
            slots_.push_back(sealed ? std::optional(mask.apply(head->masked, first() + i)) : std::nullopt);
            if (slots_.back()) met_.insert(*slots_.back());
            if (const auto gone = read_forgotten(journal().entries[i]))
                forgotten_.insert(gone->slots.begin(), gone->slots.end());
        }
        return {};
    }

    Status open_entries() {
        Batch& batch = out_.batch;
        batch.first = first();
        batch.note = journal().note;
        // Slot 0 may have no entry; every other one has the entry that it was made for.
        if (journal().segments.front().slots == 0) batch.heads.emplace_back(Slot{0}, SlotHead{});
        for (std::size_t i = 0; i < slots_.size(); ++i) {
            const std::string& entry = journal().entries[i];
            out_.newest = read_head(entry)->sealed;
            if (slots_[i]) TRY(open_one(entry, first() + i, *slots_[i]));
        }
        for (std::size_t i = 0; i < slots_.size(); ++i)
            if (const auto forgotten = read_forgotten(journal().entries[i])) {
                (void)ring_.leave(forgotten->slots);
                for (const Slot slot : forgotten->slots) batch.forgotten.push_back({slot, first() + i});
            }
        ring_.forget(batch.forgotten);
        ring_.set_heads(heads_);
        batch.slots = ring_.size();
        batch.entries = std::move(journal().entries);
        return {};
    }

    Status open_one(const std::string& entry, std::uint64_t index, Slot slot) {
        if (slot >= ring_.size()) return refuse(kKeysFile, fmt::format("entry {} has a slot that is not there", index));
        const auto key = ring_.find(slot);
        if (!key) return {};
        TRY_ASSIGN(const Opened opened, open_entry(entry, index, log_id_, *key));
        heads_[slot] = {index, opened.sequence};
        out_.batch.heads.emplace_back(slot, heads_[slot]);
        return {};
    }

    FileSystem& files_;
    const std::string& folder_;
    const std::string& log_id_;
    const crypto::KeySet& keys_;
    KeyRing& ring_;
    const Mend mend_;
    bool published_any_ = false;  // there is a file
    std::optional<Checkpoint> published_;
    std::vector<std::optional<Slot>> slots_;  // of each entry of the journal; nothing: it is not sealed
    std::set<Slot> met_, forgotten_;          // of the journal's entries, and by them
    std::vector<SlotHead> heads_;
    Recovered out_;
};

}  // namespace

Result<Recovered> recover(FileSystem& files, const std::string& folder, const std::string& log_id,
                          const crypto::KeySet& keys, KeyRing& ring, Mend mend) {
    return Recovery(files, folder, log_id, keys, ring, mend).run();
}

}  // namespace idun::ledger
