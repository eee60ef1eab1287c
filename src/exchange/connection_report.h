// The six measures of the report on primary use (EHDS Article 20, PU-20-1), computed when they are asked for from what the hub holds.
// What each is counted from, and what cannot be known, stands with it. docs/formats/connection-report.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "exchange/access_view.h"
#include "exchange/cases.h"
#include "exchange/withdrawals.h"
#include "store/store.h"

namespace idun::exchange {

// What the hub cannot know, as the operator has written it. Every version is kept.
struct NationalFigures {
    struct ProviderType {
        std::string code;  // of Organization.type
        std::string name;
        std::optional<std::uint64_t> total;  // providers of that type in the country
    };
    std::uint64_t version = 0;  // 0: none was written
    std::optional<std::uint64_t> population;
    std::vector<std::string> measures;  // taken to implement the law
    std::vector<ProviderType> types;
    std::string source;  // where the numbers come from
};
inline constexpr std::size_t kNationalBytesMax = 64u << 10;

// `invalid` with the member's name: {"population", "measures", "providerTypes", "source"}, nothing else.
Result<NationalFigures> national_figures_from(std::string_view json);
// The new version's number.
Result<std::uint64_t> write_national_figures(store::Store& store, std::string_view json);
Result<NationalFigures> newest_national_figures(const store::Snapshot& snapshot);

struct Figure {
    std::string measure;       // "a" to "f"
    std::string name;          // "providers-connected"
    std::string of;            // of what type or category; "": all
    std::optional<std::uint64_t> count = {};
    bool about_people = false; // small ones are not shown
    std::optional<std::uint64_t> out_of = {};  // the share is count / out_of
    std::string text = {};     // of a measure that is told and not counted
    std::string from;          // what it is counted from
    std::string unknown = {};  // why there is no count, or no share
};

// Below this a count about people is not shown.
inline constexpr std::uint64_t kSmallCount = 5;

struct ReportParts {
    store::Store& store;
    const directory::Directory& directory;
    const index::Index& index;
    const Cases& cases;
    const Withdrawals& withdrawals;
    AccessView& accesses;
    std::string hub;
};
struct ConnectionReport {
    Instant from, to;  // to: excluded
    std::uint64_t directory_number = 0;  // how the directory stood
    std::uint64_t national = 0;          // version of the national figures
    std::vector<Figure> figures;
};
// Reads whole logs (minutes for a country), and walks once over everybody in the index.
Result<ConnectionReport> connection_report(const ReportParts& parts, Instant from, Instant to);

}  // namespace idun::exchange
