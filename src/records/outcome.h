// What an interaction came to, and the context a caller gives it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "fhir/category.h"
#include "fhir/issue.h"
#include "fhir/security_label.h"
#include "fhir/summary_element.h"
#include "json/document.h"
#include "records/effort.h"
#include "store/store.h"

namespace idun::records {

// What was done to a record, where the interaction by itself does not say it: a PUT makes or changes, a Bundle does many
// things, a write that is refused because of what is there has only looked at it.
enum class Way : std::uint8_t { as_asked, read, vread, history, search, create, update, remove };

// One resource at one version that an answer shows or a write changed: what a decision and a log entry need
// to know about it, without its content.
struct Touched {
    std::string type;
    std::string id;
    std::uint64_t version = 0;  // meta.versionId
    Instant last_updated;
    bool deleted = false;       // this version is a tombstone
    fhir::PriorityCategory category = fhir::PriorityCategory::other;
    std::string patient;        // id of the Patient it is about, and with whose records it lies; "" for none
    std::vector<std::string> other_patients;  // further Patients it names as subject (an appointment of two)
    // When the care took place, by the `date` search parameter of the type: [from, to). Absent: not dated.
    std::optional<std::pair<Instant, Instant>> date;
    // Who is responsible, as the resource names them (author, performer, custodian, service provider, ...):
    // "Organization/x", "PractitionerRole/y" or, for a logical reference, "system|value".
    std::vector<std::string> responsible;
    // What else decides who may see it:
    std::string unit = {};                      // the care unit that made the entry (kUnitSystem); "" for none
    fhir::LabelSet labels = {};                 // its meta.security
    fhir::SummaryElement element = {};          // the element group of the patient summary that it belongs to
    std::optional<Instant> delayed_until = {};  // kDelayUrl: not shown to the person before
    // Of a Patient that a write changed: the pseudonyms before it. The log names these too.
    std::vector<std::string> before = {};
    Way way = Way::as_asked;
};

// The tag (meta.tag) that names the care unit which made an entry.
inline constexpr std::string_view kUnitSystem = "urn:idun:unit";
// The extension of meta (valueDateTime) that keeps an entry from the person for a time (EHDS Art. 3(3)).
inline constexpr std::string_view kDelayUrl = "urn:idun:delayed-for-patient";

// False hides the resource: it then leaves no trace in entries, totals or links. Called on the calling thread, with the
// newest version of the resource in the snapshot that is read, also for its older versions: an entry is there as a
// whole or not.
using Visible = std::function<bool(const Touched&)>;

// Judges a resource before it is written, beside what R4 says of every resource: issues refuse it. Issue paths start
// with the type of the resource.
using Check = std::function<fhir::Issues(json::Value resource)>;

// What the answer to a write shows (the Prefer header of R4).
enum class Return : std::uint8_t { minimal, representation, operation_outcome };

// Who calls and on what. The default sees everything in the newest version.
struct Context {
    // The version to read; null: the newest. Writes always act on the newest.
    std::shared_ptr<const store::Snapshot> snapshot = {};
    // Asked for every resource before it is counted, shown or written over. Empty: everything is visible. What is
    // hidden is not there: a condition does not find it, a delete has nothing to delete, If-Match does not hold. Only
    // its id is taken: 409.
    Visible visible = {};
    // Names the caller, opaquely (for example a hash of user, patient and purpose): a page token works only
    // for the owner it was given to.
    std::string owner = {};
    // A search leaves out, and names, what it does not understand, instead of refusing (Prefer: handling=lenient).
    bool lenient = false;
    // Asked for the results of patches, which the caller has not seen.
    Check check = {};
    // For the entries of bundles; a single write always gives its body, and the caller shows it or not.
    Return prefer = Return::minimal;
    // The care unit of a writer: what is written about a patient and names no unit gets it as a tag. An entry keeps the
    // unit that made it; only a writer without a unit gives it another one.
    std::string unit = {};
    // What this request may still cost. Null: the call begins one of its own, by Options::effort.
    std::shared_ptr<Effort> effort = {};
    // The types of which `visible` may hide something; empty: any. What is certainly shown is found faster.
    std::vector<std::string> guarded = {};

    bool may_hide(std::string_view type) const { return visible && (guarded.empty() || std::ranges::find(guarded, type) != guarded.end()); }
};

// Either a success (`ok()`) or a refusal with at least one issue. Never holds personal data outside `body`,
// `location` and `touched`.
struct Outcome {
    int status = 200;                        // of HTTP
    std::optional<std::uint64_t> version;    // of the resource: the ETag is W/"version"
    std::optional<Instant> last_modified;
    std::string location;                    // "Observation/1/_history/2" after create and update; relative
    std::shared_ptr<const std::string> body; // FHIR JSON; null when there is none (then show `issues`)
    std::vector<Touched> touched;            // in the order of the body; for a search: the entries of this page
    std::vector<std::string> asked;          // Patients whom it was about as well, though nothing of theirs is shown
    store::Version seen;                     // read: the version it was read from; write: that it made
    std::vector<fhir::Issue> issues;         // why not; after a success: hints and warnings

    bool wrote = false;                      // something was committed

    bool ok() const { return status < 400; }
};

// Does the caller have this version already (If-None-Match, else If-Modified-Since)? Then an answer of status 304 and
// without body will do. `if_none_match`: "*" or entity tags, "" for none.
bool not_modified(const Outcome& outcome, std::string_view if_none_match, std::optional<Instant> if_modified_since);

// The version in an entity tag: 3 for `W/"3"` or `"3"`.
std::optional<std::uint64_t> version_of_etag(std::string_view etag);
std::string etag(std::uint64_t version);  // W/"3"

}  // namespace idun::records
