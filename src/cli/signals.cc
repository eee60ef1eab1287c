#include <csignal>
#include <cstdio>
#include <initializer_list>

#include "cli/commands.h"

namespace idun::cli {
namespace {

sigset_t stopping() {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set, signal);
    return set;
}

}  // namespace

void hold_signals() {
    const sigset_t set = stopping();
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);  // a limit on the size of files is that write's error, not the program's end
}

void wait_for_stop() {
    const sigset_t set = stopping();
    int signal = 0;
    sigwait(&set, &signal);
    // A second one ends the process at once.
    pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

int complain(const Error& error) {
    std::fprintf(stderr, "idun: %s\n", error.message.c_str());
    return error.category == Category::invalid ? kUsage : kFailed;
}

}  // namespace idun::cli
