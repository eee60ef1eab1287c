// `idun node join`: is this node connected to the nation? A line for each step.
#include <algorithm>
#include <cstdio>

#include "app/node_join.h"
#include "cli/commands.h"
#include "json/writer.h"

namespace idun::cli {
namespace {

void print_step(const app::JoinStep& step) {
    std::printf("%-8s %-22s", std::string(app::to_string(step.state)).c_str(), step.name.c_str());
    if (step.state == app::StepState::skipped) std::printf("%s\n", step.mend.c_str());
    else std::printf("%s\n", step.fact.c_str());
    if (step.state == app::StepState::mend) std::printf("%-8s %-22s-> %s\n", "", "", step.mend.c_str());
    std::fflush(stdout);
}

std::string word_of(std::string name) {
    std::ranges::replace(name, ' ', '-');
    return name;
}

std::string steps_json(const std::string& provider, const std::vector<app::JoinStep>& steps) {
    json::Writer w;
    w.object().member("provider", provider).member("connected", app::all_well(steps)).name("steps").array();
    for (const app::JoinStep& step : steps) {
        w.object().member("step", word_of(step.name)).member("state", app::to_string(step.state));
        if (!step.fact.empty()) w.member("fact", step.fact);
        if (!step.mend.empty()) w.member(step.state == app::StepState::skipped ? "because" : "mend", step.mend);
        w.member("ms", step.elapsed.count()).end();
    }
    w.end().end();
    return w.take();
}

}  // namespace

int node_join(const NodeJoinCommand& command) {
    const auto node = node_in(command.config, command.provider);
    if (!node) return complain(node.error());
    app::JoinWish wish{.config_file = command.config, .token = {}, .test_patient = !command.without_test_patient, .bound = std::chrono::seconds(command.bound_s)};
    if (wish.test_patient) {
        auto token = token_of(command.token_file);
        if (!token && !command.token_file.empty()) return complain(token.error());
        if (token) wish.token = std::move(*token);  // without one that step says so
    }
    app::Runtime runtime;
    http::Client client(runtime.loop, {.ca_file = node->ca_file});
    const auto steps = app::check_joining(*node, wish, client, runtime.clock, runtime.random, [&](const app::JoinStep& step) {
        if (!command.json) print_step(step);
    });
    const bool well = app::all_well(steps);
    if (command.json) std::printf("%s\n", steps_json(node->provider.id, steps).c_str());
    else std::printf(well ? "%s is connected.\n" : "%s is not connected yet: mend what is said above, from the top, and run this again.\n", node->provider.id.c_str());
    return well ? kOk : kFailed;
}

}  // namespace idun::cli
