// A synthetic country, ready to be lived in: everything read, checked and put together.
//
//     TRY_ASSIGN(const auto country, Country::make({.seed = 1, .people = 1000}));
//     Worker worker(*country);
//     worker.each(0, 1000, [&](const Person& person, auto parish, const Life& life) { ... worker.resources(person, parish, life) ... });
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "synth/resources.h"

namespace idun::synth {

struct CountryOptions {
    std::uint64_t seed = 1;
    std::uint64_t people = 1'000;       // in all; decides which numbers they have, where `numbers` does not say
    std::optional<NumberKind> numbers = {};
    std::vector<int> counties = {};         // where they live, by code; this and the next empty: everywhere
    std::vector<int> municipalities = {};
    bool one_of_each = false;           // one private care company, one pharmacy chain and one dental company in the whole country
    Day today = day_of(2026, 10, 31);   // a fixed day, so that the same call gives the same people next year
    int years = 10;                     // of contacts that are kept
    std::string folder = {};               // tables and modules instead of the program's own; "": none
};

// One person's pointer, as an index holds it.
struct PointerSeen {
    std::uint16_t provider = 0;
    fhir::PriorityCategory category = fhir::PriorityCategory::other;
    std::int64_t newest_ms = 0;
};

// Immutable; any thread may ask.
class Country {
public:
    // `invalid` says what of the options or files cannot be.
    static Result<std::unique_ptr<const Country>> make(const CountryOptions& options);
    ~Country();

    const Geography& geography() const { return geography_; }
    const Population& population() const { return population_; }
    const Providers& providers() const { return providers_; }
    const Codes& codes() const { return codes_; }
    const Modules& modules() const { return modules_; }
    const Lives& lives() const { return lives_; }
    const Resources& resources() const { return resources_; }
    // "Given Family" of one of those of that role at that unit.
    std::string staff_name(std::uint16_t unit, std::uint16_t role, std::uint8_t staff) const;
    NumberKind numbers() const { return kind_; }
    std::uint64_t people_max() const { return numbers_->people_max(); }

private:
    struct Parts;
    explicit Country(Parts parts);
    NumberKind kind_;
    Geography geography_;
    Ages ages_;
    std::unique_ptr<const Numbers> numbers_;
    Population population_;
    Providers providers_;
    Codes codes_;
    Modules modules_;
    Lives lives_;
    Resources resources_;
};

// Lives people one after another. One for each thread.
class Worker {
public:
    explicit Worker(const Country& country)
        : country_(country), runner_(country.lives()), lines_(country.providers().providers().size()) {}

    // Each of the people in [from, to), with the others of her parish. Stops at the first error.
    using Taker = std::function<Status(const Person& person, std::span<const Person> parish, const Life& life)>;
    Status each(std::uint64_t from, std::uint64_t to, const Taker& taker);
    // Her resources; the lines stay until the next call.
    const Lines& resources(const Person& person, std::span<const Person> parish, const Life& life);
    // Her pointers, by provider and category: one for each category of which there is a record.
    const std::vector<PointerSeen>& pointers(const Life& life);

private:
    const Country& country_;
    Lives::Runner runner_;
    Life life_;
    Lines lines_;
    std::vector<PointerSeen> pointers_;
};

}  // namespace idun::synth
