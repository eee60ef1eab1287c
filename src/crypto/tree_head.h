// The text of a checkpoint (C2SP tlog-checkpoint): which log, how many entries, which root. Signed, it is a note
// (note.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "crypto/hash.h"

namespace idun::crypto {

struct TreeHead {
    std::string origin;  // one line, not empty
    std::uint64_t size = 0;
    Hash root;
    std::string extension = {};  // whole lines that are opaque here, or nothing

    // "idun/SE1\n5\n<base64>\n" and the extension
    std::string text() const;
    // Refuses what text() does not write.
    static Result<TreeHead> from_text(std::string_view text);
    friend bool operator==(const TreeHead&, const TreeHead&) = default;
};

}  // namespace idun::crypto
