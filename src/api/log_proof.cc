#include "api/log_proof.h"

#include <charconv>

namespace idun::api {

http::Response proof_file(const ledger::PersonProof& proof) {
    http::Response response;
    response.headers.set("Content-Type", "text/plain; charset=utf-8");
    response.headers.set("Cache-Control", "no-store");
    response.headers.set("X-Content-Type-Options", "nosniff");
    response.body = proof.text();
    return response;
}

http::Response try_again(http::Response response) {
    if (response.status == 503) response.headers.set("Retry-After", "2");
    return response;
}

Result<std::optional<std::uint64_t>> entry_number(std::string_view text) {
    if (text.empty()) return std::optional<std::uint64_t>();
    std::uint64_t out = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (error != std::errc() || end != text.data() + text.size())
        return fail(Category::invalid, "before is the number of an entry", "before");
    return std::optional(out);
}

}  // namespace idun::api
