// The inside of Records, one file per matter: open.cc, read.cc, write.cc, search.cc, bundle.cc, patient.cc.
#pragma once

#include <array>
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
    std::string_view full_url;     // of the bundle entry
    std::string path;              // "Bundle.entry[3]"; empty outside bundles

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

struct Records::Impl {
    Impl(store::Store& store, const fhir::Definitions& definitions, const Clock& clock, Random& random, Options options,
         std::string_view hash_key);

    store::Store& store;
    const fhir::Definitions& definitions;
    const Clock& clock;
    Random& random;
    const Options options;
    const search::Registry known;
    const TextHash hash;
    const Extractor extractor;
    const search::SearchLimits search_limits;
    Sessions sessions;
    mutable Cache cache;
    // Writers with the same if-none-exist condition go one after another.
    std::array<std::mutex, 64> condition_locks;

    // read.cc
    Or<SnapshotPtr> snapshot_of(const Context& context) const;
    Outcome read(std::string_view type, std::string_view id, const Context& context) const;
    Outcome vread(std::string_view type, std::string_view id, std::uint64_t version, const Context& context) const;
    Outcome history(std::string_view type, std::string_view id, const Parameters& parameters,
                    const Context& context) const;
    // One slot for each place; empty where there is no such row.
    Result<std::vector<std::optional<Loaded>>> load(const store::Snapshot& snapshot, std::span<const Place> places,
                                                    bool bodies) const;
    Result<std::string> body_of(const store::Snapshot& snapshot, const RowView& row, const Place& place) const;

    // write.cc
    // Refuses what is not a resource of that type with that id ("": any).
    std::optional<Outcome> misaddressed(std::string_view type, std::string_view id, json::Value resource,
                                        std::string_view path) const;
    // That, and what is not well formed.
    std::optional<Outcome> unfit(std::string_view type, std::string_view id, json::Value resource,
                                 std::string_view path) const;
    // All or nothing. `references` is for every entry.
    Or<store::Version> apply(std::span<PendingWrite> writes, const ReferenceMap& references);
    Outcome single(PendingWrite write);
    Outcome create(std::string_view type, json::Value resource, const Context& context, std::string_view if_none_exist);
    Outcome update(std::string_view type, std::string_view id, json::Value resource, std::optional<std::uint64_t> if_match);
    Outcome remove(std::string_view type, std::string_view id, std::optional<std::uint64_t> if_match);
    std::mutex& condition_lock(std::string_view type, std::string_view query);

    // search.cc
    // `type` "" or "*": all types (of the compartment), or those that _type names.
    Or<search::Query> parse(std::string_view type, Parameters parameters, const Compartment& in = {}, bool lenient = false) const;
    Or<search::Clause> compartment_clause(const Compartment& in, const std::vector<std::string>& types) const;
    // In the order of the query, no one twice.
    Result<std::vector<Match>> find(const search::Query& query, const store::Snapshot& snapshot,
                                    const Visible& visible) const;
    // At most two ids that match "identifier=a|b".
    Or<std::vector<std::string>> find_by_condition(std::string_view type, std::string_view query,
                                                   const store::Snapshot& snapshot, const Visible& visible) const;
    Outcome search(std::string_view type, const Parameters& parameters, const Context& context, const Compartment& in = {});
    Outcome page(std::string_view token, const Context& context);

    // bundle.cc
    Outcome bundle(json::Value bundle, const Context& context);
    Outcome conditional_write(const fhir::BundleEntry& entry, const Context& context);
};

// A refusal with one issue.
Outcome refused(int status, fhir::IssueCode code, std::string text, std::string path = {});
Outcome refused(const Error& error);
Outcome refused(int status, fhir::Issues issues);

}  // namespace idun::records
