#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "app/compressed.h"
#include "app/config.h"
#include "app/loopback.h"
#include "app/role_keys.h"
#include "app/witnesses.h"
#include "base/log.h"
#include "cli/commands.h"
#include "ledger/receipt.h"

namespace idun::cli {
namespace {

struct Roles {
    std::unique_ptr<app::HubRole> hub;
    std::vector<std::unique_ptr<app::NodeRole>> nodes;
    std::unique_ptr<app::WitnessRole> witness;

    void stop(std::chrono::milliseconds grace) {
        // The hub first: gatherings under way need the nodes.
        for (const auto& node : nodes) node->leave_hub();
        if (hub) hub->stop(grace);
        for (const auto& node : nodes) node->stop(grace);
        if (witness) witness->stop(grace);
    }
};

Result<Roles> start(app::Runtime& runtime, app::Config config) {
    Roles roles;
    if (config.witness) {
        TRY_ASSIGN(roles.witness, app::WitnessRole::start(runtime, std::move(*config.witness)));
    }
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

// Both keys of a role: its own, with the one that follows it, and the one that it cosigns with.
Status show_keys(const char* use, const app::KeyPlace& place) {
    const std::string& id = place.owner;
    TRY_ASSIGN(const auto keys, app::RoleKeys::look(place, system_random()));
    TRY_ASSIGN(const auto waiting, keys.waiting());
    TRY_ASSIGN(const auto witness, app::OwnWitness::load(app::witness_name(id), place.folder + "/witness", system_random()));
    const crypto::PublicKey& parsed = keys.key().public_key();
    const std::string key = parsed.base64url();
    std::printf("# for those who check or cosign its log\n%s\n", ledger::verifier_key(id, parsed).text().c_str());
    if (waiting)
        std::printf("# the same from %s, at the first start after that\n%s\n", to_iso(waiting->from).c_str(), ledger::verifier_key(id, waiting->next).text().c_str());
    std::printf("# for those whose logs it cosigns: key, at its url + /witness\n%s\n", witness->key().text().c_str());
    std::printf("# %s\n%s %s\n", use, id.c_str(), key.c_str());
    return {};
}

Status show_witness_key(const app::WitnessOptions& options) {
    TRY(app::make_folder(options.folder));
    TRY_ASSIGN(const auto witness, app::OwnWitness::load(options.name, options.folder, system_random()));
    std::printf("# for those whose logs it cosigns: [[hub.cosigned_by]], [[node.cosigned_by]]; for readers: idun-verify --witness\n%s\n",
                witness->key().text().c_str());
    return {};
}

Status show_all_keys(const app::Config& config) {
    if (config.hub) TRY(show_keys("for every node: hub_id and hub_key", app::hub_keys(config.hub->folder, config.hub->id)));
    for (const app::NodeOptions& node : config.nodes)
        TRY(show_keys("for the hub: [[hub.node]] provider and key", app::node_keys(node.folder, node.provider.id)));
    if (config.witness) TRY(show_witness_key(*config.witness));
    return {};
}

}  // namespace

Result<app::Config> read_config(const std::string& file) {
    TRY_ASSIGN(const auto text, app::read_file(file));
    auto config = app::config_from_toml(text, std::filesystem::absolute(file).parent_path().string());
    if (!config) return fail(config.error().within(file));
    return config;
}

int serve(const std::string& config_file) {
    hold_signals();
    auto config = read_config(config_file);
    if (!config) return complain(config.error());
    log::set_level(config->log_level);
    const std::chrono::milliseconds grace = config->grace;
    app::Runtime runtime;
    runtime.cache_bytes = config->cache_bytes;
    auto held = app::HeldSockets::from([](const char* name) -> std::string {
        const char* word = std::getenv(name);
        return word ? word : "";
    });
    if (!held) return complain(held.error());
    runtime.held = std::move(*held);
    auto roles = start(runtime, std::move(*config));
    if (!roles) return complain(roles.error());
    if (const Status taken = runtime.held.all_taken(); !taken) return complain(taken.error());
    log::info("ready", {{"nodes", roles->nodes.size()}});
    wait_for_stop();
    log::info("stopping");
    roles->stop(grace);
    return kOk;
}

int keys(const std::string& config_file) {
    const auto config = read_config(config_file);
    if (!config) return complain(config.error());
    const Status shown = show_all_keys(*config);
    return shown ? kOk : complain(shown.error());
}

int witness(const WitnessCommand& command) {
    hold_signals();
    const auto address = app::listen_address_from(command.listen);
    if (!address) return complain(address.error());
    app::WitnessOptions options{.name = command.name, .listen = {}, .folder = command.folder, .logs = {}};
    options.listen.address = *address;
    if (!app::is_loopback(address->host) && !command.behind_tls_proxy)
        return complain(Error(Category::invalid, "--listen leaves this machine without TLS: put a server with TLS in front and say so "
                                                 "with --behind-tls-proxy, or use idun serve with [witness]"));
    for (const std::string& text : command.logs) {
        auto key = crypto::VerifierKey::from_text(text);
        if (!key) return complain(key.error().within("--log"));
        options.logs.push_back(std::move(*key));
    }
    app::Runtime runtime;
    auto role = app::WitnessRole::start(runtime, std::move(options));
    if (!role) return complain(role.error());
    std::printf("%s\n", (*role)->key().text().c_str());
    std::fflush(stdout);
    wait_for_stop();
    (*role)->stop(std::chrono::milliseconds(1'000));
    return kOk;
}

}  // namespace idun::cli
