#include "store/internal/admission.h"

#include <unordered_map>

namespace idun::store {
namespace {

// Values of the keys that the group has expectations about, as the next batch sees them.
class Seen {
public:
    Status read(std::span<Pending> group, const ReadCurrent& read) {
        std::vector<std::string> keys;
        for (const Pending& pending : group) {
            if (pending.outcome) continue;
            for (const Batch::Write& expected : pending.batch.expectations())
                if (values_.try_emplace(expected.key).second) keys.push_back(expected.key);
        }
        if (keys.empty()) return {};
        TRY_ASSIGN(auto found, read(keys));
        for (std::size_t i = 0; i < keys.size(); ++i) values_[keys[i]] = std::move(found[i]);
        return {};
    }

    bool holds(const Batch& batch) const {
        for (const Batch::Write& expected : batch.expectations())
            if (values_.at(expected.key) != expected.value) return false;
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

Result<Admitted> admit(std::span<Pending> group, Version newest, const ReadCurrent& read) {
    Seen seen;
    TRY(seen.read(group, read));
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
