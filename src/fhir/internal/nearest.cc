#include "fhir/internal/nearest.h"

#include <algorithm>
#include <array>

namespace idun::fhir {
namespace {

constexpr std::size_t kBytesMax = 64;

char fold(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

// Levenshtein distance in which two neighbours that changed places are one edit, the commonest slip of all.
std::size_t edits(std::string_view a, std::string_view b) {
    a = a.substr(0, kBytesMax);
    b = b.substr(0, kBytesMax);
    using Line = std::array<std::size_t, kBytesMax + 1>;
    Line before{};
    Line last;
    Line row;
    for (std::size_t k = 0; k <= b.size(); ++k) last[k] = k;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t k = 1; k <= b.size(); ++k) {
            const char x = fold(a[i - 1]);
            const char y = fold(b[k - 1]);
            row[k] = std::min({last[k] + 1, row[k - 1] + 1, last[k - 1] + (x == y ? 0 : 1)});
            const bool swapped = i > 1 && k > 1 && x == fold(b[k - 2]) && fold(a[i - 2]) == y;
            if (swapped) row[k] = std::min(row[k], before[k - 2] + 1);
        }
        before = last;
        last = row;
    }
    return last[b.size()];
}

}  // namespace

std::string_view nearest(std::string_view name, const std::vector<std::string_view>& candidates) {
    std::string_view best;
    std::size_t least = std::max<std::size_t>(1, std::min(name.size(), kBytesMax) / 3) + 1;
    for (const std::string_view candidate : candidates) {
        const std::size_t distance = edits(name, candidate);
        if (distance < least) {
            least = distance;
            best = candidate;
        }
    }
    return best;
}

}  // namespace idun::fhir
