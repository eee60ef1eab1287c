// One search of index pointers about one person, from parameters to an answer and its log entry: for a request by itself and for an
// entry of a batch.
#pragma once

#include <string>
#include <vector>

#include "api/hub.h"
#include "api/pointer_writer.h"

namespace idun::api {

struct PointerAnswer {
    std::vector<ledger::Access> entries;  // durable before anything of the rest is shown: one for each number of hers, at least one
    Status written;         // the searchset; or why there is none: denied, or the page's list has changed
    std::size_t shown = 0;  // pointers in it
};

// Writes the searchset behind `out`. An error: nobody was looked up, and nothing needs to be logged.
Result<PointerAnswer> search_pointers(const Hub& hub, const trust::UserToken& user, const http::Parameters& parameters,
                                      const http::Request& request, PointerWriter& pointers, std::string& out);

// A batch of such searches, many persons in one request (hub_pointers_batch.cc).
void search_pointers_in_batch(Hub& hub, const trust::UserToken& user, const http::Request& request, http::Reply reply);

}  // namespace idun::api
