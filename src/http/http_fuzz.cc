// The pure parts of reading: what is accepted means one thing, however it is written again or cut into pieces.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "http/internal/request_parser.h"
#include "http/internal/target.h"
#include "http/internal/text.h"
#include "http/message.h"

namespace idun::http {
namespace {

constexpr std::size_t kBytesMax = 8u << 10;

void fuzz_parameters(std::string_view text) {
    const auto first = parameters(text);
    if (!first) return;
    IDUN_CHECK(first->size() <= 200);
    std::string again;
    for (const auto& [name, value] : *first) {
        if (!again.empty()) again += '&';
        again += percent_encoded(name) + "=" + percent_encoded(value);
    }
    const auto second = parameters(again);
    IDUN_CHECK(second && *second == *first);
}

void fuzz_target(std::string_view text) {
    const auto first = read_target(text);
    if (!first) return;
    IDUN_CHECK(first->path.starts_with('/') && is_utf8(first->path) && is_field_text(first->path));
    const std::string framed = first->path + "/";
    IDUN_CHECK(framed.find("/../") == std::string::npos && framed.find("/./") == std::string::npos);
    std::string again;
    for (const char c : first->path) again += c == '/' ? "/" : percent_encoded({&c, 1});
    const auto second = read_target(again + "?" + first->query);
    IDUN_CHECK(second && second->path == first->path && second->query == first->query);
}

struct Seen {
    std::vector<Request> requests;
    bool refused = false;
};

// All requests of one connection whose bytes come in pieces of `step`.
Seen read_all(std::string_view bytes, std::size_t step) {
    Seen seen;
    RequestParser parser({});
    std::string pending;
    while (!bytes.empty() && !seen.refused) {
        pending += bytes.substr(0, step);
        bytes.remove_prefix(std::min(step, bytes.size()));
        while (!pending.empty()) {
            const std::size_t taken = parser.put(pending);
            IDUN_CHECK(taken <= pending.size());
            pending.erase(0, taken);
            seen.refused = parser.refusal().status != 0;
            if (seen.refused) break;
            if (parser.done()) {
                seen.requests.push_back(parser.take());
            } else if (!parser.wants_continue() && taken == 0) {
                break;
            }
        }
    }
    return seen;
}

bool same(const Request& a, const Request& b) {
    return a.method == b.method && a.path == b.path && a.query == b.query && a.body == b.body && a.headers.all() == b.headers.all();
}

void fuzz_requests(std::string_view bytes) {
    const Seen whole = read_all(bytes, bytes.size());
    for (const std::size_t step : {std::size_t{1}, std::size_t{7}}) {
        const Seen cut = read_all(bytes, step);
        IDUN_CHECK(cut.refused == whole.refused && cut.requests.size() == whole.requests.size());
        for (std::size_t i = 0; i < cut.requests.size(); ++i) IDUN_CHECK(same(cut.requests[i], whole.requests[i]));
    }
}

}  // namespace
}  // namespace idun::http

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (text.size() > idun::http::kBytesMax) return 0;
    idun::http::fuzz_parameters(text);
    idun::http::fuzz_target(text);
    idun::http::fuzz_requests(text);
    return 0;
}
