// A node's word to the hub that somebody has broken a glass there. Bytes: docs/formats/glass-report.md.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "crypto/pseudonym.h"

namespace idun::trust {

inline constexpr std::size_t kGlassReasonBytesMax = 500;

// One for each person behind the patient's record.
struct GlassReport {
    std::string id;           // of the glass, as the node's log names it
    std::string provider_id;  // whose node it is
    crypto::Pseudonym person;
    std::string user_id;  // who broke it
    std::string name;     // may be empty
    std::string unit_id;  // may be empty
    std::string ground;   // "life" or "health"
    std::string reason;
    Instant from;
    Instant until;
    friend bool operator==(const GlassReport&, const GlassReport&) = default;
};

// `invalid` when a text is missing or too long: such a glass cannot be told of.
Result<std::string> encode(const GlassReport& report);
// Strict: every member known and within its bounds, else `invalid`.
Result<GlassReport> decode_glass_report(std::string_view text);

}  // namespace idun::trust
