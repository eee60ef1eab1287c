// Whether two exports say the same: per type a count and a hash that depends on what the resources are, not on the
// files, their order, or what a node adds (meta.versionId and meta.lastUpdated).
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>

#include "base/result.h"

namespace idun::bulk {

struct TypeDigest {
    std::uint64_t count = 0;
    // The sum of the resources' SHA-256, as four numbers without carry between them: order plays no part.
    std::array<std::uint64_t, 4> sum{};
    std::string hex() const;
    friend bool operator==(const TypeDigest&, const TypeDigest&) = default;
};

using Digest = std::map<std::string, TypeDigest>;  // by type

// Of all .ndjson files in a folder, but for those that tell of deletions.
Result<Digest> digest_of(const std::string& folder);

}  // namespace idun::bulk
