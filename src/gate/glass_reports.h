// Reports of glasses that were broken at this node, on their way to the hub, which tells the person and asks the
// breaker. Bytes and rows: docs/formats/glass-report.md.
//
//     TRY(lay_out(batch, report));     // in the commit that breaks the glass
//     reports.nudge();                 // after it
//
// A report lies in the store until the hub has acknowledged it: it survives restarts of both. Sending one twice changes
// nothing. Whatever fails is tried again, ever more slowly up to every few seconds; what the hub refuses too, since a
// later hub may take it, and without holding up the others.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/metrics.h"
#include "base/time.h"
#include "http/client.h"
#include "store/store.h"
#include "trust/glass_report.h"

namespace idun::gate {

Status lay_out(store::Batch& batch, const trust::GlassReport& report);

struct GlassReportOptions {
    std::string hub_url;                     // without a slash at the end
    std::string provider_id;                 // for the log
    std::function<std::string()> assertion;  // a fresh token that says who we are
};

// Works on a thread of its own from start to destruction.
class GlassReports {
public:
    GlassReports(GlassReportOptions options, store::Store& store, http::Client& client, const Clock& clock,
                 Metrics& metrics);
    ~GlassReports();

    // One was laid out: send it soon. Cheap, from any thread.
    void nudge();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace idun::gate
