// What a role does for its own store when its operator asks while it runs; and the same for one that does not run.
// docs/formats/upkeep.md.
#pragma once

#include <functional>
#include <memory>

#include "app/role_place.h"
#include "app/role_task.h"
#include "base/metrics.h"
#include "base/random.h"
#include "base/rounds.h"
#include "store/compact.h"
#include "store/row_forms.h"
#include "store/scan.h"

namespace idun::app {

// The newest scan of a role, kept in its folder as scan.json, so that its metrics know of one that was made while it did not run.
struct LastScan {
    Instant time;  // when it ended
    std::uint64_t rows = 0;
    std::uint64_t found = 0;
};
std::optional<LastScan> last_scan(const std::string& folder);

// Thread-safe. Stopped, with what it does, at its end. All that it is given lives longer. Rewrites rows of older forms by itself;
// announce_forms() was called before.
class RoleCare {
public:
    RoleCare(RolePlace place, store::Store& store, const Clock& clock, Metrics& metrics);
    void add_routes(http::Router& router, const api::Operators& operators);

private:
    Result<std::string> scan(std::stop_token stop, std::atomic<std::uint64_t>& done);
    Result<std::string> compact(std::stop_token stop);
    Result<std::chrono::milliseconds> rewrite();
    void show(const LastScan& last);

    const RolePlace place_;
    store::Store& store_;
    const Clock& clock_;
    Gauge& scanned_;
    Gauge& rows_;
    Gauge& found_;
    Counter& rewritten_;
    RoleTask scans_;
    RoleTask compactions_;
    const std::vector<store::FormChange> forms_;
    std::size_t rewriting_ = 0;  // of the thread
    std::optional<Rounds> rewriter_;  // last: uses all of the above
};

struct ScannedRole {
    store::ScanReport report;
    bool running = false;  // the role did it itself
    double seconds = 0;
};
// Asks the role while it runs; else opens its store. `progress` is told now and then how many rows were read.
Result<ScannedRole> scan_role(const RolePlace& place, const Clock& clock, Random& random, const std::function<void(std::uint64_t)>& progress);


struct CompactedRole {
    store::Compacted bytes;
    double seconds = 0;
};
Result<CompactedRole> compact_role(const RolePlace& place, const Clock& clock, Random& random);

}  // namespace idun::app
