#include "synth/files.h"

#include <filesystem>
#include <fstream>
#include <sstream>

namespace idun::synth {

namespace fs = std::filesystem;

Files builtin() {
    Files out;
    for (const File& file : builtin_files()) out.emplace(file.name, file.content);
    return out;
}

Result<Files> with_folder(const std::string& folder) {
    Files out = builtin();
    std::error_code error;
    if (!fs::is_directory(folder, error)) return fail(Category::invalid, folder + ": is no folder");
    for (const auto& entry : fs::recursive_directory_iterator(folder, error)) {
        const std::string extension = entry.path().extension().string();
        if (extension != ".tsv" && extension != ".txt" && extension != ".module") continue;
        if (entry.file_size(error) > kFileBytesMax) return fail(Category::too_large, entry.path().string() + ": over 8 MiB");
        std::ifstream in(entry.path(), std::ios::binary);
        std::ostringstream text;
        text << in.rdbuf();
        if (!in) return fail(Category::unavailable, entry.path().string() + ": cannot be read");
        out[fs::relative(entry.path(), folder, error).generic_string()] = text.str();
    }
    if (error) return fail(Category::unavailable, folder + ": cannot be read");
    return out;
}

}  // namespace idun::synth
