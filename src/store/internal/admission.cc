#include "store/internal/admission.h"

#include <unordered_map>

namespace idun::store {
namespace {

// Values of the keys that the group has expectations about, as the next batch sees them. A key that is missing has not
// been written since those who expect something of it have read it, not even by an earlier batch of the group.
class Seen {
public:
    Status read(std::span<Pending> group, Version newest, const ReadCurrent& read, RecentWrites* recent) {
        std::vector<std::string> keys;
        for (const Pending& pending : group) {
            ++newest.number;
            if (pending.outcome) continue;
            const auto since = recent == nullptr ? std::nullopt : pending.batch.read();
            for (const Batch::Write& expected : pending.batch.expectations()) {
                if (since && recent->untouched(expected.key, *since)) continue;
                if (values_.try_emplace(expected.key).second) keys.push_back(expected.key);
            }
            if (recent != nullptr) recent->wrote(pending.batch, newest);
        }
        if (keys.empty()) return {};
        TRY_ASSIGN(auto found, read(keys));
        for (std::size_t i = 0; i < keys.size(); ++i) values_[keys[i]] = std::move(found[i]);
        return {};
    }

    bool holds(const Batch& batch) const {
        for (const Batch::Write& expected : batch.expectations())
            if (const auto at = values_.find(expected.key); at != values_.end() && at->second != expected.value)
                return false;
        return true;
    }

    void apply(const Batch& batch) {
        if (values_.empty()) return;
        for (const Batch::Write& write : batch.writes())
            if (auto at = values_.find(write.key); at != values_.end()) at->second = write.value;
    }

private:
    std::unordered_map<std::string, std::optional<std::string>> values_;
};

}  // namespace

Result<Admitted> admit(std::span<Pending> group, Version newest, const ReadCurrent& read, RecentWrites* recent) {
    Seen seen;
    TRY(seen.read(group, newest, read, recent));
    Admitted admitted{{}, {newest.number + 1}};
    for (Pending& pending : group) {
        if (pending.outcome) continue;
        if (!seen.holds(pending.batch)) {
            pending.outcome = fail(Category::conflict, "a precondition of the commit does not hold");
            continue;
        }
        seen.apply(pending.batch);
        admitted.batches.push_back(&pending);
    }
    return admitted;
}

void settle(std::span<Pending> group, const Error& error) {
    for (Pending& pending : group)
        if (!pending.outcome) pending.outcome = fail(error);
}

}  // namespace idun::store
