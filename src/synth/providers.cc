#include "synth/providers.h"

#include <algorithm>

#include "synth/table.h"

namespace idun::synth {
namespace {

constexpr std::array<std::string_view, kServices> kServiceWords = {"primary-care", "child-health", "maternity", "hospital",
                                                                   "psychiatry",   "specialist",   "dental",    "school",
                                                                   "home-care",    "pharmacy",     "emergency", "university"};
constexpr std::array<std::string_view, 5> kKindWords = {"region", "municipality", "private-care", "pharmacy", "dental"};

// Invented; a third to half of primary care is private (National Board of Health and Welfare 2022: about 45 % of its centres).
constexpr std::array<std::string_view, 4> kChains = {"Lindens Vårdcentraler AB", "Nordhälsan Primärvård AB", "Familjeläkarna Björken AB",
                                                     "Västanvind Hälsa AB"};
constexpr std::array<std::string_view, 5> kPharmacies = {"Apotek Eken AB", "Apoteket Gullvivan AB", "Apotek Tärnan AB", "Lönnens Apotek AB",
                                                         "Apotek Norrsken AB"};
constexpr std::array<std::string_view, 3> kDentists = {"Tandvården Leendet AB", "Pärlans Tandläkare AB", "Solgårdens Tandhälsa AB"};
constexpr std::array<std::string_view, 8> kCentres = {"Björken", "Centrum", "Ängen", "Norr", "Söder", "Hamnen", "Parken", "Eken"};

// Which of them there are where there is one of each.
constexpr std::size_t kOnlyChain = 1, kOnlyPharmacy = 4, kOnlyDentist = 0;

constexpr double kPeopleACentre = 9'000;
constexpr double kPeopleAPharmacy = 8'000;
constexpr double kPeopleADentist = 14'000;

// "Apotek Eken" of "Apotek Eken AB".
std::string trading_name(const Provider& company) { return company.name.substr(0, company.name.size() - 3); }

char luhn(std::string_view nine) {
    int sum = 0;
    for (std::size_t i = 0; i < nine.size(); ++i) {
        const int value = (nine[i] - '0') * (i % 2 == 0 ? 2 : 1);
        sum += value / 10 + value % 10;
    }
    return static_cast<char>('0' + (10 - sum % 10) % 10);
}

// "Luleå kommun", "Bodens kommun": a name that ends in a vowel or in s has no other genitive here.
std::string municipality_name(const std::string& name) {
    static constexpr std::array<std::string_view, 10> kBare = {"a", "e", "i", "o", "u", "y", "å", "ä", "ö", "s"};
    return name + (std::ranges::any_of(kBare, [&](std::string_view end) { return name.ends_with(end); }) ? "" : "s") + " kommun";
}

int count_of(double people, double each) { return std::max(1, static_cast<int>(people / each + 0.5)); }

}  // namespace

std::string_view to_string(Service service) { return kServiceWords[static_cast<std::size_t>(service)]; }
std::string_view to_string(ProviderKind kind) { return kKindWords[static_cast<std::size_t>(kind)]; }

std::optional<Service> service_of(std::string_view word) {
    const auto at = std::ranges::find(kServiceWords, word);
    if (at == kServiceWords.end()) return std::nullopt;
    return static_cast<Service>(at - kServiceWords.begin());
}

std::uint16_t Providers::add_provider(ProviderKind kind, std::uint32_t code, std::string name, int county) {
    std::string number = "99" + std::to_string(static_cast<int>(kind) + 10) + std::to_string(10'000 + code);
    number = number.substr(0, 4) + number.substr(number.size() - 5);
    number += luhn(number);
    providers_.push_back({"SE" + number, std::move(name), kind, county});
    return static_cast<std::uint16_t>(providers_.size() - 1);
}

void Providers::add_unit(std::uint16_t provider, Service service, std::uint16_t municipality, std::string name) {
    static constexpr std::string_view kDigits = "0123456789ABCDEF";
    const std::size_t place = units_.size() + 0x1000;
    std::string id = providers_[provider].id + "-";
    for (int shift = 12; shift >= 0; shift -= 4) id += kDigits[place >> shift & 15];
    by_municipality_[static_cast<std::size_t>(service)][municipality].push_back(static_cast<std::uint16_t>(units_.size()));
    units_.push_back({provider, service, municipality, std::move(id), std::move(name)});
}

// Regions and municipalities, with what they have in each municipality. The first providers are the regions, in their order.
void Providers::add_public(const Geography& geography) {
    for (const Region& region : geography.regions()) add_provider(ProviderKind::region, static_cast<std::uint32_t>(region.county), region.name, region.county);
    for (std::uint16_t place = 0; place < geography.municipalities().size(); ++place) {
        const Municipality& one = geography.municipalities()[place];
        const std::uint16_t region = one.region;
        const int centres = count_of(one.people, kPeopleACentre);
        // The public ones first; private ones come in add_private.
        for (int i = 0; i < std::max(1, (centres + 1) / 2); ++i)
            add_unit(region, Service::primary_care, place,
                     "Vårdcentralen " + one.name + (centres > 1 ? " " + std::string(kCentres[static_cast<std::size_t>(i) % kCentres.size()]) : ""));
        add_unit(region, Service::child_health, place, "Barnavårdscentralen " + one.name);
        add_unit(region, Service::maternity, place, "Barnmorskemottagningen " + one.name);
        for (int i = 0; i < count_of(one.people, kPeopleADentist * 2); ++i)
            add_unit(region, Service::dental, place, "Folktandvården " + one.name + (i > 0 ? " " + std::string(kCentres[static_cast<std::size_t>(i) % kCentres.size()]) : ""));
        if (one.people > 30'000) add_unit(region, Service::psychiatry, place, "Psykiatriska mottagningen " + one.name);
        const std::uint16_t municipality =
            add_provider(ProviderKind::municipality, static_cast<std::uint32_t>(one.code), municipality_name(one.name), one.code / 100);
        add_unit(municipality, Service::school, place, "Elevhälsan " + one.name);
        add_unit(municipality, Service::home_care, place, "Hemsjukvården " + one.name);
    }
}

Status Providers::add_hospitals(const Files& files, const Geography& geography) {
    TRY_ASSIGN(const auto rows, table(files, "hospitals.tsv", 3));
    for (const Row& row : rows) {
        const auto code = number(row.cells[0]);
        const auto at = std::ranges::find(geography.municipalities(), code ? static_cast<int>(*code) : 0, &Municipality::code);
        if (at == geography.municipalities().end()) return wrong("hospitals.tsv", row.line, "no such municipality");
        const auto place = static_cast<std::uint16_t>(at - geography.municipalities().begin());
        const bool university = row.cells[2] == "university";
        if (!university && row.cells[2] != "emergency" && row.cells[2] != "hospital")
            return wrong("hospitals.tsv", row.line, "the kind is university, emergency or hospital");
        add_unit(at->region, Service::hospital, place, std::string(row.cells[1]));
        if (university || row.cells[2] == "emergency") add_unit(at->region, Service::emergency, place, "Akutmottagningen " + std::string(row.cells[1]));
        if (university) add_unit(at->region, Service::university, place, std::string(row.cells[1]) + ", högspecialiserad vård");
    }
    return {};
}

void Providers::add_private(const Geography& geography, bool one_of_each) {
    std::array<std::uint16_t, kChains.size()> chains{};
    std::array<std::uint16_t, kPharmacies.size()> pharmacies{};
    std::array<std::uint16_t, kDentists.size()> dentists{};
    for (std::size_t i = 0; i < chains.size(); ++i) chains[i] = add_provider(ProviderKind::private_care, 1 + static_cast<std::uint32_t>(i), std::string(kChains[i]), 0);
    for (std::size_t i = 0; i < pharmacies.size(); ++i) pharmacies[i] = add_provider(ProviderKind::pharmacy, 1 + static_cast<std::uint32_t>(i), std::string(kPharmacies[i]), 0);
    for (std::size_t i = 0; i < dentists.size(); ++i) dentists[i] = add_provider(ProviderKind::dental, 1 + static_cast<std::uint32_t>(i), std::string(kDentists[i]), 0);
    if (one_of_each) {
        chains.fill(chains[kOnlyChain]);
        pharmacies.fill(pharmacies[kOnlyPharmacy]);
        dentists.fill(dentists[kOnlyDentist]);
    }
    std::uint32_t next = 0;
    for (std::uint16_t place = 0; place < geography.municipalities().size(); ++place) {
        const Municipality& one = geography.municipalities()[place];
        const int centres = count_of(one.people, kPeopleACentre);
        for (int i = std::max(1, (centres + 1) / 2); i < centres; ++i) {
            // Every third is a company of its own.
            const std::string where = one.name + " " + std::string(kCentres[static_cast<std::size_t>(i) % kCentres.size()]);
            const std::uint16_t owner = next++ % 3 == 0 && !one_of_each ? add_provider(ProviderKind::private_care, 100 + next, "Läkarhuset " + where + " AB", one.code / 100) : chains[next % chains.size()];
            add_unit(owner, Service::primary_care, place, "Läkarhuset " + where);
        }
        if (one.people > 60'000)
            add_unit(one_of_each ? chains[0] : add_provider(ProviderKind::private_care, 2'000 + place, "Specialistkliniken " + one.name + " AB", one.code / 100),
                     Service::specialist, place, "Specialistkliniken " + one.name);
        for (int i = 0; i < count_of(one.people, kPeopleAPharmacy); ++i) {
            const std::size_t chain = (place + static_cast<std::size_t>(i)) % pharmacies.size();
            add_unit(pharmacies[chain], Service::pharmacy, place, trading_name(providers_[pharmacies[chain]]) + " " + one.name);
        }
        for (int i = 0; i < count_of(one.people, kPeopleADentist * 2) && one.people > 8'000; ++i) {
            const std::size_t chain = (place + static_cast<std::size_t>(i)) % dentists.size();
            add_unit(dentists[chain], Service::dental, place, trading_name(providers_[dentists[chain]]) + " " + one.name);
        }
    }
}

// Where a municipality has nothing of its own people go to the largest place of the region that has, hospitals to the next by code.
void Providers::fill(const Geography& geography) {
    const auto& all = geography.municipalities();
    for (std::size_t service = 0; service < kServices; ++service) {
        auto& places = by_municipality_[service];
        const std::vector<Places> own = places;
        for (std::size_t at = 0; at < all.size(); ++at) {
            if (!own[at].empty()) continue;
            const std::uint16_t region = static_cast<Service>(service) == Service::university ? geography.regions()[all[at].region].university : all[at].region;
            std::size_t best = all.size();
            for (std::size_t other = 0; other < all.size(); ++other) {
                if (own[other].empty() || all[other].region != region) continue;
                if (best == all.size() || std::abs(all[other].code - all[at].code) < std::abs(all[best].code - all[at].code)) best = other;
            }
            if (best < all.size()) places[at] = own[best];
        }
        // A service that a region lacks is that of its university hospital's region, or the country's first.
        for (std::size_t at = 0; at < all.size(); ++at) {
            if (!places[at].empty()) continue;
            const std::uint16_t far = geography.regions()[all[at].region].university;
            for (std::size_t other = 0; other < all.size() && places[at].empty(); ++other)
                if (all[other].region == far) places[at] = own[other];
            for (std::size_t other = 0; other < all.size() && places[at].empty(); ++other) places[at] = own[other];
        }
    }
}

Result<Providers> Providers::make(const Files& files, const Geography& geography, bool one_of_each) {
    Providers out;
    TRY_ASSIGN(const auto rows, table(files, "roles.tsv", 5));
    for (const Row& row : rows) {
        const auto service = service_of(row.cells[0]);
        const auto count = number(row.cells[4]);
        if (!service || !count || *count < 1 || *count > 100) return wrong("roles.tsv", row.line, "begins with a service and ends with how many, 1 to 100");
        out.roles_.push_back({*service, std::string(row.cells[1]), row.cells[2] == "-" ? "" : std::string(row.cells[2]), std::string(row.cells[3]),
                              static_cast<std::uint16_t>(*count)});
    }
    for (auto& places : out.by_municipality_) places.resize(geography.municipalities().size());
    out.add_public(geography);
    TRY(out.add_hospitals(files, geography));
    out.add_private(geography, one_of_each);
    out.fill(geography);
    for (std::size_t service = 0; service < kServices; ++service)
        if (std::ranges::any_of(out.by_municipality_[service], &Places::empty))
            return fail(Category::invalid, "nobody gives the service " + std::string(kServiceWords[service]));
    return out;
}

std::optional<std::uint16_t> Providers::role(Service service, std::string_view name) const {
    if (service == Service::emergency || service == Service::university) service = Service::hospital;
    for (std::size_t place = 0; place < roles_.size(); ++place)
        if (roles_[place].service == service && roles_[place].name == name) return static_cast<std::uint16_t>(place);
    return std::nullopt;
}

std::uint16_t Providers::unit_for(Service service, std::uint16_t municipality, std::uint64_t drawn) const {
    const Places& places = by_municipality_[static_cast<std::size_t>(service)][municipality];
    return places[drawn % places.size()];
}

}  // namespace idun::synth
