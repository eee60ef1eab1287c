// The pseudonyms behind Patients as they were read last, so that the log entry of every answer need not read the
// Patient's row again.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/text_hash.h"
#include "store/store.h"

namespace idun::records {

// What is kept was read at one version of the store, and holds until a commit writes that Patient. Every commit that
// may must say so:
//
//     persons.begin(patients);
//     const auto committed = store.commit(...);
//     persons.end(patients, ...);
//
// Between the two nothing about these Patients is found or kept: the commit may be seen already. Thread-safe; bounded.
class Persons {
public:
    explicit Persons(std::size_t entries_max) : entries_max_(entries_max / kShards) {}

    // As of `at`; nothing: read the row.
    std::optional<std::vector<std::string>> find(std::string_view patient, store::Version at);
    // What the row says at `at`; empty when there is none.
    void keep(std::string_view patient, store::Version at, const std::vector<std::string>& pseudonyms);

    enum class Ended : std::uint8_t { written, not_written, unknown };
    void begin(std::span<const std::string> patients);
    // `version` counts when it was written.
    void end(std::span<const std::string> patients, Ended how, store::Version version = {});

private:
    static constexpr std::size_t kShards = 64;
    struct Known {
        store::Version at;
        std::vector<std::string> pseudonyms;
    };
    struct Shard {
        std::mutex mutex;
        std::unordered_map<std::string, Known, HashByText, std::equal_to<>> known;
        std::size_t writing = 0;  // commits on their way
        store::Version written;   // newest that wrote a Patient of this shard
        bool in_doubt = false;    // whether a commit took place is not known: nothing is kept any more
        bool holds_at(store::Version at) const { return writing == 0 && !in_doubt && at >= written; }
    };
    Shard& shard_of(std::string_view patient) { return shards_[HashByText()(patient) % kShards]; }

    const std::size_t entries_max_;  // of a shard
    std::array<Shard, kShards> shards_;
};

}  // namespace idun::records
