#include "base/result.h"

#include <cstdio>
#include <cstdlib>

namespace idun {

std::string_view to_string(Category category) {
    switch (category) {
        case Category::invalid: return "invalid";
        case Category::forbidden: return "forbidden";
        case Category::unauthorized: return "unauthorized";
        case Category::not_found: return "not_found";
        case Category::gone: return "gone";
        case Category::conflict: return "conflict";
        case Category::too_large: return "too_large";
        case Category::unsupported: return "unsupported";
        case Category::media_type: return "media_type";
        case Category::busy: return "busy";
        case Category::unavailable: return "unavailable";
        case Category::corrupt: return "corrupt";
        case Category::internal: return "internal";
    }
    return "internal";
}

Error Error::within(std::string_view what) const {
    return Error(category, std::string(what) + ": " + message, path);
}

void check_failed(const char* condition, const char* file, int line) {
    std::fprintf(stderr, "idun: bug: %s does not hold (%s:%d)\n", condition, file, line);
    std::abort();
}

}  // namespace idun
