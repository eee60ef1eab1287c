// The value of a resource row: a header that searches and decisions read, and the body.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "fhir/category.h"
#include "records/internal/rewrite.h"
#include "records/outcome.h"

namespace idun::records {

// What a resource may be found by, two bytes a value: a filter that says no for certain and yes perhaps. Sorted.
using Signature = std::vector<std::uint16_t>;

// What a row says about its resource, to be written.
struct Header {
    bool deleted = false;
    fhir::PriorityCategory category = fhir::PriorityCategory::other;
    std::uint64_t version = 0;
    Instant last_updated;
    std::string patient;
    std::vector<std::string> other_patients;
    std::optional<std::pair<Instant, Instant>> date;
    std::vector<std::string> responsible;
    std::string unit;
    fhir::LabelSet labels = {};
    fhir::SummaryElement element = {};
    std::optional<Instant> delayed_until;
    std::vector<std::string> pseudonyms;  // sorted
    bool signature_whole = true;          // false: it has more values than the filter holds
    Signature signature;
};

// What a header says of a resource, beside its content.
Touched touched_of(const Header& header, std::string_view type, std::string_view id);

// A row as it lies in the store: nothing is copied, everything points into the value.
class RowView {
public:
    static Result<RowView> parse(std::string_view value);

    bool deleted() const { return (flags_ & 1) != 0; }
    bool body_elsewhere() const { return (flags_ & 2) != 0; }
    fhir::PriorityCategory category() const { return category_; }
    std::uint64_t version() const { return version_; }
    Instant last_updated() const { return last_updated_; }
    std::string patient() const;
    // The same without making a text. `packed` as append_packed() writes it.
    bool is_about(std::string_view packed) const { return patient_ == packed; }
    std::vector<std::string> other_patients() const;
    const std::optional<std::pair<Instant, Instant>>& date() const { return date_; }
    std::string_view unit() const { return unit_; }
    std::vector<std::string> pseudonyms() const;
    // Everything but the signature, as it was written.
    Header header() const;
    // The body section; empty for a tombstone and when it lies elsewhere.
    std::string_view body() const { return body_; }
    // False: no value of the resource has this mark.
    bool may_have(std::uint16_t mark) const;

    Touched touched(std::string_view type, std::string_view id) const;
    // The same into memory that is used again.
    void touch(Touched& out, std::string_view type, std::string_view id) const;

private:
    std::uint8_t flags_ = 0;
    fhir::PriorityCategory category_ = fhir::PriorityCategory::other;
    std::uint64_t version_ = 0;
    Instant last_updated_;
    std::string_view patient_;      // packed; empty: none
    std::string_view others_;       // count and packed ids
    std::optional<std::pair<Instant, Instant>> date_;
    std::string_view responsible_;  // count and strings
    std::string_view unit_;
    fhir::LabelSet labels_ = {};
    fhir::SummaryElement element_ = {};
    std::optional<Instant> delayed_until_;
    std::string_view pseudonyms_;   // the same
    std::string_view signature_;    // two bytes each
    std::string_view body_;
};

// A body section: the resource's text without what key and header already say (its id, versionId and lastUpdated).
void append_section(std::string& out, const Cut& cut);
// `"versionId":"3","lastUpdated":"2026-01-01T00:00:00.000Z"`
std::string stamp_text(std::uint64_t version, Instant last_updated);
// The text of the resource, with all of it; the second one at the end of `out`.
Result<std::string> body_text(std::string_view section, std::string_view id, std::uint64_t version, Instant last_updated);
Status append_body(std::string& out, std::string_view section, std::string_view id, std::uint64_t version,
                   Instant last_updated);

// A row without its body section, which nothing follows in a tombstone and when the body lies in its own row. Has room
// for `more` bytes.
std::string encode_header(const Header& header, bool body_elsewhere, std::size_t more = 0);
// The same row with its body inside, for history.
Result<std::string> with_body_inside(std::string_view row, std::string_view body_section);

}  // namespace idun::records
