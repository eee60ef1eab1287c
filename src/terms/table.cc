#include "terms/table.h"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <vector>

#include "json/document.h"
#include "json/writer.h"
#include "terms/code_system.h"

namespace idun::terms {
namespace {

constexpr std::size_t kColumnsMax = 64;
constexpr std::string_view kBom = "\xEF\xBB\xBF";

Error bad(std::size_t line, std::string what) { return {Category::invalid, "line " + std::to_string(line) + ": " + std::move(what)}; }

// Cells of one row at a time; quotes as in RFC 4180 (also in tables with tabs: a cell that starts with a quote).
class Rows {
public:
    explicit Rows(std::string_view text) : rest_(text) {
        if (rest_.starts_with(kBom)) rest_.remove_prefix(kBom.size());
    }

    bool done() const { return rest_.empty(); }
    std::size_t line() const { return line_; }  // where the last row began
    std::string_view peek() const { return rest_.substr(0, rest_.find_first_of("\r\n")); }

    void skip_line() { end_line(); }

    Result<std::vector<std::string>> next(char separator) {
        line_ = next_line_;
        std::vector<std::string> cells;
        for (;;) {
            TRY_ASSIGN(std::string one, cell(separator));
            cells.push_back(std::move(one));
            if (cells.size() > kColumnsMax) return fail(bad(line_, "more than 64 columns"));
            if (!rest_.starts_with(separator)) break;
            rest_.remove_prefix(1);
        }
        if (!rest_.empty() && rest_[0] != '\n' && rest_[0] != '\r') return fail(bad(line_, "something stands behind a closing quote"));
        end_line();
        return cells;
    }

private:
    Result<std::string> cell(char separator) {
        if (!rest_.starts_with('"')) {
            const std::size_t end = std::min(rest_.find_first_of(std::string{separator, '\r', '\n'}), rest_.size());
            std::string out(rest_.substr(0, end));
            rest_.remove_prefix(end);
            return out;
        }
        std::string out;
        rest_.remove_prefix(1);
        for (;;) {
            const std::size_t end = rest_.find('"');
            if (end == rest_.npos) return fail(bad(line_, "a quote that is not closed"));
            next_line_ += static_cast<std::size_t>(std::count(rest_.begin(), rest_.begin() + static_cast<std::ptrdiff_t>(end), '\n'));
            out += rest_.substr(0, end);
            rest_.remove_prefix(end + 1);
            if (!rest_.starts_with('"')) return out;
            out += '"';
            rest_.remove_prefix(1);
        }
    }

    void end_line() {
        const std::size_t end = rest_.find('\n');
        rest_.remove_prefix(end == rest_.npos ? rest_.size() : end + 1);
        ++next_line_;
    }

    std::string_view rest_;
    std::size_t line_ = 0;
    std::size_t next_line_ = 1;
};

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

// "# url: http://…" before the column names.
void read_head(Rows& rows, TableHead& head) {
    const std::pair<std::string_view, std::string*> known[] = {{"url", &head.url},           {"version", &head.version}, {"name", &head.name},
                                                               {"title", &head.title}, {"language", &head.language}, {"content", &head.content}};
    while (!rows.done() && (rows.peek().starts_with('#') || trimmed(rows.peek()).empty())) {
        std::string_view line = rows.peek();
        if (line.starts_with('#')) line.remove_prefix(1);
        const std::size_t colon = line.find(':');
        for (const auto& [key, value] : known) {
            if (colon != line.npos && trimmed(line.substr(0, colon)) == key && value->empty()) *value = trimmed(line.substr(colon + 1));
        }
        rows.skip_line();
    }
}

struct Columns {
    enum class Kind { code, display, definition, parent, abstract, status, property, designation };
    struct Column {
        Kind kind;
        std::string name;  // of a property; language of a designation
    };
    std::vector<Column> all;
};

Result<Columns> read_columns(const std::vector<std::string>& names, std::size_t line) {
    using Kind = Columns::Kind;
    static constexpr std::pair<std::string_view, Kind> kKnown[] = {{"code", Kind::code},     {"display", Kind::display},   {"definition", Kind::definition},
                                                                   {"parent", Kind::parent}, {"abstract", Kind::abstract}, {"status", Kind::status}};
    Columns out;
    for (const std::string& cell : names) {
        const std::string name(trimmed(cell));
        const auto known = std::find_if(std::begin(kKnown), std::end(kKnown), [&](const auto& one) { return one.first == name; });
        if (known != std::end(kKnown)) out.all.push_back({known->second, name});
        else if (name.starts_with("property.") && name.size() > 9) out.all.push_back({Kind::property, name.substr(9)});
        else if (name.starts_with("designation.") && name.size() > 12) out.all.push_back({Kind::designation, name.substr(12)});
        else return fail(bad(line, "column names are code, display, definition, parent, abstract, status, property.NAME and designation.LANGUAGE"));
    }
    const auto codes = std::count_if(out.all.begin(), out.all.end(), [](const auto& one) { return one.kind == Kind::code; });
    if (codes != 1) return fail(bad(line, "exactly one column must be named code"));
    return out;
}

struct Row {
    std::vector<std::string> cells;
    std::size_t line;
};

class TableWriter {
public:
    TableWriter(const Columns& columns, const TableHead& head) : columns_(columns), head_(head) {}

    std::string write(const std::vector<Row>& rows) {
        w_.object().member("resourceType", "CodeSystem").member("url", head_.url);
        if (!head_.language.empty()) w_.member("language", head_.language);
        if (!head_.version.empty()) w_.member("version", head_.version);
        if (!head_.name.empty()) w_.member("name", head_.name);
        if (!head_.title.empty()) w_.member("title", head_.title);
        w_.member("status", "active").member("caseSensitive", true).member("content", head_.content.empty() ? "complete" : head_.content);
        w_.member("count", rows.size());
        properties();
        w_.name("concept").array();
        for (const Row& row : rows) concept_row(row);
        w_.end().end();
        return w_.take();
    }

private:
    using Kind = Columns::Kind;

    void define(std::string_view code, std::string_view standard, std::string_view type) {
        w_.object().member("code", code);
        if (!standard.empty()) w_.member("uri", "http://hl7.org/fhir/concept-properties#" + std::string(standard));
        w_.member("type", type).end();
    }

    void properties() {
        w_.name("property").array();
        for (const Columns::Column& one : columns_.all) {
            if (one.kind == Kind::parent) define("parent", "parent", "code");
            if (one.kind == Kind::abstract) define("notSelectable", "notSelectable", "boolean");
            if (one.kind == Kind::status) define("status", "status", "code");
            if (one.kind == Kind::property) define(one.name, "", "string");
        }
        w_.end();
    }

    void property(std::string_view code, std::string_view kind, std::string_view value) {
        w_.object().member("code", code).member(kind, value).end();
    }

    void concept_row(const Row& row) {
        w_.object();
        for (const auto& [kind, key] : {std::pair{Kind::code, "code"}, {Kind::display, "display"}, {Kind::definition, "definition"}}) {
            each(row, kind, [&](const Columns::Column&, std::string_view cell) { w_.member(key, cell); });
        }
        if (any(row, {Kind::designation})) {
            w_.name("designation").array();
            each(row, Kind::designation, [&](const Columns::Column& column, std::string_view cell) {
                w_.object().member("language", column.name).member("value", cell).end();
            });
            w_.end();
        }
        if (any(row, {Kind::parent, Kind::abstract, Kind::status, Kind::property})) {
            w_.name("property").array();
            each(row, Kind::parent, [&](const Columns::Column&, std::string_view cell) { property("parent", "valueCode", cell); });
            each(row, Kind::abstract, [&](const Columns::Column&, std::string_view cell) {
                w_.object().member("code", "notSelectable").member("valueBoolean", cell == "true").end();
            });
            each(row, Kind::status, [&](const Columns::Column&, std::string_view cell) { property("status", "valueCode", cell); });
            each(row, Kind::property, [&](const Columns::Column& column, std::string_view cell) { property(column.name, "valueString", cell); });
            w_.end();
        }
        w_.end();
    }

    template <typename Take>
    void each(const Row& row, Kind kind, Take take) const {
        for (std::size_t i = 0; i < columns_.all.size(); ++i) {
            const std::string_view cell = trimmed(row.cells[i]);
            if (columns_.all[i].kind == kind && !cell.empty()) take(columns_.all[i], cell);
        }
    }

    bool any(const Row& row, std::initializer_list<Kind> kinds) const {
        bool found = false;
        for (const Kind kind : kinds) each(row, kind, [&](const Columns::Column&, std::string_view) { found = true; });
        return found;
    }

    const Columns& columns_;
    const TableHead& head_;
    json::Writer w_;
};

Status check_rows(const Columns& columns, const std::vector<Row>& rows) {
    using Kind = Columns::Kind;
    std::unordered_map<std::string_view, std::size_t> lines;
    const auto cell = [&](const Row& row, std::size_t i) { return trimmed(row.cells[i]); };
    for (const Row& row : rows) {
        for (std::size_t i = 0; i < columns.all.size(); ++i) {
            const std::string_view text = cell(row, i);
            if (columns.all[i].kind == Kind::abstract && !text.empty() && text != "true" && text != "false")
                return fail(bad(row.line, "abstract must be true, false or empty"));
            if (columns.all[i].kind != Kind::code) continue;
            if (text.empty()) return fail(bad(row.line, "the code is empty"));
            const auto [at, fresh] = lines.emplace(text, row.line);
            if (!fresh) return fail(bad(row.line, "the code of line " + std::to_string(at->second) + " again"));
        }
    }
    for (const Row& row : rows) {
        for (std::size_t i = 0; i < columns.all.size(); ++i) {
            if (columns.all[i].kind == Kind::parent && !cell(row, i).empty() && !lines.contains(cell(row, i)))
                return fail(bad(row.line, "the parent is not a code of the table"));
        }
    }
    return {};
}

}  // namespace

Result<std::string> code_system_from_table(std::string_view text, const TableHead& given) {
    TableHead head = given;
    Rows rows(text);
    read_head(rows, head);
    if (head.url.empty()) return fail(Category::invalid, "say the url of the code system");
    if (rows.done()) return fail(Category::invalid, "the table is empty");
    const std::string_view names = rows.peek();
    const char separator = names.find('\t') != names.npos ? '\t' : names.find(';') != names.npos ? ';' : ',';
    TRY_ASSIGN(const auto header, rows.next(separator));
    TRY_ASSIGN(const Columns columns, read_columns(header, rows.line()));
    std::vector<Row> all;
    while (!rows.done()) {
        if (trimmed(rows.peek()).empty()) {
            rows.skip_line();
            continue;
        }
        if (all.size() == kTableRowsMax) return fail(Category::too_large, "the table has more than 1,000,000 rows");
        TRY_ASSIGN(auto cells, rows.next(separator));
        if (cells.size() != columns.all.size())
            return fail(bad(rows.line(), "has " + std::to_string(cells.size()) + " cells, and the table " + std::to_string(columns.all.size()) + " columns"));
        all.push_back({std::move(cells), rows.line()});
    }
    if (all.empty()) return fail(Category::invalid, "the table has no rows");
    TRY(check_rows(columns, all));
    return checked_code_system(TableWriter(columns, head).write(all));
}

Result<std::string> checked_code_system(std::string_view text) {
    TRY_ASSIGN(const auto document, json::Document::parse(text, {.bytes_max = 512u << 20, .depth_max = 64, .nodes_max = 64u << 20}));
    TRY_ASSIGN(const auto system, CodeSystem::compile(document.root()));
    if (system->repeated() > 0) return fail(Category::invalid, std::to_string(system->repeated()) + " codes are there more than once");
    if (system->complete() && system->size() == 0) return fail(Category::invalid, "a complete code system without concepts");
    return json::to_text(document.root());
}

}  // namespace idun::terms
