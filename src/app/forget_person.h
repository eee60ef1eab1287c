// Where the law orders erasure: what a role's logs say about a person can no longer be opened by anybody, and the tree stays whole.
#pragma once

#include <string>
#include <vector>

#include "app/config.h"

namespace idun::app {

struct ForgetPerson {
    std::string system, value;  // a national identifier
    std::string decision;       // its id; stands in the log
};
struct ForgottenIn {
    std::string log_id;
    bool anything = false;      // its keys of her were overwritten; false: it had none
    std::size_t rows = 0;       // at the hub: entries of all logs that went from its store
};
// In every log of every role of the configuration, none of which may run (`conflict`).
Result<std::vector<ForgottenIn>> forget_person(const Config& config, const ForgetPerson& what, const Clock& clock, Random& random);

}  // namespace idun::app
