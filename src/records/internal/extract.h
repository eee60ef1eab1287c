// From a resource to its header and index rows: whose it is, when, by whom, and what search finds it by.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json/document.h"
#include "records/internal/keys.h"
#include "records/internal/rewrite.h"
#include "records/internal/row.h"
#include "search/parameters.h"

namespace idun::records {

inline constexpr std::size_t kIndexValuesMax = 20'000;  // of one resource
inline constexpr std::size_t kSignatureMax = 4'000;     // marks; a resource with more is always looked at

// What is read from the resources of one type, decided once. The parameters live in the Registry.
struct ExtractPlan {
    struct Item {
        const search::Parameter* parameter = nullptr;
        bool marks = false;                 // its values are in the signature
        std::vector<IndexKind> kinds;       // and in these index rows
        bool names_patient = false;
        bool dates = false;
    };
    std::vector<Item> items;
    const search::Parameter* code = nullptr;  // the one whose values are exactly the rows of IndexKind::code
};

struct Extracted {
    Header header;
    std::vector<IndexValue> index;  // sorted, no two alike
};

class Extractor {
public:
    using PersonKey = std::function<std::optional<std::string>(std::string_view, std::string_view)>;
    using OtherKeys = std::function<std::vector<std::string>(std::string_view, std::string_view)>;
    // The arguments live as long as the Extractor. `other_keys` may be null.
    Extractor(const search::Registry& known, const TextHash& hash, std::string_view base_url, const PersonKey& person_key,
              const OtherKeys* other_keys = nullptr);

    // Everything but deleted, version and lastUpdated. `too_large` when it has more than kIndexValuesMax values.
    Result<Extracted> extract(std::string_view type, std::string_view id, json::Value resource,
                              const EntryReferences& references) const;

    const ExtractPlan& plan(std::string_view type) const;
    // The mark of a value in a signature: a code, an id, a URL.
    std::uint16_t mark(std::string_view text) const;

    // The index rows that a value is found by.
    IndexValue code_value(std::string_view system, std::string_view code) const;
    IndexValue identifier_value(std::string_view system, std::string_view value) const;
    IndexValue reference_value(std::string_view type, std::string_view id) const;
    IndexValue uri_value(std::string_view text) const;
    IndexValue date_value(std::int64_t from_ms) const;
    // The start of a folded text that rows are kept for: its first 6 or 3 bytes. Nothing for shorter ones.
    static std::optional<std::string_view> text_start(std::string_view folded);
    IndexValue text_value(std::string_view start) const;

private:
    friend class Extraction;
    const search::Registry& known_;
    const TextHash& hash_;
    const std::string_view base_url_;
    const PersonKey& person_key_;
    const OtherKeys* const other_keys_;
    std::vector<ExtractPlan> plans_;  // by type number
};

}  // namespace idun::records
