// From a resource to its header: whose it is, when, by whom, and what search finds it by.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "search/fields.h"
#include "json/document.h"
#include "records/internal/keys.h"
#include "records/internal/rewrite.h"
#include "records/internal/row.h"

namespace idun::records {

inline constexpr std::size_t kSearchItemsMax = 20'000;  // of one resource

struct Extractor {
    const search::SearchFields& fields;
    const TextHash& hash;
    std::string_view base_url;
    const std::function<std::optional<std::string>(std::string_view, std::string_view)>& person_key;

    // Everything but deleted, version and lastUpdated. `too_large` when it has more than kSearchItemsMax values.
    Result<Header> header(std::string_view type, std::string_view id, json::Value resource,
                          const EntryReferences& references) const;
};

// Is this item also written as a token row?
bool is_inverted(const SearchItem& item, const TextHash& hash, std::string_view patient);

}  // namespace idun::records
