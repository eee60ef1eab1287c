#include "records/outcome.h"

#include <algorithm>
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

bool not_modified(const Outcome& outcome, std::string_view if_none_match, std::optional<Instant> if_modified_since) {
    if (!outcome.ok() || !outcome.version) return false;
    if (if_none_match.empty()) {
        // Times of HTTP have whole seconds.
        return if_modified_since && outcome.last_modified && outcome.last_modified->ms / 1000 <= if_modified_since->ms / 1000;
    }
    while (!if_none_match.empty()) {
        std::string_view one = if_none_match.substr(0, if_none_match.find(','));
        if_none_match.remove_prefix(std::min(if_none_match.size(), one.size() + 1));
        while (!one.empty() && (one.front() == ' ' || one.front() == '\t')) one.remove_prefix(1);
        while (!one.empty() && (one.back() == ' ' || one.back() == '\t')) one.remove_suffix(1);
        if (one == "*" || version_of_etag(one) == outcome.version) return true;
    }
    return false;
}

std::string etag(std::uint64_t version) { return "W/\"" + std::to_string(version) + "\""; }

}  // namespace idun::records
