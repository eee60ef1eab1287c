#include "store/change_keeper.h"

#include <algorithm>

namespace idun::store {

ChangeKeeper::ChangeKeeper(Store& store, const std::vector<std::string>& readers) : store_(store) {
    for (const std::string& name : readers) readers_[name];
}

Status ChangeKeeper::trim() {
    std::optional<Version> until;
    for (const auto& [name, reader] : readers_) {
        if (!reader.heard) return {};
        if (reader.done) until = until ? std::min(*until, *reader.done) : *reader.done;
    }
    if (!until) {
        TRY_ASSIGN(const auto snapshot, store_.snapshot());
        until = snapshot->version();
    }
    if (*until <= trimmed_) return {};
    TRY(store_.trim_changes(*until));
    trimmed_ = *until;
    return {};
}

Status ChangeKeeper::has(const std::string& reader, Version version) {
    const std::lock_guard lock(mutex_);
    Reader& one = readers_[reader];
    one.heard = true;
    one.done = one.done ? std::max(*one.done, version) : version;
    return trim();
}

Status ChangeKeeper::needs_nothing(const std::string& reader) {
    const std::lock_guard lock(mutex_);
    readers_[reader] = {true, std::nullopt};
    return trim();
}

Result<Version> ChangeKeeper::begin(const std::string& reader) {
    const std::lock_guard lock(mutex_);
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    readers_[reader] = {true, snapshot->version()};
    return snapshot->version();
}

}  // namespace idun::store
