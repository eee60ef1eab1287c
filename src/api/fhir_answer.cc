#include "api/fhir_answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <initializer_list>

#include "base/time.h"
#include "http/problem.h"
#include "json/writer.h"

namespace idun::api {
namespace {

constexpr std::string_view kFhirJson = "application/fhir+json; charset=utf-8";

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

// The part before `end`, which moves past it.
std::string_view take_until(std::string_view& rest, char end) {
    const std::string_view out = rest.substr(0, rest.find(end));
    rest.remove_prefix(std::min(rest.size(), out.size() + 1));
    return trimmed(out);
}

// "application/fhir+json; fhirVersion=4.0": every parameter must be one that we can serve.
bool parameters_fit(std::string_view rest) {
    while (!rest.empty()) {
        std::string_view parameter = take_until(rest, ';');
        const std::string_view name = take_until(parameter, '=');
        std::string_view value = parameter;
        if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
        if (name == "q" && value.find_first_not_of("0.") == std::string_view::npos) return false;
        if (name == "charset" && value != "utf-8") return false;
        if (name == "fhirversion" && value != "4.0" && value != "4.0.1") return false;
    }
    return true;
}

Status check_content_type(const http::Request& request, std::initializer_list<std::string_view> known) {
    const std::string type = lower(request.headers.get("Content-Type"));
    std::string_view rest = type;
    if (std::ranges::find(known, take_until(rest, ';')) == known.end()) return fail(Category::media_type, "send application/fhir+json");
    if (!parameters_fit(rest)) return fail(Category::media_type, "send UTF-8 and FHIR version 4.0");
    return {};
}

// Is there a media range that JSON satisfies? (RFC 9110 §12.5.1; weights decide between formats, and there is one.)
bool accepts_json(const http::Request& request) {
    const std::string accept = lower(request.headers.get("Accept"));
    if (accept.empty()) return true;
    std::string_view rest = accept;
    while (!rest.empty()) {
        std::string_view range = take_until(rest, ',');
        const std::string_view type = take_until(range, ';');
        for (const std::string_view known : {"*/*", "application/*", "application/fhir+json", "application/json", "application/x-ndjson",
                                             "application/fhir+ndjson"})
            if (type == known && parameters_fit(range)) return true;
    }
    return false;
}

// What a request says of the form of its answer, in the address.
struct Form {
    bool json = true;     // _format is absent, or JSON
    bool pretty = false;  // _pretty=true
};

// Takes _format and _pretty out of the query.
Form take_form(http::Request& request) {
    Form out;
    if (request.query.find("_format=") == std::string::npos && request.query.find("_pretty=") == std::string::npos) return out;
    std::string rest;
    const std::string_view query = request.query;
    for (std::size_t at = 0; at < query.size();) {
        const std::size_t end = std::min(query.find('&', at), query.size());
        const std::string_view one = query.substr(at, end - at);
        at = end + 1;
        if (!one.starts_with("_format=") && !one.starts_with("_pretty=")) {
            rest += (rest.empty() ? "" : "&") + std::string(one);
            continue;
        }
        const auto given = http::parameters(one);
        const std::string value = !given || given->empty() ? std::string() : lower(given->front().second);
        if (one.starts_with("_pretty=")) out.pretty = value == "true";
        else out.json = value == "json" || value == "text/json" || value.starts_with("application/json") ||
                        value.starts_with("application/fhir json") || value.starts_with("application/fhir+json") ||
                        value.find("ndjson") != std::string::npos;
    }
    request.query = std::move(rest);
    return out;
}

// Indents what is sent through it.
class PrettySink final : public http::Reply::Sink {
public:
    explicit PrettySink(http::Reply to) : to_(std::move(to)) {}

    void send(http::Response response) override {
        constexpr std::size_t kPrettyMax = 1u << 20;  // larger than anybody reads
        const std::string_view body = response.shared_body ? std::string_view(*response.shared_body) : std::string_view(response.body);
        if (!body.empty() && body.size() <= kPrettyMax && response.headers.get("Content-Type").find("json") != std::string_view::npos) {
            response.body = json::indented(body);
            response.shared_body.reset();
        }
        to_.send(std::move(response));
    }
    std::unique_ptr<http::BodyStream> stream(http::Response head) override { return to_.stream(std::move(head)); }

private:
    http::Reply to_;
};

std::optional<int> digits(std::string_view text, std::size_t at, std::size_t count) {
    int out = 0;
    for (std::size_t i = at; i < at + count; ++i) {
        if (i >= text.size() || text[i] < '0' || text[i] > '9') return std::nullopt;
        out = out * 10 + (text[i] - '0');
    }
    return out;
}

constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

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
        // _format stands above Accept (R4 §3.1.0.1.11).
        const bool by_format = request.query.find("_format=") != std::string::npos;
        const Form form = take_form(request);
        if (form.json && (by_format || accepts_json(request))) {
            if (form.pretty) return handler(std::move(request), http::Reply(std::make_unique<PrettySink>(std::move(reply))));
            return handler(std::move(request), std::move(reply));
        }
        reply.send(refusal(406, {{fhir::Severity::error, fhir::IssueCode::not_supported,
                                  "answers are JSON only: ask for application/fhir+json, fhirVersion 4.0", "", 0, 0}}));
    };
}

Result<json::Document> body_of(const http::Request& request) {
    TRY(check_content_type(request, {"application/fhir+json", "application/json"}));
    return json::Document::parse(request.body);
}

Result<PatchBody> patch_body_of(const http::Request& request) {
    const bool json = check_content_type(request, {"application/json-patch+json"}).has_value();
    if (!json && !check_content_type(request, {"application/fhir+json"})) {
        return fail(Category::media_type, "send a JSON Patch as application/json-patch+json, or a FHIRPath Patch, which is a "
                                          "Parameters resource, as application/fhir+json");
    }
    TRY_ASSIGN(auto document, json::Document::parse(request.body));
    PatchBody out{std::move(document), {}};
    out.patch = {json ? records::Patch::Language::json : records::Patch::Language::fhirpath, out.document.root()};
    return out;
}

std::optional<Instant> from_http_date(std::string_view text) {
    // "Mon, 23 Nov 2026 08:15:30 GMT"
    if (text.size() != 29 || text.substr(3, 2) != ", " || !text.ends_with(" GMT") || text[16] != ' ' || text[19] != ':' || text[22] != ':') return std::nullopt;
    const auto day = digits(text, 5, 2), year = digits(text, 12, 4), hour = digits(text, 17, 2), minute = digits(text, 20, 2), second = digits(text, 23, 2);
    const auto month = std::ranges::find(kMonths, text.substr(8, 3));
    if (!day || !year || !hour || !minute || !second || month == kMonths.end()) return std::nullopt;
    using namespace std::chrono;
    const year_month_day date(std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(month - kMonths.begin() + 1)),
                              std::chrono::day(static_cast<unsigned>(*day)));
    if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
    const auto time = sys_days(date).time_since_epoch() + hours(*hour) + minutes(*minute) + seconds(*second);
    return Instant{duration_cast<milliseconds>(time).count()};
}

std::string http_date(Instant time) {
    using namespace std::chrono;
    static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
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
