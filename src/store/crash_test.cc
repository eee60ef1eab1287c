// Killed processes, servers and sessions.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include <thread>

#include "store/internal/counting.h"
#include "store/internal/pg_connection.h"
#include "store/internal/postgres_server.h"

namespace idun::store {
namespace {

// What the child is told in its environment.
constexpr const char* kFolder = "IDUN_TEST_FOLDER";
constexpr const char* kConnection = "IDUN_TEST_CONNECTION";
constexpr const char* kPipe = "IDUN_TEST_PIPE";

Result<std::unique_ptr<Store>> open_patiently(const std::function<Result<std::unique_ptr<Store>>()>& open) {
    // A server may take a moment to notice that its client was killed.
    for (int attempt = 0;; ++attempt) {
        auto store = open();
        if (store || attempt == 200) return store;
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
}

Result<std::unique_ptr<Store>> open_told() {
    if (const char* connection = std::getenv(kConnection)) {
        PostgresOptions options;
        options.connection = connection;
        options.schema = "crash";
        return open_patiently([&] { return open_postgres(options, system_clock()); });
    }
    EmbeddedOptions options;
    options.folder = std::getenv(kFolder);
    options.memtable_bytes = 256u << 10;  // so that kills also fall into flushes
    return open_embedded(options, system_clock());
}

TEST_CASE("child: commits until it is killed" * doctest::skip()) {
    const char* pipe = std::getenv(kPipe);
    if (pipe == nullptr) return;
    const int out = std::atoi(pipe);
    auto store = open_told();
    REQUIRE(store);
    std::atomic<int> waiting{0};
    for (std::uint64_t n = now(**store)->version().number + 1;; ++n) {
        while (waiting >= 16) std::this_thread::yield();
        ++waiting;
        (*store)->commit(counting_batch(n, n % 50 == 0 ? 50'000 : 100), [&waiting, out, n](Result<Version> done) {
            --waiting;
            IDUN_CHECK(done && done->number == n);
            IDUN_CHECK(::write(out, &n, sizeof n) == sizeof n);
        });
    }
}

// Runs the child until it has acknowledged a few and some more time has passed; the last number it acknowledged.
std::uint64_t run_and_kill(std::chrono::microseconds time) {
    int ends[2];
    IDUN_CHECK(::pipe(ends) == 0);
    ::setenv(kPipe, std::to_string(ends[1]).c_str(), 1);
    const pid_t child = ::fork();
    if (child == 0) {
        const int null = ::open("/dev/null", O_RDWR);
        ::dup2(null, 1);
        ::dup2(null, 2);
        ::execl("/proc/self/exe", "store_test", "--no-skip", "--test-case=child: commits until it is killed", nullptr);
        ::_exit(127);
    }
    ::close(ends[1]);
    std::uint64_t last = 0;
    std::uint64_t number = 0;
    IDUN_CHECK(::read(ends[0], &number, sizeof number) == sizeof number);
    last = number;
    std::thread killer([&] {
        std::this_thread::sleep_for(time);
        ::kill(child, SIGKILL);
    });
    while (::read(ends[0], &number, sizeof number) == sizeof number) last = number;
    killer.join();
    ::close(ends[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    IDUN_CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    return last;
}

int rounds(int fewest) {
    const char* chosen = std::getenv("IDUN_TEST_ROUNDS");
    return chosen != nullptr ? std::atoi(chosen) : fewest;
}

void kill_and_check(int count) {
    std::mt19937_64 random(std::random_device{}());
    std::uint64_t all = 0;
    for (int round = 0; round < count; ++round) {
        const std::uint64_t acknowledged = run_and_kill(std::chrono::microseconds(random() % 60'000));
        auto store = open_told();
        REQUIRE(store);
        const auto number = counted(**store);
        REQUIRE(number);
        CHECK(*number >= acknowledged);
        CHECK(*number <= acknowledged + 16);
        all = *number;
    }
    MESSAGE("rounds: " << count << ", batches: " << all);
}

TEST_CASE("a killed process loses nothing that was acknowledged: embedded") {
    TempFolder folder;
    ::unsetenv(kConnection);
    ::setenv(kFolder, (folder / "store").c_str(), 1);
    kill_and_check(rounds(12));
}

TEST_CASE("a killed process loses nothing that was acknowledged: PostgreSQL") {
    const auto server = PostgresServer::start(false);
    if (!server) {
        MESSAGE(PostgresEngine::kMissing);
        return;
    }
    ::setenv(kConnection, server->connection().c_str(), 1);
    kill_and_check(rounds(6));
    ::unsetenv(kConnection);
}

// Commits on a thread of its own until stopped; a batch that failed is offered again with the number that is due.
class Writer {
public:
    explicit Writer(Store& store) : store_(store), thread_([this] { run(); }) {}
    std::uint64_t stop() {
        stopping_ = true;
        thread_.join();
        return acknowledged_;
    }
    std::uint64_t acknowledged() const { return acknowledged_; }

private:
    void run() {
        while (!stopping_) {
            const std::uint64_t next = acknowledged_ + 1;
            const auto done = store_.commit(counting_batch(next));
            // A conflict: the batch whose answer was lost had been written.
            if (done || done.error().category == Category::conflict) acknowledged_ = next;
            if (!done && done.error().category != Category::conflict)
                std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
    }
    Store& store_;
    std::atomic<bool> stopping_{false};
    std::atomic<std::uint64_t> acknowledged_{0};
    std::thread thread_;
};

void wait_for_progress(const Writer& writer, std::uint64_t count) {
    const std::uint64_t goal = writer.acknowledged() + count;
    while (writer.acknowledged() < goal) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

TEST_CASE("commits go on over killed sessions and servers, and lose nothing") {
    const auto server = PostgresServer::start(false);
    if (!server) {
        MESSAGE(PostgresEngine::kMissing);
        return;
    }
    PostgresOptions options;
    options.connection = server->connection();
    options.patience = std::chrono::milliseconds(30'000);
    auto store = open_postgres(options, system_clock());
    REQUIRE(store);
    Writer writer(**store);
    for (int round = 0; round < rounds(8); ++round) {
        wait_for_progress(writer, 5);
        auto control = PgConnection::open(options);
        REQUIRE(control);
        REQUIRE(
            (*control)->query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                              "WHERE application_name = 'idun' AND pid <> pg_backend_pid()"));
    }
    for (int round = 0; round < rounds(3); ++round) {
        wait_for_progress(writer, 5);
        server->kill_hard();
        server->start_again();
    }
    wait_for_progress(writer, 5);
    const std::uint64_t acknowledged = writer.stop();
    CHECK((*store)->healthy());
    CHECK(counted(**store) == acknowledged);
}

TEST_CASE("without its server a store is unavailable, and well again when it is back") {
    const auto server = PostgresServer::start(false);
    if (!server) {
        MESSAGE(PostgresEngine::kMissing);
        return;
    }
    PostgresOptions options;
    options.connection = server->connection();
    options.patience = std::chrono::milliseconds(100);
    auto store = open_postgres(options, system_clock());
    REQUIRE(store);
    REQUIRE((*store)->commit(counting_batch(1)));
    const auto before = now(**store);
    server->kill_hard();
    CHECK((*store)->commit(counting_batch(2)).error().category == Category::unavailable);
    CHECK((*store)->healthy().error().category == Category::unavailable);
    CHECK(before->get(key(99)).error().category == Category::unavailable);
    CHECK((*store)->changes({0}, 10).error().category == Category::unavailable);
    CHECK(open_postgres(options, system_clock()).error().category == Category::unavailable);
    server->start_again();
    CHECK(before->get(key(99)).value() == "1");
    CHECK((*store)->commit(counting_batch(2)).value() == Version{2});
    CHECK((*store)->healthy());
}

TEST_CASE("a writer that was pushed aside stops writing") {
    if (!PostgresEngine::available()) {
        MESSAGE(PostgresEngine::kMissing);
        return;
    }
    PostgresEngine engine;
    auto store = engine.open(system_clock());
    REQUIRE(store->commit(put_one(key(1), "mine")));
    auto control = PgConnection::open(engine.options());
    REQUIRE(control);
    // As another process does that got the lock while our session was cut off.
    REQUIRE((*control)->query("UPDATE " + engine.options().schema + ".head SET writer = 'other'"));
    const auto refused = store->commit(put_one(key(1), "late"));
    CHECK(refused.error().category == Category::unavailable);
    CHECK_FALSE(store->healthy());
    CHECK_FALSE(now(*store)->get(key(1)));
    REQUIRE((*control)->query("UPDATE " + engine.options().schema + ".head SET writer = 'other'"));
    CHECK_FALSE(store->commit(put_one(key(1), "later")));
    store.reset();
    auto again = engine.open(system_clock());
    CHECK(now(*again)->version() == Version{1});
    CHECK(now(*again)->get(key(1)).value() == "mine");
}

TEST_CASE("an opener waits a moment for a holder that is going, and no longer") {
    if (!PostgresEngine::available()) {
        MESSAGE(PostgresEngine::kMissing);
        return;
    }
    PostgresEngine engine;
    auto store = engine.open(system_clock());
    PostgresOptions impatient = engine.options();
    impatient.lock_patience = {};
    CHECK(open_postgres(impatient, system_clock()).error().category == Category::busy);
    PostgresOptions patient = engine.options();
    patient.lock_patience = std::chrono::seconds(60);
    std::thread going([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        store.reset();
    });
    CHECK(open_postgres(patient, system_clock()));
    going.join();
}

TEST_CASE("rows that nobody can read any more are swept") {
    if (!PostgresEngine::available()) {
        MESSAGE(PostgresEngine::kMissing);
        return;
    }
    PostgresEngine engine;
    auto store = engine.open(system_clock());
    REQUIRE(store->commit(put_one(key(1), "0")));
    auto kept = now(*store);
    for (int i = 1; i <= 30; ++i) REQUIRE(store->commit(put_one(key(1), std::to_string(i))));
    auto control = PgConnection::open(engine.options());
    REQUIRE(control);
    const auto rows = [&] {
        return (*control)->query("SELECT count(*) FROM " + engine.options().schema + ".kv").value().number(0, 0);
    };
    std::this_thread::sleep_for(std::chrono::milliseconds(1200));
    CHECK(rows() == 31);
    CHECK(kept->get(key(1)).value() == "0");
    CHECK(kept->scan(prefix_range(key(1)))->entries.front().value == "0");
    kept.reset();
    for (int wait = 0; wait < 100 && rows() > 1; ++wait) std::this_thread::sleep_for(std::chrono::milliseconds(50));
    CHECK(rows() == 1);
    CHECK(now(*store)->get(key(1)).value() == "30");
}

TEST_CASE("no message of PostgreSQL's reaches a caller") {
    if (!PostgresEngine::available()) {
        MESSAGE(PostgresEngine::kMissing);
        return;
    }
    PostgresEngine engine;
    auto connection = PgConnection::open(engine.options());
    REQUIRE(connection);
    PgParams secret;
    secret.text("191212121212");
    const auto error = (*connection)->query("SELECT $1::bigint / 0, $1::text::date", secret).error();
    CHECK(error.message.find("1912") == std::string::npos);
    CHECK((*connection)->query("SELECT 1")->count() == 1);  // and the connection goes on
    for (const char* name : {"", "1a", "A", "a;b", "pg_catalog", "a\"b", "x-y"}) {
        PostgresOptions options = engine.options();
        options.schema = name;
        CHECK(open_postgres(options, system_clock()).error().category == Category::invalid);
    }
    PostgresOptions options = engine.options();
    options.connection = "host=/nonexistent password=secret";
    CHECK(open_postgres(options, system_clock()).error().message.find("secret") == std::string::npos);
}

}  // namespace
}  // namespace idun::store
