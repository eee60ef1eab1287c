#include "synth/internal/text.h"

#include <cmath>

#include "json/writer.h"

namespace idun::synth {
namespace {

constexpr std::string_view kHsa = "urn:oid:1.2.752.29.4.19";

}  // namespace

std::string in_quotes(std::string_view text) {
    std::string out;
    json::append_quoted(out, text);
    return out;
}

std::string concept_of(std::string_view system, std::string_view code, std::string_view display, std::string_view text) {
    return R"({"coding":[{"system":)" + in_quotes(system) + R"(,"code":)" + in_quotes(code) + R"(,"display":)" + in_quotes(display) + R"(}],"text":)" + in_quotes(text.empty() ? display : text) + "}";
}

std::string hsa_identifier(const std::string& id) {
    return R"({"type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"PRN"}]},"system":")" + std::string(kHsa) + R"(","value":")" + id + "\"}";
}

void append_base32(std::string& out, std::uint64_t value, int digits) {
    static constexpr std::string_view kDigits = "0123456789abcdefghjkmnpqrstvwxyz";
    for (int i = 0; i < digits; ++i) out += kDigits[value >> (5 * i) & 31];
}

void append_number(std::string& out, std::uint64_t value) {
    char digits[20];
    int count = 0;
    do digits[count++] = static_cast<char>('0' + value % 10);
    while ((value /= 10) != 0);
    while (count > 0) out += digits[--count];
}

void append_decimal(std::string& out, double value, int decimals) {
    static constexpr double kPowers[] = {1, 10, 100, 1000, 10000};
    auto scaled = static_cast<std::int64_t>(std::llround(std::abs(value) * kPowers[decimals]));
    if (value < 0 && scaled != 0) out += '-';
    const auto power = static_cast<std::int64_t>(kPowers[decimals]);
    append_number(out, static_cast<std::uint64_t>(scaled / power));
    if (decimals == 0) return;
    out += '.';
    std::int64_t rest = scaled % power;
    for (std::int64_t digit = power / 10; digit > 0; digit /= 10) {
        out += static_cast<char>('0' + rest / digit);
        rest %= digit;
    }
}

void append_base64(std::string& out, std::string_view bytes) {
    static constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::uint32_t three = 0;
        for (std::size_t j = 0; j < 3; ++j) three = three << 8 | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0u);
        for (std::size_t j = 0; j < 4; ++j) out += i + j > bytes.size() ? '=' : kDigits[three >> (18 - 6 * j) & 63];
    }
}

std::string escaped_xhtml(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '<') out += "&lt;";
        else if (c == '>') out += "&gt;";
        else if (c == '&') out += "&amp;";
        else out += c;
    }
    return out;
}

std::string narrative(std::string_view text) {
    return R"({"status":"additional","div":)" + in_quotes("<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>" + escaped_xhtml(text) + "</p></div>") + "}";
}

void append_staff_id(std::string& out, std::uint16_t unit, std::uint16_t role, std::uint8_t staff) {
    out += 'p';
    append_number(out, unit);
    out += '-';
    append_number(out, role);
    out += '-';
    append_number(out, staff);
}

}  // namespace idun::synth
