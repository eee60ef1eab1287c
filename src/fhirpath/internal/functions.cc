#include "fhirpath/internal/functions.h"

#include <algorithm>
#include <array>

namespace idun::fhirpath::internal {
namespace {

using F = Function;

constexpr FunctionInfo set_function(std::string_view name, F f, std::uint8_t least, std::uint8_t most, Form in, Form out) {
    return {.name = name, .function = f, .arguments_min = least, .arguments_max = most, .in = in, .out = out};
}
constexpr FunctionInfo lambda(std::string_view name, F f, std::uint8_t least, std::uint8_t most, Form out) {
    return {.name = name, .function = f, .arguments_min = least, .arguments_max = most, .out = out, .lambda = true};
}
constexpr FunctionInfo one(std::string_view name, F f, std::uint8_t least, std::uint8_t most, Form in, Form out) {
    return {.name = name, .function = f, .arguments_min = least, .arguments_max = most, .in = in, .out = out, .single_in = true};
}
constexpr FunctionInfo ordered(std::string_view name, F f, std::uint8_t arguments) {
    return {.name = name, .function = f, .arguments_min = arguments, .arguments_max = arguments, .out = Form::same, .ordered = true};
}
constexpr FunctionInfo typed(std::string_view name, F f, bool single) {
    return {.name = name, .function = f, .arguments_min = 1, .arguments_max = 1, .single_in = single, .type_argument = true};
}

constexpr std::array kFunctions = {
    set_function("empty", F::empty_, 0, 0, Form::any, Form::boolean),
    lambda("exists", F::exists, 0, 1, Form::boolean),
    lambda("all", F::all, 1, 1, Form::boolean),
    set_function("allTrue", F::all_true, 0, 0, Form::boolean, Form::boolean),
    set_function("anyTrue", F::any_true, 0, 0, Form::boolean, Form::boolean),
    set_function("allFalse", F::all_false, 0, 0, Form::boolean, Form::boolean),
    set_function("anyFalse", F::any_false, 0, 0, Form::boolean, Form::boolean),
    set_function("subsetOf", F::subset_of, 1, 1, Form::any, Form::boolean),
    set_function("supersetOf", F::superset_of, 1, 1, Form::any, Form::boolean),
    set_function("count", F::count, 0, 0, Form::any, Form::integer),
    set_function("distinct", F::distinct, 0, 0, Form::any, Form::same),
    set_function("isDistinct", F::is_distinct, 0, 0, Form::any, Form::boolean),
    one("not", F::not_, 0, 0, Form::any, Form::boolean),

    lambda("where", F::where, 1, 1, Form::same),
    lambda("select", F::select, 1, 1, Form::argument),
    lambda("repeat", F::repeat, 1, 1, Form::argument),
    typed("ofType", F::of_type, false),

    set_function("single", F::single, 0, 0, Form::any, Form::same),
    ordered("first", F::first, 0),
    ordered("last", F::last, 0),
    ordered("tail", F::tail, 0),
    ordered("skip", F::skip, 1),
    ordered("take", F::take, 1),
    set_function("intersect", F::intersect, 1, 1, Form::any, Form::same),
    set_function("exclude", F::exclude, 1, 1, Form::any, Form::same),
    set_function("union", F::union_, 1, 1, Form::any, Form::any),
    set_function("combine", F::combine, 1, 1, Form::any, Form::any),
    lambda("sort", F::sort, 0, 8, Form::same),
    set_function("coalesce", F::coalesce, 1, 16, Form::any, Form::any),

    lambda("iif", F::iif, 2, 3, Form::any),
    one("toBoolean", F::to_boolean, 0, 0, Form::any, Form::boolean),
    one("convertsToBoolean", F::converts_to_boolean, 0, 0, Form::any, Form::boolean),
    one("toInteger", F::to_integer, 0, 0, Form::any, Form::integer),
    one("convertsToInteger", F::converts_to_integer, 0, 0, Form::any, Form::boolean),
    one("toDate", F::to_date, 0, 0, Form::any, Form::date),
    one("convertsToDate", F::converts_to_date, 0, 0, Form::any, Form::boolean),
    one("toDateTime", F::to_date_time, 0, 0, Form::any, Form::date_time),
    one("convertsToDateTime", F::converts_to_date_time, 0, 0, Form::any, Form::boolean),
    one("toDecimal", F::to_decimal, 0, 0, Form::any, Form::decimal),
    one("convertsToDecimal", F::converts_to_decimal, 0, 0, Form::any, Form::boolean),
    one("toQuantity", F::to_quantity, 0, 1, Form::any, Form::quantity),
    one("convertsToQuantity", F::converts_to_quantity, 0, 1, Form::any, Form::boolean),
    one("toString", F::to_string, 0, 0, Form::any, Form::string),
    one("convertsToString", F::converts_to_string, 0, 0, Form::any, Form::boolean),
    one("toTime", F::to_time, 0, 0, Form::any, Form::time),
    one("convertsToTime", F::converts_to_time, 0, 0, Form::any, Form::boolean),

    one("indexOf", F::index_of, 1, 1, Form::string, Form::integer),
    one("lastIndexOf", F::last_index_of, 1, 1, Form::string, Form::integer),
    one("substring", F::substring, 1, 2, Form::string, Form::string),
    one("startsWith", F::starts_with, 1, 1, Form::string, Form::boolean),
    one("endsWith", F::ends_with, 1, 1, Form::string, Form::boolean),
    one("contains", F::contains, 1, 1, Form::string, Form::boolean),
    one("upper", F::upper, 0, 0, Form::string, Form::string),
    one("lower", F::lower, 0, 0, Form::string, Form::string),
    one("replace", F::replace, 2, 2, Form::string, Form::string),
    one("matches", F::matches, 1, 1, Form::string, Form::boolean),
    one("matchesFull", F::matches_full, 1, 1, Form::string, Form::boolean),
    one("replaceMatches", F::replace_matches, 2, 2, Form::string, Form::string),
    one("length", F::length, 0, 0, Form::string, Form::integer),
    one("toChars", F::to_chars, 0, 0, Form::string, Form::strings),
    one("trim", F::trim, 0, 0, Form::string, Form::string),
    one("split", F::split, 1, 1, Form::string, Form::strings),
    set_function("join", F::join, 0, 1, Form::string, Form::string),
    one("encode", F::encode, 1, 1, Form::string, Form::string),
    one("decode", F::decode, 1, 1, Form::string, Form::string),
    one("escape", F::escape, 1, 1, Form::string, Form::string),
    one("unescape", F::unescape, 1, 1, Form::string, Form::string),

    one("abs", F::abs, 0, 0, Form::number, Form::number),
    one("ceiling", F::ceiling, 0, 0, Form::number, Form::number),
    one("exp", F::exp, 0, 0, Form::number, Form::decimal),
    one("floor", F::floor, 0, 0, Form::number, Form::number),
    one("ln", F::ln, 0, 0, Form::number, Form::decimal),
    one("log", F::log, 1, 1, Form::number, Form::decimal),
    one("power", F::power, 1, 1, Form::number, Form::number),
    one("round", F::round, 0, 1, Form::number, Form::number),
    one("sqrt", F::sqrt, 0, 0, Form::number, Form::decimal),
    one("truncate", F::truncate, 0, 0, Form::number, Form::number),
    lambda("aggregate", F::aggregate, 1, 2, Form::any),
    set_function("sum", F::sum, 0, 0, Form::any, Form::any),
    set_function("min", F::min, 0, 0, Form::any, Form::any),
    set_function("max", F::max, 0, 0, Form::any, Form::any),
    set_function("avg", F::avg, 0, 0, Form::any, Form::any),

    set_function("children", F::children, 0, 0, Form::any, Form::any),
    set_function("descendants", F::descendants, 0, 0, Form::any, Form::any),
    lambda("trace", F::trace, 1, 2, Form::same),
    set_function("now", F::now, 0, 0, Form::any, Form::date_time),
    set_function("today", F::today, 0, 0, Form::any, Form::date),
    set_function("timeOfDay", F::time_of_day, 0, 0, Form::any, Form::time),
    typed("is", F::is, true),
    typed("as", F::as, true),
    set_function("type", F::type, 0, 0, Form::any, Form::any),
    one("comparable", F::comparable, 1, 1, Form::any, Form::boolean),
    one("lowBoundary", F::low_boundary, 0, 1, Form::any, Form::any),
    one("highBoundary", F::high_boundary, 0, 1, Form::any, Form::any),
    one("precision", F::precision, 0, 0, Form::any, Form::integer),

    set_function("extension", F::extension, 1, 1, Form::any, Form::any),
    set_function("hasValue", F::has_value, 0, 0, Form::any, Form::boolean),
    set_function("getValue", F::get_value, 0, 0, Form::any, Form::any),
    set_function("resolve", F::resolve, 0, 0, Form::any, Form::resource),
    one("memberOf", F::member_of, 1, 1, Form::any, Form::boolean),
    one("subsumes", F::subsumes, 1, 1, Form::any, Form::boolean),
    one("subsumedBy", F::subsumed_by, 1, 1, Form::any, Form::boolean),
    one("htmlChecks", F::html_checks, 0, 0, Form::any, Form::boolean),
    one("conformsTo", F::conforms_to, 1, 1, Form::any, Form::boolean),
    set_function("elementDefinition", F::element_definition, 0, 0, Form::any, Form::any),
    set_function("slice", F::slice, 2, 2, Form::any, Form::same),
    set_function("checkModifiers", F::check_modifiers, 1, 16, Form::any, Form::same),
};

}  // namespace

std::span<const FunctionInfo> functions() { return kFunctions; }

const FunctionInfo* find_function(std::string_view name) {
    const auto* found = std::ranges::find(kFunctions, name, &FunctionInfo::name);
    return found == kFunctions.end() ? nullptr : found;
}

const FunctionInfo& info_of(Function function) {
    return *std::ranges::find(kFunctions, function, &FunctionInfo::function);
}

}  // namespace idun::fhirpath::internal
