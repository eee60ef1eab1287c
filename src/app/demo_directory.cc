// What the demo's directory says besides its organisations: which unit offers what, where, and who gives care by contract for whom.
// It goes the way an operator's does: a table that the hub imports (docs/formats/directory.md).
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "app/demo_country.h"

namespace idun::app {
namespace {

using synth::Service;

// By the value of Service: what Swedish units call it.
constexpr std::array<std::string_view, synth::kServices> kServiceNames = {
    "Primärvård",  "Barnhälsovård",  "Mödrahälsovård", "Sjukhusvård", "Psykiatri",   "Specialistvård",
    "Tandvård",    "Elevhälsa",      "Hemsjukvård",    "Apotek",      "Akutsjukvård", "Högspecialiserad vård"};

constexpr std::string_view kColumns = "kind;id;name;organisation;participating;service;location;start\n";
constexpr std::string_view kContractsFrom = "2025-01-01";

std::string service_id(std::string_view unit) { return fmt::format("{}-service", unit); }
std::string location_id(std::string_view unit) { return fmt::format("{}-location", unit); }

}  // namespace

std::string DemoCountry::directory_table(std::size_t nodes) const {
    const auto& units = country_->providers().units();
    const auto kind_of = [&](const DemoProvider& one) { return country_->providers().providers()[one.place].kind; };
    std::string out(kColumns);
    for (const DemoProvider& provider : std::span(providers_).first(nodes)) {
        std::string offered;
        for (const directory::Organisation& known : provider.units) {
            const auto unit = std::ranges::find(units, known.id, &synth::Unit::id);
            out += fmt::format("location;{0};{1};{2};;;;\n", location_id(known.id), known.name, known.id);
            out += fmt::format("service;{0};{1};{2};;;{3};\n", service_id(known.id), kServiceNames[static_cast<std::size_t>(unit->service)], known.id,
                               location_id(known.id));
            offered += (offered.empty() ? "" : " ") + service_id(known.id);
        }
        // Regions pay the private company for care, and the dental company for children's teeth; nobody pays pharmacies by contract.
        if (kind_of(provider) != synth::ProviderKind::private_care && kind_of(provider) != synth::ProviderKind::dental) continue;
        for (const DemoProvider& region : std::span(providers_).first(nodes))
            if (kind_of(region) == synth::ProviderKind::region)
                out += fmt::format("contract;{0}-{1};;{0};{1};{2};;{3}\n", region.organisation.id, provider.organisation.id, offered, kContractsFrom);
    }
    return out;
}

}  // namespace idun::app
