#include "fhir/reference.h"

#include <algorithm>

#include "fhir/internal/primitive.h"
#include "fhir/resource_id.h"

namespace idun::fhir {
namespace {

constexpr std::string_view kHistory = "/_history/";

bool looks_like_type(std::string_view text) {
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    return text.size() >= 2 && text.size() <= 64 && text[0] >= 'A' && text[0] <= 'Z' && std::all_of(text.begin(), text.end(), letter);
}

// Type/id or Type/id/_history/version.
bool instance(std::string_view text, Reference& out) {
    const std::size_t slash = text.find('/');
    if (slash == text.npos || !looks_like_type(text.substr(0, slash))) return false;
    out.type = text.substr(0, slash);
    out.id = text.substr(slash + 1);
    const std::size_t history = out.id.find('/');
    if (history != out.id.npos) {
        if (!out.id.substr(history).starts_with(kHistory)) return false;
        out.version = out.id.substr(history + kHistory.size());
        if (!valid_id(out.version)) return false;
        out.id = out.id.substr(0, history);
    }
    return valid_id(out.id);
}

bool conditional(std::string_view text, Reference& out) {
    const std::size_t mark = text.find('?');
    if (mark == text.npos || mark + 1 == text.size() || !looks_like_type(text.substr(0, mark))) return false;
    out.kind = ReferenceKind::conditional;
    out.type = text.substr(0, mark);
    out.query = text.substr(mark + 1);
    return is_uri(out.query);
}

// Finds Type/id at the end of an absolute URL; leaves `out` without type when there is none.
void instance_at_end(std::string_view url, Reference& out) {
    const std::size_t history = url.rfind(kHistory);
    const std::size_t end = history == url.npos ? url.size() : history;
    const std::size_t id_slash = url.rfind('/', end == 0 ? 0 : end - 1);
    if (id_slash == url.npos || id_slash == 0) return;
    const std::size_t type_slash = url.rfind('/', id_slash - 1);
    if (type_slash == url.npos) return;
    Reference found;
    // The slash before the type must end a base, not the "//" of the scheme.
    if (!instance(url.substr(type_slash + 1), found) || type_slash <= url.find("//") + 1) return;
    found.kind = out.kind;
    found.base = url.substr(0, type_slash);
    out = found;
}

bool host_follows(std::string_view text, std::size_t scheme) {
    return text.size() > scheme && text[scheme] != '/' && text[scheme] != '?' && text[scheme] != '#' && is_uri(text);
}

}  // namespace

std::optional<Reference> parse_reference(std::string_view text) {
    Reference out;
    if (text.starts_with('#')) {
        out.kind = ReferenceKind::fragment;
        out.id = text.substr(1);
        // Ids of contained resources are ids, but senders use other characters; what matters is that it matches.
        return is_uri(text) ? std::optional(out) : std::nullopt;
    }
    if (text.starts_with("urn:uuid:") || text.starts_with("urn:oid:")) {
        out.kind = ReferenceKind::urn;
        out.id = text.substr(text.find(':', 4) + 1);
        return is_uuid_urn(text) || is_oid_urn(text) ? std::optional(out) : std::nullopt;
    }
    if (text.starts_with("http://") || text.starts_with("https://")) {
        if (!host_follows(text, text.find("//") + 2)) return std::nullopt;
        out.kind = ReferenceKind::absolute;
        instance_at_end(text, out);
        return out;
    }
    if (instance(text, out)) return out;
    out = {};
    if (conditional(text, out)) return out;
    return std::nullopt;
}

}  // namespace idun::fhir
