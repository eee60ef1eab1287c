#include "records/outcome.h"

#include <charconv>

namespace idun::records {

std::optional<std::uint64_t> version_of_etag(std::string_view etag) {
    if (etag.starts_with("W/")) etag.remove_prefix(2);
    if (etag.size() < 3 || etag.front() != '"' || etag.back() != '"') return std::nullopt;
    etag = etag.substr(1, etag.size() - 2);
    std::uint64_t version = 0;
    const auto [end, error] = std::from_chars(etag.data(), etag.data() + etag.size(), version);
    if (error != std::errc{} || end != etag.data() + etag.size()) return std::nullopt;
    return version;
}

std::string etag(std::uint64_t version) { return "W/\"" + std::to_string(version) + "\""; }

}  // namespace idun::records
