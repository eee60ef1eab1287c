// The directory from a table: CSV (RFC 4180, UTF-8, comma or semicolon) with one resource a line. Columns: docs/formats/directory.md.
//
//     auto table = read_csv(text);
//     if (!table) ... every wrong line
//     directory.write(table->writes(), writer);
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "directory/directory.h"

namespace idun::directory {

struct WrongLine {
    std::size_t line = 0;  // from 1, of the line on which the row begins
    std::string problem;
    friend bool operator==(const WrongLine&, const WrongLine&) = default;
};

class CsvTable {
public:
    struct Row {
        std::size_t line = 0;
        Type type{};
        std::string id;
        json::Document document;
    };
    explicit CsvTable(std::vector<Row> rows) : rows_(std::move(rows)) {}
    const std::vector<Row>& rows() const { return rows_; }
    // In the order of the rows; as long as the table lives.
    std::vector<Write> writes() const;

private:
    std::vector<Row> rows_;
};

// At most 1,000 wrong lines are told. What a resource must be by itself is judged too; what it refers to, when it is written.
tl::expected<CsvTable, std::vector<WrongLine>> read_csv(std::string_view text);

}  // namespace idun::directory
