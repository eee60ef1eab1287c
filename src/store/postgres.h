// PostgreSQL 15 as an engine, over libpq. See docs/formats/store.md for the tables: every table has the
// partition as its distribution column, so that Citus and its like can shard it.
#pragma once

#include "base/time.h"
#include "store/store.h"

namespace idun::store {

struct PostgresOptions {
    std::string connection;       // libpq connection string; never logged (it may hold a password)
    std::string schema = "idun";  // made if absent; one role per schema
    std::size_t connections = 4;  // for reads; one more writes, one more sweeps
    // So long a commit waits for a server that restarts, and a read for a free connection.
    std::chrono::milliseconds patience{10'000};
    // So long an opening waits for the schema's lock: the server frees it a moment after its holder has gone, and a role
    // that is started again at once should not fail for that.
    std::chrono::milliseconds lock_patience{3'000};
};

// Makes schema and tables if absent. One writer at a time: `busy` while another store has the schema. The server
// must give each connection a session of its own (no statement pooling in between).
Result<std::unique_ptr<Store>> open_postgres(const PostgresOptions& options, const Clock& clock);

// Fills an empty schema from a backup folder of either engine. `sha256` as for restore_embedded().
Status restore_postgres(const std::string& backup, const PostgresOptions& options, const std::string& sha256 = {});

}  // namespace idun::store
