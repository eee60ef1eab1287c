// Tables of data/se: lines with tabs between, comment lines with #. docs/formats/synth-module.md.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "synth/files.h"

namespace idun::synth {

struct Row {
    std::vector<std::string_view> cells;
    std::size_t line = 0;
};

// The rows of one file, each with `columns` cells. A refusal names file and line. The views live as long as `files`.
Result<std::vector<Row>> table(const Files& files, std::string_view name, std::size_t columns);
// "ages.tsv:12: what".
tl::unexpected<Error> wrong(std::string_view file, std::size_t line, std::string_view what);
// A plain decimal; nothing when it is none.
std::optional<double> number(std::string_view text);
std::vector<std::string_view> split(std::string_view text, char at);
std::string_view trimmed(std::string_view text);

}  // namespace idun::synth
