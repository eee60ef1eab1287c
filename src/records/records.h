// One provider's FHIR R4 records on an ordered store: create, read, vread, update, patch, delete (each of them by id or by
// a condition), history, search, transaction and batch, and everything about one patient. It knows FHIR, not HTTP headers, users or rights:
// those are above it and look in through Context and Outcome. Bytes: docs/formats/records.md.
//
//     TRY_ASSIGN(auto records, Records::open(store, definitions, system_clock(), system_random(), options));
//     Outcome made = records->create("Observation", document.root(), {});
//     Outcome page = records->search("Observation", {{"patient", "p1"}, {"_count", "20"}}, context);
//
// Promises
//   - A write is durable before it returns. Concurrent writers never lose an update: a write happens on the
//     version it read or not at all; without If-Match it is tried again, with If-Match it answers 412.
//   - Text is kept: member order and number digits as they came; only `id`, `meta.versionId`,
//     `meta.lastUpdated` and, in bundles, references to other entries are set.
//   - Versions count from 1. A delete makes a version too; read then answers 410, vread of older ones works.
//   - Strict: what it does not know it refuses, and names what is allowed.
// Thread-safe: any number of threads. Calls block (on the store's disk); none is long except search, history, everything and
// bundle, which end when they have spent what Options::effort allows (403, too-costly), and the scans.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/function_ref.h"
#include "base/random.h"
#include "base/result.h"
#include "base/time.h"
#include "fhir/category.h"
#include "fhir/issue.h"
#include "json/document.h"
#include "records/effort.h"
#include "records/outcome.h"
#include "store/store.h"

namespace idun::fhir {
class Definitions;
class Terminology;
}

namespace idun::search {
struct Query;
}

namespace idun::records {

using Parameters = std::vector<std::pair<std::string, std::string>>;  // as http::parameters() gives

struct Options {
    std::string base_url = "http://localhost/fhir";  // no "/" at the end; for links, fullUrl and absolute references
    // The opaque pseudonym of a national person identifier, nullopt for every other identifier. Must be pure:
    // the same answer for ever, since its answers are kept. Empty: no pseudonyms.
    std::function<std::optional<std::string>(std::string_view system, std::string_view value)> person_key = {};
    // Further pseudonyms of what has one: under other keys, while a key takes another's place. And what the keys of both are called: when
    // that is not what the store says, Patients are renamed (Records::rename_some). Empty: there is one key, which stays.
    std::function<std::vector<std::string>(std::string_view system, std::string_view value)> other_keys = {};
    std::string keys = {};

    // Answers :in, :not-in, :above and :below on tokens, and lives as long as the Records; null: these are refused.
    const fhir::Terminology* terminology = nullptr;
    // What is asked of a written resource (or of a transaction as a whole) beyond R4's structure; errors refuse it. Called
    // from many threads. Empty: nothing more.
    std::function<fhir::Issues(json::Value resource)> judge = {};

    std::size_t bundle_entries_max = 20'000;
    std::size_t everything_entries_max = 10'000;
    std::size_t everything_bytes_max = 32u << 20;
    std::size_t history_bytes_max = 32u << 20;      // of the bodies of one page
    std::size_t history_looked_at_max = 20'000;     // versions, for one page
    std::size_t page_entries_default = 50;
    std::size_t page_entries_max = 1'000;
    std::size_t page_bytes_max = 32u << 20;     // of resources; a page has one match in any case. As much again of includes
    std::size_t criteria_bytes_max = 256u << 10;  // of the parameters of one search, names and values
    EffortLimits effort = {};                   // of one request; a search beyond it is refused as too costly
    std::size_t cache_bytes = 16u << 20;        // of resources that were shown last
    std::size_t page_sessions_max = 128;        // the oldest makes room; of one owner a quarter
    std::size_t page_sessions_bytes_max = 256u << 20;  // of one owner half
    std::chrono::milliseconds page_session_time = std::chrono::minutes(10);
};

// The records of one "Patient/p1", "Encounter/e1", "Practitioner/..", "RelatedPerson/.." or "Device/..".
struct Compartment {
    std::string type;  // "": none
    std::string id;
};

// Whom a query asks about: ids of Patients, and identifiers (system, value) of them.
struct AskedAbout {
    std::string query;  // the names of its parameters; those that are not of R4's search are only counted, as "?2"
    std::vector<std::string> patients;
    std::vector<std::pair<std::string, std::string>> identifiers;
    std::vector<std::string> persons;  // pseudonyms behind those identifiers that name a person nationally
};

// What must hold for a write to happen; else 412.
struct Preconditions {
    std::optional<std::uint64_t> if_match = {};  // the version that the caller knows
    bool if_none_match = false;                  // If-None-Match: *, there is no such resource
};

// A change to a resource, described.
struct Patch {
    enum class Language : std::uint8_t { json, fhirpath };
    Language language = Language::json;
    json::Value operations;  // the array of a JSON Patch (RFC 6902); the Parameters of a FHIRPath Patch
};

// One resource of scan_patient.
struct Row {
    Touched touched;
    std::shared_ptr<const std::string> body;  // as stored; null for a tombstone
};

// What scan_patient gives. Empty lists: all.
struct Selection {
    std::vector<std::string> types = {};
    std::vector<fhir::PriorityCategory> categories = {};
    std::optional<Instant> since = {};  // lastUpdated at or after
    bool bodies = true;            // false: `body` stays null (cheaper)
    // Asked before every read of up to 1,000 rows, whether they are wanted or not: true ends the scan with `busy`.
    std::function<bool()> stopped = {};
};

// What scan_all gives.
struct ScanSelection {
    std::vector<std::string> types = {};  // empty: all
    std::optional<Instant> since = {};    // lastUpdated after this
    bool about_patients = false;          // only Patients and what is about one
    bool tombstones = false;              // deleted resources too
    // Place `slice` of `slices` equal parts of the store, so that several threads may share a scan: together they give
    // everything once, and all that is about one patient is in one of them.
    std::size_t slice = 0;
    std::size_t slices = 1;
    // As for a Selection.
    std::function<bool()> stopped = {};
};
// The body is empty for a tombstone. Both hold until it returns. An error ends the scan.
using Scanned = FunctionRef<Status(const Touched& touched, std::string_view body)>;

// Of one patient, of what is not deleted.
struct CategorySummary {
    fhir::PriorityCategory category = fhir::PriorityCategory::other;
    Instant newest;         // lastUpdated
    std::uint64_t count = 0;
};

class Records {
public:
    // Reads the store's own keys, or makes them in an empty store. The arguments live as long as the Records.
    static Result<std::unique_ptr<Records>> open(store::Store& store, const fhir::Definitions& definitions,
                                                 const Clock& clock, Random& random, Options options);
    ~Records();
    Records(const Records&) = delete;
    Records& operator=(const Records&) = delete;

    // 201. An id in the resource is replaced by a new one. `if_none_exist`: a search query such as
    // "identifier=a|b" (200 with the one that matches, 412 when several do); "" for none.
    Outcome create(std::string_view type, json::Value resource, const Context& context,
                   std::string_view if_none_exist = {});
    // 200, or 201 when it was not there or deleted.
    Outcome update(std::string_view type, std::string_view id, json::Value resource, const Context& context,
                   const Preconditions& conditions = {});
    // 200. 404 and 410 as for read; 422 when the patch does not fit the resource as it is. The result is checked like an
    // update, and by Context::check; it keeps type and id. Without if_match it is tried again when somebody was faster.
    Outcome patch(std::string_view type, std::string_view id, const Patch& patch, const Context& context,
                  const Preconditions& conditions = {});
    // 204, also when there was nothing to delete.
    Outcome remove(std::string_view type, std::string_view id, const Context& context,
                   const Preconditions& conditions = {});

    // The same for what a search query finds, such as "identifier=a|b" (R4 §3.1.0.4.3, .7.1, .5.1); 412 when it finds several.
    // update: makes a new resource when it finds none, with the id in the resource when there is one (409 when that is
    // taken); 400 when that id is not the one found. patch: 404 when it finds none. remove: 204.
    Outcome update_where(std::string_view type, std::string_view query, json::Value resource, const Context& context,
                         const Preconditions& conditions = {});
    Outcome patch_where(std::string_view type, std::string_view query, const Patch& patch, const Context& context,
                        const Preconditions& conditions = {});
    Outcome remove_where(std::string_view type, std::string_view query, const Context& context,
                         const Preconditions& conditions = {});

    // What the log says of one version, without its content; nothing when there is no such version.
    Result<std::optional<Touched>> touched(std::string_view type, std::string_view id, std::uint64_t version) const;

    // 200, 404 or 410.
    Outcome read(std::string_view type, std::string_view id, const Context& context) const;
    Outcome vread(std::string_view type, std::string_view id, std::uint64_t version, const Context& context) const;
    // A Bundle of type history, newest first: of a resource; with id "" of a type; with type "" too, of everything.
    // Parameters: _count, _since, _at (one of the two), and those of our own next links. Later writes do not disturb the
    // pages.
    Outcome history(std::string_view type, std::string_view id, const Parameters& parameters,
                    const Context& context) const;

    // A Bundle of type searchset. What may be asked: capability.h. `_page` alone: the same as page().
    // `type` "": the whole system, with _type.
    Outcome search(std::string_view type, const Parameters& parameters, const Context& context);
    // The same inside a compartment; `type` "*": all types.
    Outcome search(const Compartment& in, std::string_view type, const Parameters& parameters, const Context& context);
    // For the log, also of conditions (if-none-exist, conditional updates) and of queries that were refused in part.
    AskedAbout asked_about(std::string_view type, const Parameters& parameters) const;
    // The page behind a `next` link; 410 when it has expired, is unknown or belongs to somebody else.
    Outcome page(std::string_view token, const Context& context);

    // Whether one resource, stored or not, at whatever version, is what search(type, query) looks for. `invalid` or
    // `unsupported` when the query cannot be asked of one resource alone; the resource itself is not validated.
    Result<bool> fits(std::string_view type, json::Value resource, const Parameters& query) const;
    // The same in two steps, for a query that is asked of many resources of that type: it is read once.
    struct Question {
        std::string type;
        std::shared_ptr<const search::Query> query;
    };
    Result<Question> question(std::string_view type, const Parameters& query) const;
    Result<bool> fits(const Question& question, json::Value resource) const;

    // A Bundle of type transaction (all or nothing) or batch (each entry by itself).
    Outcome bundle(json::Value bundle, const Context& context);

    // Writes every resource under its own id, all that can be written in one commit: for imports. What is malformed, has
    // no id or comes twice is refused by itself, whatever becomes of the others. References stay as they are.
    struct Refusal {
        std::size_t place = 0;  // in `resources`
        fhir::Issues issues;
    };
    struct PutAll {
        std::vector<Touched> touched;  // what was written
        std::vector<Refusal> refused;  // by place
        store::Version seen;
    };
    // An error when nothing could be written, for a reason that lies in no resource.
    Result<PutAll> put_all(std::span<const json::Value> resources, const Context& context = {});

    // Patient/[id]/$everything: a searchset of the Patient, of all that is about her, and of what those refer to, unless it
    // is about somebody else. Parameters: start, end (of the care), _since, _type, _count, and those of our own next links.
    // An answer without _count ends at everything_entries_max and everything_bytes_max, with a next link.
    Outcome everything(std::string_view patient, const Parameters& parameters, const Context& context);

    // The newest version of the store.
    Result<std::shared_ptr<const store::Snapshot>> snapshot() const;

    // Everything about one patient, the Patient first, in chunks of at most 1,000; tombstones are left out.
    // `chunk` returns false to stop. Nothing is given for a patient that is not there.
    Status scan_patient(const store::Snapshot& snapshot, std::string_view patient, const Selection& selection,
                        const Visible& visible, const std::function<bool(std::vector<Row>)>& chunk) const;

    // Every current resource in the order in which it lies in the store, which keeps together what is about one patient.
    // Linear in the store, in bounded memory.
    Status scan_all(const store::Snapshot& snapshot, const ScanSelection& selection, Scanned found) const;

    // Ids of the Patients that carry an identifier with this pseudonym, sorted.
    Result<std::vector<std::string>> patients_of(std::string_view pseudonym, const store::Snapshot& snapshot) const;
    // The pseudonyms of a Patient, sorted; empty when there is none.
    Result<std::vector<std::string>> pseudonyms_of(std::string_view patient, const store::Snapshot& snapshot) const;
    // The same, and of a Patient that was deleted the ones she had last: whose record the log says was shown.
    Result<std::vector<std::string>> persons_behind(std::string_view patient, const store::Snapshot& snapshot) const;
    // Before the first write, when Options::keys is not what the Patients here were named by, or a renaming was broken off: notes in the
    // store that from now on they are named otherwise.
    Status begin_renaming();
    // While that is so: some more of them get the pseudonyms that it makes now, each in a
    // commit that no writer can overtake unseen, with a note that they are found under others. True while there may be more. A process
    // that dies begins anew. For one thread.
    Result<bool> rename_some(std::size_t patients_max);
    bool renamed() const;
    // Where the store does not say which keys they are named by (named_by.h) all are named by one: whether the keys of now lack it, by
    // the Patients that are looked at.
    Result<bool> named_by_another_key() const;
    // By category, only those with a count above 0. Linear in the patient's records.
    Result<std::vector<CategorySummary>> categories_of(std::string_view patient,
                                                       const store::Snapshot& snapshot) const;

    struct Impl;  // internal/impl.h

private:
    explicit Records(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace idun::records
