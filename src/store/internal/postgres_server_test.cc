#include "store/internal/postgres_server.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/wait.h>

#include <cstdlib>
#include <fstream>
#include <thread>

#include "store/internal/pg_connection.h"

namespace idun::store {
namespace {

const std::string kBin = "/usr/lib/postgresql/15/bin/";

// Runs a program quietly, as the user `postgres` when we are root (initdb refuses root); true when it succeeded.
bool run(const std::vector<std::string>& words, const std::string& folder) {
    const passwd* user = ::getuid() == 0 ? ::getpwnam("postgres") : nullptr;
    std::vector<char*> argv;
    for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    const pid_t child = ::fork();
    if (child == 0) {
        if (user != nullptr &&
            (::setgroups(0, nullptr) != 0 || ::setgid(user->pw_gid) != 0 || ::setuid(user->pw_uid) != 0))
            ::_exit(126);
        const int null = ::open("/dev/null", O_RDWR);
        for (int descriptor : {0, 1, 2}) ::dup2(null, descriptor);
        if (::chdir(folder.c_str()) != 0) ::_exit(126);
        ::execv(argv[0], argv.data());
        ::_exit(127);
    }
    int status = 0;
    return child > 0 && ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

PostgresServer* PostgresServer::shared() {
    static const std::unique_ptr<PostgresServer> server = start(false);
    return server.get();
}

std::unique_ptr<PostgresServer> PostgresServer::start(bool durable) {
    if (::access((kBin + "initdb").c_str(), X_OK) != 0) return nullptr;
    if (::getuid() == 0 && ::getpwnam("postgres") == nullptr) return nullptr;
    std::unique_ptr<PostgresServer> server(new PostgresServer);
    server->durable_ = durable;
    const std::string& folder = server->folder_.path();
    if (const passwd* user = ::getpwnam("postgres"); ::getuid() == 0)
        IDUN_CHECK(::chown(folder.c_str(), user->pw_uid, user->pw_gid) == 0);
    IDUN_CHECK(run({kBin + "initdb", "-D", folder + "/data", "-U", "postgres", "-A", "trust", "-E", "UTF8",
                    "--locale=C", "--no-sync"},
                   folder));
    server->start_again();
    return server;
}

void PostgresServer::start_again() {
    const std::string& folder = folder_.path();
    const std::string settings = "-k " + folder +
                                 " -c listen_addresses='' -c max_connections=60 -c shared_buffers=32MB" +
                                 (durable_ ? "" : " -c fsync=off");
    // After kill_hard() the last session may still be on its way out, and the server waits for that.
    for (int attempt = 0; attempt < 100; ++attempt) {
        if (run({kBin + "pg_ctl", "-D", folder + "/data", "-l", folder + "/log", "-o", settings, "-w", "start"},
                folder))
            return;
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    const bool test_server_starts = false;
    IDUN_CHECK(test_server_starts);
}

void PostgresServer::kill_hard() {
    std::ifstream file(folder_ / "data/postmaster.pid");
    pid_t server = 0;
    file >> server;
    IDUN_CHECK(server > 1);
    // Its sessions end by themselves when the server has gone, and no new one can start until then.
    ::kill(server, SIGKILL);
    while (::kill(server, 0) == 0) std::this_thread::sleep_for(std::chrono::milliseconds(5));
}

PostgresServer::~PostgresServer() {
    const std::string& folder = folder_.path();
    run({kBin + "pg_ctl", "-D", folder + "/data", "-m", "immediate", "-w", "stop"}, folder);
}

std::string PostgresServer::connection() const { return "host=" + folder_.path() + " user=postgres dbname=postgres"; }

PostgresEngine::PostgresEngine() {
    static int count = 0;
    options_.connection = PostgresServer::shared()->connection();
    options_.schema = "test_" + std::to_string(++count);
}

bool PostgresEngine::untouched() const {
    const auto connection = PgConnection::open(options_);
    IDUN_CHECK(connection.has_value());
    PgParams name;
    name.text(options_.schema);
    const auto rows = (*connection)->query("SELECT 1 FROM pg_namespace WHERE nspname = $1", name);
    return rows && rows->count() == 0;
}

}  // namespace idun::store
