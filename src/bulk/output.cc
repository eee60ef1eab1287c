#include "bulk/output.h"

#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>

#include <filesystem>

#include "json/writer.h"

namespace idun::bulk {
namespace {

constexpr std::size_t kBufferBytes = 128u << 10;

tl::unexpected<Error> not_written() { return fail(Category::unavailable, "a file of the export cannot be written; the disk may be full"); }

}  // namespace

Status check_disk(const std::string& folder, const OutputLimits& limits) {
    if (limits.disk_reserve_bytes == 0) return {};
    std::error_code error;
    const auto space = std::filesystem::space(folder, error);
    if (error) return fail(Category::unavailable, "the disk of the exports cannot be asked for its room");
    if (space.available < limits.disk_reserve_bytes) return fail(Category::busy, "there is too little room on the disk for an export");
    return {};
}

Output::Output(std::string folder, std::size_t thread, OutputLimits limits, std::atomic<std::uint64_t>& job_bytes)
    : folder_(std::move(folder)), thread_(thread), limits_(limits), job_bytes_(job_bytes) {}

Output::~Output() {
    for (auto& [type, open] : open_) {
        if (open.file < 0) continue;
        ::close(open.file);
        std::error_code ignored;
        std::filesystem::remove(path(open.about) + ".part", ignored);
    }
}

Status Output::resource(const std::string& type, std::string_view json) { return line(type, json); }

Status Output::deleted(const std::string& type, const std::string& id) {
    json::Writer w;
    w.object().member("resourceType", "Bundle").member("type", "transaction").name("entry").array().object();
    w.name("request").object().member("method", "DELETE").member("url", type + "/" + id).end();
    w.end().end().end();
    return line({}, w.take());
}

Status Output::line(const std::string& type, std::string_view json) {
    Open& open = open_[type];
    if (open.file < 0) TRY(begin(type, open));
    open.buffer.append(json).append(1, '\n');
    open.about.bytes += json.size() + 1;
    ++open.about.count;
    if (job_bytes_.fetch_add(json.size() + 1) + json.size() + 1 > limits_.job_bytes_max)
        return fail(Category::too_large, "the export has more bytes than an export may have; ask for fewer types or a later _since");
    if (open.about.bytes >= limits_.file_bytes_max) return end(open);
    if (open.buffer.size() >= kBufferBytes) return flush(open);
    return {};
}

Status Output::begin(const std::string& type, Open& open) {
    open.about = {fmt::format("{}.{}-{}.ndjson", type.empty() ? "deleted" : type, thread_ + 1, ++files_), type, 0, 0};
    open.file = ::open((path(open.about) + ".part").c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    if (open.file < 0) return not_written();
    return {};
}

Status Output::flush(Open& open) {
    TRY(check_disk(folder_, limits_));
    std::string_view bytes = open.buffer;
    while (!bytes.empty()) {
        const auto written = ::write(open.file, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return not_written();
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    open.buffer.clear();
    return {};
}

Status Output::end(Open& open) {
    TRY(flush(open));
    const bool synced = ::fdatasync(open.file) == 0;
    ::close(open.file);
    open.file = -1;
    std::error_code error;
    std::filesystem::rename(path(open.about) + ".part", path(open.about), error);
    if (!synced || error) return not_written();
    finished_.push_back(std::move(open.about));
    open.about = {};
    return {};
}

Status Output::finish() {
    for (auto& [type, open] : open_)
        if (open.file >= 0) TRY(end(open));
    return {};
}

}  // namespace idun::bulk
