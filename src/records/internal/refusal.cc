// How refusals look, and the little of URLs that records need.
#include "fhir/issue.h"
#include "records/internal/impl.h"

namespace idun::records {

int status_of(Category category) {
    switch (category) {
        case Category::invalid: return 400;
        case Category::unauthorized: return 401;
        case Category::forbidden: return 403;
        case Category::not_found: return 404;
        case Category::gone: return 410;
        case Category::conflict: return 409;
        case Category::too_large: return 413;
        case Category::unsupported: return 400;
        case Category::busy:
        case Category::unavailable: return 503;
        case Category::corrupt:
        case Category::internal: return 500;
    }
    return 500;
}

Outcome refused(int status, fhir::Issues issues) {
    Outcome out;
    out.status = status;
    out.issues = std::move(issues);
    return out;
}

Outcome refused(int status, fhir::IssueCode code, std::string text, std::string path) {
    fhir::Issue issue;
    issue.code = code;
    issue.text = std::move(text);
    issue.path = std::move(path);
    return refused(status, {std::move(issue)});
}

Outcome refused(const Error& error) { return refused(status_of(error.category), {fhir::to_issue(error)}); }

namespace {

int hex(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::optional<std::string> percent_decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+') {
            out += ' ';
        } else if (text[i] == '%') {
            if (i + 2 >= text.size() || hex(text[i + 1]) < 0 || hex(text[i + 2]) < 0) return std::nullopt;
            out += static_cast<char>(hex(text[i + 1]) * 16 + hex(text[i + 2]));
            i += 2;
        } else {
            out += text[i];
        }
    }
    return out;
}

}  // namespace

Result<Parameters> query_parameters(std::string_view query) {
    Parameters out;
    while (!query.empty()) {
        const std::size_t end = query.find('&');
        const std::string_view one = query.substr(0, end);
        query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
        if (one.empty()) continue;
        const std::size_t equals = one.find('=');
        auto name = percent_decoded(one.substr(0, equals));
        auto value = percent_decoded(equals == std::string_view::npos ? std::string_view() : one.substr(equals + 1));
        if (!name || !value) return fail(Category::invalid, "an escape in a query is malformed");
        if (out.size() == 200) return fail(Category::too_large, "more than 200 parameters in a query");
        out.emplace_back(std::move(*name), std::move(*value));
    }
    return out;
}

std::string percent_encoded(std::string_view text) {
    static constexpr std::string_view kDigits = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                           c == '.' || c == '_' || c == '~';
        if (plain) {
            out += c;
        } else {
            out += '%';
            out += kDigits[static_cast<unsigned char>(c) >> 4];
            out += kDigits[static_cast<unsigned char>(c) & 15u];
        }
    }
    return out;
}

}  // namespace idun::records
