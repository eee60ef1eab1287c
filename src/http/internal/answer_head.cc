#include "http/internal/answer_head.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

#include "http/internal/problem_status.h"
#include "http/internal/text.h"

namespace idun::http {
namespace {

bool is_ours(std::string_view name) {
    static constexpr std::array<std::string_view, 9> kOurs = {
        "connection", "content-length", "date", "keep-alive", "proxy-connection",
        "te", "transfer-encoding", "upgrade", "x-request-id"};
    return std::ranges::any_of(kOurs, [&](std::string_view ours) { return same_name(ours, name); });
}

template <typename Each>
void fields(const Response& response, const HeadTraits& traits, const Each& each) {
    each("Date", date_now());
    bool nosniff = false;
    bool cache = false;
    for (const auto& [name, value] : response.headers.all()) {
        if (is_ours(name) || !is_token(name) || !is_field_text(value)) continue;
        nosniff = nosniff || same_name(name, "X-Content-Type-Options");
        cache = cache || same_name(name, "Cache-Control");
        each(name, value);
    }
    if (!nosniff) each("X-Content-Type-Options", "nosniff");
    if (!cache) each("Cache-Control", "no-store");
    if (!traits.request_id.empty()) each("X-Request-Id", traits.request_id);
    if (traits.length) each("Content-Length", std::to_string(*traits.length));
    if (traits.chunked) each("Transfer-Encoding", "chunked");
    if (traits.close) each("Connection", "close");
    else if (traits.http10_keep_alive) each("Connection", "keep-alive");
}

}  // namespace

int sendable(int status) { return status >= 200 && status <= 599 ? status : 500; }

std::string_view date_now() {
    thread_local std::time_t second = 0;
    thread_local std::array<char, 32> text{};
    const std::time_t now = std::time(nullptr);
    if (now != second) {
        second = now;
        std::tm parts{};
        gmtime_r(&now, &parts);
        static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
        static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
        std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT", kDays[parts.tm_wday], parts.tm_mday,
                      kMonths[parts.tm_mon], (parts.tm_year + 1900) % 10000, parts.tm_hour, parts.tm_min, parts.tm_sec);
    }
    return text.data();
}

void for_each_field(const Response& response, const HeadTraits& traits,
                    const std::function<void(std::string_view name, std::string_view value)>& each) {
    fields(response, traits, each);
}

std::string h1_head(const Response& response, const HeadTraits& traits) {
    const int status = sendable(response.status);
    std::string out;
    out.reserve(384);
    out += "HTTP/1.1 ";
    out += std::to_string(status);
    out += ' ';
    out += reason_of(status);
    out += "\r\n";
    fields(response, traits, [&](std::string_view name, std::string_view value) {
        out += name;
        out += ": ";
        out += value;
        out += "\r\n";
    });
    out += "\r\n";
    return out;
}

}  // namespace idun::http
