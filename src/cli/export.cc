// `idun export`: everything out of a node, and whether two exports say the same.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "app/compressed.h"
#include "app/exporter.h"
#include "app/runtime.h"
#include "bulk/digest.h"
#include "cli/commands.h"

namespace idun::cli {
namespace {

int compare(const std::string& left, const std::string& right) {
    const auto a = bulk::digest_of(left);
    if (!a) return complain(a.error());
    const auto b = bulk::digest_of(right);
    if (!b) return complain(b.error());
    bulk::Digest types = *a;
    types.insert(b->begin(), b->end());
    std::uint64_t count = 0;
    int differ = 0;
    for (const auto& [type, ignored] : types) {
        const bulk::TypeDigest one = a->contains(type) ? a->at(type) : bulk::TypeDigest{};
        const bulk::TypeDigest other = b->contains(type) ? b->at(type) : bulk::TypeDigest{};
        count += one.count;
        if (one == other) continue;
        ++differ;
        std::printf("%s: %llu and %llu resources, hashes %s and %s\n", type.c_str(), static_cast<unsigned long long>(one.count),
                    static_cast<unsigned long long>(other.count), one.hex().c_str(), other.hex().c_str());
    }
    if (differ > 0) {
        std::printf("The exports differ in %d of %zu types.\n", differ, types.size());
        return kUntrue;
    }
    std::printf("The exports are equal: %llu resources of %zu types, counts and content hashes.\n", static_cast<unsigned long long>(count),
                types.size());
    return kOk;
}

}  // namespace

int export_data(const ExportCommand& command) {
    if (!command.compare.empty()) return compare(command.compare[0], command.compare[1]);
    const auto token = token_of(command.token_file);
    if (!token) return complain(token.error());
    app::Runtime runtime;
    http::Client client(runtime.loop, {});
    app::ExportOptions options;
    options.node_url = command.node_url;
    options.token = *token;
    options.folder = command.folder;
    options.types = command.types;
    options.since = command.since;
    const bool shown = !command.quiet && isatty(STDERR_FILENO);
    if (shown) options.progress = [](const std::string& state) { std::fprintf(stderr, "\r%-40s", state.c_str()); };
    const auto started = std::chrono::steady_clock::now();
    const auto report = app::export_node(client, options);
    if (shown) std::fprintf(stderr, "\r%-40s\r", "");
    if (!report) return complain(report.error());
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - started;
    std::printf("%llu resources and %llu deletions in %llu files as of %s, %.0f resources/s\n",
                static_cast<unsigned long long>(report->resources), static_cast<unsigned long long>(report->deletions),
                static_cast<unsigned long long>(report->files), report->as_of.c_str(),
                static_cast<double>(report->resources) / std::max(time.count(), 0.001));
    return kOk;
}

}  // namespace idun::cli
