#include "fhir/internal/primitive_rule.h"

#include <algorithm>

#include "fhir/internal/primitive.h"
#include "fhir/xhtml.h"
#include "fhir/resource_id.h"

namespace idun::fhir {
namespace {

constexpr std::size_t kStringCharactersMax = 1u << 20;

bool too_long(std::string_view text) {
    if (text.size() <= kStringCharactersMax) return false;
    const auto starts = std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; });
    return static_cast<std::size_t>(starts) > kStringCharactersMax;
}

const char* string_flaw(std::string_view text) {
    if (text.empty()) return "must not be empty; leave it out instead";
    if (!is_string(text)) return "must have visible text, and no control characters but tab and line ends";
    return too_long(text) ? "must be at most 1,048,576 characters" : nullptr;
}

const char* unless(bool good, const char* flaw) { return good ? nullptr : flaw; }

const char* number_flaw(Primitive type, std::string_view digits) {
    switch (type) {
        case Primitive::integer: return unless(is_integer(digits), "must be a whole number from -2147483648 to 2147483647");
        case Primitive::unsigned_int: return unless(is_unsigned_int(digits), "must be a whole number from 0 to 2147483647");
        case Primitive::positive_int: return unless(is_positive_int(digits), "must be a whole number from 1 to 2147483647");
        default: return unless(is_decimal(digits), "must have at most 40 digits and an exponent of at most three");
    }
}

const char* text_flaw(Primitive type, std::string_view text) {
    switch (type) {
        case Primitive::string:
        case Primitive::markdown: return string_flaw(text);
        case Primitive::code: return unless(is_code(text), "must be a code: not empty, no spaces at the ends, single spaces inside");
        case Primitive::uri: return unless(is_uri(text), "must be a URI: not empty, no spaces");
        case Primitive::url: return unless(is_uri(text), "must be a URL: not empty, no spaces");
        case Primitive::canonical: return unless(is_uri(text), "must be a canonical URL: not empty, no spaces");
        case Primitive::id: return unless(valid_id(text), "must be an id: 1 to 64 of A-Z a-z 0-9 - and .");
        case Primitive::date: return unless(is_date(text), "must be a date that exists, such as 2024, 2024-02 or 2024-02-29");
        case Primitive::date_time:
            return unless(is_date_time(text), "must be a date that exists, or with time and zone, such as 2024-02-29 or 2024-02-29T12:30:00+01:00");
        case Primitive::instant: return unless(is_instant(text), "must be an instant, such as 2024-02-29T12:30:00+01:00");
        case Primitive::time: return unless(is_time(text), "must be a time, such as 12:30:00");
        case Primitive::oid: return unless(is_oid_urn(text), "must be an OID, such as urn:oid:1.2.752.129");
        case Primitive::uuid: return unless(is_uuid_urn(text), "must be a UUID, such as urn:uuid:c757873d-ec9a-4326-a141-556f43239520");
        case Primitive::base64_binary: return unless(is_base64(text), "must be base64 with padding, not empty");
        case Primitive::xhtml: return xhtml_flaw(text);
        default: return nullptr;
    }
}

}  // namespace

const char* primitive_flaw(Primitive type, json::Value value) {
    switch (type) {
        case Primitive::boolean: return unless(value.kind() == json::Kind::boolean, "must be true or false, without quotes");
        case Primitive::integer:
        case Primitive::unsigned_int:
        case Primitive::positive_int:
        case Primitive::decimal:
            return value.kind() == json::Kind::number ? number_flaw(type, value.text()) : "must be a number, without quotes";
        default: return value.is_string() ? text_flaw(type, value.text()) : "must be a string";
    }
}

}  // namespace idun::fhir
