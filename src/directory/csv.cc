#include "directory/csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "directory/fhir_directory.h"
#include "json/writer.h"

namespace idun::directory {
namespace {

constexpr std::size_t kWrongMax = 1'000;
constexpr std::size_t kFieldBytesMax = 4'096;

struct Kind {
    std::string_view word;
    Type type;
    std::string_view columns;  // beside kind, id, name and active, with a space around each
};
constexpr Kind kKinds[] = {{"provider", Type::organization, " organisation_number "},
                           {"unit", Type::organization, " part_of "},
                           {"service", Type::healthcare_service, " organisation location "},
                           {"location", Type::location, " organisation part_of "},
                           {"contract", Type::affiliation, " organisation participating service start end "},
                           {"endpoint", Type::endpoint, " organisation address connection interface software fhir_version "}};
constexpr std::string_view kColumns[] = {"kind", "id", "name", "active", "organisation_number", "part_of", "organisation", "participating",
                                         "service", "location", "start", "end", "address", "connection",
                                         "interface", "software", "fhir_version"};

using Fields = std::map<std::string_view, std::string>;  // by column; without empty ones

// The fields of the row that begins at `at`, which moves behind it. Nothing when a quote is out of place.
std::optional<std::vector<std::string>> row_at(std::string_view text, std::size_t& at, std::size_t& line, char separator) {
    std::vector<std::string> out(1);
    bool good = true;
    while (at < text.size()) {
        if (text[at] == '"' && out.back().empty()) {
            for (++at; at < text.size(); ++at) {
                if (text[at] == '\n') ++line;
                if (text[at] != '"') {
                    out.back() += text[at];
                } else if (at + 1 < text.size() && text[at + 1] == '"') {
                    out.back() += text[at++];
                } else {
                    break;
                }
            }
            if (at == text.size()) return std::nullopt;
            ++at;
            if (at < text.size() && text[at] != separator && text[at] != '\n' && text[at] != '\r') good = false;
            continue;
        }
        const char c = text[at++];
        if (c == separator) {
            out.emplace_back();
        } else if (c == '\n') {
            ++line;
            break;
        } else if (c == '"') {
            good = false;
        } else if (c != '\r' || at >= text.size() || text[at] != '\n') {
            out.back() += c;
        }
    }
    if (!good) return std::nullopt;
    return out;
}

std::string text_of(const Fields& fields, std::string_view column) {
    const auto at = fields.find(column);
    return at == fields.end() ? std::string() : at->second;
}

void refer(json::Writer& w, std::string_view element, std::string_view type, const std::string& id) {
    if (!id.empty()) w.name(element).object().member("reference", std::string(type) + "/" + id).end();
}

void refer_to_all(json::Writer& w, std::string_view element, std::string_view type, const std::string& ids) {
    if (ids.empty()) return;
    w.name(element).array();
    for (std::size_t at = 0; at <= ids.size();) {
        const std::size_t end = std::min(ids.find(' ', at), ids.size());
        if (end > at) w.object().member("reference", std::string(type) + "/" + ids.substr(at, end - at)).end();
        at = end + 1;
    }
    w.end();
}

// Texts may hold anything: the writer escapes, and the reader of JSON refuses what is not UTF-8.
std::string resource_in(const Kind& kind, const Fields& f, const Speaks& speaks) {
    const std::string id = text_of(f, "id"), name = text_of(f, "name"), active = text_of(f, "active");
    if (kind.type == Type::organization) {
        json::Writer w;
        w.object().member("resourceType", "Organization").member("id", id);
        w.name("identifier").array().object().member("system", kHsaId).member("value", id).end();
        if (const std::string number = text_of(f, "organisation_number"); !number.empty())
            w.object().member("system", kOrganisationNumber).member("value", number).end();
        w.end().member("active", active != "false");
        w.name("type").array().object().name("coding").array().object();
        w.member("system", "http://terminology.hl7.org/CodeSystem/organization-type").member("code", kind.word == "provider" ? "prov" : "dept");
        w.end().end().end().end();
        if (!name.empty()) w.member("name", name);
        refer(w, "partOf", "Organization", text_of(f, "part_of"));
        w.end();
        return w.take();
    }
    json::Writer w;
    w.object().member("resourceType", to_string(kind.type)).member("id", id);
    if (kind.type == Type::location || kind.type == Type::endpoint)
        w.member("status", active != "false" ? "active" : kind.type == Type::location ? "inactive" : "off");
    else w.member("active", active != "false");
    if (!name.empty() && kind.type != Type::affiliation) w.member("name", name);
    if (kind.type == Type::healthcare_service) {
        refer(w, "providedBy", "Organization", text_of(f, "organisation"));
        refer_to_all(w, "location", "Location", text_of(f, "location"));
    } else if (kind.type == Type::affiliation) {
        refer(w, "organization", "Organization", text_of(f, "organisation"));
        refer(w, "participatingOrganization", "Organization", text_of(f, "participating"));
        refer_to_all(w, "healthcareService", "HealthcareService", text_of(f, "service"));
        const std::string start = text_of(f, "start"), end = text_of(f, "end");
        if (!start.empty() || !end.empty()) {
            w.name("period").object();
            if (!start.empty()) w.member("start", start);
            if (!end.empty()) w.member("end", end);
            w.end();
        }
    } else {
        refer(w, "managingOrganization", "Organization", text_of(f, "organisation"));
        refer(w, "partOf", "Location", text_of(f, "part_of"));
    }
    if (kind.type == Type::endpoint) {
        w.name("connectionType").object().member("system", "http://terminology.hl7.org/CodeSystem/endpoint-connection-type");
        const std::string connection = text_of(f, "connection");
        w.member("code", connection.empty() ? std::string("hl7-fhir-rest") : connection).end();
        write_in_endpoint(w, speaks);
        w.member("address", text_of(f, "address"));
    }
    w.end();
    return w.take();
}

Result<CsvTable::Row> read_row(const std::vector<std::string_view>& columns, const std::vector<std::string>& values, std::size_t line) {
    if (values.size() != columns.size())
        return fail(Category::invalid, fmt::format("{} fields; the first line names {}", values.size(), columns.size()));
    Fields fields;
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (values[i].size() > kFieldBytesMax) return fail(Category::invalid, fmt::format("{} has more than {} bytes", columns[i], kFieldBytesMax));
        if (!values[i].empty()) fields.emplace(columns[i], values[i]);
    }
    const std::string word = text_of(fields, "kind");
    const auto* kind = std::ranges::find(kKinds, word, &Kind::word);
    if (kind == std::end(kKinds)) return fail(Category::invalid, "kind is provider, unit, service, location, contract or endpoint");
    for (const auto& [column, value] : fields) {
        const bool common = column == "kind" || column == "id" || column == "name" || column == "active";
        if (!common && kind->columns.find(fmt::format(" {} ", column)) == std::string_view::npos)
            return fail(Category::invalid, fmt::format("a {} has no {}", word, column));
    }
    const std::string active = text_of(fields, "active");
    if (!active.empty() && active != "true" && active != "false") return fail(Category::invalid, "active is true, false or empty");
    if (word == "unit" && text_of(fields, "part_of").empty()) return fail(Category::invalid, "a unit has part_of");
    if (word == "contract" && !text_of(fields, "name").empty()) return fail(Category::invalid, "a contract has no name");
    TRY_ASSIGN(const Speaks speaks, speaks_from(text_of(fields, "interface"), text_of(fields, "software"), text_of(fields, "fhir_version")));
    auto document = json::Document::parse(resource_in(*kind, fields, speaks));
    if (!document) return fail(Category::invalid, "the line is not UTF-8");
    const std::string id = text_of(fields, "id");
    if (const Status good = check_resource(document->root(), kind->type, id); !good) {
        const Error& why = good.error();
        return fail(Category::invalid, why.path.empty() ? why.message : why.path + ": " + why.message);
    }
    return CsvTable::Row{line, kind->type, id, std::move(*document)};
}

}  // namespace

std::vector<Write> CsvTable::writes() const {
    std::vector<Write> out;
    out.reserve(rows_.size());
    for (const Row& row : rows_) out.push_back({.type = row.type, .id = row.id, .resource = row.document.root()});
    return out;
}

tl::expected<CsvTable, std::vector<WrongLine>> read_csv(std::string_view text) {
    using Wrong = std::vector<WrongLine>;
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    std::size_t at = 0, line = 1;
    const std::string_view first = text.substr(0, text.find('\n'));
    const char separator = first.find(';') != std::string_view::npos && first.find(',') == std::string_view::npos ? ';' : ',';
    const auto names = row_at(text, at, line, separator);
    if (!names || text.empty()) return tl::unexpected(Wrong{{1, "the first line names the columns"}});
    std::vector<std::string_view> columns;
    for (const std::string& name : *names) {
        const auto* known = std::ranges::find(kColumns, std::string_view(name));
        if (known == std::end(kColumns)) return tl::unexpected(Wrong{{1, fmt::format("column {} is not known", columns.size() + 1)}});
        if (std::ranges::find(columns, *known) != columns.end()) return tl::unexpected(Wrong{{1, fmt::format("{} is named twice", *known)}});
        columns.push_back(*known);
    }
    for (const std::string_view needed : {"kind", "id"})
        if (std::ranges::find(columns, needed) == columns.end()) return tl::unexpected(Wrong{{1, fmt::format("there is no column {}", needed)}});

    Wrong wrong;
    std::vector<CsvTable::Row> rows;
    std::map<std::pair<Type, std::string>, std::size_t> seen;
    while (at < text.size() && wrong.size() < kWrongMax) {
        const std::size_t began = line;
        const auto values = row_at(text, at, line, separator);
        if (!values) {
            wrong.push_back({began, "a quotation mark is out of place"});
            continue;
        }
        if (values->size() == 1 && values->front().empty()) continue;  // an empty line
        if (rows.size() >= Directory::kWritesMax) {
            wrong.push_back({began, fmt::format("more than {} lines", Directory::kWritesMax)});
            break;
        }
        auto row = read_row(columns, *values, began);
        if (!row) {
            wrong.push_back({began, row.error().message});
            continue;
        }
        if (const auto [earlier, is_new] = seen.emplace(std::pair(row->type, row->id), began); !is_new) {
            wrong.push_back({began, fmt::format("the same as line {} is about", earlier->second)});
            continue;
        }
        rows.push_back(std::move(*row));
    }
    if (!wrong.empty()) return tl::unexpected(std::move(wrong));
    return CsvTable(std::move(rows));
}

}  // namespace idun::directory
