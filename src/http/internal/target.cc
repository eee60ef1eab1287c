#include "http/internal/target.h"

#include <algorithm>

#include "http/internal/text.h"

namespace idun::http {
namespace {

// What follows scheme and authority of an absolute-form target; anything else as it is.
std::string_view origin_form(std::string_view text) {
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (text.size() < scheme.size() || !same_name(text.substr(0, scheme.size()), scheme)) continue;
        const std::size_t end = text.find_first_of("/?", scheme.size());
        return end == std::string_view::npos ? std::string_view("/") : text.substr(end);
    }
    return text;
}

bool has_dot_segment(std::string_view path) {
    while (!path.empty()) {
        path.remove_prefix(1);  // the slash
        const std::string_view segment = path.substr(0, path.find('/'));
        if (segment == "." || segment == "..") return true;
        path.remove_prefix(segment.size());
    }
    return false;
}

bool has_escaped_slash(std::string_view path) {
    return path.find("%2f") != std::string_view::npos || path.find("%2F") != std::string_view::npos;
}

Result<std::string> read_path(std::string_view raw) {
    if (raw.empty() || raw.front() != '/') return fail(Category::invalid, "the request target does not start with a slash");
    if (has_escaped_slash(raw)) return fail(Category::invalid, "the path holds an escaped slash");
    auto path = percent_decoded(raw);
    if (!path) return fail(Category::invalid, "the path has a malformed percent escape");
    if (!is_field_text(*path) || path->find('\t') != std::string::npos) {
        return fail(Category::invalid, "the path holds a control character");
    }
    if (!is_utf8(*path)) return fail(Category::invalid, "the path is not UTF-8");
    if (has_dot_segment(*path)) return fail(Category::invalid, "the path holds a dot segment");
    return std::move(*path);
}

}  // namespace

Result<Target> read_target(std::string_view text) {
    const bool visible = std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
    if (!visible) return fail(Category::invalid, "the request target holds a byte that must be escaped");
    if (text.find('#') != std::string_view::npos) return fail(Category::invalid, "the request target holds a fragment");
    const std::string_view origin = origin_form(text);
    const std::size_t question = origin.find('?');
    const std::string_view raw = origin.substr(0, question);
    Target target;
    TRY_ASSIGN(target.path, read_path(raw.empty() && question == 0 && origin.size() != text.size() ? "/" : raw));
    if (question != std::string_view::npos) target.query = origin.substr(question + 1);
    return target;
}

}  // namespace idun::http
