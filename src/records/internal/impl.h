// The inside of Records, one file per matter: open.cc, read.cc, history.cc, write.cc, conditional.cc, search.cc,
// bundle.cc (with transaction.cc and batch.cc), everything.cc, patient.cc, rename.cc.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/definitions.h"
#include "fhir/issue.h"
#include "search/parameters.h"
#include "search/query.h"
#include "records/change_note.h"
#include "records/internal/cache.h"
#include "records/internal/extract.h"
#include "records/internal/keys.h"
#include "records/internal/persons.h"
#include "records/internal/row.h"
#include "records/internal/sessions.h"
#include "records/records.h"

namespace idun::fhir {
struct BundleEntry;
}

namespace idun::records {

using SnapshotPtr = std::shared_ptr<const store::Snapshot>;
// A refusal, ready to be returned.
template <typename T>
using Or = tl::expected<T, Outcome>;

// One resource to be written, and what came of it.
struct PendingWrite {
    enum class Action : std::uint8_t { create, put, remove };
    Action action = Action::put;
    std::string type;
    std::string id;
    json::Value resource;
    std::optional<std::uint64_t> if_match;
    bool if_none_match = false;    // refused when the resource is there
    // The version that a condition or patch was worked out on (0: not there); at another one it has to be worked out anew.
    std::optional<std::uint64_t> seen;
    std::string_view full_url;     // of the bundle entry
    std::string path;              // "Bundle.entry[3]"; empty outside bundles
    bool shows_body = true;        // false: `body` is not wanted

    int status = 0;
    bool written = false;          // false: there was nothing to delete
    std::uint64_t version = 0;
    Instant last_modified;
    Touched touched;
    std::shared_ptr<const std::string> body;
};

// Where a resource lies.
struct Place {
    Partition partition = 0;
    std::string type;
    std::string id;
};
// A resource row with its unpacked body.
struct Loaded {
    Touched touched;
    std::shared_ptr<const std::string> body;  // null for a tombstone
};

// A resource as a patch leaves it.
struct Patched {
    json::Document document;
    std::uint64_t version = 0;  // that it was worked out on
};
// What a condition finds.
struct Found {
    std::string id;
    std::uint64_t version = 0;
};
// The status of apply()'s refusal when a PendingWrite::seen no longer holds. It never leaves Records.
inline constexpr int kStale = 0;
inline constexpr int kAttemptsMax = 200;
inline constexpr std::size_t kPersonsMax = 32'768;  // some 250 bytes each

// A refusal that tells something about a resource names it, so that the log can.
// What is hidden from the caller tells nothing, and is not named.
void name_touched(Outcome& refusal, const store::Snapshot& snapshot, std::string_view type, std::string_view id,
                  const Visible& visible);

// Contexts in here always have an effort, but for those that only Records::Impl::read and vread see.
struct Records::Impl {
    Impl(store::Store& store, const fhir::Definitions& definitions, const Clock& clock, Random& random, Options options,
         std::string_view hash_key);

    store::Store& store;
    const fhir::Definitions& definitions;
    const Clock& clock;
    Random& random;
    const Options options;
    const search::Registry& known;
    const TextHash hash;
    const Extractor extractor;
    const search::SearchLimits search_limits;
    Sessions sessions;
    mutable Cache cache;
    mutable Persons persons{kPersonsMax};
    // Rows of Patients may change without a new version: whoever relies on one expects the row itself.
    std::atomic<bool> renaming = false;
    bool renaming_marked = false;  // in the store; of who renames, as is the next
    std::string renamed_to;        // the locator up to which all are renamed
    // Writers with the same if-none-exist condition go one after another.
    std::array<std::mutex, 64> condition_locks;

    // read.cc
    Or<SnapshotPtr> snapshot_of(const Context& context) const;
    Outcome read(std::string_view type, std::string_view id, const Context& context) const;
    Outcome vread(std::string_view type, std::string_view id, std::uint64_t version, const Context& context) const;
    // The answer to a read of that version.
    Outcome answer_of(const store::Snapshot& snapshot, const RowView& row, const Place& place) const;
    // One slot for each place; empty where there is no such row. Bodies over `bytes_max` in all end it before the last
    // place, but not before the first body. What is not `visible` comes without its body, and does not count.
    Result<std::vector<std::optional<Loaded>>> load(const store::Snapshot& snapshot, std::span<const Place> places,
                                                    bool bodies, std::size_t bytes_max = std::string::npos,
                                                    const Visible& visible = {}) const;
    Result<std::string> body_of(const store::Snapshot& snapshot, const RowView& row, const Place& place) const;

    // history.cc
    Outcome history(std::string_view type, std::string_view id, const Parameters& parameters,
                    const Context& context) const;

    // write.cc
    // Refuses what is not a resource of that type with that id ("": any).
    std::optional<Outcome> misaddressed(std::string_view type, std::string_view id, json::Value resource,
                                        std::string_view path) const;
    // That, and what is not well formed.
    std::optional<Outcome> unfit(std::string_view type, std::string_view id, json::Value resource,
                                 std::string_view path) const;
    // What Stage made of `writes`.
    Result<store::Version> commit(store::Batch batch, std::span<const PendingWrite> writes);
    // All or nothing. `references` is for every entry.
    Or<store::Version> apply(std::span<PendingWrite> writes, const ReferenceMap& references, const Context& context);
    Outcome single(PendingWrite write, const Context& context);
    Outcome create(std::string_view type, json::Value resource, const Context& context, std::string_view if_none_exist);
    Outcome update(std::string_view type, std::string_view id, json::Value resource, const Context& context,
                   const Preconditions& conditions);
    Outcome remove(std::string_view type, std::string_view id, const Context& context, const Preconditions& conditions);

    // conditional.cc
    Outcome patch(std::string_view type, std::string_view id, const Patch& patch, const Context& context,
                  const Preconditions& conditions);
    Outcome update_where(std::string_view type, std::string_view query, json::Value resource, const Context& context,
                         const Preconditions& conditions);
    Outcome remove_where(std::string_view type, std::string_view query, const Context& context,
                         const Preconditions& conditions);
    Outcome patch_where(std::string_view type, std::string_view query, const Patch& patch, const Context& context,
                        const Preconditions& conditions);
    // Works the patch out on what the snapshot has; the result is checked like an update.
    Or<Patched> patched(std::string_view type, std::string_view id, const Patch& patch, const store::Snapshot& snapshot,
                        const Context& context, const Preconditions& conditions, std::string_view path) const;
    // Nothing when none matches, a refusal when several do.
    Or<std::optional<Found>> find_one(std::string_view type, std::string_view query, const store::Snapshot& snapshot,
                                      const Context& context, const std::string& path) const;
    // The write of PUT Type?criteria for what was found on the snapshot.
    Or<PendingWrite> put_found(std::string_view type, json::Value resource, const std::optional<Found>& found,
                               const SnapshotPtr& snapshot, const std::string& path) const;
    // Whoever works with the same criteria waits for the same lock.
    std::mutex& condition_lock(std::string_view type, std::string_view query);

    // rename.cc
    Status look_for_renaming();
    Status begin_renaming();
    Result<bool> rename_some(std::size_t patients_max);
    Status rename(std::span<const std::string> patients);

    // search.cc
    // `type` "" or "*": all types (of the compartment), or those that _type names.
    Or<search::Query> parse(std::string_view type, Parameters parameters, const Compartment& in = {}, bool lenient = false) const;
    Or<search::Clause> compartment_clause(const Compartment& in, const std::vector<std::string>& types) const;
    // In the order of the query, no one twice.
    Result<std::vector<Match>> find(const search::Query& query, const store::Snapshot& snapshot, const Context& context) const;
    // At most two ids that match "identifier=a|b".
    Or<std::vector<std::string>> find_by_condition(std::string_view type, std::string_view query,
                                                   const store::Snapshot& snapshot, const Context& context) const;
    Outcome search(std::string_view type, const Parameters& parameters, const Context& context, const Compartment& in = {});
    Outcome page(std::string_view token, const Context& context);

    // bundle.cc
    Outcome bundle(json::Value bundle, const Context& context);

    // everything.cc
    Outcome everything(std::string_view patient, const Parameters& parameters, const Context& context);
};

// A refusal with one issue.
Outcome refused(int status, fhir::IssueCode code, std::string text, std::string path = {});
Outcome refused(const Error& error);
// Of what a request was reading: 403 when it has spent what it may (Effort).
Outcome refused_reading(const Error& error);
Outcome refused(int status, fhir::Issues issues);
Outcome not_found();
Outcome several_match(const std::string& path);
// The same text for the same criteria, whatever their order and escapes.
std::string normal_condition(std::string_view type, std::string_view query);
// The path of an element below `path`, which is "" outside bundles: "Bundle.entry[3].request".
std::string below(std::string_view path, std::string_view member);

bool is_visible(const Context& context, const Touched& touched);
// What was touched as the interaction says was touched in this way.
void mark(Outcome& outcome, Way way);
// The answer to a read of one version; 410 for a tombstone.
Outcome shown(Touched touched, std::shared_ptr<const std::string> body, store::Version seen);
Outcome deleted(Touched touched, store::Version seen);
// What a write that has happened says.
Outcome outcome_of(PendingWrite& write);
// All digits, and small enough.
std::optional<std::uint64_t> whole_number(std::string_view text);

// The current row of a resource, if there is one.
struct Current {
    Place place;
    std::string value;
};
Result<std::optional<Current>> current_row(const store::Snapshot& snapshot, std::string_view type, std::string_view id);

}  // namespace idun::records
