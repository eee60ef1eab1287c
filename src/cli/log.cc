// `idun log …`: what an operator does with the log of a role that does not run.
#include <cstdio>

#include "app/forget_person.h"
#include "app/hub_log.h"
#include "app/node_log.h"
#include "cli/commands.h"

namespace idun::cli {
Result<app::NodeOptions> node_in(const std::string& config_file, const std::string& provider) {
    TRY_ASSIGN(const app::Config config, read_config(config_file));
    if (provider.empty() && config.nodes.size() == 1) return config.nodes.front();
    for (const app::NodeOptions& node : config.nodes)
        if (node.provider.id == provider) return node;
    return fail(Category::invalid, provider.empty() ? "the configuration has several nodes or none: name one with --provider"
                                                    : "the configuration has no node of that provider");
}

namespace {

int renew_at_hub(const app::HubOptions& hub) {
    const auto renewed = app::renew_log(hub, system_clock(), system_random());
    if (!renewed) return complain(renewed.error());
    std::printf(
        "The log %s is closed: %llu entries that its witnesses or its store know are lost on this disk. %s goes on, "
        "with %llu entries that "
        "the list of accesses had not got. Start the hub.\n",
        renewed->closed.c_str(), static_cast<unsigned long long>(renewed->lost), renewed->log_id.c_str(),
        static_cast<unsigned long long>(renewed->carried));
    return kOk;
}

}  // namespace

int log_renew(const std::string& config_file, const std::string& provider) {
    const auto config = read_config(config_file);
    if (!config) return complain(config.error());
    if (config->hub && (provider.empty() ? config->nodes.empty() : provider == config->hub->id))
        return renew_at_hub(*config->hub);
    const auto node = node_in(config_file, provider);
    if (!node) return complain(node.error());
    const auto renewed = app::renew_log(*node, system_clock(), system_random());
    if (!renewed) return complain(renewed.error());
    std::printf("The log %s is closed: %llu entries that the hub has of it are lost on this disk. %s goes on, with %llu entries that the hub "
                "had not got. Start the node.\n",
                renewed->closed.c_str(), static_cast<unsigned long long>(renewed->lost), renewed->log_id.c_str(),
                static_cast<unsigned long long>(renewed->carried));
    return kOk;
}

int log_forget(const std::string& config_file, const std::string& person, const std::string& decision) {
    const std::size_t bar = person.find('|');
    if (bar == std::string::npos) return complain(Error(Category::invalid, "--person takes SYSTEM|VALUE, a national identifier"));
    const auto config = read_config(config_file);
    if (!config) return complain(config.error());
    const auto forgotten = app::forget_person(*config, {person.substr(0, bar), person.substr(bar + 1), decision}, system_clock(), system_random());
    if (!forgotten) return complain(forgotten.error());
    for (const app::ForgottenIn& one : *forgotten) {
        std::printf("%s: %s\n", one.log_id.c_str(),
                    one.anything ? "what it says about her can no longer be opened" : "it had nothing about her that could be opened");
        if (one.rows > 0) std::printf("%s: %zu entries of all logs went from the hub's store\n", one.log_id.c_str(), one.rows);
    }
    return kOk;
}

}  // namespace idun::cli
