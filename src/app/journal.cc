#include "app/journal.h"

#include <filesystem>

#include "app/compressed.h"
#include "json/document.h"
#include "json/writer.h"

namespace idun::app {
namespace {

constexpr std::string_view kHeader = "idun-load-journal 1";

std::string line_of(const std::string& piece, const std::vector<JournalRefusal>& refused) {
    json::Writer w;
    w.object().member("piece", piece).name("refused").array();
    for (const JournalRefusal& one : refused)
        w.object().member("place", one.place).member("count", one.count).member("reason", one.reason).end();
    w.end().end();
    return w.take();
}

std::uint64_t count_of(json::Value count) {
    std::uint64_t out = 0;
    for (const char c : count.text().substr(0, 18)) {
        if (c < '0' || c > '9') return 1;
        out = out * 10 + static_cast<std::uint64_t>(c - '0');
    }
    return out;
}

}  // namespace

Status Journal::open(const std::string& path) {
    path_ = path;
    if (path_.empty()) return {};
    std::string text;
    if (auto found = read_file(path_)) text = std::move(*found);
    else if (found.error().category != Category::not_found) return fail(found.error());
    TRY(read(text));
    out_.open(path_, std::ios::binary | std::ios::app);
    if (text.empty()) out_ << kHeader << '\n';
    else if (!text.ends_with('\n')) out_ << '\n';  // after a line that was cut off
    out_.flush();
    if (!out_) return fail(Category::unavailable, path_ + ": the journal cannot be written");
    return {};
}

Status Journal::read(const std::string& text) {
    if (text.empty()) return {};
    std::size_t at = std::min(text.find('\n'), text.size());
    if (std::string_view(text).substr(0, at) != kHeader)
        return fail(Category::invalid, path_ + " is not a journal of this version of idun load: name another file, or move it away");
    for (++at; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        const auto line = json::Document::parse(std::string_view(text).substr(at, end - at));
        at = end + 1;
        if (!line || !line->root()["piece"].is_string() || !line->root()["refused"].is_array()) continue;
        std::vector<JournalRefusal> refused;
        for (const json::Value one : line->root()["refused"].elements())
            refused.push_back({std::string(one["place"].text()), std::string(one["reason"].text()), count_of(one["count"])});
        done_.insert_or_assign(std::string(line->root()["piece"].text()), std::move(refused));
    }
    return {};
}

const std::vector<JournalRefusal>* Journal::done(const std::string& piece) const {
    const auto found = done_.find(piece);
    return found == done_.end() ? nullptr : &found->second;
}

Status Journal::add(const std::string& piece, const std::vector<JournalRefusal>& refused) {
    if (path_.empty()) return {};
    const std::string line = line_of(piece, refused) + '\n';
    const std::lock_guard lock(mutex_);
    out_ << line << std::flush;
    if (!out_) return fail(Category::unavailable, path_ + ": the journal cannot be written");
    return {};
}

void Journal::remove() {
    out_.close();
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove(path_, ignored);
}

}  // namespace idun::app
