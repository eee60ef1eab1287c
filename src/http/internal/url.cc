#include "http/internal/url.h"

#include <algorithm>

#include "http/internal/text.h"

namespace idun::http {
namespace {

bool is_port(std::string_view text) {
    if (text.empty() || text.size() > 5) return false;
    int number = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return false;
        number = number * 10 + (c - '0');
    }
    return number > 0 && number < 65536;
}

bool is_host(std::string_view text, bool bracketed) {
    return !text.empty() && text.size() <= 255 && std::ranges::all_of(text, [&](char c) {
        return is_unreserved(c) || (bracketed && c == ':');
    });
}

Status read_authority(std::string_view text, Url& url) {
    const auto wrong = [] { return fail(Category::invalid, "the host of the URL is malformed"); };
    std::string_view host = text;
    std::string_view port;
    const bool bracketed = text.starts_with('[');
    std::size_t colon = text.find(':');
    if (bracketed) {
        const std::size_t end = text.find(']');
        if (end == std::string_view::npos) return wrong();
        host = text.substr(1, end - 1);
        colon = end + 1 == text.size() ? std::string_view::npos : end + 1;
        if (colon != std::string_view::npos && text[colon] != ':') return wrong();
    } else {
        host = text.substr(0, colon);
    }
    if (!is_host(host, bracketed)) return wrong();
    if (colon != std::string_view::npos) {
        port = text.substr(colon + 1);
        if (!is_port(port)) return wrong();
    }
    url.host = host;
    url.port = port.empty() ? (url.tls ? "443" : "80") : std::string(port);
    url.authority = text;
    return {};
}

}  // namespace

Result<Url> read_url(std::string_view text) {
    if (text.size() > kUrlBytesMax) return fail(Category::too_large, "the URL is over 16384 bytes");
    const bool visible = std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
    if (!visible || text.find('#') != std::string_view::npos) {
        return fail(Category::invalid, "the URL holds a fragment or a byte that must be escaped");
    }
    Url url;
    if (text.starts_with("http://")) {
        text.remove_prefix(7);
    } else if (text.starts_with("https://")) {
        url.tls = true;
        text.remove_prefix(8);
    } else {
        return fail(Category::invalid, "the URL starts with neither http:// nor https://");
    }
    const std::size_t end = std::min(text.size(), text.find_first_of("/?"));
    TRY(read_authority(text.substr(0, end), url));
    url.target = text.substr(end);
    if (!url.target.starts_with('/')) url.target.insert(0, "/");
    return url;
}

}  // namespace idun::http
