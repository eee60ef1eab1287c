#include "publish/served_count.h"

#include <fmt/format.h>

#include <sstream>

#include "base/log.h"

namespace idun::publish {
namespace {

constexpr std::size_t kEntriesAtOnce = 1'000;
constexpr std::string_view kStart = "idun-served 2 ";
constexpr std::size_t kFileBytesMax = 4096;

}  // namespace

ServedCount::ServedCount(const ledger::Ledger& ledger, ledger::FileSystem& files, std::string file)
    : ledger_(ledger), files_(files), file_(std::move(file)) {
    load();
}

void ServedCount::heard(std::uint64_t size, const ledger::Served& served, bool signed_here) {
    if (ours_ && size_ != 0 && size_ <= size) return;
    if (size == size_ && !signed_here) return;
    const auto own = signed_here ? std::optional(served) : counted_whole(size);
    size_ = size;
    served_ = own.value_or(served);
    ours_ = own.has_value();
}

std::optional<ledger::Served> ServedCount::counted_whole(std::uint64_t size) const {
    ledger::Served out;
    for (std::uint64_t at = 0; at < size;) {
        const auto entries = ledger_.read(at, static_cast<std::size_t>(std::min<std::uint64_t>(kEntriesAtOnce, size - at)));
        if (!entries || entries->empty()) return std::nullopt;
        for (const ledger::Entry& entry : *entries) {
            if (entry.access) out.add(*entry.access);
            else if (entry.kind == ledger::Kind::person || entry.kind == ledger::Kind::nobody) return std::nullopt;
        }
        at += entries->size();
    }
    return out;
}

Result<ledger::Served> ServedCount::until(std::uint64_t size) {
    if (size < size_) {  // the hub was set back
        size_ = 0;
        served_ = {};
        ours_ = true;
    }
    while (size_ < size) {
        TRY_ASSIGN(const auto entries, ledger_.read(size_, static_cast<std::size_t>(std::min<std::uint64_t>(kEntriesAtOnce, size - size_))));
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
