// `idun index load`: pointer lines into a hub's index.
#include <unistd.h>

#include <cstdio>

#include "app/index_load.h"
#include "cli/commands.h"

namespace idun::cli {
namespace {

void say_wrong(const app::IndexLoaded& loaded) {
    for (const app::WrongLine& one : loaded.wrong)
        std::fprintf(stderr, "%s:%llu: %s\n", one.file.c_str(), static_cast<unsigned long long>(one.line), one.reason.c_str());
    if (loaded.wrong_count > loaded.wrong.size())
        std::fprintf(stderr, "and %llu more\n", static_cast<unsigned long long>(loaded.wrong_count - loaded.wrong.size()));
}

}  // namespace

int index_load(const IndexLoadCommand& command) {
    const auto config = read_config(command.config_file);
    if (!config) return complain(config.error());
    if (!config->hub) return complain(Error(Category::invalid, command.config_file + " has no hub"));
    const auto begun = std::chrono::steady_clock::now();
    const auto seconds = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count(); };
    app::IndexLoad load{.files = command.files, .journal = command.journal};
    const bool shown = !command.quiet && isatty(STDERR_FILENO);
    if (shown)
        load.progress = [&](std::uint64_t pointers) {
            std::fprintf(stderr, "\r%llu pointers, %.0f/s ", static_cast<unsigned long long>(pointers), static_cast<double>(pointers) / seconds());
        };
    const auto loaded = app::load_index(*config->hub, load, system_clock(), system_random());
    if (shown) std::fputc('\n', stderr);
    if (!loaded) return complain(loaded.error());
    say_wrong(*loaded);
    if (!command.quiet) {
        std::fprintf(stderr, "%llu pointers are in the index, %.0f/s", static_cast<unsigned long long>(loaded->pointers), static_cast<double>(loaded->pointers) / seconds());
        if (loaded->lines_skipped > 0) std::fprintf(stderr, "; %llu lines were in it before", static_cast<unsigned long long>(loaded->lines_skipped));
        std::fprintf(stderr, "; %llu lines are wrong\n", static_cast<unsigned long long>(loaded->wrong_count));
    }
    return loaded->wrong_count > 0 ? kPartly : kOk;
}

}  // namespace idun::cli
