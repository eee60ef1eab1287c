#include "crypto/internal/jws_header.h"

namespace idun::crypto {
namespace {

class Scanner {
public:
    explicit Scanner(std::string_view text) : rest_(text) {}

    bool skip(char c) {
        space();
        if (rest_.empty() || rest_.front() != c) return false;
        rest_.remove_prefix(1);
        return true;
    }

    std::optional<std::string_view> string() {
        if (!skip('"')) return std::nullopt;
        std::size_t end = 0;
        while (end < rest_.size() && rest_[end] != '"') {
            const char c = rest_[end];
            if (c < 0x20 || c > 0x7e || c == '\\') return std::nullopt;
            ++end;
        }
        if (end == rest_.size()) return std::nullopt;
        const std::string_view out = rest_.substr(0, end);
        rest_.remove_prefix(end + 1);
        return out;
    }

    bool at_end() {
        space();
        return rest_.empty();
    }

private:
    void space() {
        while (!rest_.empty() &&
               (rest_.front() == ' ' || rest_.front() == '\t' || rest_.front() == '\n' || rest_.front() == '\r'))
            rest_.remove_prefix(1);
    }
    std::string_view rest_;
};

std::string_view* member_of(JwsHeader& header, std::string_view name) {
    if (name == "alg") return &header.alg;
    if (name == "kid") return &header.kid;
    if (name == "typ") return &header.typ;
    return nullptr;
}

}  // namespace

std::optional<JwsHeader> parse_jws_header(std::string_view json) {
    Scanner scanner(json);
    JwsHeader header;
    if (!scanner.skip('{')) return std::nullopt;
    for (int count = 0; count < 3; ++count) {
        if (count > 0 && !scanner.skip(',')) return std::nullopt;
        const auto name = scanner.string();
        if (!name || !scanner.skip(':')) return std::nullopt;
        std::string_view* const member = member_of(header, *name);
        const auto value = scanner.string();
        if (member == nullptr || !member->empty() || !value || value->empty()) return std::nullopt;
        *member = *value;
    }
    if (!scanner.skip('}') || !scanner.at_end()) return std::nullopt;
    return header;
}

}  // namespace idun::crypto
