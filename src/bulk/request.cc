#include "bulk/request.h"

#include <algorithm>
#include <charconv>

#include "fhir/resource_id.h"
#include "http/message.h"

namespace idun::bulk {
namespace {

constexpr std::string_view kNdjson[] = {"application/fhir+ndjson", "application/ndjson", "ndjson"};

tl::unexpected<Error> wrong(std::string message) { return fail(Category::invalid, std::move(message)); }

std::vector<std::string> split(std::string_view list) {
    std::vector<std::string> out;
    while (!list.empty()) {
        const std::string_view one = list.substr(0, list.find(','));
        list.remove_prefix(std::min(list.size(), one.size() + 1));
        if (!one.empty()) out.emplace_back(one);
    }
    return out;
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// Whether "Type?" stands here.
bool starts_query(std::string_view text) {
    std::size_t at = 0;
    while (at < text.size() && is_letter(text[at])) ++at;
    return at > 0 && at < text.size() && text[at] == '?' && text[0] >= 'A' && text[0] <= 'Z';
}

// Several queries may be joined by commas, but a query's values have commas too: only one before "Type?" divides.
std::vector<std::string> split_queries(std::string_view list) {
    std::vector<std::string> out;
    std::size_t from = 0;
    for (std::size_t at = 0; at <= list.size(); ++at) {
        const bool divides = at == list.size() || (list[at] == ',' && starts_query(list.substr(at + 1)));
        if (!divides) continue;
        out.emplace_back(list.substr(from, at - from));
        from = at + 1;
    }
    return out;
}

class Reader {
public:
    Reader(ExportRequest& out, const fhir::Definitions& definitions, bool lenient)
        : out_(out), definitions_(definitions), lenient_(lenient) {}

    Status read(const std::string& name, const std::string& value) {
        if (name == "_outputFormat") return output_format(value);
        if (name == "_since") return since(value);
        if (name == "_type") return types(value);
        if (name == "_typeFilter") return filters(value);
        if (name == "patient" && out_.level != Level::system) return patient(value);
        if (lenient_) return {};
        return wrong("the parameter " + name.substr(0, 40) + " is not supported here; there are _outputFormat, _since, _type, _typeFilter" +
                     (out_.level == Level::system ? "" : " and patient"));
    }

private:
    Status output_format(const std::string& value) {
        if (std::ranges::find(kNdjson, value) != std::end(kNdjson)) return {};
        return wrong("_outputFormat is application/fhir+ndjson");
    }

    Status since(const std::string& value) {
        // In an address a plus sign that was not escaped came as a blank.
        std::string text = value;
        std::ranges::replace(text, ' ', '+');
        out_.since = from_iso(text);
        if (!out_.since) return wrong("_since is an instant, such as 2026-01-31T00:00:00Z");
        return {};
    }

    Status types(const std::string& value) {
        for (const std::string& type : split(value)) {
            if (definitions_.is_resource(type)) out_.types.push_back(type);
            else if (!lenient_) return wrong("_type names something that is not a resource type of R4");
        }
        return {};
    }

    Status filters(const std::string& value) {
        for (const std::string& one : split_queries(value)) {
            const auto mark = one.find('?');
            const std::string type = one.substr(0, mark);
            if (mark == std::string::npos || !definitions_.is_resource(type)) return wrong("a _typeFilter is a query such as Observation?status=final");
            TRY_ASSIGN(auto query, http::parameters(std::string_view(one).substr(mark + 1)));
            if (out_.filters.size() == kFiltersMax) return fail(Category::too_large, "too many filters");
            out_.filters.push_back({type, std::move(query)});
        }
        return {};
    }

    Status patient(const std::string& value) {
        for (const std::string& one : split(value)) {
            const std::string id = one.substr(one.starts_with("Patient/") ? 8 : 0);
            if (!fhir::valid_id(id)) return wrong("patient is a reference such as Patient/123");
            if (out_.patients.size() == kPatientsMax) return fail(Category::too_large, "too many patients");
            out_.patients.push_back(id);
        }
        return {};
    }

    ExportRequest& out_;
    const fhir::Definitions& definitions_;
    const bool lenient_;
};

void sort_once(std::vector<std::string>& list) {
    std::ranges::sort(list);
    list.erase(std::ranges::unique(list).begin(), list.end());
}

constexpr std::string_view kLevels[] = {"system", "patient", "group"};

std::optional<std::vector<std::string>> texts(json::Value list) {
    std::vector<std::string> out;
    if (!list.is_array()) return std::nullopt;
    for (const json::Value one : list.elements()) out.emplace_back(one.text());
    return out;
}

}  // namespace

Result<ExportRequest> read_request(Level level, std::string group, const records::Parameters& parameters,
                                   const fhir::Definitions& definitions, bool lenient) {
    ExportRequest out;
    out.level = level;
    out.group = std::move(group);
    Reader reader(out, definitions, lenient);
    for (const auto& [name, value] : parameters) TRY(reader.read(name, value));
    sort_once(out.types);
    sort_once(out.patients);
    for (const TypeFilter& filter : out.filters) {
        if (!out.types.empty() && std::ranges::find(out.types, filter.type) == out.types.end() && !lenient)
            return wrong("a _typeFilter is about a type that _type leaves out");
    }
    return out;
}

Result<records::Parameters> parameters_of(json::Value resource) {
    if (resource["resourceType"].text() != "Parameters") return wrong("send a Parameters resource");
    records::Parameters out;
    for (const json::Value parameter : resource["parameter"].elements()) {
        const json::Value reference = parameter["valueReference"]["reference"];
        json::Value value = reference ? reference : parameter["valueString"];
        for (const std::string_view other : {"valueInstant", "valueCode", "valueUri"})
            if (!value) value = parameter[other];
        if (parameter["name"].text().empty() || !value.is_string()) return wrong("a parameter has a name and a string, instant or reference");
        out.emplace_back(parameter["name"].text(), value.text());
    }
    return out;
}

Status check_filters(const ExportRequest& request, const records::Records& records) {
    for (const TypeFilter& filter : request.filters) {
        const auto probe = json::Document::parse(R"({"resourceType":")" + filter.type + R"(","id":"probe"})");
        IDUN_CHECK(probe.has_value());
        if (auto fits = records.fits(filter.type, probe->root(), filter.query); !fits)
            return fail(Category::invalid, "_typeFilter of " + filter.type + ": " + fits.error().message);
    }
    return {};
}

void encode(json::Writer& writer, const ExportRequest& request) {
    writer.object().member("level", kLevels[static_cast<std::size_t>(request.level)]).member("group", request.group);
    writer.name("types").array();
    for (const std::string& type : request.types) writer.value(type);
    writer.end().name("patients").array();
    for (const std::string& patient : request.patients) writer.value(patient);
    writer.end();
    if (request.since) writer.member("since", to_iso(*request.since));
    writer.name("filters").array();
    for (const TypeFilter& filter : request.filters) {
        writer.object().member("type", filter.type).name("query").array();
        for (const auto& [name, value] : filter.query) writer.value(name).value(value);
        writer.end().end();
    }
    writer.end().end();
}

std::optional<ExportRequest> decode_request(json::Value value) {
    ExportRequest out;
    const auto level = std::ranges::find(kLevels, value["level"].text());
    if (level == std::end(kLevels)) return std::nullopt;
    out.level = static_cast<Level>(level - std::begin(kLevels));
    out.group = value["group"].text();
    auto types = texts(value["types"]);
    auto patients = texts(value["patients"]);
    if (!types || !patients || !value["filters"].is_array()) return std::nullopt;
    out.types = std::move(*types);
    out.patients = std::move(*patients);
    if (const json::Value since = value["since"]) {
        out.since = from_iso(since.text());
        if (!out.since) return std::nullopt;
    }
    for (const json::Value filter : value["filters"].elements()) {
        TypeFilter one{std::string(filter["type"].text()), {}};
        const auto query = texts(filter["query"]);
        if (!query || query->size() % 2 != 0) return std::nullopt;
        for (std::size_t i = 0; i < query->size(); i += 2) one.query.emplace_back((*query)[i], (*query)[i + 1]);
        out.filters.push_back(std::move(one));
    }
    return out;
}

}  // namespace idun::bulk
