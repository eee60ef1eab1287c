// The public files of a role's log, for everybody: entries are sealed, and who checks a log needs nobody's leave.
#pragma once

#include <string>

#include "http/router.h"
#include "ledger/file_system.h"

namespace idun::api {

// GET /log/checkpoint and /log/tile/… (C2SP tlog-tiles) out of the log's public folder, which may be empty: then 404; and GET /log/key/N, the
// owner's key changes, out of theirs. Only names of that grammar are looked for. `files` lives as long as the handlers.
void add_log_routes(http::Router& router, ledger::FileSystem& files, const std::string& folder, const std::string& key_changes,
                    const std::string& at = "/log");
// The same at an address that stays this log's, also when another one follows it: /logs/ID/…
void add_lasting_log_routes(http::Router& router, ledger::FileSystem& files, const std::string& folder, const std::string& key_changes,
                            const std::string& log_id);

}  // namespace idun::api
