// What a command does for each role of a configuration, or for the one that is named.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <thread>

#include "app/role_place.h"
#include "base/function_ref.h"
#include "cli/commands.h"

namespace idun::cli {

// `act` gives the exit code of one role, or why it failed: that is said, with the role's name, and the others have their turn all the same.
// The exit code of the command: of the last failure, else the last that is not kOk. `role` "": all.
int each_role(const std::string& config_file, const std::string& role, FunctionRef<Result<int>(const app::RolePlace& place)> act);

// How many rows were read, in one line that is written over; on a terminal only.
void show_rows(const std::string& role, std::uint64_t rows);

// Says every second, in one line that goes with it, that something still runs and for how long: for what takes minutes and cannot tell how
// far it is. On a terminal only.
class StillRuns {
public:
    explicit StillRuns(std::string what);
    ~StillRuns();

private:
    std::jthread thread_;
};

}  // namespace idun::cli
