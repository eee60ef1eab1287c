// One connection to PostgreSQL, always in libpq's pipeline mode: what is queued goes out in one round trip.
#pragma once

#include <memory>
#include <stop_token>
#include <unordered_map>

#include "store/internal/pg_values.h"
#include "store/postgres.h"

struct pg_conn;
struct pg_result;

namespace idun::store {

// The rows of one statement, in binary form.
class PgRows {
public:
    explicit PgRows(pg_result* result);
    int count() const;
    bool null(int row, int column) const;
    std::string_view bytes(int row, int column) const;
    std::int64_t number(int row, int column) const { return read_number(bytes(row, column)); }
    // Rows that an UPDATE, INSERT or DELETE touched.
    std::int64_t touched() const;

private:
    std::shared_ptr<pg_result> result_;
};

// Not thread-safe. After an error with lost() the connection is of no more use.
class PgConnection {
public:
    static Result<std::unique_ptr<PgConnection>> open(const PostgresOptions& options);
    ~PgConnection();
    PgConnection(const PgConnection&) = delete;
    PgConnection& operator=(const PgConnection&) = delete;

    // Statements are prepared once per connection, by their text.
    void queue(const std::string& sql, const PgParams& params = {});
    // Sends what was queued and waits. When one statement fails those after it are not run. Messages are ours,
    // never the server's, which may quote data. Without an explicit BEGIN the queued statements are one transaction.
    // Once told to stop the server is asked to cancel what runs, until it does; a server that does not
    // even answer to that counts as lost. Asking waits as long as TCP does where the server is frozen or packets are swallowed.
    Result<std::vector<PgRows>> sync(const std::stop_token& stop = {});
    // Both, for one statement.
    Result<PgRows> query(const std::string& sql, const PgParams& params = {}, const std::stop_token& stop = {});

    bool lost() const { return lost_; }
    // SQLSTATE of the last error, "" when the connection broke.
    const std::string& state() const { return state_; }

private:
    explicit PgConnection(pg_conn* connection) : connection_(connection) {}
    Error broken();
    Error failed(const pg_result* result);
    Result<PgRows> take_result(const std::stop_token& stop);
    bool wait_for_result(const std::stop_token& stop);
    void cancel();

    pg_conn* connection_;
    std::unordered_map<std::string, std::string> prepared_;  // text -> name
    struct Queued {
        bool prepares;
        std::string sql;
    };
    std::vector<Queued> queued_;
    bool lost_ = false;
    std::string state_;
    std::size_t names_ = 0;
};

}  // namespace idun::store
