#include <fmt/format.h>

#include "store/internal/pg_core.h"

namespace idun::store {
namespace {

// A row beyond the byte limit comes without its value, to say that there is more. The sums need no value: the
// server knows sizes without reading what it keeps out of line.
std::string scan_text(const std::string& kv, bool one_partition, bool bounded, bool reverse) {
    const std::string lower = one_partition ? "part = $4 AND key >= $5" : "(part, key) >= ($4, $5)";
    std::string upper;
    if (bounded) upper = one_partition ? " AND key < $6" : " AND (part, key) < ($6, $7)";
    const char* order = reverse ? "part DESC, key DESC" : "part, key";
    return fmt::format(
        "SELECT part, key, CASE WHEN place = 1 OR (place <= $2 AND total <= $3) THEN value END FROM ("
        "SELECT part, key, value, 8 + octet_length(key) + octet_length(value) AS size, "
        "sum(8 + octet_length(key) + octet_length(value)) OVER w AS total, row_number() OVER w AS place "
        "FROM {} WHERE born <= $1 AND died > $1 AND {}{} "
        "WINDOW w AS (ORDER BY {} ROWS UNBOUNDED PRECEDING) ORDER BY {} LIMIT $2 + 1) AS r "
        "WHERE place <= 2 OR total - size <= $3",
        kv, lower, upper, order, order);
}

}  // namespace

PgStatements::PgStatements(const std::string& schema) {
    const std::string kv = schema + ".kv";
    const std::string note = schema + ".note";
    const std::string head_table = schema + ".head";
    make = {
        fmt::format("CREATE SCHEMA IF NOT EXISTS {}", schema),
        fmt::format("CREATE TABLE IF NOT EXISTS {} (part bigint NOT NULL, key bytea NOT NULL, born bigint NOT NULL, "
                    "died bigint NOT NULL, value bytea COMPRESSION lz4 NOT NULL, PRIMARY KEY (part, key, born))",
                    kv),
        fmt::format("CREATE INDEX IF NOT EXISTS kv_dead ON {} (died) WHERE died < {}", kv, kAlive),
        fmt::format("CREATE TABLE IF NOT EXISTS {} (part bigint NOT NULL, version bigint NOT NULL, "
                    "note bytea NOT NULL, PRIMARY KEY (part, version))",
                    note),
        fmt::format("CREATE TABLE IF NOT EXISTS {} (part bigint NOT NULL PRIMARY KEY CHECK (part = 0), "
                    "format integer NOT NULL, version bigint NOT NULL, trimmed bigint NOT NULL, "
                    "writer text NOT NULL)",
                    head_table),
        fmt::format("INSERT INTO {} VALUES (0, 1, 0, 0, '') ON CONFLICT DO NOTHING", head_table),
    };
    lock = "SELECT CASE WHEN pg_try_advisory_lock(hashtextextended('idun store ' || $1, 0)) THEN 1 ELSE 0 END";
    head =
        fmt::format("SELECT format, version, trimmed, convert_to(writer, 'UTF8') FROM {} WHERE part = 0", head_table);
    claim = fmt::format("UPDATE {} SET writer = $1 WHERE part = 0", head_table);
    owned = fmt::format("SELECT 1 FROM {} WHERE part = 0 AND writer = $1", head_table);
    // Divides by zero, and so undoes the transaction, unless the head is as this writer left it.
    advance = fmt::format(
        "WITH moved AS (UPDATE {} SET version = $1 WHERE part = 0 AND version = $2 AND writer = $3 "
        "RETURNING 1) SELECT 1 / (SELECT count(*) FROM moved)",
        head_table);
    bury = fmt::format(
        "UPDATE {} AS old SET died = new.version "
        "FROM unnest($1::bigint[], $2::bytea[], $3::bigint[]) AS new(part, key, version) "
        "WHERE old.part = new.part AND old.key = new.key AND old.died = {}",
        kv, kAlive);
    insert = fmt::format(
        "INSERT INTO {} (part, key, born, died, value) SELECT part, key, version, {}, value "
        "FROM unnest($1::bigint[], $2::bytea[], $3::bigint[], $4::bytea[]) "
        "AS new(part, key, version, value)",
        kv, kAlive);
    insert_notes = fmt::format(
        "INSERT INTO {} (part, version, note) SELECT 0, version, note "
        "FROM unnest($1::bigint[], $2::bytea[]) AS new(version, note)",
        note);
    get = fmt::format(
        "SELECT slot, value FROM unnest($2::bigint[], $3::bytea[]) WITH ORDINALITY "
        "AS wanted(part, key, slot) JOIN {} AS r USING (part, key) "
        "WHERE r.born <= $1 AND r.died > $1",
        kv);
    changes = fmt::format(
        "SELECT version, note FROM (SELECT version, note, octet_length(note) AS size, "
        "sum(octet_length(note)) OVER (ORDER BY version ROWS UNBOUNDED PRECEDING) AS total FROM {} "
        "WHERE part = 0 AND version > $1 AND version <= $2 ORDER BY version LIMIT $3) AS r "
        "WHERE total - size <= 67108864",
        note);
    trim_notes = fmt::format("DELETE FROM {} WHERE part = 0 AND version <= $1", note);
    trim_mark = fmt::format("UPDATE {} SET trimmed = $1 WHERE part = 0 AND trimmed < $1 AND writer = $2", head_table);
    sweep = fmt::format(
        "DELETE FROM {0} AS r USING (SELECT part, key, born FROM {0} WHERE died <= $1 AND died < {1} "
        "ORDER BY died LIMIT $2) AS dead "
        "WHERE r.part = dead.part AND r.key = dead.key AND r.born = dead.born",
        kv, kAlive);
    set_head = fmt::format("UPDATE {} SET version = $1, trimmed = $2 WHERE part = 0", head_table);
    any_row = fmt::format("SELECT 1 FROM {} LIMIT 1", kv);
    for (const bool one : {false, true})
        for (const bool bounded : {false, true})
            for (const bool reverse : {false, true}) scan[one][bounded][reverse] = scan_text(kv, one, bounded, reverse);
}

}  // namespace idun::store
