// Transaction and batch (FHIR R4 §3.1.0.11).
#include "fhir/bundle.h"

#include <algorithm>
#include <deque>
#include <limits>
#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "crypto/encoding.h"
#include "fhir/outcome.h"
#include "fhir/reference.h"
#include "fhir/resource_id.h"
#include "fhir/structure.h"
#include "http/message.h"
#include "json/writer.h"
#include "records/internal/impl.h"

namespace idun::records {
namespace {

using fhir::BundleEntry;
using fhir::IssueCode;
using fhir::Method;
using Action = PendingWrite::Action;

constexpr std::size_t kIssuesMax = 1000;

std::string path_of(const BundleEntry& entry) { return "Bundle.entry[" + std::to_string(entry.place) + "]"; }
bool writes(const BundleEntry& entry) { return entry.method != Method::get && entry.method != Method::head; }
// DELETE, POST, PUT, GET: the order R4 asks for.
int rank(Method method) {
    switch (method) {
        case Method::erase: return 0;
        case Method::post: return 1;
        case Method::put:
        case Method::patch: return 2;
        default: return 3;
    }
}
// What an entry's write depends on: the criteria of a condition; "" for none.
std::string_view condition_of(const BundleEntry& entry) {
    if (entry.method == Method::post) return entry.if_none_exist;
    return writes(entry) && entry.id.empty() ? entry.query : std::string_view();
}

std::optional<Outcome> unsupported(const BundleEntry& entry) {
    const std::string path = path_of(entry) + ".request";
    if (entry.rest.starts_with('$') || entry.rest == "_search" || (entry.type.empty() && !entry.rest.starts_with("_history"))) {
        return refused(400, IssueCode::not_supported, "a bundle may create, update, patch, delete, read and search only", path + ".url");
    }
    if (entry.if_none_match.empty() || !writes(entry) || entry.if_none_match == "*") return std::nullopt;
    return refused(400, IssueCode::not_supported, "a write takes ifNoneMatch with * only", path + ".ifNoneMatch");
}

// An If-Match that names no version of ours matches none.
Preconditions preconditions_of(const BundleEntry& entry) {
    Preconditions out;
    if (!entry.if_match.empty()) out.if_match = whole_number(entry.if_match).value_or(std::numeric_limits<std::uint64_t>::max());
    out.if_none_match = writes(entry) && entry.if_none_match == "*";
    return out;
}

// A patch as an entry carries it: Parameters, or a Binary with a JSON Patch.
struct CarriedPatch {
    std::optional<json::Document> document;  // of the Binary
    Patch patch;
};
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

// The conditional references ("Patient?identifier=a|b") below a value.
void conditional_references(json::Value value, std::set<std::string_view>& found) {
    for (const json::Value element : value.elements()) conditional_references(element, found);
    for (const json::Member& member : value.members()) {
        const bool candidate = member.name == "reference" && member.value.is_string() &&
                               member.value.text().find('?') != std::string_view::npos;
        if (!candidate) {
            conditional_references(member.value, found);
        } else if (const auto parsed = fhir::parse_reference(member.value.text());
                   parsed && parsed->kind == fhir::ReferenceKind::conditional) {
            found.insert(member.value.text());
        }
    }
}

// What one response entry shows beside status and version.
enum class Shown : std::uint8_t { nothing, resource, all_well };

// One response entry.
void respond(json::Writer& w, const Outcome& outcome, Shown shown) {
    w.object();
    if (shown == Shown::resource && outcome.ok() && outcome.body) w.name("resource").raw(*outcome.body);
    w.name("response").object().member("status", std::to_string(outcome.status));
    if (!outcome.location.empty()) w.member("location", outcome.location);
    if (outcome.version) w.member("etag", etag(*outcome.version));
    if (outcome.last_modified) w.member("lastModified", to_iso(*outcome.last_modified));
    if (!outcome.issues.empty() || shown == Shown::all_well) w.name("outcome").raw(fhir::operation_outcome(outcome.issues));
    w.end().end();
}

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
            std::ranges::move(answers[i].touched, std::back_inserter(out.touched));
        }
        w.end();
    }
    w.end();
    out.body = std::make_shared<const std::string>(w.take());
    return out;
}

// GET of an entry, on a snapshot.
Outcome answer_to(Records::Impl& records, const BundleEntry& entry, const Context& context) {
    const auto parameters = http::parameters(entry.query);
    if (!parameters) return refused(parameters.error());
    if (entry.rest == "_history") return records.history(entry.type, entry.id, *parameters, context);
    if (entry.id.empty()) {
        if (!entry.rest.empty()) return refused(400, IssueCode::not_supported, "only searches, reads and histories are supported");
        return records.search(entry.type, *parameters, context);
    }
    if (entry.rest.empty()) return records.read(entry.type, entry.id, context);
    const auto version = entry.rest.starts_with("_history/") ? whole_number(entry.rest.substr(9)) : std::nullopt;
    if (!version) return not_found();
    return records.vread(entry.type, entry.id, *version, context);
}

Outcome get(Records::Impl& records, const BundleEntry& entry, const Context& context) {
    std::optional<Instant> since;
    if (!entry.if_modified_since.empty()) {
        const auto time = from_iso(entry.if_modified_since);
        if (!time) return refused(400, IssueCode::value, "ifModifiedSince must be an instant", path_of(entry) + ".request.ifModifiedSince");
        since = *time;
    }
    Outcome out = answer_to(records, entry, context);
    if (!not_modified(out, entry.if_none_match, since)) return out;
    out.status = 304;
    out.body = nullptr;
    return out;
}

// "system|value" of an identifier.
std::string identifier_text(std::string_view system, std::string_view value) {
    return std::string(system).append("|").append(value);
}

// A transaction from checked entries to one commit.
class Transaction {
public:
    Transaction(Records::Impl& records, json::Value bundle, std::span<const BundleEntry> entries, const Context& context)
        : records_(records), bundle_(bundle), entries_(entries), context_(context) {}

    Outcome run() {
        if (auto wrong = check()) return std::move(*wrong);
        const auto locks = lock_conditions();
        for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
            if (auto wrong = resolve()) return std::move(*wrong);
            if (auto wrong = resolve_references()) return std::move(*wrong);
            const auto version = records_.apply(writes_, references_);
            if (version) return answer(*version);
            if (version.error().status != kStale) return version.error();
        }
        return refused(503, IssueCode::lock_error, "too many writers at once on the same resources; try again");
    }

private:
    using Identifiers = std::unordered_multimap<std::string, std::string>;

    std::optional<Outcome> check() const {
        for (const BundleEntry& entry : entries_) {
            if (auto wrong = unsupported(entry)) return wrong;
            const bool carries = entry.method == Method::post || entry.method == Method::put;
            if (entry.method == Method::patch) {
                if (auto patch = patch_of(entry); !patch) return std::move(patch.error());
            } else if (carries) {
                const std::string_view id = entry.method == Method::put ? entry.id : std::string_view();
                if (auto wrong = records_.misaddressed(entry.type, id, entry.resource, path_of(entry))) return wrong;
            } else if (!writes(entry) && entry.id.empty() && entry.rest.empty() && !entry.query.starts_with("_page=")) {
                if (auto wrong = check_search(entry)) return wrong;
            }
        }
        // The Bundle as a whole, since inside it conditional references are right.
        fhir::Issues issues = fhir::check_structure(records_.definitions, bundle_);
        if (records_.options.judge && !fhir::has_errors(issues)) issues = records_.options.judge(bundle_);
        if (fhir::has_errors(issues)) return refused(422, std::move(issues));
        return std::nullopt;
    }

    // A search that would be refused must stop the transaction before it commits.
    std::optional<Outcome> check_search(const BundleEntry& entry) const {
        const auto parameters = http::parameters(entry.query);
        if (!parameters) return refused(parameters.error());
        const auto query = records_.parse(entry.type, *parameters);
        if (!query) return query.error();
        return std::nullopt;
    }

    std::vector<std::unique_lock<std::mutex>> lock_conditions() const {
        std::set<std::mutex*> mutexes;  // in one order for everybody
        for (const BundleEntry& entry : entries_) {
            if (const auto condition = condition_of(entry); !condition.empty()) {
                mutexes.insert(&records_.condition_lock(entry.type, condition));
            }
        }
        std::vector<std::unique_lock<std::mutex>> out;
        for (std::mutex* mutex : mutexes) out.emplace_back(*mutex);
        return out;
    }

    // Gives every write its id, in the order of R4.
    std::optional<Outcome> resolve() {
        auto snapshot = records_.store.snapshot();
        if (!snapshot) return refused(snapshot.error());
        snapshot_ = std::move(*snapshot);
        forget();
        std::vector<std::size_t> order;
        for (std::size_t i = 0; i < entries_.size(); ++i) {
            if (writes(entries_[i])) order.push_back(i);
        }
        std::ranges::sort(order, {}, [&](std::size_t i) { return std::pair(rank(entries_[i].method), i); });
        writes_.reserve(order.size());
        for (const std::size_t i : order) {
            if (auto wrong = resolve(i)) return wrong;
        }
        return check_distinct();
    }

    // What an earlier attempt found.
    void forget() {
        writes_.clear();
        write_of_.assign(entries_.size(), std::nullopt);
        existing_.assign(entries_.size(), {});
        patched_.clear();
        removed_.clear();
        made_.clear();
        references_ = {};
    }

    // Deletes come first: a condition does not find what this transaction removes.
    Visible visible() const {
        return [this](const Touched& touched) {
            return !removed_.contains(touched.type + "/" + touched.id) && is_visible(context_, touched);
        };
    }

    std::optional<Outcome> resolve(std::size_t place) {
        const BundleEntry& entry = entries_[place];
        const std::string path = path_of(entry);
        std::optional<Found> found;
        const std::string_view condition = condition_of(entry);
        if (!condition.empty()) {
            auto matches = records_.find_one(entry.type, condition, *snapshot_, visible(), path + ".request");
            if (!matches) return std::move(matches.error());
            found = std::move(*matches);
            const bool makes = !found && (entry.method == Method::post || entry.method == Method::put);
            if (makes && !made_.insert(normal_condition(entry.type, condition)).second) {
                return refused(400, IssueCode::duplicate, "another entry of the transaction makes what this condition finds", path + ".request");
            }
        }
        switch (entry.method) {
            case Method::erase: return resolve_delete(entry, place, found);
            case Method::post: return resolve_create(entry, place, found);
            case Method::patch: return resolve_patch(entry, place, found);
            default: return resolve_update(entry, place, found);
        }
    }

    std::optional<Outcome> resolve_delete(const BundleEntry& entry, std::size_t place, const std::optional<Found>& found) {
        if (entry.id.empty() && !found) return std::nullopt;  // nothing to delete
        PendingWrite write;
        write.action = Action::remove;
        write.id = found ? found->id : std::string(entry.id);
        if (found) write.seen = found->version;
        removed_.insert(std::string(entry.type) + "/" + write.id);
        return add(entry, place, std::move(write));
    }

    std::optional<Outcome> resolve_create(const BundleEntry& entry, std::size_t place, const std::optional<Found>& found) {
        if (found) {
            existing_[place] = found->id;
            return name(entry, found->id);
        }
        PendingWrite write;
        write.action = Action::create;
        write.id = uuid(records_.random);
        return add(entry, place, std::move(write));
    }

    std::optional<Outcome> resolve_update(const BundleEntry& entry, std::size_t place, const std::optional<Found>& found) {
        if (!entry.id.empty()) {
            PendingWrite write;
            write.id = entry.id;
            return add(entry, place, std::move(write));
        }
        auto write = records_.put_found(entry.type, entry.resource, found, path_of(entry));
        if (!write) return std::move(write.error());
        if (!found && write->action == Action::put) {
            const auto there = records_.read(entry.type, write->id, {snapshot_, {}, {}});
            if (there.ok()) {
                return refused(409, IssueCode::conflict, "the id in the resource is that of another one, which the condition does not find",
                               path_of(entry) + ".resource.id");
            }
        }
        return add(entry, place, std::move(*write));
    }

    std::optional<Outcome> resolve_patch(const BundleEntry& entry, std::size_t place, const std::optional<Found>& found) {
        const auto patch = patch_of(entry);
        if (!patch) return patch.error();
        PendingWrite write;
        write.id = found ? found->id : std::string(entry.id);
        if (write.id.empty()) return refused(404, IssueCode::not_found, "no resource matches the condition", path_of(entry) + ".request.url");
        auto result = records_.patched(entry.type, write.id, patch->patch, *snapshot_, context_, preconditions_of(entry), path_of(entry));
        if (!result) return std::move(result.error());
        write.seen = result->version;
        write.resource = result->document.root();
        patched_.push_back(std::move(result->document));
        return add(entry, place, std::move(write));
    }

    std::optional<Outcome> add(const BundleEntry& entry, std::size_t place, PendingWrite write) {
        write.type = entry.type;
        if (entry.method != Method::patch) write.resource = entry.resource;
        const Preconditions conditions = preconditions_of(entry);
        write.if_match = conditions.if_match;
        write.if_none_match = conditions.if_none_match;
        write.full_url = entry.full_url;
        write.path = path_of(entry);
        write_of_[place] = writes_.size();
        const std::string id = write.id;
        const bool removes = write.action == Action::remove;
        writes_.push_back(std::move(write));
        return removes ? std::nullopt : name(entry, id);
    }

    std::optional<Outcome> name(const BundleEntry& entry, const std::string& id) {
        if (entry.full_url.empty()) return std::nullopt;
        references_.add(std::string(entry.full_url), std::string(entry.type) + "/" + id);
        return std::nullopt;
    }

    std::optional<Outcome> check_distinct() const {
        std::unordered_set<std::string> seen;
        for (const PendingWrite& write : writes_) {
            if (seen.insert(write.type + "/" + write.id).second) continue;
            return refused(400, IssueCode::duplicate, "another entry of the transaction changes the same resource", write.path);
        }
        return std::nullopt;
    }

    // Conditional references find what is there after the other entries, and so also what these make.
    std::optional<Outcome> resolve_references() {
        std::optional<Identifiers> written;
        for (const PendingWrite& write : writes_) {
            std::set<std::string_view> found;
            conditional_references(write.resource, found);
            for (const std::string_view text : found) {
                if (!references_.exact(text).empty()) continue;
                if (!written) written = identifiers();
                if (auto wrong = resolve_reference(text, write.path, *written)) return wrong;
            }
        }
        return std::nullopt;
    }

    std::optional<Outcome> resolve_reference(std::string_view text, const std::string& path, const Identifiers& written) {
        const auto parsed = fhir::parse_reference(text);
        auto matches = records_.find_by_condition(parsed->type, parsed->query, *snapshot_, visible());
        if (!matches) {
            for (fhir::Issue& issue : matches.error().issues) issue.path = path;
            return std::move(matches.error());
        }
        std::set<std::string> ids(matches->begin(), matches->end());
        if (const auto parameters = http::parameters(parsed->query); parameters && parameters->size() == 1 && parameters->front().first == "identifier") {
            const auto [first, last] = written.equal_range(std::string(parsed->type) + "?" + parameters->front().second);
            for (auto at = first; at != last; ++at) ids.insert(at->second);
        }
        if (ids.size() != 1) {
            return refused(412, ids.empty() ? IssueCode::not_found : IssueCode::multiple_matches,
                           "a conditional reference must match exactly one resource", path);
        }
        references_.add(std::string(text), std::string(parsed->type) + "/" + *ids.begin());
        return std::nullopt;
    }

    // From "Type?system|value" and "Type?value" to the ids of resources that this transaction writes with that identifier.
    Identifiers identifiers() const {
        Identifiers out;
        for (const PendingWrite& write : writes_) {
            if (write.action == Action::remove) continue;
            const json::Value given = write.resource["identifier"];
            const auto add_one = [&](json::Value identifier) {
                const std::string_view value = identifier["value"].text();
                if (value.empty()) return;
                const std::string start = write.type + "?";
                out.emplace(start + std::string(value), write.id);
                out.emplace(start + identifier_text(identifier["system"].text(), value), write.id);
            };
            if (given.is_object()) add_one(given);
            for (const json::Value identifier : given.elements()) add_one(identifier);
        }
        return out;
    }

    Outcome answer(store::Version version) {
        Context after = context_;
        std::vector<Outcome> answers(entries_.size());
        std::vector<Shown> shown(entries_.size());
        for (std::size_t i = 0; i < entries_.size(); ++i) {
            shown[i] = shown_of(entries_[i], context_.prefer);
            if (write_of_[i]) {
                answers[i] = outcome_of(writes_[*write_of_[i]]);
            } else if (!existing_[i].empty()) {
                answers[i] = records_.read(entries_[i].type, existing_[i], {snapshot_, context_.visible, context_.owner});
                answers[i].location = std::string(entries_[i].type) + "/" + existing_[i] + "/_history/" +
                                      std::to_string(answers[i].version.value_or(0));
            } else if (writes(entries_[i])) {
                answers[i].status = 204;
            } else {
                if (after.snapshot == context_.snapshot || after.snapshot == nullptr) {
                    auto newest = records_.store.snapshot();
                    if (!newest) return refused(newest.error());
                    after.snapshot = std::move(*newest);
                }
                answers[i] = get(records_, entries_[i], after);
            }
        }
        return response_bundle("transaction-response", answers, shown, version);
    }

    Records::Impl& records_;
    json::Value bundle_;
    std::span<const BundleEntry> entries_;
    const Context& context_;
    SnapshotPtr snapshot_;
    std::vector<PendingWrite> writes_;
    std::vector<std::optional<std::size_t>> write_of_;  // of each entry
    std::vector<std::string> existing_;                 // of each entry: the id that if-none-exist found
    std::deque<json::Document> patched_;
    std::unordered_set<std::string> removed_;           // "Type/id"
    std::unordered_set<std::string> made_;              // conditions under which something is made
    ReferenceMap references_;
};

// Entries by themselves. Plain writes share one commit when nothing is wrong with any of them.
class Batch {
public:
    Batch(Records::Impl& records, const fhir::BundleRead& read, std::size_t entries, const Context& context)
        : records_(records), read_(read), context_(context), answers_(entries), shown_(entries, Shown::nothing) {}

    Outcome run() {
        refuse_unreadable();
        std::vector<const BundleEntry*> order;
        for (const BundleEntry& entry : read_.bundle.entries) {
            order.push_back(&entry);
            shown_[entry.place] = shown_of(entry, context_.prefer);
        }
        std::ranges::sort(order, {}, [](const BundleEntry* entry) { return std::pair(rank(entry->method), entry->place); });
        const auto done = write_together(order);
        for (const BundleEntry* entry : order) {
            if (!done.contains(entry->place)) one(*entry);
        }
        store::Version seen = version_;
        if (auto newest = records_.store.snapshot(); newest) seen = (*newest)->version();
        return response_bundle("batch-response", answers_, shown_, seen);
    }

private:
    // Every entry that read_bundle left out, with the issues that name it.
    void refuse_unreadable() {
        std::vector<bool> readable(answers_.size(), false);
        for (const BundleEntry& entry : read_.bundle.entries) readable[entry.place] = true;
        std::map<std::size_t, fhir::Issues> issues;
        for (const fhir::Issue& issue : read_.issues) {
            constexpr std::string_view kStart = "Bundle.entry[";
            if (!issue.path.starts_with(kStart)) continue;
            const std::string_view rest = std::string_view(issue.path).substr(kStart.size());
            if (const auto place = whole_number(rest.substr(0, rest.find(']')))) issues[*place].push_back(issue);
        }
        for (std::size_t i = 0; i < answers_.size(); ++i) {
            if (readable[i]) continue;
            answers_[i] = issues.contains(i) ? refused(400, issues[i])
                                             : refused(400, IssueCode::invalid, "this entry is malformed");
        }
    }

    std::set<std::size_t> write_together(const std::vector<const BundleEntry*>& order) {
        std::vector<PendingWrite> pending;
        std::vector<std::size_t> places;
        std::unordered_set<std::string> targets;
        for (const BundleEntry* entry : order) {
            const bool plain = (entry->method == Method::post || entry->method == Method::put) &&
                               condition_of(*entry).empty() && entry->if_match.empty() && entry->if_none_match.empty() &&
                               !unsupported(*entry);
            if (!plain) continue;
            const bool creates = entry->method == Method::post;
            std::string id = creates ? uuid(records_.random) : std::string(entry->id);
            if (!targets.insert(std::string(entry->type) + "/" + id).second) continue;
            if (records_.unfit(entry->type, creates ? std::string_view() : entry->id, entry->resource, path_of(*entry))) continue;
            PendingWrite write;
            write.action = creates ? Action::create : Action::put;
            write.type = entry->type;
            write.id = std::move(id);
            write.resource = entry->resource;
            pending.push_back(std::move(write));
            places.push_back(entry->place);
        }
        std::set<std::size_t> done;
        if (pending.size() < 2) return done;
        const auto version = records_.apply(pending, {});
        if (!version) return done;  // each by itself then tells what is wrong
        version_ = *version;
        for (std::size_t i = 0; i < pending.size(); ++i) {
            answers_[places[i]] = outcome_of(pending[i]);
            done.insert(places[i]);
        }
        return done;
    }

    void one(const BundleEntry& entry) {
        Outcome& answer = answers_[entry.place];
        if (auto wrong = unsupported(entry)) {
            answer = std::move(*wrong);
        } else if (!writes(entry)) {
            answer = get(records_, entry, context_);
        } else {
            answer = written(entry);
            if (answer.ok()) return;
            for (fhir::Issue& issue : answer.issues) {
                if (!issue.path.starts_with("Bundle")) issue.path = path_of(entry);
            }
        }
    }

    Outcome written(const BundleEntry& entry) {
        const Preconditions conditions = preconditions_of(entry);
        const bool by_id = !entry.id.empty();
        switch (entry.method) {
            case Method::post: return records_.create(entry.type, entry.resource, context_, entry.if_none_exist);
            case Method::put:
                return by_id ? records_.update(entry.type, entry.id, entry.resource, conditions)
                             : records_.update_where(entry.type, entry.query, entry.resource, context_, conditions);
            case Method::erase:
                return by_id ? records_.remove(entry.type, entry.id, conditions)
                             : records_.remove_where(entry.type, entry.query, context_, conditions);
            default: break;
        }
        const auto patch = patch_of(entry);
        if (!patch) return patch.error();
        return by_id ? records_.patch(entry.type, entry.id, patch->patch, context_, conditions)
                     : records_.patch_where(entry.type, entry.query, patch->patch, context_, conditions);
    }

    Records::Impl& records_;
    const fhir::BundleRead& read_;
    const Context& context_;
    std::vector<Outcome> answers_;
    std::vector<Shown> shown_;
    store::Version version_;
};

}  // namespace

Outcome Records::Impl::bundle(json::Value bundle, const Context& context) {
    const fhir::BundleRead read = fhir::read_bundle(
        definitions, bundle, {.entries_max = options.bundle_entries_max, .issues_max = kIssuesMax});
    const bool is_batch = read.bundle.type == fhir::BundleType::batch && bundle["type"].text() == "batch" &&
                          bundle["entry"].size() <= options.bundle_entries_max &&
                          (!bundle["entry"] || bundle["entry"].is_array());
    if (is_batch) return Batch(*this, read, bundle["entry"].size(), context).run();
    const bool too_many = bundle["entry"].size() > options.bundle_entries_max;
    if (fhir::has_errors(read.issues)) return refused(too_many ? 413 : 400, read.issues);
    return Transaction(*this, bundle, read.bundle.entries, context).run();
}

}  // namespace idun::records
