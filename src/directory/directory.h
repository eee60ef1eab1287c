// The service directory: which organisations give care and where their nodes answer.
//
// Organisations (care providers and their units) and endpoints, as small values; api/ speaks of them as FHIR
// Organization and Endpoint (IHE mCSD shapes, fhir_directory.h). An endpoint has a lease that its node renews.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "store/store.h"

namespace idun::directory {

struct Organisation {
    std::string id;                   // HSA-id, also the FHIR id
    std::string name;
    std::string part_of;              // the provider of a unit; "" for a provider
    std::string organisation_number;  // "" when unknown
    friend bool operator==(const Organisation&, const Organisation&) = default;
};

struct Endpoint {
    std::string id;        // the FHIR id; one endpoint a provider has the provider's id
    std::string provider;  // Organisation::id
    std::string url;       // FHIR base of the node, without a slash at the end
    Instant lease_until;   // the node renews before
    friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

// Thread-safe. Everything is held in memory (a country has tens of thousands of units) and in the store.
class Directory {
public:
    static Result<std::unique_ptr<Directory>> open(store::Store& store);

    Status put(const Organisation& organisation);
    Status put(const Endpoint& endpoint);

    std::optional<Organisation> organisation(std::string_view id) const;
    std::optional<Endpoint> endpoint_of(std::string_view provider) const;
    // In the order of their ids.
    std::vector<Organisation> organisations() const;
    std::vector<Endpoint> endpoints() const;
    // The organisation's name, or its id when it is unknown.
    std::string name_of(std::string_view id) const;

private:
    explicit Directory(store::Store& store) : store_(store) {}

    store::Store& store_;
    mutable std::mutex mutex_;
    std::vector<Organisation> organisations_;  // sorted by id
    std::vector<Endpoint> endpoints_;          // sorted by id
};

}  // namespace idun::directory
