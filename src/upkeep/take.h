// Makes a backup of a role, while it runs. See docs/formats/backup.md for what lies where, and in which order it is copied.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "base/time.h"
#include "crypto/signing.h"
#include "ledger/ledger.h"
#include "store/store.h"
#include "upkeep/manifest.h"
#include "upkeep/room.h"

namespace idun::upkeep {

// What is copied; all of it lives as long as the call.
struct Source {
    std::string role;  // "hub" or "node"
    std::string id;
    store::Store& store;
    ledger::Ledger& ledger;
    std::string folder;                    // of the role
    std::vector<std::string> closed_logs;  // folders below it, the oldest first
    std::string current_log = "log";       // the one that `ledger` has open
    const crypto::SigningKey& key;
    const Clock& clock;
    std::stop_token stop = {};  // ends it early, `unavailable`
    FreeBytes free = free_bytes;
};

// Of a time: "20261126T164000Z".
std::string backup_name(Instant time);

struct TakenBackup {
    std::string path;
    Manifest manifest;
    Status tidied;  // whether older ones went, as `keep` says
};
// Into `folder`/NAME, complete under that name or absent; afterwards at most `keep` are kept (0: all). `conflict` while another one
// is made there; `unavailable` when the disk has no room for one like the newest, or comes to have less than kRoomKept free meanwhile. An entry
// in the log says that a copy is made.
Result<TakenBackup> take_backup(const Source& source, const std::string& folder, std::size_t keep);

}  // namespace idun::upkeep
