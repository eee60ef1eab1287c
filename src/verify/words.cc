#include "verify/words.h"

#include <charconv>

#include "crypto/encoding.h"

namespace idun::verify {

std::optional<std::uint64_t> number_of(std::string_view text) {
    std::uint64_t out = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (error != std::errc() || end != text.data() + text.size() || std::to_string(out) != text) return std::nullopt;
    return out;
}

std::optional<std::string> exact_base64(std::string_view text) {
    auto raw = crypto::from_base64(text);
    if (raw && crypto::base64(*raw) != text) raw.reset();
    return raw;
}

std::optional<crypto::Hash> hash_of(std::string_view base64) {
    const auto raw = exact_base64(base64);
    return raw ? crypto::Hash::from(*raw) : std::nullopt;
}

std::vector<std::string_view> cut(std::string_view text, char by) {
    std::vector<std::string_view> out;
    for (std::size_t at; (at = text.find(by)) != std::string_view::npos; text.remove_prefix(at + 1))
        out.push_back(text.substr(0, at));
    out.push_back(text);
    return out;
}

std::uint64_t big_endian(std::string_view bytes) {
    std::uint64_t out = 0;
    for (const char c : bytes) out = out << 8 | static_cast<unsigned char>(c);
    return out;
}

std::optional<std::uint64_t> take_varint(std::string_view& in) {
    std::uint64_t out = 0;
    for (unsigned shift = 0; shift < 64 && !in.empty(); shift += 7) {
        const auto byte = static_cast<unsigned char>(in.front());
        in.remove_prefix(1);
        if (shift == 63 && byte > 1) return std::nullopt;
        out |= std::uint64_t{byte & 127u} << shift;
        if (byte < 128) return byte == 0 && shift > 0 ? std::nullopt : std::optional(out);
    }
    return std::nullopt;
}

}  // namespace idun::verify
