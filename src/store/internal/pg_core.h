// What the store and its snapshots share on PostgreSQL: the reading connections and the versions that are in use.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>

#include "store/internal/pg_connection.h"

namespace idun::store {

// Versions that some snapshot can still read. Thread-safe.
class PgPins {
public:
    void add(Version version);
    void remove(Version version);
    // Rows that died at or before this version are read by nobody: the oldest pin, or else `newest`.
    Version horizon(Version newest) const;

private:
    mutable std::mutex mutex_;
    std::map<Version, std::size_t> pins_;
};

// Connections for reads, made when first needed. Thread-safe.
class PgPool {
public:
    explicit PgPool(const PostgresOptions& options);
    // Runs the statements on a free connection, and once more on a new one when the connection broke.
    using Statements = std::vector<std::pair<const std::string*, PgParams>>;
    Result<std::vector<PgRows>> run(const Statements& statements);

private:
    Result<std::unique_ptr<PgConnection>> take(bool fresh);
    void give_back(std::unique_ptr<PgConnection> connection);

    const PostgresOptions options_;
    std::mutex mutex_;
    std::condition_variable freed_;
    std::vector<std::unique_ptr<PgConnection>> idle_;
    std::size_t out_ = 0;
};

// The SQL, with the schema's name in it; the texts name prepared statements.
struct PgStatements {
    explicit PgStatements(const std::string& schema);
    std::vector<std::string> make;  // schema and tables
    std::string lock, head, claim, owned, advance;
    std::string bury, insert, insert_notes;
    std::string get, changes, trim_notes, trim_mark, sweep, any_row, set_head;
    // Of a scan: within one partition or not, with an upper bound or not, forward or reverse.
    std::string scan[2][2][2];
};

struct PgCore {
    PgCore(const PostgresOptions& options, std::string writer);
    // Runs a read; `unavailable` when another writer has taken the schema over meanwhile, as it may sweep what we read.
    Result<PgRows> read(const std::string& sql, PgParams params);
    Result<std::vector<std::optional<std::string>>> multi_get(Version at, std::span<const std::string> keys);

    const PostgresOptions options;
    const std::string writer;  // of this opening, in the head row
    const PgStatements sql;
    PgPool pool;
    PgPins pins;
    // Holds the schema's lock. Used by the store's writer thread only; here, so that a snapshot which outlives
    // its store keeps other writers, and so their sweeps, away.
    std::unique_ptr<PgConnection> writing;
};

struct PgHead {
    Version version;
    Version trimmed;
    std::string writer;
};
// `busy` when another store still has it after `patience`.
Status lock_schema(PgConnection& connection, const PgStatements& sql, const std::string& schema, std::chrono::milliseconds patience);
Result<std::optional<PgHead>> read_head(PgConnection& connection, const PgStatements& sql);
// Letters, digits and underscores.
Status check_schema_name(const std::string& schema);

class PgSnapshot final : public Snapshot {
public:
    PgSnapshot(std::shared_ptr<PgCore> core, Version version);
    ~PgSnapshot() override;
    Version version() const override { return version_; }
    Result<std::vector<std::optional<std::string>>> multi_get(std::span<const std::string> keys) const override;
    Result<Chunk> scan(const Range& range, const ChunkLimit& limit) const override;

private:
    std::shared_ptr<PgCore> core_;
    Version version_;
};

// Runs from its row's birth to for ever.
inline constexpr std::int64_t kAlive = INT64_MAX;

}  // namespace idun::store
