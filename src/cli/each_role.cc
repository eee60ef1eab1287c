#include "cli/each_role.h"

#include <unistd.h>

#include <condition_variable>
#include <cstdio>
#include <mutex>

namespace idun::cli {

int each_role(const std::string& config_file, const std::string& role, FunctionRef<Result<int>(const app::RolePlace& place)> act) {
    const auto config = read_config(config_file);
    if (!config) return complain(config.error());
    const auto places = app::role_places(*config, role);
    if (!places) return complain(places.error());
    int failed = kOk, said = kOk;
    for (const app::RolePlace& place : *places) {
        const auto code = act(place);
        if (!code) failed = complain(code.error().within(place.name));
        else if (*code != kOk) said = *code;
    }
    return failed != kOk ? failed : said;
}

StillRuns::StillRuns(std::string what) {
    if (::isatty(STDERR_FILENO) == 0) return;
    thread_ = std::jthread([what = std::move(what)](const std::stop_token& over) {
        std::mutex mutex;
        std::condition_variable_any woken;
        std::unique_lock lock(mutex);
        for (int seconds = 1; !woken.wait_for(lock, over, std::chrono::seconds(1), [&] { return over.stop_requested(); }); ++seconds) {
            std::fprintf(stderr, "\r%s: %d s", what.c_str(), seconds);
            std::fflush(stderr);
        }
        std::fputs("\r\033[K", stderr);
    });
}

StillRuns::~StillRuns() = default;  // stops and joins

void show_rows(const std::string& role, std::uint64_t rows) {
    if (::isatty(STDERR_FILENO) == 0) return;
    std::fprintf(stderr, "\r%s: %llu rows", role.c_str(), static_cast<unsigned long long>(rows));
    std::fflush(stderr);
}

}  // namespace idun::cli
