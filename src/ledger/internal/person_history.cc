#include "ledger/internal/person_history.h"

namespace idun::ledger {
namespace {

class History {
public:
    History(const HistoryParts& parts, PersonProof& proof) : parts_(parts), proof_(proof) {}

    Status collect(std::uint64_t from) {
        std::uint64_t index = from;
        for (;;) {
            TRY_ASSIGN(std::string bytes, parts_.read(index));
            const auto head = read_head(bytes);
            if (!head || head->kind != Kind::person) return not_hers();
            const Slot slot = parts_.mask.apply(head->masked, index);
            const auto key = parts_.ring.find(slot);
            if (!key) return add_forgotten(index, std::move(bytes), slot);
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

    Status add_forgotten(std::uint64_t index, std::string bytes, Slot slot) {
        if (slot >= parts_.ring.size()) return not_hers();
        if (proof_.entries.empty()) return fail(Category::busy, "log: keys were just forgotten; ask again in a moment");
        const std::uint64_t by = parts_.ring.at(slot).forgotten_by();
        TRY_ASSIGN(std::string why, parts_.read(by));
        proof_.entries.push_back({proof_.entries.back().sequence - 1, {index, std::move(bytes)}, Opens::forgotten, {}});
        proof_.forgotten = {by, std::move(why)};
        return {};
    }

    const HistoryParts& parts_;
    PersonProof& proof_;
    std::size_t bytes_ = 0;
};

}  // namespace

Status collect_history(const HistoryParts& parts, std::uint64_t from, PersonProof& proof) {
    return History(parts, proof).collect(from);
}

}  // namespace idun::ledger
