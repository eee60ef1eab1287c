#include "app/index_load_journal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>

namespace idun::app {
namespace {

std::string key_of(const std::string& file) {
    std::error_code error;
    const auto size = std::filesystem::file_size(file, error);
    return fmt::format("{}\t{}", error ? 0 : size, file);
}

}  // namespace

Result<IndexLoadJournal> IndexLoadJournal::open(const std::string& path) {
    IndexLoadJournal out;
    out.path_ = path;
    if (path.empty()) return out;
    std::ifstream in(path);
    for (std::string line; std::getline(in, line);) {
        if (in.eof()) break;  // a line without its end was being written when the run broke off
        const std::size_t tab = line.find('\t');
        std::uint64_t lines = 0;
        const auto [end, error] = std::from_chars(line.data(), line.data() + std::min(tab, line.size()), lines);
        if (tab == std::string::npos || error != std::errc() || end != line.data() + tab)
            return fail(Category::invalid, path + " is no journal of an index load");
        out.lines_[line.substr(tab + 1)] = lines;
    }
    return out;
}

std::uint64_t IndexLoadJournal::lines_of(const std::string& file) const {
    const auto found = file == "-" ? lines_.end() : lines_.find(key_of(file));
    return found == lines_.end() ? 0 : found->second;
}

Status IndexLoadJournal::note(const std::string& file, std::uint64_t lines) {
    if (path_.empty() || file == "-") return {};
    const std::string line = fmt::format("{}\t{}\n", lines, key_of(file));
    const int descriptor = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    const bool written = descriptor >= 0 && ::write(descriptor, line.data(), line.size()) == static_cast<ssize_t>(line.size()) && ::fdatasync(descriptor) == 0;
    if (descriptor >= 0) ::close(descriptor);
    if (!written) return fail(Category::unavailable, path_ + ": cannot be written");
    return {};
}

}  // namespace idun::app
