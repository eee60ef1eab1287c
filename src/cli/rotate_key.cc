#include <cstdio>

#include "app/role_place.h"
#include "cli/commands.h"

namespace idun::cli {
namespace {

constexpr std::int64_t kHubHours = 24;  // nodes that are away for a night hear of it in time
constexpr std::int64_t kNodeHours = 1;

Result<trust::KeyChange> rotate(const RotateKeyCommand& command) {
    TRY_ASSIGN(const app::Config config, read_config(command.config));
    TRY_ASSIGN(const app::RolePlace role, app::role_place(config, command.role));
    const std::int64_t usual = role.role == "hub" ? kHubHours : kNodeHours;
    const std::int64_t hours = command.at_once ? 0 : command.after_h == 0 ? usual : command.after_h;
    TRY_ASSIGN(const auto keys, app::RoleKeys::look(role.keys(), system_random()));
    return keys.change(system_clock().now() + std::chrono::hours(hours), system_random());
}

}  // namespace

int rotate_key(const RotateKeyCommand& command) {
    const auto change = rotate(command);
    if (!change) return complain(change.error());
    std::printf("Change %u of the key of %s is announced: %s\n", change->number, change->owner.c_str(), change->next.base64url().c_str());
    std::printf("Start the role again after %s: then it signs with that key. Until %s others take what the former one signs, and nothing after that.\n",
                to_iso(change->from).c_str(), to_iso(change->from + trust::kFormerKeyGrace).c_str());
    return kOk;
}

}  // namespace idun::cli
