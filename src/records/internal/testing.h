// For tests: records on a store in a folder of its own.
#pragma once

#include <string>

#include "base/random.h"
#include "base/time.h"
#include "json/document.h"
#include "records/records.h"

namespace idun::records {

// A store in a temporary folder, a clock that stands still at 2026-01-01T00:00:00Z, and records on them.
struct Fixture {
    explicit Fixture(Options options = {});
    ~Fixture();

    Outcome create(const std::string& json);
    Outcome update(const std::string& type, const std::string& id, const std::string& json,
                   std::optional<std::uint64_t> if_match = {});
    // Writes {"resourceType":type,"id":id,<members>}; the test fails when that is refused.
    void put(const std::string& type, const std::string& id, const std::string& members);
    Outcome bundle(const std::string& json);
    json::Document parsed(const Outcome& outcome);
    // "a=b&c=d", percent-encoded values allowed. The ids found, sorted, with spaces; "!" and the status when refused.
    std::string search_ids(const std::string& type, const std::string& query, const Context& context = {});
    Outcome search(const std::string& type, const std::string& query, const Context& context = {});
    void reopen();

    std::string folder;
    ManualClock clock;
    Options options;
    std::unique_ptr<store::Store> store;
    std::unique_ptr<Records> records;
};

}  // namespace idun::records
