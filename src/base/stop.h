// Long work that ends early when it is told to.
#pragma once

#include <stop_token>
#include <string>
#include <string_view>

#include "base/result.h"

namespace idun {

// `unavailable` once a stop was asked for; for whoever does a piece at a time.
inline Status go_on(const std::stop_token& stop, std::string_view what) {
    if (!stop.stop_requested()) return {};
    return fail(Category::unavailable, std::string(what) + ": stopped before its end");
}

}  // namespace idun
