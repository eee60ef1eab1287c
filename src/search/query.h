// Parses the parameters of a search strictly: what is not understood is refused, with the parameter's name and
// never its value.
//
//     auto query = parse_search(fields, "Observation", {{"patient", "p1"}, {"date", "ge2026"}}, options);
//     if (!query) ... query.error() is a list of Errors; Error::path is the parameter's name
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"
#include "search/date.h"
#include "search/fields.h"

namespace idun::search {

// `code`, `system|code`, `|code` or `system|`.
struct TokenCriterion {
    enum class Form : std::uint8_t { any_system, exact, no_system, any_code };
    Form form = Form::any_system;
    std::string system;
    std::string code;
    friend bool operator==(const TokenCriterion&, const TokenCriterion&) = default;
};

struct ReferenceCriterion {
    enum class Form : std::uint8_t {
        typed,      // type and id
        any_type,   // an id of any of the parameter's target types
        foreign,    // `id` is a URL or URN outside this server, compared whole
    };
    Form form = Form::typed;
    std::string type;
    std::string id;
    friend bool operator==(const ReferenceCriterion&, const ReferenceCriterion&) = default;
};

// One parameter of the query: at least one of its values (comma: OR) must match.
struct Clause {
    enum class Kind : std::uint8_t {
        id,            // _id: `ids`
        last_updated,  // _lastUpdated: `dates`
        token,
        date,
        reference,
        chained_identifier,  // patient.identifier: `tokens` on the identifiers of a Patient
    };
    Kind kind = Kind::id;
    const SearchField* parameter = nullptr;  // null for _id and _lastUpdated; lives in SearchFields
    std::vector<std::string> ids;
    std::vector<TokenCriterion> tokens;
    std::vector<DateCriterion> dates;
    std::vector<ReferenceCriterion> references;
};

struct Query {
    enum class Sort : std::uint8_t { last_updated, date };
    enum class Total : std::uint8_t { unasked, none, accurate };

    std::string type;
    std::vector<Clause> clauses;  // all must match
    Sort sort = Sort::last_updated;
    bool descending = true;
    std::optional<std::size_t> count;
    Total total = Total::unasked;
    bool only_count = false;  // _summary=count or _count=0
};

struct SearchLimits {
    std::string base_url;              // absolute references under it are our own
    std::size_t parameters_max = 50;
    std::size_t values_max = 500;      // of one parameter, by comma
    std::size_t value_bytes_max = 2048;
};

// `type` is a known resource type.
tl::expected<Query, std::vector<Error>> parse_search(
    const SearchFields& known, std::string_view type,
    const std::vector<std::pair<std::string, std::string>>& parameters, const SearchLimits& limits);

// The names that parse_search understands for the type, with commas, for messages.
std::string allowed_parameters(const SearchFields& known, std::string_view type);

}  // namespace idun::search
