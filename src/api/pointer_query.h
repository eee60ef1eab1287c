// The search of index pointers (IHE MHD's Find Document References, ITI-67), read strictly by one table, which is also what the
// CapabilityStatement claims. docs/formats/index.md has it for readers.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/pointer_shape.h"
#include "api/question.h"

namespace idun::api {

inline constexpr std::size_t kPointersPageMax = 1'000;

// One pointer that the caller may know of.
struct FoundPointer {
    std::string id;
    std::string_view provider;
    std::string_view category;
    Instant newest;
    Instant learned;
    crypto::Pseudonym number = {};  // of the person, under which it stands
};

struct PointerSort {
    enum class By : std::uint8_t { date, last_updated, category } by = By::date;
    bool descending = true;
};

struct PointerQuery {
    AskedAtHub asked;  // whose, why, as of when
    std::vector<std::function<bool(const FoundPointer&, Instant now)>> conditions;  // all of them must hold
    std::vector<PointerSort> sort = {{}};
    std::size_t count = 200;
    bool only_count = false;
    PointerParts parts;
    std::string page;  // of a next link
    std::string self;  // the query again for links, without whose and page: "?status=current", or ""
};

// Strict: `invalid` for what is unknown, malformed, can match no pointer, or stands twice where it must not. Errors have the
// parameter's name in their path and never its value.
Result<PointerQuery> pointer_query(const http::Parameters& parameters);

// A parameter that searches, as the CapabilityStatement shows it. `definition` is "" for our own.
struct PointerParameter {
    std::string_view name, type, definition, documentation;
};
std::vector<PointerParameter> pointer_parameters();
// All names that are understood, with commas; those of the result too.
std::string pointer_names();

}  // namespace idun::api
