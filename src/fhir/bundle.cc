#include "fhir/bundle.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "fhir/internal/primitive.h"
#include "fhir/reference.h"
#include "fhir/resource_id.h"

namespace idun::fhir {
namespace {

// Checks one entry; remembers nothing between entries but the number of issues.
class EntryReader {
public:
    EntryReader(const Definitions& definitions, json::Value value, std::size_t place, Issues& issues, std::size_t issues_max)
        : definitions_(definitions), value_(value), issues_(issues), issues_max_(issues_max) {
        entry_.place = place;
    }

    // Nothing when there were issues.
    std::optional<BundleEntry> read() {
        const json::Value request = value_["request"];
        if (!request.is_object()) {
            refuse("request", IssueCode::required, "an entry of a transaction or batch needs a request");
            return std::nullopt;
        }
        read_full_url();
        if (read_method(request) && read_url(request)) check_target();
        read_conditions(request);
        read_resource();
        return good_ ? std::optional(entry_) : std::nullopt;
    }

private:
    void refuse(std::string_view below, IssueCode code, std::string text) {
        good_ = false;
        if (issues_.size() >= issues_max_) return;
        issues_.push_back({.severity = Severity::error, .code = code, .text = std::move(text),
                           .path = fmt::format("Bundle.entry[{}].{}", entry_.place, below)});
    }

    bool writes() const { return entry_.method != Method::get && entry_.method != Method::head; }
    bool carries() const { return entry_.method == Method::post || entry_.method == Method::put || entry_.method == Method::patch; }

    void read_full_url() {
        const json::Value full = value_["fullUrl"];
        if (!full) return;
        entry_.full_url = full.text();
        const auto parsed = full.is_string() ? parse_reference(entry_.full_url) : std::nullopt;
        const bool absolute = parsed && (parsed->kind == ReferenceKind::absolute || parsed->kind == ReferenceKind::urn);
        if (!absolute) return refuse("fullUrl", IssueCode::value, "fullUrl must be an absolute URL, urn:uuid: or urn:oid:");
        if (!parsed->version.empty()) refuse("fullUrl", IssueCode::value, "fullUrl must not name a version");
    }

    bool read_method(json::Value request) {
        for (const Method m : {Method::get, Method::head, Method::post, Method::put, Method::patch, Method::erase}) {
            if (request["method"].text() == to_string(m)) {
                entry_.method = m;
                return true;
            }
        }
        refuse("request.method", IssueCode::code_invalid, "method must be GET, HEAD, POST, PUT, PATCH or DELETE");
        return false;
    }

    bool read_url(json::Value request) {
        entry_.url = request["url"].text();
        std::string_view path = entry_.url;
        if (!request["url"].is_string() || !is_uri(path)) {
            refuse("request.url", IssueCode::required, "url must be given and hold no spaces");
            return false;
        }
        if (path.starts_with('/') || path.find("://") < path.find('?')) {
            refuse("request.url", IssueCode::value, "url must be relative to the service, such as Patient or Patient/p1");
            return false;
        }
        if (const std::size_t mark = path.find('?'); mark != path.npos) {
            entry_.query = path.substr(mark + 1);
            path = path.substr(0, mark);
        }
        return split_path(path);
    }

    // Type, Type/id, Type/id/rest, Type/_search, Type/$operation, $operation, or nothing before a query.
    bool split_path(std::string_view path) {
        const auto first = path.substr(0, path.find('/'));
        if (path.empty() || first.starts_with('$') || first.starts_with('_') || first == "metadata") {
            entry_.rest = path;
            return true;
        }
        if (!definitions_.is_resource(first)) {
            refuse("request.url", IssueCode::not_supported, "url must start with the name of an R4 resource type");
            return false;
        }
        entry_.type = first;
        path.remove_prefix(std::min(path.size(), first.size() + 1));
        const auto second = path.substr(0, path.find('/'));
        if (second.starts_with('$') || second.starts_with('_')) {
            entry_.rest = path;
            return true;
        }
        entry_.id = second;
        path.remove_prefix(std::min(path.size(), second.size() + 1));
        entry_.rest = path;
        if (second.empty() && entry_.rest.empty()) return true;
        if (valid_id(second)) return true;
        refuse("request.url", IssueCode::value, "the id in url must be 1 to 64 of A-Z a-z 0-9 - and .");
        return false;
    }

    void check_target() {
        if (!writes()) return;
        const bool operation = entry_.rest.starts_with('$') || entry_.rest == "_search";
        if (entry_.method == Method::post) {
            if (operation) return;
            if (entry_.type.empty() || !entry_.id.empty() || !entry_.query.empty()) {
                refuse("request.url", IssueCode::value, "POST creates under a resource type only, such as Patient");
            }
            return;
        }
        const bool instance = !entry_.id.empty() && entry_.rest.empty() && entry_.query.empty();
        const bool conditional = !entry_.type.empty() && entry_.id.empty() && !entry_.query.empty() && entry_.rest.empty();
        if (instance || conditional) return;
        refuse("request.url", IssueCode::value,
               fmt::format("{} needs Type/id or Type?criteria", to_string(entry_.method)));
    }

    std::string_view text_of(json::Value request, const char* name) {
        const json::Value v = request[name];
        if (v && (!v.is_string() || v.text().empty())) {
            refuse(std::string("request.") + name, IssueCode::value, fmt::format("{} must be a string that is not empty", name));
        }
        return v.text();
    }

    void read_conditions(json::Value request) {
        read_if_match(text_of(request, "ifMatch"));
        entry_.if_none_match = text_of(request, "ifNoneMatch");
        entry_.if_modified_since = text_of(request, "ifModifiedSince");
        entry_.if_none_exist = text_of(request, "ifNoneExist");
        if (entry_.if_none_exist.empty()) return;
        if (entry_.method != Method::post) refuse("request.ifNoneExist", IssueCode::value, "ifNoneExist goes with POST only");
        if (entry_.if_none_exist.find('?') != entry_.if_none_exist.npos) {
            refuse("request.ifNoneExist", IssueCode::value, "ifNoneExist holds search criteria only, without type and ?");
        }
    }

    // W/"3"
    void read_if_match(std::string_view tag) {
        if (tag.empty()) return;
        const bool weak = tag.size() >= 5 && tag.starts_with("W/\"") && tag.ends_with('"');
        const std::string_view version = weak ? tag.substr(3, tag.size() - 4) : std::string_view();
        if (!valid_id(version)) return refuse("request.ifMatch", IssueCode::value, "ifMatch must look like W/\"3\"");
        entry_.if_match = version;
    }

    void read_resource() {
        const json::Value resource = value_["resource"];
        if (!carries()) {
            if (resource) refuse("resource", IssueCode::structure, fmt::format("{} has no resource", to_string(entry_.method)));
            return;
        }
        const bool operation = entry_.rest.starts_with('$') || entry_.rest == "_search";
        if (operation && !resource) return;
        if (!resource.is_object()) {
            return refuse("resource", IssueCode::required, fmt::format("{} needs a resource", to_string(entry_.method)));
        }
        entry_.resource = resource;
        const std::string_view type = resource["resourceType"].text();
        if (!definitions_.is_resource(type)) return refuse("resource", IssueCode::structure, "resourceType must name an R4 resource type");
        if (operation || entry_.type.empty()) return;
        if (entry_.method == Method::patch) {
            if (type != "Parameters" && type != "Binary") refuse("resource", IssueCode::value, "PATCH needs Parameters (FHIRPath Patch) or Binary (JSON Patch)");
            return;
        }
        if (type != entry_.type) refuse("resource", IssueCode::value, "resourceType and the type in request.url differ");
        if (entry_.method == Method::put && !entry_.id.empty() && resource["id"].text() != entry_.id) {
            refuse("resource.id", IssueCode::value, "PUT needs the same id in the resource and in request.url");
        }
    }

    const Definitions& definitions_;
    json::Value value_;
    Issues& issues_;
    std::size_t issues_max_;
    BundleEntry entry_;
    bool good_ = true;
};

Issue problem(std::string path, IssueCode code, std::string text) {
    return {.severity = Severity::error, .code = code, .text = std::move(text), .path = std::move(path)};
}

// A transaction changes a resource at most once, and a fullUrl names one entry (R4 §3.1.0.11.2, bdl-7).
void check_unique(const Bundle& bundle, const BundleLimits& limits, Issues& issues) {
    std::set<std::string_view> full_urls;
    std::set<std::pair<std::string_view, std::string_view>> targets;
    for (const BundleEntry& entry : bundle.entries) {
        if (issues.size() >= limits.issues_max) return;
        if (!entry.full_url.empty() && !full_urls.insert(entry.full_url).second) {
            issues.push_back(problem(fmt::format("Bundle.entry[{}].fullUrl", entry.place), IssueCode::duplicate,
                                     "another entry has the same fullUrl"));
        }
        const bool changes = entry.method == Method::put || entry.method == Method::patch || entry.method == Method::erase;
        if (changes && !entry.id.empty() && !targets.insert({entry.type, entry.id}).second) {
            issues.push_back(problem(fmt::format("Bundle.entry[{}].request.url", entry.place), IssueCode::duplicate,
                                     "another entry of the transaction changes the same resource"));
        }
    }
}

}  // namespace

std::string_view to_string(Method method) {
    switch (method) {
        case Method::get: return "GET";
        case Method::head: return "HEAD";
        case Method::post: return "POST";
        case Method::put: return "PUT";
        case Method::patch: return "PATCH";
        case Method::erase: return "DELETE";
    }
    return "GET";
}

BundleRead read_bundle(const Definitions& definitions, json::Value bundle, const BundleLimits& limits) {
    BundleRead out;
    if (bundle["resourceType"].text() != "Bundle") {
        out.issues.push_back(problem("", IssueCode::structure, "resourceType must be Bundle"));
        return out;
    }
    const std::string_view type = bundle["type"].text();
    if (type != "transaction" && type != "batch") {
        out.issues.push_back(problem("Bundle.type", IssueCode::value, "type must be transaction or batch"));
        return out;
    }
    out.bundle.type = type == "batch" ? BundleType::batch : BundleType::transaction;
    const json::Value entries = bundle["entry"];
    if (entries && !entries.is_array()) {
        out.issues.push_back(problem("Bundle.entry", IssueCode::structure, "entry must be an array"));
        return out;
    }
    if (entries.size() > limits.entries_max) {
        out.issues.push_back(problem("Bundle.entry", IssueCode::too_costly,
                                     fmt::format("at most {} entries; send several bundles", limits.entries_max)));
        return out;
    }
    out.bundle.entries.reserve(entries.size());
    std::size_t place = 0;
    for (const json::Value entry : entries.elements()) {
        auto read = EntryReader(definitions, entry, place++, out.issues, limits.issues_max).read();
        if (read) out.bundle.entries.push_back(*read);
    }
    if (out.bundle.type == BundleType::transaction) check_unique(out.bundle, limits, out.issues);
    return out;
}

}  // namespace idun::fhir
