// The text files that a country is made from: those in the program, or a folder's.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace idun::synth {

struct File {
    std::string_view name;  // "ages.tsv", "modules/asthma.module"
    std::string_view content;
};
// data/se, as it was when the program was built. Lives as long as the process.
std::span<const File> builtin_files();

// By name. A value that owns its texts.
using Files = std::map<std::string, std::string, std::less<>>;
Files builtin();
// What stands in the folder takes the place of the program's file of the same name; modules/order.txt says which modules run.
Result<Files> with_folder(const std::string& folder);

inline constexpr std::size_t kFileBytesMax = 8u << 20;

}  // namespace idun::synth
