#include "crypto/encoding.h"

#include <array>
#include <cstdint>

namespace idun::crypto {
namespace {

constexpr std::string_view kUrlLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kHexLetters = "0123456789abcdef";

constexpr std::array<std::int8_t, 256> places(std::string_view letters) {
    std::array<std::int8_t, 256> out{};
    for (auto& place : out) place = -1;
    for (std::size_t i = 0; i < letters.size(); ++i)
        out[static_cast<unsigned char>(letters[i])] = static_cast<std::int8_t>(i);
    return out;
}
constexpr auto kUrlPlaces = places(kUrlLetters);
constexpr auto kHexPlaces = places(kHexLetters);

int place_in(const std::array<std::int8_t, 256>& table, char c) { return table[static_cast<unsigned char>(c)]; }

std::string encode64(std::string_view bytes, std::string_view letters) {
    std::string out((bytes.size() * 4 + 2) / 3, '\0');
    char* to = out.data();
    const auto byte = [&](std::size_t at) { return static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at])); };
    std::size_t at = 0;
    for (; at + 3 <= bytes.size(); at += 3) {
        const std::uint32_t bits = byte(at) << 16 | byte(at + 1) << 8 | byte(at + 2);
        for (const int shift : {18, 12, 6, 0}) *to++ = letters[bits >> shift & 63];
    }
    const std::size_t left = bytes.size() - at;
    if (left == 0) return out;
    const std::uint32_t bits = byte(at) << 16 | (left == 2 ? byte(at + 1) << 8 : 0);
    for (std::size_t i = 0; i <= left; ++i) *to++ = letters[bits >> (18 - 6 * i) & 63];
    return out;
}

}  // namespace

std::string base64url(std::string_view bytes) { return encode64(bytes, kUrlLetters); }

std::string base64(std::string_view bytes) {
    std::string out = encode64(bytes, kLetters);
    while (out.size() % 4 != 0) out += '=';
    return out;
}

std::optional<std::string> from_base64url(std::string_view text) {
    if (text.size() % 4 == 1) return std::nullopt;
    std::string out;
    out.reserve(text.size() / 4 * 3 + 2);
    std::uint32_t bits = 0;
    int count = 0;
    for (const char c : text) {
        const int place = place_in(kUrlPlaces, c);
        if (place < 0) return std::nullopt;
        bits = bits << 6 | static_cast<std::uint32_t>(place);
        count += 6;
        if (count >= 8) {
            count -= 8;
            out += static_cast<char>(bits >> count & 255);
        }
    }
    if ((bits & ((1u << count) - 1)) != 0) return std::nullopt;
    return out;
}

std::optional<std::string> from_base64(std::string_view text) {
    std::string plain;
    plain.reserve(text.size());
    for (const char c : text) {
        if (c == '-' || c == '_') return std::nullopt;
        if (c != ' ' && c != '\t' && c != '\r' && c != '\n') plain += c == '+' ? '-' : c == '/' ? '_' : c;
    }
    if (plain.size() % 4 != 0) return std::nullopt;
    for (int i = 0; i < 2 && plain.ends_with('='); ++i) plain.pop_back();
    return from_base64url(plain);
}

std::string hex(std::string_view bytes) {
    std::string out;
    out.reserve(bytes.size() * 2);
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        out += kHexLetters[byte >> 4];
        out += kHexLetters[byte & 15];
    }
    return out;
}

std::optional<std::string> from_hex(std::string_view text) {
    if (text.size() % 2 != 0) return std::nullopt;
    std::string out;
    out.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const int high = place_in(kHexPlaces, text[i]);
        const int low = place_in(kHexPlaces, text[i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        out += static_cast<char>(high << 4 | low);
    }
    return out;
}

}  // namespace idun::crypto
