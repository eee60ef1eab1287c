// The value of a resource row: a header that search and decisions read, and the packed body.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "fhir/category.h"
#include "records/outcome.h"

namespace idun::records {

// A searched value: `number` is a search::SearchCode; two hashes, or the ends of an interval.
struct SearchItem {
    std::uint8_t number = 0;
    std::uint64_t a = 0;
    std::uint64_t b = 0;
    friend auto operator<=>(const SearchItem&, const SearchItem&) = default;
};

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
    std::vector<std::string> pseudonyms;  // sorted
    std::vector<SearchItem> items;        // sorted, no two alike
};

// A packed body: dictionary, length when unpacked, bytes.
struct PackedBody {
    std::uint8_t dictionary = 0;
    std::uint64_t length = 0;
    std::string_view bytes;
};

// A row as it lies in the store: nothing is copied, everything points into the value.
class RowView {
public:
    static Result<RowView> parse(std::string_view value);

    bool deleted() const { return (flags_ & 1) != 0; }
    bool body_elsewhere() const { return (flags_ & 2) != 0; }
    fhir::PriorityCategory category() const { return category_; }
    std::uint64_t version() const { return version_; }
    Instant last_updated() const { return last_updated_; }
    std::string_view patient() const { return patient_; }
    const std::optional<std::pair<Instant, Instant>>& date() const { return date_; }
    std::vector<std::string> pseudonyms() const;
    const PackedBody& body() const { return body_; }

    std::size_t item_count() const { return items_.size() / kItemBytes; }
    SearchItem item(std::size_t place) const;
    std::vector<SearchItem> items() const;

    Touched touched(std::string_view type, std::string_view id) const;

private:
    static constexpr std::size_t kItemBytes = 17;
    std::uint8_t flags_ = 0;
    fhir::PriorityCategory category_ = fhir::PriorityCategory::other;
    std::uint64_t version_ = 0;
    Instant last_updated_;
    std::string_view patient_;
    std::string_view others_;       // count and strings
    std::optional<std::pair<Instant, Instant>> date_;
    std::string_view responsible_;  // the same
    std::string_view pseudonyms_;   // the same
    std::string_view items_;
    PackedBody body_;
};

// Body sections: what stands after the header, and alone in a big-body row.
std::string pack_body(std::string_view json);
Result<PackedBody> packed_body(std::string_view section);
Result<std::string> unpack(const PackedBody& body);

// Header and body section ("" for a tombstone, or when the body lies in its own row).
std::string encode_row(const Header& header, std::string_view body_section, bool body_elsewhere);
// The same row with its body inside, for history.
Result<std::string> with_body_inside(std::string_view row, std::string_view body_section);

}  // namespace idun::records
