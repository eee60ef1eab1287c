#include "app/loader.h"

#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <set>
#include <thread>

#include "app/compressed.h"
#include "base/workers.h"
#include "crypto/encoding.h"
#include "crypto/hash.h"

namespace idun::app {
namespace {

namespace fs = std::filesystem;

constexpr int kTries = 5;

std::string fhir_base(std::string url) {
    while (url.ends_with('/')) url.pop_back();
    return url.ends_with("/fhir") ? url : url + "/fhir";
}

// The first issue of an OperationOutcome, for a report.
std::string reason_of(const http::Response& response) {
    const auto document = json::Document::parse(response.body);
    if (!document) return fmt::format("status {}", response.status);
    const json::Value issue = document->root()["issue"][0];
    std::string reason(issue["diagnostics"].text());
    if (reason.empty()) reason = std::string(issue["details"]["text"].text());
    if (reason.empty()) reason = fmt::format("status {}", response.status);
    if (const auto path = issue["expression"][0].text(); !path.empty()) reason += fmt::format(" ({})", path);
    return reason;
}

// A refusal is the node's word on the content; everything else is worth another try.
bool is_refusal(int status) { return status >= 400 && status < 500 && status != 408 && status != 429; }

bool wanted(const fs::path& path) {
    std::string name = path.filename().string();
    for (const std::string_view packing : {".gz", ".zst"})
        if (name.ends_with(packing)) name.resize(name.size() - packing.size());
    return name.ends_with(".json") || name.ends_with(".ndjson");
}

Result<std::vector<fs::path>> files_of(const std::vector<std::string>& paths) {
    std::vector<fs::path> out;
    for (const std::string& path : paths) {
        std::error_code error;
        if (!fs::exists(path, error)) return fail(Category::not_found, path + ": no such file or folder");
        if (!fs::is_directory(path, error)) {
            out.emplace_back(path);
            continue;
        }
        std::vector<fs::path> inside;
        for (fs::recursive_directory_iterator it(path, error), end; !error && it != end; it.increment(error))
            if (it->is_regular_file() && wanted(it->path())) inside.push_back(it->path());
        if (error) return fail(Category::unavailable, path + ": " + error.message());
        std::sort(inside.begin(), inside.end());
        out.insert(out.end(), inside.begin(), inside.end());
    }
    return out;
}

// Remembers finished pieces: lines "<hash of path, size and time> <piece>".
class Journal {
public:
    explicit Journal(const std::string& path) : path_(path) {
        if (path_.empty()) return;
        std::ifstream in(path_);
        for (std::string line; std::getline(in, line);) done_.insert(line);
        out_.open(path_, std::ios::app);
    }
    bool done(const std::string& piece) const { return done_.contains(piece); }
    void add(const std::string& piece) {
        const std::lock_guard lock(mutex_);
        if (out_.is_open()) out_ << piece << '\n' << std::flush;
    }
    void remove() {
        out_.close();
        std::error_code ignored;
        if (!path_.empty()) fs::remove(path_, ignored);
    }
    bool writable() const { return path_.empty() || out_.good(); }

private:
    std::string path_;
    std::set<std::string> done_;
    std::mutex mutex_;
    std::ofstream out_;
};

std::string file_key(const fs::path& path) {
    std::error_code error;
    const auto size = fs::file_size(path, error);
    const auto time = fs::last_write_time(path, error).time_since_epoch().count();
    const std::string identity = fmt::format("{}|{}|{}", fs::absolute(path, error).string(), size, time);
    return crypto::hex(crypto::sha256(identity).view().substr(0, 16));
}

// What is sent in one request.
struct Piece {
    std::string key;  // for the journal
    std::string file;
    std::vector<Imported> resources;
    std::vector<std::size_t> lines;  // of an NDJSON file, for the report; empty: a Bundle
    std::uint64_t bytes = 0;
};

class Run {
public:
    Run(http::Client& client, const LoadOptions& options)
        : client_(client), options_(options), base_(fhir_base(options.node_url)), journal_(options.journal),
          workers_(std::max<std::size_t>(options.in_flight, 1)) {}

    Result<LoadReport> load(const std::vector<fs::path>& files) {
        if (!journal_.writable()) return fail(Category::unavailable, options_.journal + ": the journal cannot be written");
        std::error_code ignored;
        for (const fs::path& file : files) bytes_all_ += fs::file_size(file, ignored);
        for (const fs::path& file : files) {
            TRY(failure());
            TRY(load_file(file));
        }
        wait_until_below(1);
        TRY(failure());
        if (report_.refused_count == 0) journal_.remove();
        return std::move(report_);
    }

private:
    Status failure() {
        const std::lock_guard lock(mutex_);
        if (failed_) return fail(*failed_);
        return {};
    }

    Status load_file(const fs::path& path) {
        ++report_.files;
        const std::string key = file_key(path);
        if (journal_.done(key)) {
            ++report_.files_skipped;
            return {};
        }
        std::error_code ignored;
        const std::uint64_t packed = fs::file_size(path, ignored);
        TRY_ASSIGN(auto bytes, read_file(path.string()));
        auto text = unpacked(std::move(bytes));
        if (!text) {
            refuse(path.string(), "", text.error().message);
            return {};
        }
        std::string name = path.filename().string();
        if (name.find(".ndjson") != std::string::npos) send_lines(path.string(), key, *text, packed);
        else send_whole(path.string(), key, *text, packed);
        return {};
    }

    void send_whole(const std::string& file, const std::string& key, const std::string& text, std::uint64_t packed) {
        const auto document = json::Document::parse(text);
        if (!document) return refuse(file, "", document.error().message);
        auto resources = import_resources(document->root());
        if (!resources) return refuse(file, resources.error().path, resources.error().message);
        if (resources->empty()) return;
        post(Piece{key, file, std::move(*resources), {}, packed});
    }

    void send_lines(const std::string& file, const std::string& key, const std::string& text, std::uint64_t packed) {
        Piece piece{key + " 0", file, {}, {}, 0};
        std::size_t line = 0;
        std::size_t begun = 0;  // where the piece begins
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t end = std::min(text.find('\n', at), text.size());
            const std::string_view one = std::string_view(text).substr(at, end - at);
            at = end + 1;
            ++line;
            if (one.find_first_not_of(" \t\r") == std::string_view::npos) continue;
            add_line(piece, one, line);
            piece.bytes = packed * (at - begun) / text.size();
            if (piece.resources.size() < options_.bundle_resources) continue;
            post(std::move(piece));
            begun = at;
            piece = Piece{fmt::format("{} {}", key, line), file, {}, {}, 0};
        }
        if (!piece.resources.empty()) post(std::move(piece));
    }

    void add_line(Piece& piece, std::string_view text, std::size_t line) {
        const auto document = json::Document::parse(text);
        const std::string place = fmt::format("line {}", line);
        if (!document) return refuse(piece.file, place, document.error().message);
        auto resources = import_resources(document->root());
        if (!resources) return refuse(piece.file, place, resources.error().message);
        for (Imported& resource : *resources) {
            piece.resources.push_back(std::move(resource));
            piece.lines.push_back(line);
        }
    }

    void post(Piece piece) {
        if (journal_.done(piece.key)) return;
        wait_until_below(options_.in_flight);
        {
            const std::lock_guard lock(mutex_);
            ++running_;
        }
        const auto shared = std::make_shared<Piece>(std::move(piece));
        workers_.post([this, shared] {
            send(*shared);
            const std::lock_guard lock(mutex_);
            --running_;
            changed_.notify_all();
        });
    }

    void wait_until_below(std::size_t count) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return running_ < count; });
    }

    void send(const Piece& piece) {
        auto answer = call(put_bundle(piece.resources));
        if (!answer) return give_up(answer.error());
        if (answer->status / 100 == 2) {
            taken(piece.resources.size());
        } else if (!is_refusal(answer->status) || answer->status == 401 || answer->status == 403) {
            return give_up(Error(Category::unavailable, reason_of(*answer)));
        } else if (piece.lines.empty()) {
            refuse(piece.file, "", reason_of(*answer), piece.resources.size());
        } else if (!send_one_by_one(piece)) {
            return;
        }
        journal_.add(piece.key);
        progress(piece.bytes);
    }

    bool send_one_by_one(const Piece& piece) {
        for (std::size_t i = 0; i < piece.resources.size(); ++i) {
            auto answer = call(put_bundle({&piece.resources[i], 1}));
            if (!answer) {
                give_up(answer.error());
                return false;
            }
            if (answer->status / 100 == 2) taken(1);
            else refuse(piece.file, fmt::format("line {}", piece.lines[i]), reason_of(*answer));
        }
        return true;
    }

    Result<http::Response> call(std::string body) {
        Result<http::Response> answer = fail(Category::unavailable, "not sent");
        for (int attempt = 0; attempt < kTries; ++attempt) {
            http::Call one;
            one.method = "POST";
            one.url = base_;
            one.headers.set("Authorization", "Bearer " + options_.token);
            one.headers.set("Content-Type", "application/fhir+json");
            one.headers.set("Prefer", "return=minimal");
            one.body = body;
            one.timeout = std::chrono::milliseconds(120'000);
            answer = client_.fetch(std::move(one));
            if (answer && (answer->status / 100 == 2 || is_refusal(answer->status))) return answer;
            std::this_thread::sleep_for(std::chrono::milliseconds(100 << attempt));
        }
        return answer;
    }

    void give_up(const Error& error) {
        const std::lock_guard lock(mutex_);
        if (!failed_) failed_ = error.within("the node does not take the records");
    }
    void taken(std::size_t count) {
        const std::lock_guard lock(mutex_);
        report_.taken += count;
    }
    void refuse(const std::string& file, const std::string& place, const std::string& reason, std::size_t count = 1) {
        const std::lock_guard lock(mutex_);
        report_.refused_count += count;
        if (report_.refused.size() < kRefusedMax) report_.refused.push_back({file, place, reason});
    }
    void progress(std::uint64_t bytes) {
        const std::lock_guard lock(mutex_);
        bytes_done_ += bytes;
        if (options_.progress) options_.progress(std::min(bytes_done_, bytes_all_), bytes_all_, report_.taken);
    }

    http::Client& client_;
    const LoadOptions& options_;
    const std::string base_;
    Journal journal_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t running_ = 0;
    std::optional<Error> failed_;
    LoadReport report_;
    std::uint64_t bytes_all_ = 0;
    std::uint64_t bytes_done_ = 0;
    Workers workers_;  // last: its threads use the rest
};

}  // namespace

Result<std::vector<std::string>> fhir_files(const std::vector<std::string>& paths) {
    TRY_ASSIGN(const auto files, files_of(paths));
    std::vector<std::string> out;
    for (const fs::path& file : files) out.push_back(file.string());
    return out;
}

Result<LoadReport> load(http::Client& client, const std::vector<std::string>& paths, const LoadOptions& options) {
    TRY_ASSIGN(const auto files, files_of(paths));
    return Run(client, options).load(files);
}

Result<std::size_t> send_all(http::Client& client, const std::string& node_url, const std::string& token,
                             std::span<const Imported> resources) {
    const auto send = [&](std::string_view type) {
        http::Call call;
        call.method = "POST";
        call.url = fhir_base(node_url);
        call.headers.set("Authorization", "Bearer " + token);
        call.headers.set("Content-Type", "application/fhir+json");
        call.body = put_bundle(resources, type);
        call.timeout = std::chrono::milliseconds(120'000);
        return client.fetch(std::move(call));
    };
    TRY_ASSIGN(const auto whole, send("transaction"));
    if (whole.status / 100 == 2) return std::size_t{0};
    if (!is_refusal(whole.status)) return fail(Category::unavailable, reason_of(whole));
    TRY_ASSIGN(const auto parts, send("batch"));
    if (parts.status / 100 != 2) return fail(Category::invalid, reason_of(parts));
    TRY_ASSIGN(const auto document, json::Document::parse(parts.body));
    std::size_t refused = 0;
    for (const json::Value entry : document.root()["entry"].elements())
        if (!entry["response"]["status"].text().starts_with("2")) ++refused;
    return refused;
}

}  // namespace idun::app
