#include "bulk/job.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

namespace idun::bulk {
namespace {

constexpr std::string_view kStates[] = {"waiting", "running", "complete", "failed"};

std::optional<std::uint64_t> number(json::Value value) {
    const std::string_view text = value.text();
    std::uint64_t out = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (value.kind() != json::Kind::number || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return out;
}

std::optional<std::vector<OutputFile>> files_of(json::Value list) {
    std::vector<OutputFile> out;
    if (!list.is_array()) return std::nullopt;
    for (const json::Value file : list.elements()) {
        const auto count = number(file["count"]);
        const auto bytes = number(file["bytes"]);
        OutputFile one{std::string(file["name"].text()), std::string(file["type"].text()), count.value_or(0), bytes.value_or(0)};
        if (!count || !bytes || one.name.empty() || one.name.find('/') != std::string::npos) return std::nullopt;
        out.push_back(std::move(one));
    }
    return out;
}

tl::unexpected<Error> not_written() { return fail(Category::unavailable, "a file of an export cannot be written"); }

Status write_all(int file, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto written = ::write(file, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return not_written();
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    if (::fsync(file) != 0) return not_written();
    return {};
}

}  // namespace

std::string encode(const JobRecord& job) {
    json::Writer w;
    w.object().member("v", 1).member("id", job.id).member("owner", job.owner);
    w.name("requester").object().member("user", job.requester.user_id).member("name", job.requester.name);
    w.member("role", job.requester.role).member("provider", job.requester.provider_id).member("unit", job.requester.unit_id).end();
    w.member("url", job.url).member("requestId", job.request_id).name("request");
    encode(w, job.request);
    w.member("created", to_iso(job.created)).member("state", kStates[static_cast<std::size_t>(job.state)]);
    w.member("finished", to_iso(job.finished)).member("asOf", to_iso(job.as_of)).member("version", job.store_version);
    w.name("files").array();
    for (const OutputFile& file : job.files)
        w.object().member("name", file.name).member("type", file.type).member("count", file.count).member("bytes", file.bytes).end();
    w.end().member("failure", job.failure).end();
    return w.take();
}

Result<JobRecord> decode_job(std::string_view text) {
    const auto damaged = fail(Category::corrupt, "the state of an export is damaged");
    const auto document = json::Document::parse(text);
    if (!document || document->root()["v"].text() != "1") return damaged;
    const json::Value root = document->root();
    JobRecord out;
    out.id = root["id"].text();
    out.owner = root["owner"].text();
    const json::Value who = root["requester"];
    out.requester = {std::string(who["user"].text()), std::string(who["name"].text()), std::string(who["role"].text()),
                     std::string(who["provider"].text()), std::string(who["unit"].text())};
    out.url = root["url"].text();
    out.request_id = root["requestId"].text();
    out.failure = root["failure"].text();
    const auto request = decode_request(root["request"]);
    const auto state = std::ranges::find(kStates, root["state"].text());
    const auto created = from_iso(root["created"].text());
    const auto finished = from_iso(root["finished"].text());
    const auto as_of = from_iso(root["asOf"].text());
    const auto version = number(root["version"]);
    auto files = files_of(root["files"]);
    if (out.id.empty() || out.owner.empty() || !request || state == std::end(kStates) || !created || !finished || !as_of || !version || !files)
        return damaged;
    out.request = *request;
    out.state = static_cast<JobState>(state - std::begin(kStates));
    out.created = *created;
    out.finished = *finished;
    out.as_of = *as_of;
    out.store_version = *version;
    out.files = std::move(*files);
    return out;
}

Status write_whole(const std::string& path, std::string_view bytes) {
    const std::string part = path + ".part";
    const int file = ::open(part.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    if (file < 0) return not_written();
    const Status written = write_all(file, bytes);
    ::close(file);
    TRY(written);
    std::error_code error;
    std::filesystem::rename(part, path, error);
    if (error) return not_written();
    const int folder = ::open(std::filesystem::path(path).parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return not_written();
    const int synced = ::fsync(folder);
    ::close(folder);
    if (synced != 0) return not_written();
    return {};
}

}  // namespace idun::bulk
