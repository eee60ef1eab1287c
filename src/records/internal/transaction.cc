// A transaction: all of its entries or none (FHIR R4 §3.1.0.11.2).
#include <algorithm>
#include <deque>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "fhir/reference.h"
#include "fhir/structure.h"
#include "http/message.h"
#include "records/internal/bundle.h"

namespace idun::records {
namespace {

using fhir::BundleEntry;
using fhir::IssueCode;
using fhir::Method;
using Action = PendingWrite::Action;

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

// "system|value" of an identifier.
std::string identifier_text(std::string_view system, std::string_view value) {
    return std::string(system).append("|").append(value);
}

// A transaction from checked entries to one commit.
class Transaction {
public:
    Transaction(Records::Impl& records, json::Value bundle, std::span<const BundleEntry> entries,
                const Context& context)
        : records_(records), bundle_(bundle), entries_(entries), context_(context) {}

    Outcome run() {
        if (auto wrong = check()) return std::move(*wrong);
        const auto locks = lock_conditions();
        for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
            if (auto wrong = resolve()) return std::move(*wrong);
            if (auto wrong = resolve_references()) return std::move(*wrong);
            const auto version = records_.apply(writes_, references_, context_);
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
    Context without_removed() const {
        Context out = context_;
        out.guarded.clear();
        out.visible = [this](const Touched& touched) {
            return !removed_.contains(touched.type + "/" + touched.id) && is_visible(context_, touched);
        };
        return out;
    }

    std::optional<Outcome> resolve(std::size_t place) {
        const BundleEntry& entry = entries_[place];
        const std::string path = path_of(entry);
        std::optional<Found> found;
        const std::string_view condition = condition_of(entry);
        if (!condition.empty()) {
            auto matches = records_.find_one(entry.type, condition, *snapshot_, without_removed(), path + ".request");
            if (!matches) return std::move(matches.error());
            found = std::move(*matches);
            const bool makes = !found && (entry.method == Method::post || entry.method == Method::put);
            if (makes && !made_.insert(normal_condition(entry.type, condition)).second) {
                return refused(400, IssueCode::duplicate,
                               "another entry of the transaction makes what this condition finds", path + ".request");
            }
        }
        switch (entry.method) {
            case Method::erase: return resolve_delete(entry, place, found);
            case Method::post: return resolve_create(entry, place, found);
            case Method::patch: return resolve_patch(entry, place, found);
            default: return resolve_update(entry, place, found);
        }
    }

    std::optional<Outcome> resolve_delete(const BundleEntry& entry, std::size_t place,
                                          const std::optional<Found>& found) {
        if (entry.id.empty() && !found) return std::nullopt;  // nothing to delete
        PendingWrite write;
        write.action = Action::remove;
        write.id = found ? found->id : std::string(entry.id);
        if (found) write.seen = found->version;
        removed_.insert(std::string(entry.type) + "/" + write.id);
        return add(entry, place, std::move(write));
    }

    std::optional<Outcome> resolve_create(const BundleEntry& entry, std::size_t place,
                                          const std::optional<Found>& found) {
        if (found) {
            existing_[place] = found->id;
            return name(entry, found->id);
        }
        PendingWrite write;
        write.action = Action::create;
        write.id = uuid(records_.random);
        return add(entry, place, std::move(write));
    }

    std::optional<Outcome> resolve_update(const BundleEntry& entry, std::size_t place,
                                          const std::optional<Found>& found) {
        if (!entry.id.empty()) {
            PendingWrite write;
            write.id = entry.id;
            return add(entry, place, std::move(write));
        }
        auto write = records_.put_found(entry.type, entry.resource, found, snapshot_, path_of(entry));
        if (!write) return std::move(write.error());
        return add(entry, place, std::move(*write));
    }

    std::optional<Outcome> resolve_patch(const BundleEntry& entry, std::size_t place,
                                         const std::optional<Found>& found) {
        // Small patches may keep large resources in memory until all are written.
        if (const Status left = context_.effort->left(); !left) return refused_reading(left.error());
        const auto patch = patch_of(entry);
        if (!patch) return patch.error();
        PendingWrite write;
        write.id = found ? found->id : std::string(entry.id);
        if (write.id.empty())
            return refused(404, IssueCode::not_found, "no resource matches the condition",
                           path_of(entry) + ".request.url");
        auto result = records_.patched(entry.type, write.id, patch->patch, *snapshot_, context_,
                                       preconditions_of(entry), path_of(entry));
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
        write.shows_body = shown_of(entry, context_.prefer) == Shown::resource;
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
            return refused(400, IssueCode::duplicate, "another entry of the transaction changes the same resource",
                           write.path);
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

    std::optional<Outcome> resolve_reference(std::string_view text, const std::string& path,
                                             const Identifiers& written) {
        const auto parsed = fhir::parse_reference(text);
        auto matches = records_.find_by_condition(parsed->type, parsed->query, *snapshot_, without_removed());
        if (!matches) {
            for (fhir::Issue& issue : matches.error().issues) issue.path = path;
            return std::move(matches.error());
        }
        std::set<std::string> ids(matches->begin(), matches->end());
        if (const auto parameters = http::parameters(parsed->query);
            parameters && parameters->size() == 1 && parameters->front().first == "identifier") {
            const auto [first, last] =
                written.equal_range(std::string(parsed->type) + "?" + parameters->front().second);
            for (auto at = first; at != last; ++at) ids.insert(at->second);
        }
        if (ids.size() != 1) {
            return refused(412, ids.empty() ? IssueCode::not_found : IssueCode::multiple_matches,
                           "a conditional reference must match exactly one resource", path);
        }
        references_.add(std::string(text), std::string(parsed->type) + "/" + *ids.begin());
        return std::nullopt;
    }

    // From "Type?system|value" and "Type?value" to the ids of resources that this transaction writes with that
    // identifier.
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
                if (shown[i] != Shown::resource) answers[i].body = nullptr;
            } else if (!existing_[i].empty()) {
                answers[i] = existing(entries_[i], existing_[i], shown[i]);
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
                answers[i] = answer_to(records_, entries_[i], after);
            }
        }
        return response_bundle("transaction-response", answers, shown, version);
    }

    // What if-none-exist found. The transaction has happened: when there is no room left for it, it is not shown.
    Outcome existing(const BundleEntry& entry, const std::string& id, Shown shown) const {
        Context then = context_;
        then.snapshot = snapshot_;
        Outcome out = records_.read(entry.type, id, then);
        mark(out, Way::read);
        if (shown != Shown::resource || !context_.effort->left()) out.body = nullptr;
        if (out.body != nullptr) context_.effort->show(out.body->size());
        return out;
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
    std::unordered_set<std::string> removed_;  // "Type/id"
    std::unordered_set<std::string> made_;     // conditions under which something is made
    ReferenceMap references_;
};

}  // namespace

Outcome run_transaction(Records::Impl& records, json::Value bundle, std::span<const BundleEntry> entries,
                        const Context& context) {
    return Transaction(records, bundle, entries, context).run();
}

}  // namespace idun::records
