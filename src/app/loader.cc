#include "app/loader.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <thread>
#include <tuple>

#include "app/compressed.h"
#include "app/journal.h"
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
std::string reason_of(json::Value outcome, std::string_view status) {
    const json::Value issue = outcome["issue"][0];
    std::string reason(issue["diagnostics"].text());
    if (reason.empty()) reason = std::string(issue["details"]["text"].text());
    if (reason.empty()) reason = fmt::format("status {}", status);
    if (const auto path = issue["expression"][0].text(); !path.empty()) reason += fmt::format(" ({})", path);
    return reason;
}

std::string reason_of(const http::Response& response) {
    const auto document = json::Document::parse(response.body);
    return reason_of(document ? document->root() : json::Value(), std::to_string(response.status));
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

// The same work has the same key: the same file, unchanged, to the same node, cut into the same pieces.
std::string file_key(const fs::path& path, const std::string& base, std::size_t bundle_resources) {
    std::error_code error;
    const auto size = fs::file_size(path, error);
    const auto time = fs::last_write_time(path, error).time_since_epoch().count();
    const std::string identity =
        fmt::format("{}|{}|{}|{}|{}", base, bundle_resources, fs::absolute(path, error).string(), size, time);
    return crypto::hex(crypto::sha256(identity).view().substr(0, 16));
}

// For the order of a report: the number in "line 17".
std::uint64_t line_in(std::string_view place) {
    std::uint64_t out = 0;
    for (const char c : place)
        if (c >= '0' && c <= '9') out = out * 10 + static_cast<std::uint64_t>(c - '0');
    return place.starts_with("line ") ? out : 0;
}

// What is sent in one request: the resources of a Bundle as one transaction, or lines of an NDJSON file as they are.
struct Piece {
    std::string key;  // for the journal
    std::string file;
    std::vector<Imported> resources;
    std::string text;                // of the lines, each with its end
    std::vector<std::size_t> lines;  // their numbers in the file; empty: a Bundle
    std::uint64_t bytes = 0;
};

constexpr std::size_t kPieceBytesMax = 8u << 20;

class Run {
public:
    Run(http::Client& client, const LoadOptions& options)
        : client_(client), options_(options), base_(fhir_base(options.node_url)),
          workers_(std::max<std::size_t>(options.in_flight, 1)) {}

    Result<LoadReport> load(const std::vector<fs::path>& files) {
        TRY(journal_.open(options_.journal));
        std::error_code ignored;
        for (const fs::path& file : files) bytes_all_ += fs::file_size(file, ignored);
        Status status;
        for (std::size_t i = 0; i < files.size() && status; ++i) {
            status = load_file(files[i]);
            if (status) status = failure();
        }
        wait_until_below(1);
        if (status) status = failure();
        if (!status) report_.broken_off = status.error();
        else if (report_.refused_count == 0) journal_.remove();
        std::sort(report_.refused.begin(), report_.refused.end(), [](const Refused& a, const Refused& b) {
            const std::uint64_t line_a = line_in(a.place), line_b = line_in(b.place);
            return std::tie(a.file, line_a, a.place, a.reason) < std::tie(b.file, line_b, b.place, b.reason);
        });
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
        const std::string key = file_key(path, base_, options_.bundle_resources);
        std::error_code ignored;
        const std::uint64_t packed = fs::file_size(path, ignored);
        if (skip(key, path.string())) {
            ++report_.files_skipped;
            progress(packed);
            return {};
        }
        TRY_ASSIGN(auto bytes, read_file(path.string()));
        const auto text = unpacked(std::move(bytes));
        if (!text) {
            refuse_file(path.string(), packed, text.error());
        } else if (path.filename().string().find(".ndjson") != std::string::npos) {
            send_lines(path.string(), key, *text, packed);
        } else {
            send_whole(path.string(), key, *text, packed);
        }
        return {};
    }

    void refuse_file(const std::string& file, std::uint64_t packed, const Error& error) {
        refuse(file, {error.path, error.message});
        progress(packed);
    }

    void send_whole(const std::string& file, const std::string& key, const std::string& text, std::uint64_t packed) {
        const auto document = json::Document::parse(text);
        if (!document) return refuse_file(file, packed, document.error());
        auto resources = import_resources(document->root());
        if (!resources) return refuse_file(file, packed, resources.error());
        if (resources->empty()) return progress(packed);
        post(Piece{key, file, std::move(*resources), {}, {}, packed});
    }

    void send_lines(const std::string& file, const std::string& key, const std::string& text, std::uint64_t packed) {
        Piece piece{key + " 0", file, {}, {}, {}, 0};
        std::size_t line = 0;
        std::uint64_t counted = 0;  // of `packed`, in the pieces so far
        const auto count_until = [&](std::size_t at) {
            const std::uint64_t until = packed * std::min(at, text.size()) / std::max<std::size_t>(text.size(), 1);
            const std::uint64_t added = until - counted;
            counted = until;
            return added;
        };
        std::size_t pieces = 0, sent = 0;
        const auto close = [&](std::size_t at) {
            piece.bytes = count_until(at);
            ++pieces;
            if (skip(piece.key, file)) return progress(piece.bytes);
            ++sent;
            post(std::move(piece));
        };
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t end = std::min(text.find('\n', at), text.size());
            const std::string_view one = std::string_view(text).substr(at, end - at);
            at = end + 1;
            ++line;
            if (one.find_first_not_of(" \t\r") == std::string_view::npos) continue;
            piece.text.append(one).append(1, '\n');
            piece.lines.push_back(line);
            if (piece.lines.size() < options_.bundle_resources && piece.text.size() < kPieceBytesMax) continue;
            close(at);
            piece = Piece{fmt::format("{} {}", key, line), file, {}, {}, {}, 0};
        }
        if (!piece.lines.empty()) close(text.size());
        if (pieces > 0 && sent == 0) ++report_.files_skipped;
        progress(count_until(text.size()));
    }

    // True when an earlier run has finished the piece; what was refused then is reported again.
    bool skip(const std::string& piece, const std::string& file) {
        const auto* refused = journal_.done(piece);
        if (!refused) return false;
        for (const JournalRefusal& one : *refused) refuse(file, one);
        return true;
    }

    void post(Piece piece) {
        wait_until_below(options_.in_flight);
        {
            const std::lock_guard lock(mutex_);
            ++running_;
        }
        const auto job = [this, shared = std::make_shared<Piece>(std::move(piece))] {
            send(*shared);
            const std::lock_guard lock(mutex_);
            --running_;
            changed_.notify_all();
        };
        if (!workers_.post(job)) job();
    }

    void wait_until_below(std::size_t count) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return running_ < count; });
    }

    void send(const Piece& piece) {
        auto refused = send_piece(piece);
        if (!refused) return give_up(refused.error());
        for (const JournalRefusal& one : *refused) refuse(piece.file, one);
        if (const Status written = journal_.add(piece.key, *refused); !written) give_up(written.error());
        progress(piece.bytes);
    }

    // What the node refuses of the piece; an error when it does not answer for it.
    Result<std::vector<JournalRefusal>> send_piece(const Piece& piece) {
        if (!piece.lines.empty()) return send_lines_of(piece);
        TRY_ASSIGN(const auto answer, call(put_bundle(piece.resources)));
        if (answer.status / 100 == 2) {
            taken(piece.resources.size());
            return std::vector<JournalRefusal>{};
        }
        return std::vector<JournalRefusal>{{"", reason_of(answer), piece.resources.size()}};
    }

    // The node reads the lines itself ($import). What it refuses goes once more by itself, as any file would: a Bundle in a
    // line is taken apart then, and a resource without an id gets one. So does every line at a node that does not let
    // this caller import.
    Result<std::vector<JournalRefusal>> send_lines_of(const Piece& piece) {
        std::vector<JournalRefusal> refused;
        std::vector<bool> left(piece.lines.size(), true);
        std::uint64_t count = 0;
        if (imports_) {
            TRY_ASSIGN(const auto answer, import_call(piece.text));
            if (answer.status / 100 == 2) {
                TRY_ASSIGN(left, refused_lines(answer.body, piece.lines.size()));
                count = static_cast<std::uint64_t>(std::ranges::count(left, false));
            } else {
                imports_ = false;
            }
        }
        std::size_t at = 0;
        for (std::size_t i = 0; i < piece.lines.size(); ++i) {
            const std::size_t end = piece.text.find('\n', at);
            if (left[i]) TRY(send_line(std::string_view(piece.text).substr(at, end - at), piece.lines[i], refused, count));
            at = end + 1;
        }
        taken(count);  // not before: a piece that breaks off is sent again as a whole
        return refused;
    }

    Status send_line(std::string_view text, std::size_t line, std::vector<JournalRefusal>& refused, std::uint64_t& count) {
        const std::string place = fmt::format("line {}", line);
        const auto document = json::Document::parse(text);
        const auto resources = document ? import_resources(document->root()) : Result<std::vector<Imported>>(fail(document.error()));
        if (!resources) {
            refused.push_back({place, resources.error().message, 1});
            return {};
        }
        if (resources->empty()) return {};
        TRY_ASSIGN(const auto one, call(put_bundle(*resources)));
        if (one.status / 100 == 2) count += resources->size();
        else refused.push_back({place, reason_of(one), 1});
        return {};
    }

    // Which lines an $import has refused; all, when it refused more than it names.
    Result<std::vector<bool>> refused_lines(const std::string& body, std::size_t lines) const {
        TRY_ASSIGN(const auto document, json::Document::parse(body));
        std::vector<bool> out(lines, false);
        std::size_t named = 0;
        std::string_view count;
        for (const json::Value parameter : document.root()["parameter"].elements()) {
            if (parameter["name"].text() == "refused") count = parameter["valueUnsignedInt"].text();
            if (parameter["name"].text() != "refusal") continue;
            const std::string_view number = parameter["part"][0]["valuePositiveInt"].text();
            std::size_t line = 0;
            std::from_chars(number.data(), number.data() + number.size(), line);
            if (line == 0 || line > lines) return fail(Category::unavailable, "the node's answer cannot be understood");
            out[line - 1] = true;
            ++named;
        }
        if (std::to_string(named) != count) out.assign(lines, true);
        return out;
    }

    // A node that refuses the whole says so with a status; whatever else is worth another try.
    Result<http::Response> import_call(const std::string& text) {
        return call(text, "/$import", "application/fhir+ndjson", [](int status) { return status == 401 || status == 408 || status == 429 || status >= 500; });
    }

    // An answer that is the node's word on the content: taken or refused.
    Result<http::Response> call(std::string body) {
        return call(std::move(body), "", "application/fhir+json", [](int status) {
            return status / 100 != 2 && (status == 401 || status == 403 || !is_refusal(status));
        });
    }

    // `passing` tells statuses that are no word on the content.
    Result<http::Response> call(const std::string& body, std::string_view path, std::string_view type, bool (*passing)(int)) {
        Result<http::Response> answer = fail(Category::unavailable, "not sent");
        for (int attempt = 0; attempt < kTries; ++attempt) {
            http::Call one;
            one.method = "POST";
            one.url = base_ + std::string(path);
            one.headers.set("Authorization", "Bearer " + options_.token);
            one.headers.set("Content-Type", std::string(type));
            if (path.empty()) one.headers.set("Prefer", "return=minimal");  // an import's answer is wanted
            one.body = body;
            one.timeout = std::chrono::milliseconds(120'000);
            answer = client_.fetch(std::move(one));
            if (answer && !passing(answer->status)) return answer;
            if (answer && (answer->status == 401 || answer->status == 403)) break;  // nothing will be taken
            std::this_thread::sleep_for(std::chrono::milliseconds(100 << attempt));
        }
        if (!answer) return fail(answer.error().within("the node does not take the records"));
        return fail(Category::unavailable, "the node does not take the records: " + reason_of(*answer));
    }

    void give_up(const Error& error) {
        const std::lock_guard lock(mutex_);
        if (!failed_) failed_ = error;
    }
    void taken(std::size_t count) {
        const std::lock_guard lock(mutex_);
        report_.taken += count;
    }
    void refuse(const std::string& file, const JournalRefusal& one) {
        const std::lock_guard lock(mutex_);
        report_.refused_count += one.count;
        if (report_.refused.size() < kRefusedMax) report_.refused.push_back({file, one.place, one.reason});
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
    std::atomic<bool> imports_{true};
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

Result<SentAll> import_lines(http::Client& client, const std::string& node_url, const std::string& token, std::string lines) {
    http::Call call;
    call.method = "POST";
    call.url = fhir_base(node_url) + "/$import";
    call.headers.set("Authorization", "Bearer " + token);
    call.headers.set("Content-Type", "application/fhir+ndjson");
    call.body = std::move(lines);
    call.timeout = std::chrono::milliseconds(120'000);
    Result<http::Response> answer = fail(Category::unavailable, "not sent");
    for (int attempt = 0; attempt < kTries; ++attempt) {
        answer = client.fetch(call);
        if (answer && (answer->status / 100 == 2 || is_refusal(answer->status))) break;
        std::this_thread::sleep_for(std::chrono::milliseconds(100 << attempt));
    }
    if (!answer) return fail(answer.error());
    if (answer->status / 100 != 2) return fail(Category::unavailable, "the node does not take the records: " + reason_of(*answer));
    TRY_ASSIGN(const auto document, json::Document::parse(answer->body));
    SentAll out;
    for (const json::Value parameter : document.root()["parameter"].elements()) {
        if (parameter["name"].text() != "refusal") continue;
        if (out.refused++ > 0) continue;
        out.place = "line " + std::string(parameter["part"][0]["valuePositiveInt"].text());
        out.reason = reason_of(parameter["part"][1]["resource"], "4xx");
    }
    return out;
}

Result<SentAll> send_all(http::Client& client, const std::string& node_url, const std::string& token,
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
    if (whole.status / 100 == 2) return SentAll{};
    if (!is_refusal(whole.status)) return fail(Category::unavailable, reason_of(whole));
    TRY_ASSIGN(const auto parts, send("batch"));
    if (parts.status / 100 != 2) return fail(Category::invalid, reason_of(parts));
    TRY_ASSIGN(const auto document, json::Document::parse(parts.body));
    SentAll out;
    std::size_t place = 0;
    for (const json::Value entry : document.root()["entry"].elements()) {
        const json::Value response = entry["response"];
        const std::size_t i = place++;
        if (response["status"].text().starts_with("2") || out.refused++ > 0) continue;
        if (i < resources.size()) out.place = resources[i].type + "/" + resources[i].id;
        out.reason = reason_of(response["outcome"], response["status"].text());
    }
    return out;
}

}  // namespace idun::app
