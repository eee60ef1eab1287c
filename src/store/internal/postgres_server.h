// A private PostgreSQL for tests: in a temporary folder, on a Unix socket only, stopped at the end.
#pragma once

#include <memory>

#include "store/internal/conformance.h"
#include "store/postgres.h"

namespace idun::store {

class PostgresServer {
public:
    // The one server of this test process, started when first needed; null when PostgreSQL is not installed.
    static PostgresServer* shared();
    // Another one; durable: with fsync.
    static std::unique_ptr<PostgresServer> start(bool durable);
    ~PostgresServer();
    PostgresServer(const PostgresServer&) = delete;
    PostgresServer& operator=(const PostgresServer&) = delete;

    std::string connection() const;  // as the superuser `postgres`
    void kill_hard();                // SIGKILL to the server and all its sessions
    void start_again();

private:
    PostgresServer() = default;
    TempFolder folder_;
    bool durable_ = false;
};

// A schema of its own on the shared server; see EmbeddedEngine.
class PostgresEngine {
public:
    static constexpr const char* kMissing = "skipped: PostgreSQL 15 is not installed";
    static bool available() { return PostgresServer::shared() != nullptr; }
    PostgresEngine();
    Result<std::unique_ptr<Store>> try_open(const Clock& clock) { return open_postgres(options_, clock); }
    Status restore(const std::string& backup, const std::string& sha256 = {}) { return restore_postgres(backup, options_, sha256); }
    bool untouched() const;

    std::unique_ptr<Store> open(const Clock& clock) {
        auto store = try_open(clock);
        IDUN_CHECK(store.has_value());
        return std::move(*store);
    }
    const PostgresOptions& options() const { return options_; }

private:
    PostgresOptions options_;
};

}  // namespace idun::store

#undef CONFORMANCE_ENGINES
#define CONFORMANCE_ENGINES idun::store::EmbeddedEngine, idun::store::PostgresEngine
