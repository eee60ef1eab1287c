// Is a node connected to the nation? Step by step, measured, from where the node's configuration and keys are: `idun node join`.
// docs/connect.md is for whoever runs it; what the hub answers is in docs/formats/directory.md.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "app/node_role.h"
#include "base/random.h"
#include "base/time.h"
#include "http/client.h"

namespace idun::app {

enum class StepState : std::uint8_t { ok, mend, skipped };
std::string_view to_string(StepState state);

struct JoinStep {
    std::string name;
    StepState state = StepState::ok;
    std::string fact;  // what was measured
    std::string mend;  // of a fault: what to do, and where; of a skipped step: why
    std::chrono::milliseconds elapsed{0};
};

struct JoinWish {
    std::string config_file;    // as it is called in what to mend
    std::string token;          // of a system of the provider, for the test patient; "": none was given
    bool test_patient = true;
    std::chrono::milliseconds bound{10'000};  // of each step; of the test patient six times that
};

// All steps in their order; `each` hears of one when it is done. All is well when none is to mend, and none was skipped but by wish.
std::vector<JoinStep> check_joining(const NodeOptions& node, const JoinWish& wish, http::Client& client, const Clock& clock, Random& random,
                                    const std::function<void(const JoinStep&)>& each);
bool all_well(const std::vector<JoinStep>& steps);

}  // namespace idun::app
