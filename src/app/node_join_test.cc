#include "app/node_join.h"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "http/server.h"
#include "store/testing.h"

using namespace idun;
using namespace idun::app;

namespace {

// Certificates made on the spot, in a folder that goes away.
struct Authority {
    store::TemporaryFolder folder;
    bool run(const std::string& arguments) const {
        const std::string command = "cd '" + folder.path + "' && openssl " + arguments + " >/dev/null 2>&1";
        return std::system(command.c_str()) == 0;
    }
    bool made() const {
        return run("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 200 -subj /CN=Authority -keyout ca.key -out ca.pem") &&
               run("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 200 -subj /CN=Other -keyout other.key -out other.pem");
    }
    // That ends after so many days; 0: at once.
    http::Tls issue(const std::string& alternative, int days) const {
        const std::string extension = "printf 'subjectAltName=" + alternative + "' > '" + folder.path + "/a.ext'";
        REQUIRE(std::system(extension.c_str()) == 0);
        REQUIRE(run("req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=a -keyout a.key -out a.csr"));
        REQUIRE(run("x509 -req -in a.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days " + std::to_string(days) + " -extfile a.ext -out a.pem"));
        return {folder.path + "/a.pem", folder.path + "/a.key"};
    }
};

std::vector<JoinStep> joining(NodeOptions node) {
    http::Loop loop;
    http::Client client(loop, {.ca_file = node.ca_file});
    node.hub_key = crypto::SigningKey::generate(system_random()).public_key();
    node.provider = {"SE1-N1", "Region Norr", "", ""};
    node.listen.address = {"127.0.0.1", 9};
    return check_joining(node, {.config_file = "node.toml", .token = {}, .test_patient = false, .bound = std::chrono::seconds(3)}, client, system_clock(), system_random(),
                         [](const JoinStep&) {});
}

JoinStep named(const std::vector<JoinStep>& steps, const std::string& name) {
    const auto at = std::ranges::find(steps, name, &JoinStep::name);
    REQUIRE(at != steps.end());
    return *at;
}

// What the step of the hub's address says of a hub with that certificate.
JoinStep hub_with(const http::Tls& tls, const std::string& ca_file) {
    http::Loop loop;
    Metrics metrics;
    http::ServerOptions options;
    options.tls = tls;
    const auto server = http::Server::listen(loop, options, http::answering([](const http::Request&) { return http::Response{}; }), metrics);
    REQUIRE(server);
    NodeOptions node;
    node.ca_file = ca_file;
    node.hub_url = "https://127.0.0.1:" + std::to_string((*server)->port());
    return named(joining(node), "hub address");
}

}  // namespace

TEST_CASE("certificates: what is wrong with one, and who mends it") {
    const Authority authority;
    if (!authority.made()) {
        MESSAGE("skipped: the openssl command is missing");
        return;
    }
    const std::string ca = authority.folder.path + "/ca.pem";
    const JoinStep good = hub_with(authority.issue("IP:127.0.0.1", 90), ca);
    CHECK(good.state == StepState::ok);
    CHECK(good.fact.find("trusted, 8") != std::string::npos);

    const JoinStep soon = hub_with(authority.issue("IP:127.0.0.1", 5), ca);
    CHECK(soon.state == StepState::mend);
    CHECK(soon.fact.find("ends in 4 days") != std::string::npos);

    const JoinStep other_name = hub_with(authority.issue("DNS:elsewhere.example", 90), ca);
    CHECK(other_name.state == StepState::mend);
    CHECK(other_name.fact.find("is for elsewhere.example") != std::string::npos);

    const JoinStep unknown = hub_with(authority.issue("IP:127.0.0.1", 90), authority.folder.path + "/other.pem");
    CHECK(unknown.state == StepState::mend);
    CHECK(unknown.mend.find("ca_file") != std::string::npos);

    const http::Tls expired = authority.issue("IP:127.0.0.1", 0);
    std::this_thread::sleep_for(std::chrono::milliseconds(1'200));
    const JoinStep over = hub_with(expired, ca);
    CHECK(over.state == StepState::mend);
    CHECK(over.fact.find("expired") != std::string::npos);
    CHECK(over.mend.find("renew") != std::string::npos);
}

TEST_CASE("what cannot be, and what follows from it") {
    NodeOptions node;
    node.folder = "/nonexistent";
    node.hub_url = "http://hub.example";
    const auto steps = joining(node);
    CHECK(named(steps, "configuration").state == StepState::ok);
    CHECK(named(steps, "key files").state == StepState::mend);
    CHECK(named(steps, "key files").mend.find("idun keys node.toml") != std::string::npos);
    CHECK(named(steps, "node runs").state == StepState::skipped);
    CHECK(named(steps, "hub address").state != StepState::ok);
    CHECK(!all_well(steps));
    NodeOptions alone;
    for (const JoinStep& step : joining(alone)) CHECK(step.state == (step.name == "configuration" ? StepState::mend : StepState::skipped));
}
