#include "records/internal/persons.h"

#include <algorithm>

namespace idun::records {

std::optional<std::vector<std::string>> Persons::find(std::string_view patient, store::Version at) {
    Shard& shard = shard_of(patient);
    const std::lock_guard lock(shard.mutex);
    const auto found = shard.known.find(patient);
    // Read later than `at`, it may say what was not yet so.
    if (found == shard.known.end() || found->second.at > at || !shard.holds_at(found->second.at)) return std::nullopt;
    return found->second.pseudonyms;
}

void Persons::keep(std::string_view patient, store::Version at, const std::vector<std::string>& pseudonyms) {
    Shard& shard = shard_of(patient);
    const std::lock_guard lock(shard.mutex);
    if (!shard.holds_at(at) || entries_max_ == 0) return;
    // Starting over is rare, and costs one read for each Patient that is asked for again.
    if (shard.known.size() >= entries_max_) shard.known.clear();
    shard.known.insert_or_assign(std::string(patient), Known{at, pseudonyms});
}

void Persons::begin(std::span<const std::string> patients) {
    for (const std::string& patient : patients) {
        Shard& shard = shard_of(patient);
        const std::lock_guard lock(shard.mutex);
        ++shard.writing;
    }
}

void Persons::end(std::span<const std::string> patients, Ended how, store::Version version) {
    for (const std::string& patient : patients) {
        Shard& shard = shard_of(patient);
        const std::lock_guard lock(shard.mutex);
        --shard.writing;
        if (how == Ended::not_written) continue;
        if (const auto old = shard.known.find(patient); old != shard.known.end()) shard.known.erase(old);
        if (how == Ended::unknown)
            shard.in_doubt = true;
        else
            shard.written = std::max(shard.written, version);
    }
}

}  // namespace idun::records
