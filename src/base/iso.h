// An instant's text into a place that has room for it; the text itself is said in time.h.
#pragma once

#include <cstddef>

#include "base/time.h"

namespace idun {

inline constexpr std::size_t kInstantTextBytes = 24;
// Writes so many bytes: to_iso(time), whose year is 0 to 9999.
void write_iso(char* out, Instant time);

}  // namespace idun
