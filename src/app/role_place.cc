#include "app/role_place.h"

#include <fmt/format.h>

#include <filesystem>

#include "app/log_retention.h"
#include "app/role_tables.h"

namespace idun::app {
namespace {

std::string url_here(const Listen& listen) {
    if (listen.tls && !listen.url.empty()) return listen.url;
    std::string host = listen.address.host;
    if (host == "0.0.0.0") host = "127.0.0.1";
    if (host == "::") host = "::1";
    if (host.find(':') != std::string::npos) host = "[" + host + "]";
    return fmt::format("{}://{}:{}", listen.tls ? "https" : "http", host, listen.address.port);
}

// As a door tells it that listens there.
std::string url_outside(const Listen& listen) {
    if (!listen.url.empty()) return listen.url;
    const bool v6 = listen.address.host.find(':') != std::string::npos;
    return fmt::format("{}://{}:{}", listen.tls ? "https" : "http", v6 ? "[" + listen.address.host + "]" : listen.address.host, listen.address.port);
}

Status has_key(const RolePlace& place) {
    std::error_code error;
    if (std::filesystem::exists(place.keys().file(), error)) return {};
    return fail(Category::not_found, place.keys().file() + " is missing: it is the key of " + place.name);
}

}  // namespace

RolePlace place_of(const HubOptions& hub) {
    return {.role = "hub", .id = hub.id, .name = "hub", .folder = hub.folder,
            .blind_key = hub.blind_key, .store = hub.store, .schema = schema_of("hub"), .backups = hub.backups,
            .url = url_here(hub.listen), .public_url = url_outside(hub.listen), .ca_file = hub.ca_file, .rules = hub.rules};
}

RolePlace place_of(const NodeOptions& node) {
    const std::string name = "node-" + node.provider.id;
    return {.role = "node", .id = node.provider.id, .name = name, .folder = node.folder,
            .blind_key = node.blind_key, .store = node.store, .schema = schema_of(name), .backups = node.backups,
            .has_hub = !node.hub_url.empty() && node.hub_key, .url = url_here(node.listen), .public_url = url_outside(node.listen), .ca_file = node.ca_file, .rules = node.rules};
}

std::string schema_of(std::string_view role_name) {
    std::string name = "idun_" + std::string(role_name);
    for (char& c : name)
        if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
    return name;
}

Result<std::vector<RolePlace>> role_places(const Config& config, const std::string& role) {
    std::vector<RolePlace> out;
    if (config.hub && (role.empty() || role == "hub")) out.push_back(place_of(*config.hub));
    for (const NodeOptions& node : config.nodes) {
        RolePlace place = place_of(node);
        if (role.empty() || role == "node" || role == place.name) out.push_back(std::move(place));
    }
    if (out.empty()) return fail(Category::invalid, "the configuration has no such role: --role takes hub or node-PROVIDER");
    return out;
}

Result<RolePlace> role_place(const Config& config, const std::string& role) {
    TRY_ASSIGN(auto all, role_places(config, role));
    if (all.size() > 1) return fail(Category::invalid, "the configuration has several roles: name one with --role hub or --role node-PROVIDER");
    return std::move(all.front());
}

bool runs(const RolePlace& place) {
    const auto logs = logs_of(place.folder, place.id);
    std::error_code error;
    if (!logs || !std::filesystem::exists(logs->second.folder, error)) return false;
    const auto lock = ledger::system_files().lock(logs->second.folder);
    return !lock && lock.error().category == Category::conflict;
}

Result<RoleKeys> keys_of(const RolePlace& place) {
    TRY(has_key(place));
    return RoleKeys::look(place.keys(), system_random());
}

Result<OpenedRole> open_role(const RolePlace& place, const Clock& clock) {
    TRY(has_key(place));
    TRY_ASSIGN(RoleKeys keys, RoleKeys::load(place.keys(), clock, system_random()));
    TRY_ASSIGN(auto logs, logs_of(place.folder, place.id));
    std::error_code error;
    if (!std::filesystem::exists(logs.second.folder, error)) return fail(Category::not_found, place.name + " has never run: there is no log");
    OpenedRole out{std::make_unique<const RoleKeys>(std::move(keys)), nullptr, std::move(logs.second), std::move(logs.first), nullptr};
    const Runtime runtime;
    TRY_ASSIGN(out.store, open_role_store(runtime, place));
    TRY_ASSIGN(out.ledger, ledger::Ledger::open(out.log.folder, out.log.id, out.keys->key(), ledger::system_files(), clock, nullptr,
                                                out.keys->log_options(log_options(place.rules, place.id))));
    return out;
}

}  // namespace idun::app
