// Transaction and batch (FHIR R4 §3.1.0.11).
#include "fhir/bundle.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <unordered_set>

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
bool writes(const BundleEntry& entry) { return entry.method != Method::get; }
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
    if (entry.method == Method::patch) return refused(400, IssueCode::not_supported, "PATCH is not supported", path + ".method");
    if (entry.method == Method::head) return refused(400, IssueCode::not_supported, "HEAD is not supported in a bundle", path + ".method");
    if (entry.type.empty() || entry.rest.starts_with('$') || entry.rest == "_search") {
        return refused(400, IssueCode::not_supported, "a bundle may create, update, delete, read and search only", path + ".url");
    }
    return std::nullopt;
}

std::optional<std::uint64_t> number(std::string_view text) {
    std::uint64_t out = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return out;
}

// An If-Match that names no version of ours matches none.
std::optional<std::uint64_t> if_match_of(const BundleEntry& entry) {
    if (entry.if_match.empty()) return std::nullopt;
    return number(entry.if_match).value_or(std::numeric_limits<std::uint64_t>::max());
}

Outcome several_match(const std::string& path) {
    return refused(412, IssueCode::multiple_matches, "several resources match the condition", path);
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

// One response entry.
void respond(json::Writer& w, const Outcome& outcome, bool with_resource) {
    w.object();
    if (with_resource && outcome.ok() && outcome.body) w.name("resource").raw(*outcome.body);
    w.name("response").object().member("status", std::to_string(outcome.status));
    if (!outcome.location.empty()) w.member("location", outcome.location);
    if (outcome.version) w.member("etag", etag(*outcome.version));
    if (outcome.last_modified) w.member("lastModified", to_iso(*outcome.last_modified));
    if (!outcome.issues.empty()) w.name("outcome").raw(fhir::operation_outcome(outcome.issues));
    w.end().end();
}

Outcome response_bundle(std::string_view type, std::vector<Outcome>& answers, const std::vector<bool>& with_resource,
                        store::Version seen) {
    Outcome out;
    out.seen = seen;
    json::Writer w;
    w.object().member("resourceType", "Bundle").member("type", type);
    if (!answers.empty()) {
        w.name("entry").array();
        for (std::size_t i = 0; i < answers.size(); ++i) {
            respond(w, answers[i], with_resource[i]);
            std::ranges::move(answers[i].touched, std::back_inserter(out.touched));
        }
        w.end();
    }
    w.end();
    out.body = std::make_shared<const std::string>(w.take());
    return out;
}

Outcome outcome_of(PendingWrite& write) {
    Outcome out;
    out.status = write.status;
    if (!write.written) return out;
    out.version = write.version;
    out.last_modified = write.last_modified;
    out.location = write.type + "/" + write.id + "/_history/" + std::to_string(write.version);
    out.touched.push_back(std::move(write.touched));
    return out;
}

// GET of an entry, on a snapshot.
Outcome get(Records::Impl& records, const BundleEntry& entry, const Context& context) {
    const auto parameters = http::parameters(entry.query);
    if (!parameters) return refused(parameters.error());
    if (entry.id.empty()) {
        if (!entry.rest.empty()) return refused(400, IssueCode::not_supported, "only searches, reads and histories of one resource are supported");
        return records.search(entry.type, *parameters, context);
    }
    if (entry.rest.empty()) return records.read(entry.type, entry.id, context);
    if (entry.rest == "_history") return records.history(entry.type, entry.id, *parameters, context);
    const auto version = entry.rest.starts_with("_history/") ? number(entry.rest.substr(9)) : std::nullopt;
    if (!version) return refused(404, IssueCode::not_found, "there is no such resource");
    return records.vread(entry.type, entry.id, *version, context);
}

// A transaction from checked entries to one commit.
class Transaction {
public:
    Transaction(Records::Impl& records, json::Value bundle, std::span<const BundleEntry> entries, const Context& context)
        : records_(records), bundle_(bundle), entries_(entries), context_(context) {}

    Outcome run() {
        if (auto wrong = check()) return std::move(*wrong);
        const auto locks = lock_conditions();
        if (auto wrong = resolve()) return std::move(*wrong);
        if (auto wrong = resolve_references()) return std::move(*wrong);
        const auto version = records_.apply(writes_, references_);
        if (!version) return version.error();
        return answer(*version);
    }

private:
    std::optional<Outcome> check() const {
        for (const BundleEntry& entry : entries_) {
            if (auto wrong = unsupported(entry)) return wrong;
            const bool carries = entry.method == Method::post || entry.method == Method::put;
            if (carries) {
                const std::string_view id = entry.method == Method::put ? entry.id : std::string_view();
                if (auto wrong = records_.misaddressed(entry.type, id, entry.resource, path_of(entry))) return wrong;
            } else if (!writes(entry) && entry.id.empty() && !entry.query.starts_with("_page=")) {
                if (auto wrong = check_search(entry)) return wrong;
            }
        }
        // The Bundle as a whole, since inside it conditional references are right.
        fhir::Issues issues = fhir::check_structure(records_.definitions, bundle_);
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
        std::vector<std::size_t> order;
        for (std::size_t i = 0; i < entries_.size(); ++i) {
            if (writes(entries_[i])) order.push_back(i);
        }
        std::ranges::sort(order, {}, [&](std::size_t i) { return std::pair(rank(entries_[i].method), i); });
        write_of_.assign(entries_.size(), std::nullopt);
        existing_.assign(entries_.size(), {});
        writes_.reserve(order.size());
        for (const std::size_t i : order) {
            if (auto wrong = resolve(i)) return wrong;
        }
        return check_distinct();
    }

    std::optional<Outcome> resolve(std::size_t place) {
        const BundleEntry& entry = entries_[place];
        std::string id(entry.id);
        std::optional<std::string> found;
        if (const auto condition = condition_of(entry); !condition.empty()) {
            auto matches = records_.find_by_condition(entry.type, condition, *snapshot_, context_.visible);
            if (!matches) return std::move(matches.error());
            if (matches->size() > 1) return several_match(path_of(entry) + ".request");
            if (!matches->empty()) found = matches->front();
        }
        Action action = Action::put;
        if (entry.method == Method::erase) {
            action = Action::remove;
            if (id.empty() && !found) return std::nullopt;  // nothing to delete
            if (found) id = *found;
        } else if (entry.method == Method::post) {
            if (found) {
                existing_[place] = *found;
                return name(entry, *found);
            }
            action = Action::create;
            id = uuid(records_.random);
        } else if (id.empty()) {
            if (auto wrong = conditional_update(entry, found, id, action)) return wrong;
        }
        PendingWrite write;
        write.action = action;
        write.type = entry.type;
        write.id = id;
        write.resource = entry.resource;
        write.if_match = if_match_of(entry);
        write.full_url = entry.full_url;
        write.path = path_of(entry);
        write_of_[place] = writes_.size();
        writes_.push_back(std::move(write));
        return action == Action::remove ? std::nullopt : name(entry, id);
    }

    // PUT Type?criteria: the one that matches, else a new one, with the client's id when it gave one.
    std::optional<Outcome> conditional_update(const BundleEntry& entry, const std::optional<std::string>& found,
                                              std::string& id, Action& action) {
        const std::string_view given = entry.resource["id"].text();
        if (!given.empty() && !fhir::valid_id(given)) {
            return refused(400, IssueCode::value, "an id has 1 to 64 of A-Z, a-z, 0-9, - and dot", path_of(entry) + ".resource.id");
        }
        if (found && !given.empty() && given != *found) {
            return refused(400, IssueCode::value, "the id in the resource is not the one that the condition finds",
                           path_of(entry) + ".resource.id");
        }
        id = found ? *found : std::string(given);
        if (!id.empty()) return std::nullopt;
        id = uuid(records_.random);
        action = Action::create;
        return std::nullopt;
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

    std::optional<Outcome> resolve_references() {
        for (const PendingWrite& write : writes_) {
            std::set<std::string_view> found;
            conditional_references(write.resource, found);
            for (const std::string_view text : found) {
                if (!references_.exact(text).empty()) continue;
                const auto parsed = fhir::parse_reference(text);
                auto matches = records_.find_by_condition(parsed->type, parsed->query, *snapshot_, context_.visible);
                if (!matches) return std::move(matches.error());
                if (matches->size() != 1) {
                    return refused(412, matches->empty() ? IssueCode::not_found : IssueCode::multiple_matches,
                                   "a conditional reference must match exactly one resource", write.path);
                }
                references_.add(std::string(text), std::string(parsed->type) + "/" + matches->front());
            }
        }
        return std::nullopt;
    }

    Outcome answer(store::Version version) {
        Context after = context_;
        std::vector<Outcome> answers(entries_.size());
        std::vector<bool> with_resource(entries_.size(), false);
        for (std::size_t i = 0; i < entries_.size(); ++i) {
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
                with_resource[i] = true;
            }
        }
        return response_bundle("transaction-response", answers, with_resource, version);
    }

    Records::Impl& records_;
    json::Value bundle_;
    std::span<const BundleEntry> entries_;
    const Context& context_;
    SnapshotPtr snapshot_;
    std::vector<PendingWrite> writes_;
    std::vector<std::optional<std::size_t>> write_of_;  // of each entry
    std::vector<std::string> existing_;                 // of each entry: the id that if-none-exist found
    ReferenceMap references_;
};

// Entries by themselves. Plain writes share one commit when nothing is wrong with any of them.
class Batch {
public:
    Batch(Records::Impl& records, const fhir::BundleRead& read, std::size_t entries, const Context& context)
        : records_(records), read_(read), context_(context), answers_(entries), with_resource_(entries, false) {}

    Outcome run() {
        refuse_unreadable();
        std::vector<const BundleEntry*> order;
        for (const BundleEntry& entry : read_.bundle.entries) order.push_back(&entry);
        std::ranges::sort(order, {}, [](const BundleEntry* entry) { return std::pair(rank(entry->method), entry->place); });
        const auto done = write_together(order);
        for (const BundleEntry* entry : order) {
            if (!done.contains(entry->place)) one(*entry);
        }
        store::Version seen = version_;
        if (auto newest = records_.store.snapshot(); newest) seen = (*newest)->version();
        return response_bundle("batch-response", answers_, with_resource_, seen);
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
            if (const auto place = number(rest.substr(0, rest.find(']')))) issues[*place].push_back(issue);
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
                               condition_of(*entry).empty() && entry->if_match.empty() && !unsupported(*entry);
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
            with_resource_[entry.place] = true;
        } else if (!condition_of(entry).empty()) {
            answer = conditional(entry);
        } else if (entry.method == Method::post) {
            answer = records_.create(entry.type, entry.resource, context_, {});
        } else if (entry.method == Method::put) {
            answer = records_.update(entry.type, entry.id, entry.resource, if_match_of(entry));
        } else {
            answer = records_.remove(entry.type, entry.id, if_match_of(entry));
        }
    }

    // Conditional create, update and delete go the way of a transaction of one.
    Outcome conditional(const BundleEntry& entry) {
        if (entry.method == Method::post) return records_.create(entry.type, entry.resource, context_, entry.if_none_exist);
        return records_.conditional_write(entry, context_);
    }

    Records::Impl& records_;
    const fhir::BundleRead& read_;
    const Context& context_;
    std::vector<Outcome> answers_;
    std::vector<bool> with_resource_;
    store::Version version_;
};

}  // namespace

// PUT or DELETE of Type?criteria by itself.
Outcome Records::Impl::conditional_write(const fhir::BundleEntry& entry, const Context& context) {
    const std::lock_guard lock(condition_lock(entry.type, entry.query));
    const auto snapshot = store.snapshot();
    if (!snapshot) return refused(snapshot.error());
    const auto found = find_by_condition(entry.type, entry.query, **snapshot, context.visible);
    if (!found) return found.error();
    if (found->size() > 1) return several_match(path_of(entry) + ".request");
    PendingWrite write;
    write.type = entry.type;
    write.if_match = if_match_of(entry);
    if (entry.method == Method::erase) {
        Outcome nothing;
        nothing.status = 204;
        if (found->empty()) return nothing;
        write.action = Action::remove;
        write.id = found->front();
        return single(std::move(write));
    }
    const std::string_view given = entry.resource["id"].text();
    if (auto wrong = unfit(entry.type, given, entry.resource, path_of(entry))) return std::move(*wrong);
    if (!found->empty() && !given.empty() && given != found->front()) {
        return refused(400, IssueCode::value, "the id in the resource is not the one that the condition finds");
    }
    write.id = !found->empty() ? found->front() : !given.empty() ? std::string(given) : uuid(random);
    write.action = found->empty() && given.empty() ? Action::create : Action::put;
    write.resource = entry.resource;
    return single(std::move(write));
}

Outcome Records::Impl::bundle(json::Value bundle, const Context& context) {
    const fhir::BundleRead read = fhir::read_bundle(
        definitions, bundle, {.entries_max = options.bundle_entries_max, .issues_max = kIssuesMax});
    const bool is_batch = read.bundle.type == fhir::BundleType::batch && bundle["type"].text() == "batch" &&
                          bundle["entry"].size() <= options.bundle_entries_max &&
                          (!bundle["entry"] || bundle["entry"].is_array());
    if (is_batch) return Batch(*this, read, bundle["entry"].size(), context).run();
    if (fhir::has_errors(read.issues)) return refused(400, read.issues);
    return Transaction(*this, bundle, read.bundle.entries, context).run();
}

}  // namespace idun::records
