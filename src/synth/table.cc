#include "synth/table.h"

#include <charconv>

namespace idun::synth {

tl::unexpected<Error> wrong(std::string_view file, std::size_t line, std::string_view what) {
    return fail(Category::invalid, std::string(file) + ":" + std::to_string(line) + ": " + std::string(what));
}

std::optional<double> number(std::string_view text) {
    if (text.empty() || text.size() > 20 || text.find_first_not_of("0123456789.-") != std::string_view::npos) return std::nullopt;
    double out = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out, std::chars_format::fixed);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return out;
}

std::vector<std::string_view> split(std::string_view text, char at) {
    std::vector<std::string_view> out;
    for (;;) {
        const std::size_t end = text.find(at);
        out.push_back(text.substr(0, end));
        if (end == std::string_view::npos) return out;
        text.remove_prefix(end + 1);
    }
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) text.remove_suffix(1);
    return text;
}

Result<std::vector<Row>> table(const Files& files, std::string_view name, std::size_t columns) {
    const auto file = files.find(name);
    if (file == files.end()) return fail(Category::invalid, std::string(name) + ": is missing");
    std::vector<Row> out;
    std::size_t line_number = 0;
    for (std::string_view line : split(file->second, '\n')) {
        ++line_number;
        if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
        if (line.empty() || line.front() == '#') continue;
        Row row{split(line, '\t'), line_number};
        if (row.cells.size() != columns)
            return wrong(name, line_number, "has " + std::to_string(row.cells.size()) + " columns, not " + std::to_string(columns));
        out.push_back(std::move(row));
    }
    if (out.empty()) return fail(Category::invalid, std::string(name) + ": has no rows");
    return out;
}

}  // namespace idun::synth
