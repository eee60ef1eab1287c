#include "publish/served_count.h"

#include <fmt/format.h>

#include <sstream>

#include "base/log.h"

namespace idun::publish {
namespace {

constexpr std::string_view kStart = "idun-served 1 ";
constexpr std::size_t kFileBytesMax = 4096;

}  // namespace

ServedCount::ServedCount(const ledger::Ledger& ledger, ledger::FileSystem& files, std::string file)
    : ledger_(ledger), files_(files), file_(std::move(file)) {
    load();
}

void ServedCount::heard(std::uint64_t size, const ledger::Served& served, bool signed_here) {
    if (ours_ && size_ != 0 && size_ <= size) return;
    if (size == size_ && !signed_here) return;
    size_ = size;
    served_ = served;
    ours_ = signed_here || size == 0;
}

Result<ledger::Served> ServedCount::until(std::uint64_t size) {
    if (size < size_) {  // the hub was set back
        size_ = 0;
        served_ = {};
        ours_ = true;
    }
    constexpr std::size_t kAtOnce = 1'000;
    while (size_ < size) {
        TRY_ASSIGN(const auto entries, ledger_.read(size_, static_cast<std::size_t>(std::min<std::uint64_t>(kAtOnce, size - size_))));
        if (entries.empty()) return fail(Category::corrupt, "log: it has fewer entries than were counted");
        for (const ledger::Entry& entry : entries)
            if (entry.access) served_.add(*entry.access);
        size_ += entries.size();
    }
    return served_;
}

void ServedCount::reached(std::uint64_t size, const ledger::Served& served) {
    if (size == size_ && served == served_) return;
    size_ = size;
    served_ = served;
    if (file_.empty() || !ours_) return;
    // Not synced: what a power cut takes away is counted again.
    const std::string text = fmt::format("{}{} {} {} {}\n", kStart, ledger_.log_id(), size, served.own, served.tickets);
    if (const Status kept = files_.write_whole(file_, text, false); !kept)
        log::warn("the count of accesses is not kept", {{"log", ledger_.log_id()}, {"error", kept.error().message}});
}

void ServedCount::load() {
    if (file_.empty()) return;
    const auto text = files_.read(file_, 0, kFileBytesMax);
    if (!text) return;
    std::istringstream in(*text);
    std::string word, version, log_id;
    std::uint64_t size = 0;
    ledger::Served served;
    if (!(in >> word >> version >> log_id >> size >> served.own >> served.tickets) || !text->ends_with('\n')) return;
    if (word + " " + version + " " != kStart || log_id != ledger_.log_id() || size > ledger_.size()) return;
    size_ = size;
    served_ = served;
}

}  // namespace idun::publish
