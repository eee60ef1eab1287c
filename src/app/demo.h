// `idun demo`: a hub and nine nodes of the synthetic Sweden on loopback, with its people and demo users.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/demo_country.h"
#include "app/loader.h"
#include "app/runtime.h"

namespace idun::app {

struct DemoOptions {
    Address listen{"127.0.0.1", 8080};  // of the hub; the nodes take the ports after it (any free ones with port 0)
    std::vector<std::string> packages;  // FHIR packages beside R4 core, for every node
    std::string folder;                 // "": a folder of its own that goes away with the process
    std::size_t nodes = kDemoNodesMax;  // the first so many of the country's providers
    std::optional<std::size_t> people;  // how many live there; none: as the folder was made with, else kDemoPeopleDefault
    std::optional<std::uint64_t> seed;  // which country; none: as the folder was made with, else kDemoSeedDefault
    std::vector<std::string> load;      // bundles to spread over the nodes instead of the country's people
    std::chrono::milliseconds rights_lease{24 * 3'600'000};
};
inline constexpr std::size_t kDemoRefusedMax = 20;

// Whether a demo can start so; `invalid` says what to change. A demo listens on loopback only, since it gives its
// tokens to everybody who reaches it, and a folder keeps the people, the seed and the number of nodes it was made with.
Status check_demo(const DemoOptions& options);

struct DemoUser {
    std::string id;
    std::string role;
    std::string name;
    std::string provider_id;    // "" for patients
    std::string provider_name;
    std::string unit;
    std::string identifier_system;  // of patients
    std::string identifier_value;
    std::string story;  // of patients: what they live through, as to_string(Story); may be ""
};

class Demo {
public:
    // Returns when every role answers and all records are at the nodes and in the index.
    static Result<std::unique_ptr<Demo>> start(Runtime& runtime, DemoOptions options);
    ~Demo();

    const std::string& url() const;
    struct NodeInfo {
        std::string provider_id;
        std::string name;
        std::string url;
        std::string unit;  // id of one of its units
    };
    std::vector<NodeInfo> nodes() const;
    const std::vector<DemoUser>& users() const;
    // A fresh access token.
    std::string token(const DemoUser& user) const;
    std::size_t people() const;
    // Resources of the load that the nodes did not take and that were left out: how many, and of the first
    // kDemoRefusedMax files the first of each.
    std::size_t refused_count() const;
    const std::vector<Refused>& refused() const;
    void stop(std::chrono::milliseconds grace);

private:
    struct Impl;
    explicit Demo(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace idun::app
