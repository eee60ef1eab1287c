// For tests of tables (store/scan_testing.h): rows of each of the directory's.
#pragma once

#include "directory/directory.h"
#include "directory/health.h"
#include "store/scan_testing.h"
#include "store/testing.h"

namespace idun::directory {

inline store::RowsInMemory rows_to_damage() {
    store::TemporaryStore temporary;
    ManualClock clock{Instant{1'800'000'000'000}};
    Metrics metrics;
    const auto directory = *Directory::open(*temporary.store, clock);
    REQUIRE(directory->put(Organisation{"SE1-N1", "Region Norr", "", "2321000016"}));
    REQUIRE(directory->put(Organisation{"SE1-U1", "Kliniken", "SE1-N1", ""}));
    REQUIRE(directory->put(Organisation{"SE1-N1", "Region Norra", "", "2321000016"}));
    REQUIRE(directory->put(Organisation{"SE1-N2", "Region Syd", "", "2321000017"}));
    REQUIRE(directory->put(Endpoint{"SE1-N1", "SE1-N1", "https://one.example/fhir", clock.now() + std::chrono::minutes(2)}));
    clock.advance(std::chrono::seconds(30));
    REQUIRE(directory->put(Endpoint{"SE1-N2", "SE1-N2", "https://two.example/fhir", clock.now() + std::chrono::minutes(2)}));
    const Write gone{.type = Type::organization, .id = "SE1-U1"};
    REQUIRE(directory->write({&gone, 1}, {Writer::Kind::operator_, "ada"}));
    const auto health = *EndpointHealth::open(*temporary.store, clock, metrics);
    health->note("SE1-N1", Answer::answered, std::chrono::milliseconds(120));
    health->note("SE1-N2", Answer::late, std::chrono::milliseconds(2'000));
    REQUIRE(health->save());
    return store::RowsInMemory::of(*temporary.store);
}

}  // namespace idun::directory
