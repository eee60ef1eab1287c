// Backups of a role that runs: made when its operator asks, one at a time, on a thread of their own, and what its metrics say of them.
#pragma once

#include <memory>
#include <string>

#include "api/upkeep.h"
#include "app/role_place.h"
#include "base/metrics.h"
#include "base/time.h"
#include "crypto/signing.h"
#include "http/router.h"
#include "ledger/ledger.h"
#include "store/store.h"

namespace idun::app {

// All of it lives longer than the backups.
struct BackedParts {
    store::Store& store;
    ledger::Ledger& ledger;
    const crypto::SigningKey& key;
    const Clock& clock;
    Metrics& metrics;
};

// Thread-safe. A backup that is being made at its end is stopped, and absent.
class RoleBackups {
public:
    static Result<std::unique_ptr<RoleBackups>> of(RolePlace role, BackedParts parts);
    ~RoleBackups();
    // POST and GET /upkeep/backups, for whoever has the role's key.
    void add_routes(http::Router& router);
    // Who may ask; lives as long as this.
    const api::Operators& operators() const;

private:
    struct Impl;
    explicit RoleBackups(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace idun::app
