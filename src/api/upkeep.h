// What the operator of the machine asks of a role that runs: a backup, a look through its store. docs/formats/backup.md,
// docs/formats/upkeep.md.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/time.h"
#include "http/message.h"
#include "http/router.h"
#include "trust/assertion.h"
#include "trust/ticket.h"

namespace idun::api {

struct BackupState {
    std::string running;  // the one that is being made; "": none
    struct Last {
        std::string name;
        double seconds = 0;
        std::uint64_t bytes = 0;
        std::string error;    // "": it is complete
        std::string warning;  // of a complete one: older ones did not go
    };
    std::optional<Last> last;  // of this process
};

// Whoever can read the role's key file. Thread-safe.
class Operators {
public:
    Operators(std::string audience, trust::ProviderKeys own, const Clock& clock) : audience_(std::move(audience)), own_(std::move(own)), clock_(clock) {}
    // `unauthorized` without an assertion that the role's own key has signed, or when it was used before.
    Status admit(const http::Request& request) const;

private:
    mutable trust::ReplayGuard replays_;
    const std::string audience_;
    const trust::ProviderKeys own_;
    const Clock& clock_;
};

struct Upkeep {
    const Operators& operators;
    // `not_found` when the configuration names no folder for backups, `conflict` while one is made.
    std::function<Status(std::size_t keep)> begin_backup;
    std::function<BackupState()> backup_state;
};

// POST and GET /upkeep/backups.
void add_upkeep_routes(http::Router& router, Upkeep upkeep);

// What takes its time and has no parameters.
struct UpkeepTask {
    const Operators& operators;
    std::string path;                    // "/upkeep/scans"
    std::function<Status()> begin;       // `conflict` while one runs
    std::function<std::string()> state;  // a JSON object
};
// POST begins it (202), GET tells how it stands.
void add_task_routes(http::Router& router, UpkeepTask task);

}  // namespace idun::api
