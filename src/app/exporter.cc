#include "app/exporter.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <filesystem>
#include <mutex>
#include <thread>

#include "bulk/job.h"
#include "json/document.h"

namespace idun::app {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kJobs = "/$export-job/";
constexpr int kTries = 5;

std::string fhir_base(std::string url) {
    while (url.ends_with('/')) url.pop_back();
    return url.ends_with("/fhir") ? url : url + "/fhir";
}

// The part of an address that begins with our path; "" when it has none, or leads out of it.
std::string job_path(std::string_view url) {
    const auto at = url.find(kJobs);
    if (at == std::string_view::npos || url.find("..", at) != std::string_view::npos) return {};
    return std::string(url.substr(at));
}

struct Wanted {
    std::string path;  // at the node
    std::string name;  // in the folder
    std::uint64_t count = 0;
    bool deletions = false;
};

class Run {
public:
    Run(http::Client& client, const ExportOptions& options) : client_(client), options_(options), base_(fhir_base(options.node_url)) {}

    Result<ExportReport> run() {
        TRY(prepare());
        TRY_ASSIGN(const std::string job, start());
        TRY_ASSIGN(const std::string manifest, wait(job));
        TRY_ASSIGN(const auto files, read(manifest));
        TRY(fetch_all(files));
        TRY(bulk::write_whole(options_.folder + "/export-manifest", manifest));
        call("DELETE", base_ + job);  // it would expire by itself
        for (const Wanted& file : files) {
            ++report_.files;
            (file.deletions ? report_.deletions : report_.resources) += file.count;
        }
        return report_;
    }

private:
    Status prepare() const {
        std::error_code error;
        fs::create_directories(options_.folder, error);
        if (error) return fail(Category::unavailable, options_.folder + ": cannot be made");
        if (!fs::is_empty(options_.folder, error)) return fail(Category::conflict, options_.folder + ": is not empty");
        return {};
    }

    Result<http::Response> call(std::string method, std::string url) {
        http::Call one;
        one.method = std::move(method);
        one.url = std::move(url);
        one.headers.set("Authorization", "Bearer " + options_.token);
        one.headers.set("Prefer", "respond-async");
        one.timeout = std::chrono::minutes(5);
        one.answer_bytes_max = 160u << 20;
        return client_.fetch(std::move(one));
    }

    Error unexpected(std::string_view what, const http::Response& response) const {
        const auto document = json::Document::parse(response.body);
        const std::string said(document ? document->root()["issue"][0]["diagnostics"].text() : std::string_view());
        return Error(Category::unavailable, fmt::format("{}: status {}{}{}", what, response.status, said.empty() ? "" : ", ", said));
    }

    Result<std::string> start() {
        std::string query;
        std::string types;
        for (const std::string& type : options_.types) types += (types.empty() ? "" : ",") + type;
        if (!types.empty()) query += "?_type=" + http::percent_encoded(types);
        if (!options_.since.empty()) query += (query.empty() ? "?_since=" : "&_since=") + http::percent_encoded(options_.since);
        TRY_ASSIGN(const auto response, call("GET", base_ + "/$export" + query));
        if (response.status != 202) return fail(unexpected("the node starts no export", response));
        std::string path = job_path(response.headers.get("Content-Location"));
        if (path.empty()) return fail(Category::unavailable, "the node does not say where its export is");
        return path;
    }

    // The manifest, when the job is complete.
    Result<std::string> wait(const std::string& job) {
        const auto until = std::chrono::steady_clock::now() + options_.patience;
        std::chrono::milliseconds pause{50};
        for (int failures = 0; std::chrono::steady_clock::now() < until;) {
            const auto response = call("GET", base_ + job);
            if (response && response->status == 200) return response->body;
            const bool passing = !response || response->status == 429 || response->status == 503;
            if (!passing && response->status != 202) return fail(unexpected("the export failed", *response));
            if (passing && ++failures == kTries) return fail(Category::unavailable, "the node does not answer");
            if (!passing && options_.progress) options_.progress(std::string(response->headers.get("X-Progress")));
            std::this_thread::sleep_for(pause);
            pause = std::min(pause * 2, std::chrono::milliseconds(1'000));
        }
        return fail(Category::busy, "the export takes too long");
    }

    Result<std::vector<Wanted>> read(const std::string& manifest) {
        TRY_ASSIGN(const auto document, json::Document::parse(manifest));
        report_.as_of = document.root()["transactionTime"].text();
        std::vector<Wanted> out;
        for (const std::string_view list : {"output", "deleted"}) {
            for (const json::Value entry : document.root()[list].elements()) {
                Wanted one{job_path(entry["url"].text()), {}, 0, list == "deleted"};
                one.name = one.path.substr(one.path.rfind('/') + 1);
                const std::string_view count = entry["count"].text();
                std::from_chars(count.data(), count.data() + count.size(), one.count);
                if (one.path.empty() || !one.name.ends_with(".ndjson")) return fail(Category::invalid, "the manifest names a file that is none");
                out.push_back(std::move(one));
            }
        }
        return out;
    }

    Status fetch_all(const std::vector<Wanted>& files) {
        std::atomic<std::size_t> next{0}, done{0};
        std::mutex mutex;
        Status status;
        const auto work = [&] {
            for (std::size_t i = next++; i < files.size(); i = next++) {
                Status one = fetch(files[i]);
                const std::lock_guard lock(mutex);
                if (!one && status) status = std::move(one);
                if (!status) return;
                if (options_.progress) options_.progress(fmt::format("{} of {} files", ++done, files.size()));
            }
        };
        std::vector<std::thread> threads;
        for (std::size_t i = 0; i < std::max<std::size_t>(options_.in_flight, 1); ++i) threads.emplace_back(work);
        for (std::thread& thread : threads) thread.join();
        return status;
    }

    Status fetch(const Wanted& file) {
        for (int attempt = 0; attempt < kTries; ++attempt) {
            const auto response = call("GET", base_ + file.path);
            if (response && response->status == 200) {
                const auto lines = static_cast<std::uint64_t>(std::ranges::count(response->body, '\n'));
                if (lines != file.count) return fail(Category::corrupt, file.name + ": has another number of lines than the manifest says");
                return bulk::write_whole(options_.folder + "/" + file.name, response->body);
            }
            const bool passing = !response || response->status == 429 || response->status == 503;
            if (!passing) return fail(unexpected(file.name, *response));
            std::this_thread::sleep_for(std::chrono::milliseconds(100 << attempt));
        }
        return fail(Category::unavailable, file.name + ": the node does not give it");
    }

    http::Client& client_;
    const ExportOptions& options_;
    const std::string base_;
    ExportReport report_;
};

}  // namespace

Result<ExportReport> export_node(http::Client& client, const ExportOptions& options) { return Run(client, options).run(); }

}  // namespace idun::app
