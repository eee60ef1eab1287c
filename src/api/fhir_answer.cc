#include "api/fhir_answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/time.h"
#include "http/problem.h"

namespace idun::api {
namespace {

constexpr std::string_view kFhirJson = "application/fhir+json; charset=utf-8";

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}

Status check_content_type(const http::Request& request) {
    const std::string type = lower(request.headers.get("Content-Type"));
    const std::string media = type.substr(0, std::min(type.find(';'), type.find(' ')));
    if (media != "application/fhir+json" && media != "application/json")
        return fail(Category::media_type, "send application/fhir+json");
    const std::size_t charset = type.find("charset=");
    if (charset != std::string::npos && !type.substr(charset + 8).starts_with("utf-8") &&
        !type.substr(charset + 8).starts_with("\"utf-8"))
        return fail(Category::media_type, "send UTF-8");
    return {};
}

// Names of media types in Accept, without weights: what is asked for at all may be answered.
bool accepts_json(const http::Request& request) {
    const std::string accept = lower(request.headers.get("Accept"));
    if (accept.empty()) return true;
    for (const std::string_view known : {"*/*", "application/*", "application/fhir+json", "application/json", "application/x-ndjson"})
        if (accept.find(known) != std::string::npos) return true;
    return false;
}

// Takes _format out of the query; false when it asks for another format than JSON.
bool take_format(http::Request& request) {
    std::string rest;
    const std::string_view query = request.query;
    for (std::size_t at = 0; at < query.size();) {
        const std::size_t end = std::min(query.find('&', at), query.size());
        const std::string_view one = query.substr(at, end - at);
        at = end + 1;
        if (one.starts_with("_format=")) {
            const auto format = http::parameters(one);
            if (!format || format->empty()) return false;
            const std::string& value = format->front().second;
            if (value != "json" && value != "application/json" && !value.starts_with("application/fhir+json")) return false;
            continue;
        }
        rest += (rest.empty() ? "" : "&") + std::string(one);
    }
    request.query = std::move(rest);
    return true;
}

}  // namespace

http::Response fhir(int status, std::string body) {
    http::Response response;
    response.status = status;
    response.headers.set("Content-Type", std::string(kFhirJson));
    response.body = std::move(body);
    return response;
}

http::Response refusal(const Error& error) {
    auto response = fhir(http::status_of(error.category), fhir::operation_outcome(error));
    http::add_status_fields(response);
    return response;
}

http::Response refusal(int status, const fhir::Issues& issues) {
    auto response = fhir(status, fhir::operation_outcome(issues));
    http::add_status_fields(response);
    return response;
}

http::Handler fhir_json(http::Handler handler) {
    return [handler = std::move(handler)](http::Request request, http::Reply reply) {
        if (!accepts_json(request) || !take_format(request))
            return reply.send(refusal(406, {{fhir::Severity::error, fhir::IssueCode::not_supported,
                                             "answers are application/fhir+json", "", 0, 0}}));
        handler(std::move(request), std::move(reply));
    };
}

Result<json::Document> body_of(const http::Request& request) {
    TRY(check_content_type(request));
    return json::Document::parse(request.body);
}

std::string http_date(Instant time) {
    using namespace std::chrono;
    static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                              "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const sys_seconds seconds{floor<std::chrono::seconds>(milliseconds(time.ms))};
    const sys_days day = floor<days>(seconds);
    const year_month_day date(day);
    const hh_mm_ss clock(seconds - day);
    return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", kDays[weekday(day).c_encoding()],
                       static_cast<unsigned>(date.day()), kMonths[static_cast<unsigned>(date.month()) - 1],
                       static_cast<int>(date.year()), clock.hours().count(), clock.minutes().count(),
                       clock.seconds().count());
}

http::Response no_such_path(const http::Request& request, const Error& error) {
    if (!request.path.starts_with("/fhir")) return http::problem(error);
    return refusal(error);
}

}  // namespace idun::api
