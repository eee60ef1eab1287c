// The small Sweden of a demo: three regions, a municipality in each, a private clinic, a pharmacy chain and a dental company, and
// people who live there, as src/synth makes them.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "app/demo_people.h"
#include "directory/directory.h"
#include "synth/country.h"

namespace idun::app {

inline constexpr std::size_t kDemoNodesMax = 9;
inline constexpr std::size_t kDemoPeopleDefault = 1'000;
inline constexpr std::size_t kDemoPeopleMax = 20'000;
// With this seed all stories are told by people of the first three parishes.
inline constexpr std::uint64_t kDemoSeedDefault = 239;

struct DemoProvider {
    std::uint16_t place = 0;  // in synth's providers
    directory::Organisation organisation;
    std::vector<directory::Organisation> units;
    std::string clinician;  // the name of one who works there, and where
    std::string clinician_unit;
};

// What somebody lives through that a demo shows.
enum class Story : std::uint8_t { cancer, home_care, pregnancy, risky_medicines, parent, protected_identity, child, other_parent };
inline constexpr std::size_t kStories = 8;
std::string_view to_string(Story story);

// Immutable; any thread may ask.
class DemoCountry {
public:
    static Result<std::unique_ptr<const DemoCountry>> make(std::uint64_t seed, std::size_t people);

    // Always kDemoNodesMax of them, in an order that does not change.
    const std::vector<DemoProvider>& providers() const { return providers_; }

    // Who tells which story, by number: the first of the country's people whom it fits, or synth::kNobody. Lives through people until
    // all are found.
    using Cast = std::array<std::uint64_t, kStories>;
    Cast cast() const;

    // Lives so many people, those of the cast among them, on some threads, and hands over lines of NDJSON of a provider (its place in
    // providers()) when there are enough of them; `take` is called by many threads at once and its first error ends it. With fewer
    // `nodes` than there are providers, what the others hold stays out. First come those of the cast, in the order of stories, then the
    // others by number.
    using Taker = std::function<Status(std::size_t provider, std::string lines)>;
    Result<std::vector<DemoPerson>> live(const Cast& cast, std::size_t people, std::size_t nodes, const Taker& take) const;

    // Places, services and contracts of the first `nodes` providers, as a table to import (demo_directory.cc).
    std::string directory_table(std::size_t nodes) const;

private:
    explicit DemoCountry(std::unique_ptr<const synth::Country> country) : country_(std::move(country)) {}
    Status find_providers();
    std::string own_lines(std::size_t provider) const;
    DemoPerson describe(const synth::Person& person) const;

    std::unique_ptr<const synth::Country> country_;
    std::vector<DemoProvider> providers_;
    std::vector<std::int8_t> provider_at_;  // by synth's place: in providers_, or -1
};

}  // namespace idun::app
