// What a role answers, and which operations need its log of accesses.
//
// An operation that shows somebody's data or changes something leaves an entry, or serves what did. While the log takes none it is
// refused here, in one place, before its handler sees it: nothing is done of which nobody would be told (decision 0067). What
// needs no entry says so where it is added, and everybody can read which those are.
//
//     Operations operations(router, ledger);
//     operations.add("GET", "/fhir/:type/:id", fhir_json(node_read(node)));
//     operations.add_unlogged("GET", "/fhir/metadata", fhir_json(node_metadata(node)));
//     operations.add_list();   // GET /operations
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "http/router.h"
#include "ledger/ledger.h"

namespace idun::api {

class Operations {
public:
    // Both live as long as the router's handler.
    Operations(http::Router& router, const ledger::Ledger& ledger) : router_(router), ledger_(ledger) {}

    // With an entry: `unavailable` for everybody while the log takes none.
    void add(std::string_view method, std::string_view path, http::Handler handler);
    // Without one: it shows nobody's data and changes nothing, or it is the work of logs, keys and choices themselves,
    // which must go on.
    void add_unlogged(std::string_view method, std::string_view path, http::Handler handler);
    // GET /operations: those that were added so far, by path and method.
    void add_list();

private:
    struct Operation {
        std::string path;
        std::string method;
        bool logged;
        auto operator<=>(const Operation&) const = default;
    };
    http::Router& router_;
    const ledger::Ledger& ledger_;
    std::vector<Operation> all_;
};

}  // namespace idun::api
