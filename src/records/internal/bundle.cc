// What transaction.cc and batch.cc share (FHIR R4 §3.1.0.11).
#include "records/internal/bundle.h"

#include <algorithm>
#include <limits>

#include "crypto/encoding.h"
#include "fhir/outcome.h"
#include "http/message.h"
#include "json/writer.h"

namespace idun::records {

using fhir::BundleEntry;
using fhir::IssueCode;
using fhir::Method;

namespace {
constexpr std::size_t kIssuesMax = 1000;
}

std::string path_of(const BundleEntry& entry) { return "Bundle.entry[" + std::to_string(entry.place) + "]"; }
bool writes(const BundleEntry& entry) { return entry.method != Method::get && entry.method != Method::head; }

int rank(Method method) {
    switch (method) {
        case Method::erase: return 0;
        case Method::post: return 1;
        case Method::put:
        case Method::patch: return 2;
        default: return 3;
    }
}

std::string_view condition_of(const BundleEntry& entry) {
    if (entry.method == Method::post) return entry.if_none_exist;
    return writes(entry) && entry.id.empty() ? entry.query : std::string_view();
}

std::optional<Outcome> unsupported(const BundleEntry& entry) {
    const std::string path = path_of(entry) + ".request";
    if (entry.rest.starts_with('$') || entry.rest == "_search" ||
        (entry.type.empty() && !entry.rest.starts_with("_history"))) {
        return refused(400, IssueCode::not_supported,
                       "a bundle may create, update, patch, delete, read and search only", path + ".url");
    }
    if (entry.if_none_match.empty() || !writes(entry) || entry.if_none_match == "*") return std::nullopt;
    return refused(400, IssueCode::not_supported, "a write takes ifNoneMatch with * only", path + ".ifNoneMatch");
}

Preconditions preconditions_of(const BundleEntry& entry) {
    Preconditions out;
    if (!entry.if_match.empty())
        out.if_match = whole_number(entry.if_match).value_or(std::numeric_limits<std::uint64_t>::max());
    out.if_none_match = writes(entry) && entry.if_none_match == "*";
    return out;
}

Or<CarriedPatch> patch_of(const BundleEntry& entry) {
    const std::string path = path_of(entry) + ".resource";
    const auto wrong = [&](std::string text, std::string_view member) {
        return tl::unexpected(refused(400, IssueCode::value, std::move(text), below(path, member)));
    };
    CarriedPatch out;
    if (entry.resource["resourceType"].text() == "Parameters") {
        out.patch = {Patch::Language::fhirpath, entry.resource};
        return out;
    }
    if (entry.resource["contentType"].text() != "application/json-patch+json") {
        return wrong("contentType must be application/json-patch+json", "contentType");
    }
    const auto bytes = crypto::from_base64(entry.resource["data"].text());
    if (!bytes) return wrong("data must be base64", "data");
    auto document = json::Document::parse(*bytes);
    if (!document) return wrong("data must hold JSON", "data");
    out.patch.operations = document->root();
    out.document = std::move(*document);
    return out;
}

namespace {

// One response entry.
void respond(json::Writer& w, const Outcome& outcome, Shown shown) {
    w.object();
    if (shown == Shown::resource && outcome.ok() && outcome.body) w.name("resource").raw(*outcome.body);
    w.name("response").object().member("status", std::to_string(outcome.status));
    if (!outcome.location.empty()) w.member("location", outcome.location);
    if (outcome.version) w.member("etag", etag(*outcome.version));
    if (outcome.last_modified) w.member("lastModified", to_iso(*outcome.last_modified));
    if (!outcome.issues.empty() || shown == Shown::all_well)
        w.name("outcome").raw(fhir::operation_outcome(outcome.issues));
    w.end().end();
}

}  // namespace

Shown shown_of(const BundleEntry& entry, Return prefer) {
    if (entry.method == Method::head) return Shown::nothing;
    if (!writes(entry)) return Shown::resource;
    switch (prefer) {
        case Return::minimal: return Shown::nothing;
        case Return::representation: return Shown::resource;
        case Return::operation_outcome: return Shown::all_well;
    }
    return Shown::nothing;
}

Outcome response_bundle(std::string_view type, std::vector<Outcome>& answers, const std::vector<Shown>& shown,
                        store::Version seen) {
    Outcome out;
    out.seen = seen;
    json::Writer w;
    w.object().member("resourceType", "Bundle").member("type", type);
    if (!answers.empty()) {
        w.name("entry").array();
        for (std::size_t i = 0; i < answers.size(); ++i) {
            respond(w, answers[i], shown[i]);
            out.wrote = out.wrote || answers[i].wrote;
            std::ranges::move(answers[i].touched, std::back_inserter(out.touched));
        }
        w.end();
    }
    w.end();
    out.body = std::make_shared<const std::string>(w.take());
    return out;
}

namespace {

Outcome found_at(Records::Impl& records, const BundleEntry& entry, const Context& context) {
    const auto parameters = http::parameters(entry.query);
    if (!parameters) return refused(parameters.error());
    if (entry.rest == "_history") return records.history(entry.type, entry.id, *parameters, context);
    if (entry.id.empty()) {
        if (!entry.rest.empty())
            return refused(400, IssueCode::not_supported, "only searches, reads and histories are supported");
        return records.search(entry.type, *parameters, context);
    }
    if (entry.rest.empty()) return records.read(entry.type, entry.id, context);
    const auto version = entry.rest.starts_with("_history/") ? whole_number(entry.rest.substr(9)) : std::nullopt;
    if (!version) return not_found();
    return records.vread(entry.type, entry.id, *version, context);
}

// Of an entry that does not write.
Way way_of(const BundleEntry& entry) {
    if (entry.rest == "_history") return Way::history;
    if (entry.id.empty()) return Way::search;
    return entry.rest.empty() ? Way::read : Way::vread;
}

}  // namespace

void count_answer(const Outcome& answer, std::size_t shown_before, Effort& effort) {
    std::size_t bytes = answer.body == nullptr ? 0 : answer.body->size();
    for (const fhir::Issue& issue : answer.issues) bytes += issue.text.size();
    const std::size_t counted = effort.shown() - shown_before;
    if (bytes > counted) effort.show(bytes - counted);
}

Outcome answer_to(Records::Impl& records, const BundleEntry& entry, const Context& context) {
    if (const Status left = context.effort->left(); !left) return refused_reading(left.error());
    std::optional<Instant> since;
    if (!entry.if_modified_since.empty()) {
        const auto time = from_iso(entry.if_modified_since);
        if (!time)
            return refused(400, IssueCode::value, "ifModifiedSince must be an instant",
                           path_of(entry) + ".request.ifModifiedSince");
        since = *time;
    }
    const std::size_t before = context.effort->shown();
    Outcome out = found_at(records, entry, context);
    mark(out, way_of(entry));
    count_answer(out, before, *context.effort);
    if (!not_modified(out, entry.if_none_match, since)) return out;
    out.status = 304;
    out.body = nullptr;
    return out;
}

Outcome Records::Impl::bundle(json::Value bundle, const Context& context) {
    const fhir::BundleRead read =
        fhir::read_bundle(definitions, bundle, {.entries_max = options.bundle_entries_max, .issues_max = kIssuesMax});
    const bool is_batch = read.bundle.type == fhir::BundleType::batch && bundle["type"].text() == "batch" &&
                          bundle["entry"].size() <= options.bundle_entries_max &&
                          (!bundle["entry"] || bundle["entry"].is_array());
    if (is_batch) return run_batch(*this, read, bundle["entry"].size(), context);
    const bool too_many = bundle["entry"].size() > options.bundle_entries_max;
    if (fhir::has_errors(read.issues)) return refused(too_many ? 413 : 400, read.issues);
    return run_transaction(*this, bundle, read.bundle.entries, context);
}

}  // namespace idun::records
