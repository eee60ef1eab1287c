// /report/connection and /report/national: the six measures of the report on primary use. docs/formats/connection-report.md.
#include <fmt/format.h>

#include "api/fhir_answer.h"
#include "api/given.h"
#include "api/hub.h"
#include "exchange/connection_report.h"
#include "json/writer.h"

namespace idun::api {
namespace {

using exchange::Figure;

constexpr std::string_view kMeasureUrl = "urn:idun:Measure:connection";

bool is_small(const Figure& figure) { return figure.about_people && figure.count && *figure.count > 0 && *figure.count < exchange::kSmallCount; }

std::string share_of(const Figure& figure) {
    if (!figure.count || !figure.out_of || is_small(figure)) return {};
    return fmt::format("{:.4f}", static_cast<double>(*figure.count) / static_cast<double>(*figure.out_of));
}

std::string count_of(const Figure& figure) {
    if (!figure.count) return {};
    return is_small(figure) ? fmt::format("<{}", exchange::kSmallCount) : std::to_string(*figure.count);
}

// A spreadsheet must take no text for a formula.
std::string field(const std::string& text) {
    std::string out = "\"";
    if (!text.empty() && std::string_view("=+-@\t").find(text.front()) != std::string_view::npos) out += '\'';
    for (const char c : text) {
        if (c == '"') out += '"';
        out += c;
    }
    return out + "\"";
}

std::string as_csv(const exchange::ConnectionReport& report) {
    std::string out = "measure,figure,of,count,out_of,share,told,counted_from,not_known\r\n";
    for (const Figure& one : report.figures)
        out += fmt::format("{},{},{},{},{},{},{},{},{}\r\n", one.measure, one.name, field(one.of), count_of(one), one.out_of ? std::to_string(*one.out_of) : "", share_of(one), field(one.text), field(one.from),
                           field(one.unknown));
    return out;
}

void write_extension(json::Writer& w, std::string_view url, std::string_view text) {
    if (!text.empty()) w.object().member("url", url).member("valueString", text).end();
}

void write_quantity(json::Writer& w, std::string_view name, const Figure& figure) {
    w.name(name).object();
    if (!figure.count) {
        w.name("extension").array().object().member("url", "http://hl7.org/fhir/StructureDefinition/data-absent-reason").member("valueCode", "unknown").end().end();
    } else if (is_small(figure)) {
        w.member("value", exchange::kSmallCount).member("comparator", "<");
    } else {
        w.member("value", *figure.count);
    }
    w.end();
}

void write_group(json::Writer& w, const Figure& figure) {
    w.object().name("extension").array();
    write_extension(w, "urn:idun:counted-from", figure.from);
    write_extension(w, "urn:idun:not-known", figure.unknown);
    write_extension(w, "urn:idun:told", figure.text);
    write_extension(w, "urn:idun:share", share_of(figure));
    if (figure.out_of) write_extension(w, "urn:idun:out-of", std::to_string(*figure.out_of));
    w.end();
    w.name("code").object().name("coding").array();
    w.object().member("system", "urn:idun:connection-measure").member("code", figure.measure).end();
    w.object().member("system", "urn:idun:connection-figure").member("code", figure.name).end().end();
    w.member("text", figure.of.empty() ? figure.name : figure.name + " " + figure.of).end();
    if (figure.text.empty()) write_quantity(w, "measureScore", figure);
    w.end();
}

void write_measure(json::Writer& w) {
    w.object().member("resourceType", "Measure").member("url", kMeasureUrl).member("status", "active").member("name", "Connection");
    w.member("title", "Report on primary use, Regulation (EU) 2025/327, Article 20");
    w.name("group").array();
    constexpr std::pair<std::string_view, std::string_view> kMeasures[] = {
        {"a", "measures taken"}, {"b", "people with access to categories of their data"}, {"c", "how requests of people were handled"}, {"d", "providers connected, by type"}, {"e", "data shared"},
        {"f", "cases of non-compliance"}};
    for (const auto& [code, text] : kMeasures) {
        w.object().name("code").object().name("coding").array().object().member("system", "urn:idun:connection-measure").member("code", code).end().end();
        w.member("text", text).end().end();
    }
    w.end().end();
}

std::string as_fhir(const Hub& hub, const exchange::ConnectionReport& report) {
    json::Writer w;
    w.object().member("resourceType", "Bundle").member("type", "collection").name("entry").array().object().name("resource");
    write_measure(w);
    w.end().object().name("resource").object().member("resourceType", "MeasureReport").name("extension").array();
    write_extension(w, "urn:idun:directory-number", std::to_string(report.directory_number));
    write_extension(w, "urn:idun:national-figures", std::to_string(report.national));
    w.end().member("status", "complete").member("type", "summary").member("measure", kMeasureUrl);
    w.name("reporter").object().member("display", hub.id).end();
    w.name("period").object().member("start", to_iso(report.from)).member("end", to_iso({report.to.ms - 1})).end();
    w.name("group").array();
    for (const Figure& figure : report.figures) write_group(w, figure);
    w.end().end().end().end().end();
    return w.take();
}

Result<Instant> day_in(const Given& given, std::string_view name) {
    TRY_ASSIGN(const std::string text, given.required(name, 32));
    const auto read = from_iso(text.size() == 10 ? text + "T00:00:00Z" : text);
    if (!read) return fail(Category::invalid, "a date, such as 2026-01-01, or an instant", std::string(name));
    return *read;
}

Result<http::Response> report_for(Hub& hub, const http::Request& request) {
    TRY_ASSIGN(const Given given, given_in_query(request, {"from", "to"}));
    TRY_ASSIGN(const Instant from, day_in(given, "from"));
    TRY_ASSIGN(const Instant to, day_in(given, "to"));
    if (to <= from || to > hub.clock.now()) return fail(Category::invalid, "to comes after from, and not after now", "to");
    const std::unique_lock one(hub.counting, std::try_to_lock);
    if (!one) return fail(Category::busy, "another report is being made; try again later");
    TRY_ASSIGN(const auto report, exchange::connection_report({hub.store, hub.directory, hub.index, hub.cases, hub.withdrawals, hub.accesses, hub.id}, from, to));
    http::Response response;
    const bool csv = request.headers.get("Accept").starts_with("text/csv");
    response.headers.set("Content-Type", csv ? "text/csv; charset=utf-8" : "application/fhir+json");
    response.body = csv ? as_csv(report) : as_fhir(hub, report);
    return response;
}

Result<http::Response> national_for(Hub& hub, const http::Request& request) {
    TRY_ASSIGN(const std::uint64_t version, exchange::write_national_figures(hub.store, request.body));
    http::Response response;
    response.headers.set("Content-Type", "application/json");
    response.body = fmt::format("{{\"version\":{}}}", version);
    return response;
}

http::Handler reporting(Hub& hub, ledger::Action action, std::string what, Result<http::Response> (*work)(Hub&, const http::Request&)) {
    return [&hub, action, what = std::move(what), work](http::Request request, http::Reply reply) {
        const auto user = operator_of(hub, request);
        if (!user) return reply.send(refusal(user.error()));
        auto response = work(hub, request);
        if (!response) return reply.send(refusal(response.error()));
        release(hub, operator_access(hub, *user, action, request, what + (request.query.empty() ? "" : "?" + request.query)), std::move(*response), std::move(reply));
    };
}

}  // namespace

http::Handler hub_connection_report(Hub& hub) { return reporting(hub, ledger::Action::export_data, "report/connection", report_for); }
http::Handler hub_national_figures(Hub& hub) { return reporting(hub, ledger::Action::update, "report/national", national_for); }

}  // namespace idun::api
