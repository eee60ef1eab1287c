#include "subscriptions/endpoints.h"

#include <algorithm>
#include <cctype>

namespace idun::subscriptions {
namespace {

constexpr std::size_t kUrlBytesMax = 2048;

std::string lower(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}

bool is_host_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == ':' || c == '[' || c == ']';
}

// Two spellings of one path would make the comparison worthless.
bool is_plain_path(std::string_view path) {
    const std::string text = lower(path);
    if (text.find('\\') != std::string::npos || text.find("//") != std::string::npos) return false;
    for (const std::string_view escaped : {"%2e", "%2f", "%5c", "%00"})
        if (text.find(escaped) != std::string::npos) return false;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('/', at), text.size());
        const std::string_view segment = std::string_view(text).substr(at, end - at);
        if (segment == "." || segment == "..") return false;
        at = end + 1;
    }
    return true;
}

tl::unexpected<Error> malformed(const char* why) { return fail(Category::invalid, why); }

}  // namespace

Result<Endpoints::Place> Endpoints::read(std::string_view url, bool query_allowed) {
    if (url.size() > kUrlBytesMax) return malformed("the endpoint is over 2048 bytes");
    if (!std::ranges::all_of(url, [](char c) { return c > 0x20 && c < 0x7f; }) || url.find('#') != std::string_view::npos)
        return malformed("the endpoint holds a fragment or a byte that must be escaped");
    const bool tls = lower(url.substr(0, 8)) == "https://";
    if (!tls && lower(url.substr(0, 7)) != "http://") return malformed("the endpoint must start with http:// or https://");
    std::string_view rest = url.substr(tls ? 8 : 7);
    const std::size_t query = rest.find('?');
    if (query != std::string_view::npos) {
        if (!query_allowed) return malformed("an allowed endpoint has no query");
        rest = rest.substr(0, query);
    }
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    std::string host = lower(rest.substr(0, slash));
    if (host.empty() || !std::ranges::all_of(host, is_host_character)) return malformed("the endpoint's host is malformed");
    const std::size_t colon = host.rfind(':');
    const bool has_port = colon != std::string::npos && host.find(']', colon) == std::string::npos;
    if (!has_port) host += tls ? ":443" : ":80";
    Place place;
    place.origin = (tls ? "https://" : "http://") + host;
    place.path = slash == rest.size() ? "/" : std::string(rest.substr(slash));
    if (!is_plain_path(place.path)) return malformed("the endpoint's path holds dot segments, empty segments or escaped slashes");
    return place;
}

Result<Endpoints> Endpoints::of(const std::vector<std::string>& allowed) {
    Endpoints out;
    for (const std::string& one : allowed) {
        TRY_ASSIGN(Place place, read(one, false));
        out.allowed_.push_back(std::move(place));
    }
    return out;
}

Status Endpoints::check(std::string_view url) const {
    TRY_ASSIGN(const Place place, read(url, true));
    const bool allowed = std::ranges::any_of(allowed_, [&](const Place& one) {
        if (one.origin != place.origin) return false;
        return place.path == one.path || (one.path.ends_with('/') && place.path.starts_with(one.path));
    });
    if (!allowed) return fail(Category::forbidden, "this node does not send to that endpoint: its operator lists those that it may");
    return {};
}

}  // namespace idun::subscriptions
