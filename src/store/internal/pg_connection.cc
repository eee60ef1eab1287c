#include "store/internal/pg_connection.h"

#include <poll.h>
#include <postgresql/libpq-fe.h>

#include <array>
#include <chrono>
#include <cstdlib>

namespace idun::store {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kLookEvery{100};     // whether to stop
constexpr std::chrono::milliseconds kCancelEvery{500};   // one that comes before its statement does nothing
constexpr std::chrono::seconds kCancelledWithin{10};

// The server's notices may quote data and would go to standard error.
void ignore_notice(void*, const pg_result*) {}

// Every statement here has one right plan, by index; statistics of a young table must not talk it into another.
constexpr const char* kSettings =
    "SELECT set_config(name, value, false) FROM (VALUES ('synchronous_commit', 'on'), ('jit', 'off'), "
    "('plan_cache_mode', 'force_generic_plan'), ('enable_seqscan', 'off'), ('enable_bitmapscan', 'off'), "
    "('enable_hashjoin', 'off'), ('enable_mergejoin', 'off'), ('enable_material', 'off'), "
    "('max_parallel_workers_per_gather', '0'), ('client_encoding', 'UTF8')) AS setting(name, value)";

Error to_error(std::string_view state) {
    const auto is = [&](std::string_view start) { return state.starts_with(start); };
    if (is("53100")) return {Category::unavailable, "the database's disk is full"};
    if (is("53")) return {Category::unavailable, "the database lacks memory or connections"};
    if (is("57014")) return {Category::unavailable, "the statement was cancelled"};
    if (is("57") || is("08")) return {Category::unavailable, "the database is not taking statements"};
    if (is("28") || is("3D")) return {Category::unavailable, "the database refuses the login"};
    if (is("42501")) return {Category::unavailable, "the database role lacks a permission"};
    if (is("25006")) return {Category::unavailable, "the database is read-only"};
    if (is("40") || is("55P03")) return {Category::unavailable, "the database could not serialize a statement"};
    if (is("58")) return {Category::unavailable, "the database's disk failed"};
    if (is("XX001") || is("XX002")) return {Category::corrupt, "the database found stored bytes damaged"};
    return {Category::internal, "the database refused a statement with SQLSTATE " + std::string(state)};
}

}  // namespace

PgRows::PgRows(pg_result* result) : result_(result, [](pg_result* r) { PQclear(r); }) {}

int PgRows::count() const { return PQntuples(result_.get()); }

bool PgRows::null(int row, int column) const { return PQgetisnull(result_.get(), row, column) == 1; }

std::string_view PgRows::bytes(int row, int column) const {
    return {PQgetvalue(result_.get(), row, column), static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
}

std::int64_t PgRows::touched() const { return std::strtoll(PQcmdTuples(result_.get()), nullptr, 10); }

Result<std::unique_ptr<PgConnection>> PgConnection::open(const PostgresOptions& options) {
    // What the connection string says wins over what stands before it.
    const char* const names[] = {"connect_timeout", "application_name", "dbname", nullptr};
    const char* const values[] = {"5", "idun", options.connection.c_str(), nullptr};
    std::unique_ptr<PgConnection> connection(new PgConnection(PQconnectdbParams(names, values, 1)));
    if (connection->connection_ == nullptr || PQstatus(connection->connection_) != CONNECTION_OK)
        return fail(Category::unavailable, "the database cannot be reached");
    PQsetNoticeReceiver(connection->connection_, ignore_notice, nullptr);
    if (PQserverVersion(connection->connection_) < 150000)
        return fail(Category::unsupported, "the database is older than PostgreSQL 15");
    if (PQenterPipelineMode(connection->connection_) != 1)
        return fail(Category::internal, "the database library has no pipeline mode");
    TRY(connection->query(kSettings));
    return connection;
}

PgConnection::~PgConnection() { PQfinish(connection_); }

void PgConnection::queue(const std::string& sql, const PgParams& params) {
    std::vector<const char*> values;
    std::vector<int> lengths;
    std::vector<Oid> types;
    for (const PgParams::Value& value : params.values()) {
        values.push_back(value.bytes.data());
        lengths.push_back(static_cast<int>(value.bytes.size()));
        types.push_back(value.type);
    }
    const std::vector<int> binary(values.size(), 1);
    const int count = static_cast<int>(values.size());
    auto [at, added] = prepared_.try_emplace(sql);
    if (added) {
        at->second = "s" + std::to_string(names_++);
        queued_.push_back({true, sql});
        if (PQsendPrepare(connection_, at->second.c_str(), sql.c_str(), count, types.data()) != 1) lost_ = true;
    }
    queued_.push_back({false, sql});
    if (PQsendQueryPrepared(connection_, at->second.c_str(), count, values.data(), lengths.data(), binary.data(), 1) !=
        1)
        lost_ = true;
}

Error PgConnection::broken() {
    lost_ = true;
    state_.clear();
    return {Category::unavailable, "the connection to the database broke"};
}

Error PgConnection::failed(const pg_result* result) {
    if (PQstatus(connection_) != CONNECTION_OK) return broken();
    const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    if (state == nullptr) return broken();
    state_ = state;
    // An administrator's shutdown ends the session right after this message.
    if (state_.starts_with("57P") || state_.starts_with("08")) lost_ = true;
    return to_error(state_);
}

// On a connection of its own, as the protocol has it.
void PgConnection::cancel() {
    const std::unique_ptr<PGcancel, decltype(&PQfreeCancel)> request(PQgetCancel(connection_), PQfreeCancel);
    std::array<char, 256> ignored{};
    if (request) PQcancel(request.get(), ignored.data(), static_cast<int>(ignored.size()));
}

// Until PQgetResult does not wait. False when the server does not answer although it was asked to cancel.
bool PgConnection::wait_for_result(const std::stop_token& stop) {
    std::optional<Steady::time_point> first, newest;
    while (PQisBusy(connection_) == 1) {
        pollfd readable{.fd = PQsocket(connection_), .events = POLLIN, .revents = 0};
        ::poll(&readable, 1, static_cast<int>(kLookEvery.count()));
        if (PQconsumeInput(connection_) != 1) return true;  // broken, as the result will say
        const auto now = Steady::now();
        if (!stop.stop_requested() || PQisBusy(connection_) != 1 || (newest && now - *newest < kCancelEvery)) continue;
        if (first && now - *first > kCancelledWithin) return false;
        if (!first) first = now;
        newest = now;
        cancel();
    }
    return true;
}

// The next statement's result; its trailing null is taken too.
Result<PgRows> PgConnection::take_result(const std::stop_token& stop) {
    std::optional<Error> error;
    pg_result* last = nullptr;
    for (;;) {
        if (stop.stop_possible() && !wait_for_result(stop)) {
            PQclear(last);
            return fail(broken());
        }
        pg_result* result = PQgetResult(connection_);
        if (result == nullptr) break;
        if (last != nullptr) PQclear(last);
        last = result;
        const ExecStatusType status = PQresultStatus(result);
        if (status == PGRES_PIPELINE_SYNC) break;  // has no trailing null
        if (status == PGRES_PIPELINE_ABORTED) {
            if (!error) error = Error(Category::internal, "an earlier statement failed");
        } else if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && !error) {
            error = failed(result);
        }
        if (PQstatus(connection_) != CONNECTION_OK) break;
    }
    if (last == nullptr) return fail(broken());
    PgRows rows(last);
    if (error) return fail(*error);
    if (PQstatus(connection_) != CONNECTION_OK) return fail(broken());
    return rows;
}

Result<std::vector<PgRows>> PgConnection::sync(const std::stop_token& stop) {
    const std::vector<Queued> queued = std::exchange(queued_, {});
    if (lost_ || PQpipelineSync(connection_) != 1) return fail(broken());
    std::vector<PgRows> rows;
    std::optional<Error> error;
    for (const Queued& one : queued) {
        auto result = take_result(stop);
        if (result && !one.prepares) rows.push_back(std::move(*result));
        if (result) continue;
        if (one.prepares) prepared_.erase(one.sql);
        if (lost_ && state_.empty()) return fail(result.error());
        if (!error) error = result.error();
    }
    const std::string state = state_;
    if (auto synced = take_result(stop); !synced) return fail(error.value_or(synced.error()));
    state_ = state;
    if (error) return fail(*error);
    return rows;
}

Result<PgRows> PgConnection::query(const std::string& sql, const PgParams& params, const std::stop_token& stop) {
    queue(sql, params);
    TRY_ASSIGN(auto rows, sync(stop));
    return rows.front();
}

}  // namespace idun::store
