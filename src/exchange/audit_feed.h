// The entries of all logs, as AuditEvents, to an audit record repository of an authority: IHE RESTful ATNA, Send Audit Bundle
// (ITI-20 over FHIR). Bytes: docs/formats/supervision.md.
//
// Of each log in order, from where the repository last took them: at least once. A repository that is away is asked ever
// more seldom; the logs are the queue.
#pragma once

#include <memory>
#include <string>

#include "base/metrics.h"
#include "base/time.h"
#include "directory/directory.h"
#include "exchange/access_view.h"
#include "http/client.h"
#include "store/store.h"

namespace idun::exchange {

struct AuditFeedOptions {
    std::string url;    // FHIR base of the repository, without a slash at the end; the bundle is posted there
    std::string token;  // bearer; "": none
    std::chrono::milliseconds look{1'000};
    std::size_t entries_max = 100;         // of one bundle
    std::size_t bytes_max = 4u << 20;      // but one entry may be larger
};

// Works on a thread of its own from start to destruction.
class AuditFeed {
public:
    AuditFeed(AuditFeedOptions options, store::Store& store, AccessView& accesses, const directory::Directory& directory,
              http::Client& client, const Clock& clock, Metrics& metrics);
    ~AuditFeed();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace idun::exchange
