#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "app/compressed.h"
#include "cli/commands.h"

namespace idun::cli {

Result<std::string> token_of(const std::string& token_file) {
    std::string token;
    if (!token_file.empty()) {
        TRY_ASSIGN(token, app::read_file(token_file));
    } else if (const char* given = std::getenv("IDUN_TOKEN")) {
        token = given;
    }
    while (!token.empty() && std::isspace(static_cast<unsigned char>(token.back()))) token.pop_back();
    if (token.empty())
        return fail(Category::invalid, "no access token: set IDUN_TOKEN, or name a file with --token-file");
    return token;
}

namespace {

class Progress {
public:
    explicit Progress(bool quiet) : shown_(!quiet && isatty(STDERR_FILENO)) {}

    void show(std::uint64_t done, std::uint64_t all, std::uint64_t resources) {
        if (!shown_) return;
        const auto now = std::chrono::steady_clock::now();
        if (now - last_ < std::chrono::milliseconds(100) && done < all) return;
        last_ = now;
        constexpr int kWidth = 30;
        const double part = all == 0 ? 1 : static_cast<double>(done) / static_cast<double>(all);
        const int filled = static_cast<int>(part * kWidth);
        std::fprintf(stderr, "\r[%s%s] %3d %%  %llu resources  %.0f/s ", std::string(filled, '#').c_str(),
                     std::string(kWidth - filled, ' ').c_str(), static_cast<int>(part * 100),
                     static_cast<unsigned long long>(resources), rate(resources));
    }
    double rate(std::uint64_t resources) const {
        const std::chrono::duration<double> time = std::chrono::steady_clock::now() - started_;
        return time.count() > 0 ? static_cast<double>(resources) / time.count() : 0;
    }
    void end() const {
        if (shown_) std::fprintf(stderr, "\n");
    }

private:
    bool shown_;
    std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
    std::chrono::steady_clock::time_point last_{};
};

void print_refusals(std::FILE* out, const app::LoadReport& report) {
    for (const app::Refused& one : report.refused)
        std::fprintf(out, "%s%s%s: %s\n", one.file.c_str(), one.place.empty() ? "" : ", ", one.place.c_str(),
                     one.reason.c_str());
    if (report.refused_count > report.refused.size())
        std::fprintf(out, "and %llu more\n",
                     static_cast<unsigned long long>(report.refused_count - report.refused.size()));
}

Status write_refusals(const std::string& file, const app::LoadReport& report) {
    if (file.empty()) {
        print_refusals(stderr, report);
        return {};
    }
    std::FILE* out = std::fopen(file.c_str(), "w");
    if (!out) return fail(Category::unavailable, file + ": cannot be written");
    print_refusals(out, report);
    std::fclose(out);
    return {};
}

}  // namespace

int load(const LoadCommand& command) {
    const auto token = token_of(command.token_file);
    if (!token) return complain(token.error());
    app::Runtime runtime;
    http::Client client(runtime.loop, {});
    Progress progress(command.quiet);
    app::LoadOptions options;
    options.node_url = command.node_url;
    options.token = *token;
    options.journal = command.journal;
    options.progress = [&](std::uint64_t done, std::uint64_t all, std::uint64_t resources) {
        progress.show(done, all, resources);
    };
    const auto report = app::load(client, command.files, options);
    progress.end();
    if (!report) return complain(report.error());
    if (const Status written = write_refusals(command.report_file, *report); !written) return complain(written.error());
    std::printf("%llu files (%llu loaded before), %llu resources taken, %llu refused, %.0f resources/s\n",
                static_cast<unsigned long long>(report->files), static_cast<unsigned long long>(report->files_skipped),
                static_cast<unsigned long long>(report->taken), static_cast<unsigned long long>(report->refused_count),
                progress.rate(report->taken));
    if (report->broken_off) {
        const int code = complain(*report->broken_off);
        if (!command.journal.empty())
            std::fprintf(stderr, "idun: run the same command again to go on; %s remembers what is done\n", command.journal.c_str());
        return code;
    }
    return report->refused_count == 0 ? kOk : kPartly;
}

}  // namespace idun::cli
