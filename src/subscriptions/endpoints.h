// Where notifications may go: only to addresses that the operator has listed. Whoever may subscribe can otherwise make
// this program call whatever its network reaches.
//
//     TRY_ASSIGN(const auto endpoints, Endpoints::of({"https://ehr.example/fhir-notify/", "http://127.0.0.1:9000/hook"}));
//     TRY(endpoints.check("https://ehr.example/fhir-notify/ward-3"));
//
// An entry that ends in "/" allows every path below it; any other allows that one path. Scheme, host and port must be the
// same; names are compared as text, so who controls the name's DNS controls where it leads.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace idun::subscriptions {

class Endpoints {
public:
    Endpoints() = default;  // nothing is allowed
    // `invalid` when one of them is not an http or https address without query.
    static Result<Endpoints> of(const std::vector<std::string>& allowed);

    // `invalid` when it is not an address that one can compare safely (user names, dot segments, escaped slashes),
    // `forbidden` when it is not allowed. Messages never quote it.
    Status check(std::string_view url) const;
    bool empty() const { return allowed_.empty(); }

private:
    struct Place {
        std::string origin;  // "https://ehr.example:443"
        std::string path;
    };
    static Result<Place> read(std::string_view url, bool query_allowed);

    std::vector<Place> allowed_;
};

}  // namespace idun::subscriptions
