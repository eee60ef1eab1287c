// Who gives care: regions, municipalities, private companies, pharmacies, dental care; their units and staff.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "synth/geography.h"

namespace idun::synth {

enum class Service : std::uint8_t {
    primary_care, child_health, maternity, hospital, psychiatry, specialist, dental, school, home_care, pharmacy,
    emergency,   // hospitals with an emergency department
    university,  // the hospital for rare cases
};
inline constexpr std::size_t kServices = 12;
std::string_view to_string(Service service);
std::optional<Service> service_of(std::string_view word);

enum class ProviderKind : std::uint8_t { region, municipality, private_care, pharmacy, dental };
std::string_view to_string(ProviderKind kind);

// A care provider: who owns records. Ids are like HSA ids, of organisation numbers that begin with 99, which are not given out.
struct Provider {
    std::string id;    // "SE9901000014"
    std::string name;
    ProviderKind kind = ProviderKind::region;
    int county = 0;    // 0: the whole country
};

struct Unit {
    std::uint16_t provider = 0;      // place in Providers::providers
    Service service = Service::primary_care;
    std::uint16_t municipality = 0;  // place in Geography
    std::string id;                  // "SE9901000014-1A2B"
    std::string name;
};

struct Role {
    Service service = Service::primary_care;
    std::string name;           // "nurse", as modules say it
    std::string position_code;  // "" where there is none
    std::string position;
    std::uint16_t count = 1;    // at a unit
};

// Immutable; any thread may ask.
class Providers {
public:
    // `one_of_each`: one company for all private care, one for all pharmacies, one for all private dental care.
    static Result<Providers> make(const Files& files, const Geography& geography, bool one_of_each = false);

    const std::vector<Provider>& providers() const { return providers_; }
    const std::vector<Unit>& units() const { return units_; }
    const std::vector<Role>& roles() const { return roles_; }
    // The place of a role of that name at that service.
    std::optional<std::uint16_t> role(Service service, std::string_view name) const;
    // Where somebody of that municipality goes. `drawn` chooses among several: the same always gives the same.
    std::uint16_t unit_for(Service service, std::uint16_t municipality, std::uint64_t drawn) const;
    std::uint16_t laboratory_variant(std::uint16_t provider) const { return provider % 3 == 1 ? 1 : 0; }

private:
    using Places = std::vector<std::uint16_t>;
    std::uint16_t add_provider(ProviderKind kind, std::uint32_t code, std::string name, int county);
    void add_unit(std::uint16_t provider, Service service, std::uint16_t municipality, std::string name);
    void add_public(const Geography& geography);
    Status add_hospitals(const Files& files, const Geography& geography);
    void add_private(const Geography& geography, bool one_of_each);
    void fill(const Geography& geography);

    std::vector<Provider> providers_;
    std::vector<Unit> units_;
    std::vector<Role> roles_;
    std::array<std::vector<Places>, kServices> by_municipality_;  // units, by service and municipality
};

}  // namespace idun::synth
