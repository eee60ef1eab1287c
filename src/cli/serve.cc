#include <cstdio>

#include "app/compressed.h"
#include "app/config.h"
#include "base/log.h"
#include "cli/commands.h"

namespace idun::cli {
namespace {

Result<app::Config> read_config(const std::string& file) {
    TRY_ASSIGN(const auto text, app::read_file(file));
    auto config = app::config_from_toml(text);
    if (!config) return fail(config.error().within(file));
    return config;
}

struct Roles {
    std::unique_ptr<app::HubRole> hub;
    std::vector<std::unique_ptr<app::NodeRole>> nodes;

    void stop(std::chrono::milliseconds grace) {
        // The hub first: gatherings under way need the nodes.
        for (const auto& node : nodes) node->leave_hub();
        if (hub) hub->stop(grace);
        for (const auto& node : nodes) node->stop(grace);
    }
};

Result<Roles> start(app::Runtime& runtime, app::Config config) {
    Roles roles;
    if (config.hub) {
        trust::ProviderKeys keys;
        for (const app::TrustedNode& node : config.trusted_nodes) TRY(keys.add(node.provider_id, node.key));
        TRY_ASSIGN(roles.hub, app::HubRole::start(runtime, std::move(*config.hub)));
        TRY(roles.hub->open(keys));
    }
    for (app::NodeOptions& options : config.nodes) {
        TRY_ASSIGN(auto node, app::NodeRole::start(runtime, std::move(options)));
        TRY(node->open());
        roles.nodes.push_back(std::move(node));
    }
    return roles;
}

Result<std::string> public_key(const std::string& folder, const std::string& name) {
    TRY(app::make_folder(folder + "/keys"));
    TRY_ASSIGN(const auto key, crypto::SigningKey::load_or_create(folder + "/keys/" + name, system_random()));
    return key.public_key().base64url();
}

}  // namespace

int serve(const std::string& config_file) {
    hold_signals();
    auto config = read_config(config_file);
    if (!config) return complain(config.error());
    log::set_level(config->log_level);
    const std::chrono::milliseconds grace = config->grace;
    app::Runtime runtime;
    runtime.cache_bytes = config->cache_bytes;
    auto roles = start(runtime, std::move(*config));
    if (!roles) return complain(roles.error());
    log::info("ready", {{"nodes", roles->nodes.size()}});
    wait_for_stop();
    log::info("stopping");
    roles->stop(grace);
    return kOk;
}

int keys(const std::string& config_file) {
    const auto config = read_config(config_file);
    if (!config) return complain(config.error());
    if (config->hub) {
        const auto key = public_key(config->hub->folder, "hub.key");
        if (!key) return complain(key.error());
        std::printf("# for every node: hub_id and hub_key\n%s %s\n", config->hub->id.c_str(), key->c_str());
    }
    for (const app::NodeOptions& node : config->nodes) {
        const auto key = public_key(node.folder, "node.key");
        if (!key) return complain(key.error());
        std::printf("# for the hub: [[hub.node]] provider and key\n%s %s\n", node.provider.id.c_str(), key->c_str());
    }
    return kOk;
}

}  // namespace idun::cli
