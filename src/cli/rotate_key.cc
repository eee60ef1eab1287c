#include <cstdio>

#include "app/role_keys.h"
#include "cli/commands.h"

namespace idun::cli {
namespace {

constexpr std::int64_t kHubHours = 24;  // nodes that are away for a night hear of it in time
constexpr std::int64_t kNodeHours = 1;

struct Rotated {
    app::KeyPlace place;
    std::int64_t hours;
};

Result<Rotated> wanted(const app::Config& config, const std::string& role) {
    if (config.hub && (role == "hub" || role == config.hub->id))
        return Rotated{app::hub_keys(config.hub->folder, config.hub->id), kHubHours};
    for (const app::NodeOptions& node : config.nodes)
        if (node.provider.id == role) return Rotated{app::node_keys(node.folder, node.provider.id), kNodeHours};
    return fail(Category::not_found, "--role: the configuration has no role " + role + "; name \"hub\" or a node's provider");
}

Result<trust::KeyChange> rotate(const RotateKeyCommand& command) {
    TRY_ASSIGN(const app::Config config, read_config(command.config));
    TRY_ASSIGN(const Rotated role, wanted(config, command.role));
    const std::int64_t hours = command.at_once ? 0 : command.after_h == 0 ? role.hours : command.after_h;
    TRY_ASSIGN(const auto keys, app::RoleKeys::look(role.place, system_random()));
    return keys.change(system_clock().now() + std::chrono::hours(hours), system_random());
}

}  // namespace

int rotate_key(const RotateKeyCommand& command) {
    const auto change = rotate(command);
    if (!change) return complain(change.error());
    std::printf("Change %u of the key of %s is announced: %s\n", change->number, change->owner.c_str(), change->next.base64url().c_str());
    std::printf("It signs from %s, at the first start of the role after that. Until then the role goes on as it is.\n", to_iso(change->from).c_str());
    return kOk;
}

}  // namespace idun::cli
