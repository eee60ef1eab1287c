#include "store/internal/backup.h"
#include "store/internal/pg_rows.h"
#include "store/postgres.h"

namespace idun::store {
namespace {

// Writes within the transaction of restore_postgres(). The rows are born at the backup's version.
class PgSink final : public BackupSink {
public:
    PgSink(PgConnection& connection, const PgStatements& sql, Version version)
        : connection_(connection), sql_(sql), version_(version) {}

    Status entries(std::vector<Entry> entries) override {
        std::vector<Batch::Write> writes;
        writes.reserve(entries.size());
        for (Entry& entry : entries) writes.push_back({std::move(entry.key), std::move(entry.value)});
        PgGroup group;
        for (const Batch::Write& write : writes) group.writes.push_back({&write, version_});
        return insert(group);
    }
    Status notes(std::vector<Change> notes) override {
        PgGroup group;
        for (const Change& change : notes) group.notes.push_back({change.version, change.note});
        return insert(group);
    }

private:
    Status insert(const PgGroup& group) {
        group.queue_inserts(connection_, sql_);
        TRY(connection_.sync());
        return {};
    }

    PgConnection& connection_;
    const PgStatements& sql_;
    Version version_;
};

Status check_empty(PgConnection& connection, const PgStatements& sql) {
    TRY_ASSIGN(const auto head, read_head(connection, sql));
    TRY_ASSIGN(const PgRows rows, connection.query(sql.any_row));
    if (!head || head->version != Version{} || rows.count() != 0)
        return fail(Category::conflict, "restore: the schema is not empty");
    return {};
}

}  // namespace

Status restore_postgres(const std::string& backup, const PostgresOptions& options, const std::string& sha256) {
    TRY(check_schema_name(options.schema));
    TRY_ASSIGN(const BackupHead verified, verify_backup(backup));
    const PgStatements sql(options.schema);
    TRY_ASSIGN(const auto connection, PgConnection::open(options));
    TRY(lock_schema(*connection, sql, options.schema, options.lock_patience));
    // One transaction, the tables too: without its COMMIT nothing has been made.
    TRY(connection->query("BEGIN"));
    for (const std::string& make : sql.make) TRY(connection->query(make));
    TRY(check_empty(*connection, sql));
    PgSink sink(*connection, sql, verified.version);
    TRY_ASSIGN(const BackupHead head, read_backup(backup, sink));
    TRY(is_meant(head, sha256));
    if (head.version != verified.version)
        return fail(Category::corrupt, "restore: the backup changes while it is read");
    PgParams numbers;
    numbers.number(static_cast<std::int64_t>(head.version.number));
    numbers.number(static_cast<std::int64_t>(head.trimmed.number));
    TRY(connection->query(sql.set_head, numbers));
    TRY(connection->query("COMMIT"));
    return {};
}

}  // namespace idun::store
