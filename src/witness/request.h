// What a witness is asked (C2SP tlog-witness, add-checkpoint): docs/formats/witness.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "crypto/hash.h"

namespace idun::witness {

inline constexpr std::size_t kRequestBytesMax = 16u << 10;
inline constexpr std::size_t kProofHashesMax = 63;
inline constexpr std::string_view kSizeType = "text/x.tlog.size";  // of the answer that tells which size is known

struct AddCheckpoint {
    std::uint64_t old_size = 0;
    std::vector<crypto::Hash> proof;
    std::string checkpoint;  // a signed note, as it was sent

    // `too_large`, or `invalid` for what print() does not write; the note is not looked at.
    static Result<AddCheckpoint> parse(std::string_view body);
    std::string print() const;
};

// A size as the protocol writes it: digits without zeros in front. Nothing when it is none, or over 2^63 - 1.
std::optional<std::uint64_t> size_from(std::string_view digits);

}  // namespace idun::witness
