// The functions of FHIRPath by name: how many arguments, and what the static check knows of them.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace idun::fhirpath::internal {

enum class Function : std::uint8_t {
    // existence
    empty_, exists, all, all_true, any_true, all_false, any_false, subset_of, superset_of, count, distinct, is_distinct, not_,
    // filtering and projection
    where, select, repeat, of_type,
    // subsetting and combining
    single, first, last, tail, skip, take, intersect, exclude, union_, combine, sort, coalesce,
    // conversion
    iif, to_boolean, converts_to_boolean, to_integer, converts_to_integer, to_date, converts_to_date, to_date_time,
    converts_to_date_time, to_decimal, converts_to_decimal, to_quantity, converts_to_quantity, to_string,
    converts_to_string, to_time, converts_to_time,
    // strings
    index_of, last_index_of, substring, starts_with, ends_with, contains, upper, lower, replace, matches, matches_full, replace_matches,
    length, to_chars, trim, split, join, encode, decode, escape, unescape,
    // math
    abs, ceiling, exp, floor, ln, log, power, round, sqrt, truncate, aggregate, sum, min, max, avg,
    // tree and utility
    children, descendants, trace, now, today, time_of_day, is, as, type, comparable, low_boundary, high_boundary, precision,
    // FHIR
    extension, has_value, get_value, resolve, member_of, subsumes, subsumed_by, html_checks, conforms_to, element_definition,
    slice, check_modifiers,
};

// What a function takes and gives, for the static check.
enum class Form : std::uint8_t {
    any,       // whatever
    same,      // what came in
    argument,  // what the (first) argument gives
    boolean,
    integer,
    decimal,
    number,    // in: Integer, Decimal or Quantity; out: as in
    string,
    date,
    date_time,
    time,
    quantity,
    strings,   // several
    resource,
};

struct FunctionInfo {
    std::string_view name;
    Function function;
    std::uint8_t arguments_min = 0;
    std::uint8_t arguments_max = 0;
    Form in = Form::any;
    Form out = Form::any;
    bool single_in = false;   // asks for one item
    bool lambda = false;      // arguments are evaluated for each item, with $this set to it
    bool ordered = false;     // depends on the order of what comes in
    bool type_argument = false;
};

std::span<const FunctionInfo> functions();
const FunctionInfo* find_function(std::string_view name);
const FunctionInfo& info_of(Function function);

}  // namespace idun::fhirpath::internal
