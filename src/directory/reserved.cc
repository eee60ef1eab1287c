#include "directory/reserved.h"

#include <algorithm>

namespace idun::directory {
namespace {

constexpr std::size_t kWordBytesMax = 256;

// "https://Hub.Example:443/fhir" as "hub.example:443"; a scheme's own port is said. "" when it is no address.
std::string origin_of(std::string_view url) {
    const std::size_t scheme = url.find("://");
    if (scheme == std::string_view::npos) return "";
    const std::string_view rest = url.substr(scheme + 3);
    std::string out(rest.substr(0, rest.find('/')));
    std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    if (out.empty()) return out;
    const bool has_port = out.find(':', out.front() == '[' ? out.find(']') : 0) != std::string::npos;
    if (!has_port) out += url.starts_with("https") ? ":443" : ":80";
    return out;
}

}  // namespace

Status Reserved::add(std::string_view word) {
    if (word.empty() || word.size() > kWordBytesMax) return fail(Category::invalid, "a reserved word has 1 to 256 bytes");
    if (word.find("://") == std::string_view::npos) return ids_.emplace(word), Status();
    std::string origin = origin_of(word);
    if (origin.empty()) return fail(Category::invalid, "a reserved address is SCHEME://HOST");
    origins_.insert(std::move(origin));
    return {};
}

bool Reserved::address(std::string_view url) const { return origins_.contains(origin_of(url)); }

}  // namespace idun::directory
