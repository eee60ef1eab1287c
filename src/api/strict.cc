#include "api/strict.h"

#include <algorithm>

namespace idun::api {
namespace {

constexpr std::size_t kIdBytesMax = 128;
constexpr std::chrono::milliseconds kDay{24 * 3'600'000};

tl::unexpected<Error> wrong(std::string message, std::string path) {
    return fail(Category::invalid, std::move(message), std::move(path));
}

bool is_id(std::string_view text) {
    return !text.empty() && text.size() <= kIdBytesMax &&
           std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

Result<std::optional<Instant>> time_of(json::Value value, bool end, const std::string& path) {
    if (!value) return std::optional<Instant>();
    const std::string text(value.text());
    const bool is_date = text.size() == 10;
    const auto time = from_iso(is_date ? text + "T00:00:00Z" : text);
    if (!value.is_string() || !time) return wrong("a date, or a date and time with offset", path);
    return std::optional(is_date && end ? *time + kDay : *time);
}

}  // namespace

Status only(json::Value object, std::initializer_list<std::string_view> known, const std::string& path) {
    if (object && !object.is_object()) return wrong("must be an object", path);
    for (const json::Member& member : object.members())
        if (std::find(known.begin(), known.end(), member.name) == known.end())
            return fail(Category::unsupported, "an element here is not understood", path);
    return {};
}

Result<std::string_view> coding_of(json::Value coding, std::string_view system, const std::string& path) {
    TRY(only(coding, {"system", "code", "display"}, path));
    if (coding["system"].text() != system) return wrong("the system must be " + std::string(system), path);
    if (coding["code"].text().empty()) return wrong("a code is missing", path);
    return coding["code"].text();
}

Result<std::string_view> code_of(json::Value codeable, std::string_view system, const std::string& path) {
    TRY(only(codeable, {"coding", "text"}, path));
    if (!codeable["coding"].is_array() || codeable["coding"].size() != 1) return wrong("one coding", path);
    return coding_of(codeable["coding"][0], system, path + ".coding[0]");
}

Result<Identifier> identifier_of(json::Value identifier, const std::string& path) {
    TRY(only(identifier, {"system", "value"}, path));
    const bool fits =
        is_id(identifier["value"].text()) && (!identifier["system"] || is_id(identifier["system"].text()));
    if (!fits) return wrong("an identifier has a system and a value", path);
    return Identifier{std::string(identifier["system"].text()), std::string(identifier["value"].text())};
}

Result<Period> period_of(json::Value period, const std::string& path) {
    TRY(only(period, {"start", "end"}, path));
    Period out;
    TRY_ASSIGN(out.start, time_of(period["start"], false, path + ".start"));
    TRY_ASSIGN(out.end, time_of(period["end"], true, path + ".end"));
    if (out.start && out.end && *out.end <= *out.start) return wrong("ends before it begins", path);
    return out;
}

bool is_country(std::string_view code) {
    return code.size() == 2 && std::all_of(code.begin(), code.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

}  // namespace idun::api
