#include "app/demo_country.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "people/person_id.h"

namespace idun::app {
namespace {

using synth::ItemKind;
using synth::kNobody;

// Skellefteå, Luleå, Östersund. Their regions send rare cases to the same university hospital, that of the first.
constexpr std::array<int, 3> kMunicipalities = {2482, 2580, 2380};
constexpr int kYears = 5;                      // of contacts; what lasts is told however old it is
constexpr std::uint64_t kCastAmong = 4 * synth::kParish;
constexpr std::size_t kLinesBytes = 512 << 10; // handed over at once
constexpr unsigned kThreads = 4;
constexpr std::size_t kPiece = 64;             // people that a thread takes at once

struct WorksAt {
    synth::Service service;
    std::string_view role;
};
// Of the nine providers, in their order.
constexpr std::array<WorksAt, kDemoNodesMax> kClinicians = {{{synth::Service::hospital, "physician"},
                                                             {synth::Service::hospital, "physician"},
                                                             {synth::Service::hospital, "physician"},
                                                             {synth::Service::home_care, "nurse"},
                                                             {synth::Service::home_care, "nurse"},
                                                             {synth::Service::home_care, "nurse"},
                                                             {synth::Service::primary_care, "physician"},
                                                             {synth::Service::pharmacy, "pharmacist"},
                                                             {synth::Service::dental, "dentist"}}};

constexpr std::array<std::string_view, kStories> kStoryWords = {"cancer", "home-care", "pregnancy", "risky-medicines", "parent", "protected-identity", "child", "other-parent"};

constexpr std::size_t at(Story story) { return static_cast<std::size_t>(story); }

struct Taken {
    std::string_view medicine;  // ATC
    synth::Day from = 0, until = synth::kNever;
};

// What the stories ask about a life.
struct Told {
    std::array<int, kDemoNodesMax> at_provider{};  // items
    int home_care = 0;
    std::set<std::string_view> conditions, lasting;
    std::vector<Taken> medicines;

    int providers() const { return static_cast<int>(std::ranges::count_if(at_provider, [](int items) { return items > 0; })); }
    int regions() const { return static_cast<int>(std::count_if(at_provider.begin(), at_provider.begin() + 3, [](int items) { return items >= 4; })); }
    std::size_t medicines_on(synth::Day day) const {
        std::set<std::string_view> now;
        for (const Taken& one : medicines)
            if (one.from <= day && one.until > day) now.insert(one.medicine);
        return now.size();
    }
    // Something that thins the blood together with something that makes a stomach bleed.
    bool risky() const {
        return std::ranges::any_of(medicines, [&](const Taken& one) {
            return one.medicine.starts_with("B01AA") && std::ranges::any_of(medicines, [&](const Taken& other) {
                return other.medicine.starts_with("M01A") && other.from < one.until && one.from < other.until;
            });
        });
    }
};

bool ordinary(const synth::Person& person, synth::Day today) {
    return person.alive() && person.stay == synth::Stay::resident && synth::age_at(person.born(), today) >= 18;
}

}  // namespace

std::string_view to_string(Story story) { return kStoryWords[at(story)]; }

Result<std::unique_ptr<const DemoCountry>> DemoCountry::make(std::uint64_t seed, std::size_t people) {
    synth::CountryOptions options;
    options.seed = seed;
    options.people = people;
    options.numbers = synth::NumberKind::test;
    options.municipalities.assign(kMunicipalities.begin(), kMunicipalities.end());
    options.one_of_each = true;
    options.years = kYears;
    TRY_ASSIGN(auto country, synth::Country::make(options));
    std::unique_ptr<DemoCountry> out(new DemoCountry(std::move(country)));
    TRY(out->find_providers());
    return std::unique_ptr<const DemoCountry>(std::move(out));
}

Status DemoCountry::find_providers() {
    const auto& all = country_->providers().providers();
    const auto& units = country_->providers().units();
    const auto& municipalities = country_->geography().municipalities();
    provider_at_.assign(all.size(), -1);
    std::vector<std::uint16_t> homes;
    for (const int code : kMunicipalities)
        homes.push_back(static_cast<std::uint16_t>(std::ranges::find(municipalities, code, &synth::Municipality::code) - municipalities.begin()));
    const auto unit_of = [&](std::size_t provider) {
        // The public ones each in their own municipality, the companies in the first.
        const std::uint16_t home = homes[provider < 6 ? provider % 3 : 0];
        const auto service = kClinicians[provider].service;
        std::uint16_t unit = country_->providers().unit_for(service, home, 0);
        for (std::uint64_t drawn = 0; provider >= 6 && drawn < 64; ++drawn) {
            unit = country_->providers().unit_for(service, home, drawn);
            const auto kind = all[units[unit].provider].kind;
            if (kind != synth::ProviderKind::region && kind != synth::ProviderKind::municipality) break;
        }
        return unit;
    };
    for (std::size_t i = 0; i < kDemoNodesMax; ++i) {
        const std::uint16_t where = unit_of(i);
        const auto role = country_->providers().role(kClinicians[i].service, kClinicians[i].role);
        DemoProvider one;
        one.place = units[where].provider;
        if (!role || provider_at_[one.place] >= 0) return fail(Category::internal, "the demo's providers are not in data/se");
        provider_at_[one.place] = static_cast<std::int8_t>(i);
        const synth::Provider& provider = all[one.place];
        one.organisation = {provider.id, provider.name, "", provider.id.substr(2, 10)};
        one.clinician = country_->staff_name(where, *role, 0);
        one.clinician_unit = units[where].name;
        // Hospitals of a whole region, everything else where people of the demo live. Where its clinician works stands first.
        const auto add = [&](const synth::Unit& unit) { one.units.push_back({unit.id, unit.name, provider.id, ""}); };
        add(units[where]);
        for (std::size_t unit = 0; unit < units.size(); ++unit) {
            const auto service = units[unit].service;
            const bool hospital = service == synth::Service::hospital || service == synth::Service::emergency || service == synth::Service::university;
            if (units[unit].provider == one.place && unit != where && (hospital || country_->geography().lived_in(units[unit].municipality))) add(units[unit]);
        }
        providers_.push_back(std::move(one));
    }
    return {};
}

DemoCountry::Cast DemoCountry::cast() const {
    const auto& codes = country_->codes();
    const auto& units = country_->providers().units();
    const synth::Day today = country_->population().today();
    Cast out;
    out.fill(kNobody);
    synth::Worker worker(*country_);
    std::set<std::uint64_t> taken;
    const auto found = [&](Story story) { return out[at(story)] != kNobody; };
    const auto look = [&](const synth::Person& person, std::span<const synth::Person> parish, const synth::Life& life) -> Status {
        Told told;
        for (const synth::Item& item : life.items) {
            if (item.unit == synth::kNowhere) continue;
            if (const auto provider = provider_at_[units[item.unit].provider]; provider >= 0) ++told.at_provider[static_cast<std::size_t>(provider)];
            if (item.kind == ItemKind::encounter && units[item.unit].service == synth::Service::home_care) ++told.home_care;
            if (item.kind == ItemKind::condition) {
                told.conditions.insert(codes.diagnoses[item.place].key);
                if (item.until == synth::kNever) told.lasting.insert(codes.diagnoses[item.place].key);
            }
            if (item.kind == ItemKind::prescription) told.medicines.push_back({codes.medicines[item.place].key, item.day, item.until});
        }
        const int age = synth::age_at(person.born(), today);
        const bool open = person.protection == synth::Protection::none;
        const auto gets = [&](Story story, bool fits) {
            if (!fits || found(story) || !taken.insert(person.number).second) return;
            out[at(story)] = person.number;
        };
        if (ordinary(person, today)) {
            gets(Story::risky_medicines, open && told.risky() && told.providers() >= 3);
            gets(Story::home_care, open && person.woman() && age >= 78 && told.home_care >= 3 && told.medicines_on(today) >= 6 && told.providers() >= 4);
            gets(Story::pregnancy, open && told.lasting.contains("Z349") && told.providers() >= 3);
            gets(Story::cancer, open && person.woman() && told.conditions.contains("C509") && told.regions() >= 2);
            gets(Story::protected_identity, !open && !person.woman() && age <= 70 && told.providers() >= 3);
        }
        // A child of school age, with a mother who tells no story of her own and whose identity is not protected.
        if (!found(Story::child) && open && person.alive() && person.stay == synth::Stay::resident && age >= 6 && age <= 11 && told.providers() >= 4 &&
            person.guardians[0] != kNobody && person.guardians[1] != kNobody && !taken.contains(person.guardians[0]) &&
            !taken.contains(person.guardians[1])) {
            const auto grown = [&](std::uint64_t number) { return ordinary(parish[number - parish.front().number], today); };
            if (grown(person.guardians[0]) && grown(person.guardians[1])) {
                gets(Story::child, true);
                out[at(Story::parent)] = person.guardians[0];
                out[at(Story::other_parent)] = person.guardians[1];
                taken.insert(person.guardians.begin(), person.guardians.end());
            }
        }
        return {};
    };
    for (std::uint64_t parish = 0; parish * synth::kParish < kCastAmong && std::ranges::count(out, kNobody) > 0; ++parish)
        IDUN_CHECK(worker.each(parish * synth::kParish, (parish + 1) * synth::kParish, look).has_value());
    return out;
}

DemoPerson DemoCountry::describe(const synth::Person& person) const {
    const synth::Day today = country_->population().today();
    return {std::string(person.given) + " " + std::string(person.family), synth::to_text(person.born()), person.woman() ? "female" : "male",
            std::string(person.system(today)), std::string(person.value(today)), person.protection != synth::Protection::none, ""};
}

// The provider itself, its units and who works there.
std::string DemoCountry::own_lines(std::size_t provider) const {
    const auto& units = country_->providers().units();
    synth::Lines lines(country_->providers().providers().size());
    country_->resources().write_provider(providers_[provider].place, lines);
    for (const directory::Organisation& known : providers_[provider].units) {
        const auto unit = std::ranges::find(units, known.id, &synth::Unit::id);
        country_->resources().write_unit(static_cast<std::uint16_t>(unit - units.begin()), lines);
    }
    return std::string(lines.text(providers_[provider].place));
}

Result<std::vector<DemoPerson>> DemoCountry::live(const Cast& cast, std::size_t people, std::size_t nodes, const Taker& take) const {
    // Who is in: the cast, and the first others.
    std::vector<std::uint64_t> numbers;
    std::set<std::uint64_t> known;
    for (const std::uint64_t number : cast)
        if (number != kNobody && known.insert(number).second) numbers.push_back(number);
    for (std::uint64_t number = 0; numbers.size() < people && number < country_->people_max(); ++number)
        if (!known.contains(number)) numbers.push_back(number);

    std::vector<std::vector<std::uint64_t>> parishes;
    for (const std::uint64_t number : numbers) {
        if (parishes.size() <= number / synth::kParish) parishes.resize(number / synth::kParish + 1);
        parishes[number / synth::kParish].push_back(number);
    }
    std::mutex mutex;  // for the next two
    std::map<std::uint64_t, DemoPerson> described;
    Status status;
    std::atomic<bool> ended = false;
    std::atomic<std::size_t> next_provider = 0, next_piece = 0;
    const auto note = [&](const Status& made) {
        if (made) return;
        const std::lock_guard lock(mutex);
        if (status) status = made;
        ended = true;
    };
    // A parish is made once for each piece of it: smaller pieces keep all threads busy to the end.
    std::vector<std::vector<std::uint64_t>> pieces;
    for (auto& parish : parishes) {
        std::ranges::sort(parish);
        for (std::size_t from = 0; from < parish.size(); from += kPiece)
            pieces.emplace_back(parish.begin() + static_cast<std::ptrdiff_t>(from), parish.begin() + static_cast<std::ptrdiff_t>(std::min(from + kPiece, parish.size())));
    }
    const auto work = [&] {
        synth::Worker worker(*country_);
        std::vector<std::string> lines(nodes);
        const auto hand_over = [&](std::size_t provider) -> Status {
            if (lines[provider].empty()) return {};
            return take(provider, std::exchange(lines[provider], {}));
        };
        while (!ended) {
            if (const std::size_t provider = next_provider++; provider < nodes) {
                note(take(provider, own_lines(provider)));
                continue;
            }
            const std::size_t piece = next_piece++;
            if (piece >= pieces.size()) break;
            const std::vector<std::uint64_t>& wanted = pieces[piece];
            std::vector<std::pair<std::uint64_t, DemoPerson>> met;
            for (std::size_t from = 0, to = 0; from < wanted.size() && !ended; from = to) {
                // As many as follow each other, since each call makes the parish.
                for (to = from + 1; to < wanted.size() && wanted[to] == wanted[to - 1] + 1;) ++to;
                note(worker.each(wanted[from], wanted[to - 1] + 1, [&](const synth::Person& person, std::span<const synth::Person> others, const synth::Life& life) -> Status {
                    const synth::Lines& made = worker.resources(person, others, life);
                    met.emplace_back(person.number, describe(person));
                    for (const std::uint16_t place : made.touched()) {
                        const auto provider = provider_at_[place];
                        if (provider < 0 || static_cast<std::size_t>(provider) >= nodes) continue;
                        std::string& to = lines[static_cast<std::size_t>(provider)];
                        to += made.text(place);
                        if (to.size() >= kLinesBytes) TRY(hand_over(static_cast<std::size_t>(provider)));
                    }
                    return {};
                }));
            }
            const std::lock_guard lock(mutex);
            for (auto& one : met) described.insert(std::move(one));
        }
        for (std::size_t provider = 0; provider < nodes && !ended; ++provider) note(hand_over(provider));
    };
    std::vector<std::thread> threads;
    for (unsigned i = 1; i < kThreads; ++i) threads.emplace_back(work);
    work();
    for (std::thread& thread : threads) thread.join();
    TRY(status);

    std::vector<DemoPerson> out;
    for (const std::uint64_t number : numbers) out.push_back(std::move(described.at(number)));
    for (std::size_t story = 0; story < kStories; ++story)
        if (const auto found = std::ranges::find(numbers, cast[story]); found != numbers.end())
            out[static_cast<std::size_t>(found - numbers.begin())].story = to_string(static_cast<Story>(story));
    return out;
}

}  // namespace idun::app
