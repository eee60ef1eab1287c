// Parses the parameters of a search (FHIR R4 §3.1.1) strictly: what is not understood is refused, with the parameter's
// name and never its value.
//
//     auto query = parse_search(known, {"Observation"}, {{"patient", "p1"}, {"date", "ge2026"}}, options);
//     if (!query) ... query.error() is a list of Errors; Error::path is the parameter's name
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/decimal.h"
#include "base/result.h"
#include "fhir/terminology.h"
#include "search/date.h"
#include "search/parameters.h"

namespace idun::search {

enum class Modifier : std::uint8_t { none, missing, exact, contains, text, not_in_set, in, not_in, above, below, of_type, identifier };

// One of the values of a parameter (comma: OR). Which members count depends on the parameter's type.
struct Criterion {
    enum class Form : std::uint8_t {
        any_system,  // token: code alone; quantity: without a unit
        exact,       // token: system and code; reference: `system` is the type
        no_system,   // token: |code
        any_code,    // token: system|
        any_type,    // reference: an id of any of the parameter's target types
        foreign,     // reference: `text` is a URL or URN outside this server, compared whole
    };
    Form form = Form::any_system;
    DatePrefix prefix = DatePrefix::eq;
    std::string system;   // token, quantity; of a reference the type; of :of-type the type's system
    std::string text;     // code, id, uri, string as given; of a quantity the unit's code
    std::string folded;   // string and :text
    std::string kind;     // of :of-type the type's code
    Interval interval;    // date
    Decimal number;       // number, quantity
    Decimal low, high;    // the precision of `number`: [low, high)
    double place[3] = {}; // near: latitude, longitude, metres
    std::vector<Criterion> parts;  // composite
};

struct Query;

// One parameter of the query: at least one of its criteria must fit.
struct Clause {
    enum class Kind : std::uint8_t {
        ids,           // _id: `ids`
        last_updated,  // _lastUpdated: `criteria`
        values,        // `parameters`, any of them, against `criteria`
        chain,         // references of `parameters` to what one of `inner` finds
        has,           // named by `parameters` of what one of `inner` finds
        list,          // _list: `ids` are of Lists
        compartment,   // references of `parameters` to the one in `criteria`, and that one itself
        targets,       // references of `parameters` to one of `ids` ("Type/id"): how a chain is judged when it is resolved
    };
    Kind kind = Kind::values;
    std::string name;                            // as it was given
    std::vector<const Parameter*> parameters;    // live in the Registry
    Modifier modifier = Modifier::none;
    bool missing = false;                        // what :missing asks for
    std::vector<Criterion> criteria;
    std::vector<std::string> ids;                // sorted
    std::vector<std::shared_ptr<const Query>> inner;
};

struct SortKey {
    std::string name;  // _lastUpdated, _id or a parameter of every type that is searched
    bool descending = false;
};

struct Include {
    std::string type;                      // whose references are followed; "" for every type
    std::string parameter;                 // "" for all
    std::string target;                    // only to this type; "" for any
    bool iterate = false;
    bool reverse = false;                  // _revinclude
};

struct Query {
    enum class Total : std::uint8_t { unasked, none, estimate, accurate };
    enum class Summary : std::uint8_t { none, yes, text, data };

    std::vector<std::string> types;  // at least one
    std::vector<Clause> clauses;     // all must match
    std::vector<SortKey> sort;       // empty: newest first
    std::optional<std::size_t> count;
    Total total = Total::unasked;
    bool only_count = false;         // _summary=count or _count=0
    Summary summary = Summary::none;
    std::vector<std::string> elements;
    std::vector<Include> includes;
    std::vector<Error> ignored;      // lenient: what was not understood
};

struct SearchLimits {
    std::string base_url;              // absolute references under it are our own
    const fhir::Terminology* terminology = nullptr;  // null: :in, :not-in, :above and :below on tokens are refused
    bool lenient = false;              // unknown parameters are left out and told, not refused
    std::size_t parameters_max = 50;
    std::size_t values_max = 500;      // of one parameter, by comma
    std::size_t value_bytes_max = 2048;
    std::size_t chain_max = 6;         // links of a chain, levels of _has
    std::size_t inner_max = 300;       // searches behind them: a link may lead to many types, and each of these on to many
    std::size_t includes_max = 20;
    std::size_t sort_keys_max = 8;
};

// `types`: known resource types. More than one (or all of them): a search of the whole system, where only what every
// one of them defines may be asked.
tl::expected<Query, std::vector<Error>> parse_search(
    const Registry& known, std::vector<std::string> types,
    const std::vector<std::pair<std::string, std::string>>& parameters, const SearchLimits& limits);

// Whether every part of a parameter's name ("subject:Patient.name", "_has:Observation:patient:code") is a word of R4's search: a
// parameter of some resource type, a modifier, a resource type. A name that is may be logged; any other may hold anything.
bool made_of_known_words(const Registry& known, std::string_view name);

// The names that parse_search understands for the type, with commas, for messages.
std::string allowed_parameters(const Registry& known, std::string_view type);

// Resource types whose searches can include something by this parameter: for the CapabilityStatement.
bool is_includable(const Parameter& parameter);

}  // namespace idun::search
