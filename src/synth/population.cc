#include "synth/population.h"

#include <algorithm>

#include "synth/table.h"

namespace idun::synth {
namespace {

// Purposes of chance: each thing that is drawn has a stream of its own, so that one change does not move the others.
enum Purpose : std::uint64_t { kWho = 2, kNames, kPartner, kGuardian, kPlace, kStaff, kExpecting, kGrown, kShared };

// Per cent. Newcomers of ten years, visitors and moves are own estimates for a believable mix, without a source.
constexpr double kVisitors = 0.4;
constexpr double kNewcomers = 5.0;
constexpr double kForeignBackground = 27.0;  // SCB 2023: born abroad 20 %, born here to two parents who were 7 %
constexpr double kMoved = 18.0;              // from one municipality to another in ten years
constexpr double kProtectedHouseholds = 0.3; // Swedish Tax Agency 2023: about 0.3 % of people, most of them with a marking
constexpr int kPartnerGapMax = 12;           // years

constexpr std::string_view kPersonalSystem = "http://electronichealth.se/identifier/personnummer";
constexpr std::string_view kCoordinationSystem = "http://electronichealth.se/identifier/samordningsnummer";

double years_between(Day from, Day to) { return (to - from) / kDaysAYear; }

// Per cent of women of that age who live with somebody. Rounded after SCB, households 2022.
double lives_with_partner(int age) {
    if (age < 20) return 0;
    if (age < 25) return 25;
    if (age < 30) return 50;
    if (age < 75) return 66;
    return age < 85 ? 48 : 20;
}

// Births a year for 1,000 women of that age. Rounded after SCB, births by the mother's age 2023; Graviditetsregistret has the same mean age, 31.6.
double births_a_year(int age) {
    constexpr std::array<double, 6> kByFiveYears = {3, 35, 88, 115, 58, 12};  // from 15
    return age < 15 || age >= 45 ? 0 : kByFiveYears[static_cast<std::size_t>((age - 15) / 5)];
}
constexpr Day kExpectedWithin = 265;

// Per cent of people of that age who live with a parent. MUCF, Ung i dag, after SCB's ULF/SILC 2018-2019: 39 % at 20 to 24 years, 7 % at 25 to 29; spread over
// the years so that half have left at 21 to 22, the median of SCB 2024.
constexpr int kHomeFrom = 18;
constexpr std::array<double, 12> kLivesAtHome = {95, 85, 68, 50, 36, 24, 17, 12, 9, 6, 5, 3};
// Per cent of the grown-ups who would live alone who share a home with another one of about their age. Chosen so that as many are left alone as statistics
// say; SCB, households 2023: a tenth of the people live in "other households" than of somebody alone, a couple, or parents with children.
constexpr double kSharesAHome = 30;

constexpr double kFoundWithTheYoung = 65;  // per cent of those of 18 to 20 who find a home together with the younger ones
constexpr int kFoundWithTheYoungTo = 20;

std::string digits(std::uint64_t number, std::size_t count) {
    std::string out = std::to_string(number);
    if (out.size() < count) out.insert(0, count - out.size(), '0');
    return out;
}

struct Born {
    std::string day;
    unsigned month;
    std::string year;  // two digits
    int full_year;
};

// The identifiers below are ones that no real person has, and each says why.

// Norway's synthetic numbers add 80 to the month.
std::string norwegian(const Person& person, const Born& born) {
    return born.day + digits(born.month + 80, 2) + born.year + digits(person.number % 100'000, 5);
}

// Finland's artificial ones have 9 as their first free digit (and, since 2023, Y may stand for the dash).
std::string finnish(const Person& person, const Born& born) {
    const std::uint64_t free = 900 + person.number % 100;
    const std::uint64_t checked = std::stoull(born.day + digits(born.month, 2) + born.year) * 1000 + free;
    return born.day + digits(born.month, 2) + born.year + (born.full_year >= 2000 ? "A" : "Y") + digits(free, 3) + "0123456789ABCDEFHJKLMNPRSTUVWXY"[checked % 31];
}

// Danish: a month that does not exist (15 and more are added, by ten thousands of people, so that four digits are enough).
std::string danish(const Person& person, const Born& born) {
    const auto added = 15 * (1 + static_cast<unsigned>(person.number / 10'000));
    return born.day + digits(born.month + added, 2) + born.year + digits(person.number % 10'000, 4);
}

// Dutch: the check of eleven fails.
std::string dutch(const Person& person, const Born&) {
    std::string out = digits(person.number, 8);
    unsigned sum = 0;
    for (unsigned place = 0; place < 8; ++place) sum += (9 - place) * static_cast<unsigned>(out[place] - '0');
    return out + digits((sum % 11 + 1) % 10, 1);
}

// Italian: born at Z999, which is no place.
std::string italian(const Person& person, const Born& born) {
    std::string name(6, 'A');
    std::uint64_t rest = person.number;
    for (auto letter = name.rbegin(); letter != name.rend(); ++letter, rest /= 26) *letter = static_cast<char>('A' + rest % 26);
    const auto day = static_cast<unsigned>(std::stoul(born.day)) + (person.woman() ? 40 : 0);
    return name + born.year + "ABCDEHLMPRST"[born.month - 1] + digits(day, 2) + "Z999X";
}

// German ones with the letter X and our own check digit are not given out.
std::string german(const Person& person, const Born&) { return "X" + digits(person.number, 9); }

struct Foreign {
    std::string_view country, system;
    std::string (*value)(const Person&, const Born&);
    bool large;  // enough for more people than have test numbers
};
constexpr Foreign kForeign[] = {{"NO", "urn:oid:2.16.578.1.12.4.1.4.1", norwegian, false},
                                {"FI", "urn:oid:1.2.246.21", finnish, false},
                                {"DK", "urn:oid:1.2.208.176.1.2", danish, false},
                                {"DE", "http://fhir.de/sid/gkv/kvid-10", german, true},
                                {"NL", "http://fhir.nl/fhir/NamingSystem/bsn", dutch, true},
                                {"IT", "urn:oid:2.16.840.1.113883.2.9.4.3.2", italian, true}};
constexpr std::uint32_t kForeignLargeFrom = 3;

void foreign_identity(Person& person, Chance& chance) {
    const auto date = date_of(person.born());
    const int year = static_cast<int>(date.year());
    const Born born{digits(static_cast<unsigned>(date.day()), 2), static_cast<unsigned>(date.month()), digits(static_cast<std::uint64_t>(year) % 100, 2), year};
    std::uint32_t which = chance.below(std::size(kForeign));
    if (person.number >= kTestPeopleMax && !kForeign[which].large) which += kForeignLargeFrom;
    person.country = kForeign[which].country;
    person.foreign_system = kForeign[which].system;
    person.foreign_value = kForeign[which].value(person, born);
}

}  // namespace

std::string_view Person::system(Day day) const {
    if (stay == Stay::visitor) return foreign_system;
    return stay == Stay::newcomer && day < personal_from ? kCoordinationSystem : kPersonalSystem;
}

std::string_view Person::value(Day day) const {
    if (stay == Stay::visitor) return foreign_value;
    return stay == Stay::newcomer && day < personal_from ? numbers.coordination : numbers.digits;
}

Identities Person::identities(Day last) const {
    Identities out{{system(last), value(last)}, {}};
    if (stay == Stay::newcomer && last >= personal_from) out.old = {system(personal_from - 1), value(personal_from - 1)};
    return out;
}

Result<Population> Population::make(const Files& files, const Geography& geography, const Ages& ages, const Numbers& numbers,
                                    std::uint64_t seed, Day today) {
    Population out;
    out.geography_ = &geography;
    out.numbers_ = &numbers;
    out.ages_ = &ages;
    out.seed_ = seed;
    out.today_ = today;
    TRY(out.read_names(files));
    return out;
}

Status Population::read_names(const Files& files) {
    TRY_ASSIGN(const auto rows, table(files, "names.tsv", 4));
    for (const Row& row : rows) {
        const auto from = number(row.cells[1]);
        const auto to = number(row.cells[2]);
        if (!from || !to) return wrong("names.tsv", row.line, "the years are numbers");
        std::vector<std::string> names;
        for (const std::string_view one : split(row.cells[3], ' ')) {
            names.emplace_back(one);
            std::ranges::replace(names.back(), '_', ' ');
        }
        const std::string_view kind = row.cells[0];
        constexpr std::array<std::string_view, 4> kGiven = {"m", "f", "mx", "fx"};
        if (const auto at = std::ranges::find(kGiven, kind); at != kGiven.end())
            given_[static_cast<std::size_t>(at - kGiven.begin())].push_back({static_cast<int>(*from), static_cast<int>(*to), std::move(names)});
        else if (kind == "family") family_[0] = std::move(names);
        else if (kind == "familyx") family_[1] = std::move(names);
        else if (kind == "street") street_names_ = std::move(names);
        else return wrong("names.tsv", row.line, "the kind is m, f, mx, fx, family, familyx or street");
    }
    if (std::ranges::any_of(given_, [](const auto& lists) { return lists.empty(); }) || family_[0].empty() || family_[1].empty() || street_names_.empty())
        return fail(Category::invalid, "names.tsv: a kind of name is missing");
    return {};
}

std::string_view Population::given_name(const Person& person, Chance& chance) const {
    const auto& lists = given_[(person.foreign_background ? 2u : 0u) + (person.woman() ? 1u : 0u)];
    const int year = year_of(person.born());
    const NameList* found = &lists.back();
    for (const NameList& list : lists)
        if (list.from <= year && year <= list.to) found = &list;
    return found->names[chance.below(static_cast<std::uint32_t>(found->names.size()))];
}

std::string_view Population::family_name(bool foreign, Chance& chance) const {
    const auto& names = family_[foreign];
    // The first names of the list are the commonest.
    const double drawn = chance.unit();
    return names[static_cast<std::size_t>(drawn * drawn * static_cast<double>(names.size()))];
}

std::pair<std::string_view, std::string_view> Population::staff_name(std::uint64_t number) const {
    Chance chance(seed_, number, kStaff);
    Person person;
    person.foreign_background = chance.percent(kForeignBackground);
    person.numbers.woman = chance.percent(75);
    person.numbers.born = today_ - chance.between(25 * 365, 65 * 365);
    const std::string_view given = given_name(person, chance);
    return {given, family_name(person.foreign_background, chance)};
}

void Population::name(Person& person, Chance& chance) const {
    person.given = given_name(person, chance);
    person.middle = given_name(person, chance);
    if (person.middle == person.given) person.middle = {};
    person.family = family_name(person.foreign_background, chance);
}

// What does not depend on anybody else.
Person Population::alone(std::uint64_t number) const {
    Person person;
    person.number = number;
    person.numbers = numbers_->of(number);
    person.household = number;
    Chance chance(seed_, number, kWho);
    const int age = age_at(person.born(), today_);
    const double dead = ages_->dead(person.woman(), age);
    if (age > kAgeMax || chance.unit() * (ages_->living(person.woman(), age) + dead) < dead)
        person.died = ages_->death(person.woman(), person.born(), today_, chance);
    person.foreign_background = chance.percent(kForeignBackground);
    if (person.alive() && chance.percent(kVisitors)) {
        person.stay = Stay::visitor;
        person.arrived = std::max(person.born(), today_ - chance.between(3, 1000));
        foreign_identity(person, chance);
    } else if (person.foreign_background && age >= 3 && age < 70 && chance.percent(kNewcomers * 100 / kForeignBackground)) {
        person.stay = Stay::newcomer;
        const Day last = person.alive() ? today_ : person.died;
        person.arrived = std::max(person.born(), last - chance.between(60, 3650));
        const Day waits = person.arrived + chance.between(200, 1500);
        person.personal_from = waits < last ? waits : kNever;
    }
    Chance names(seed_, number, kNames);
    name(person, names);
    return person;
}

void Population::find_partners(std::vector<Person>& people) const {
    std::vector<std::uint32_t> men;
    for (std::uint32_t i = 0; i < people.size(); ++i)
        if (!people[i].woman() && people[i].alive() && people[i].stay != Stay::visitor && age_at(people[i].born(), today_) >= 20) men.push_back(i);
    for (Person& woman : people) {
        if (!woman.woman() || !woman.alive() || woman.stay == Stay::visitor) continue;
        const int age = age_at(woman.born(), today_);
        Chance chance(seed_, woman.number, kPartner);
        if (!chance.percent(lives_with_partner(age))) continue;
        const Day wanted = woman.born() - static_cast<Day>((2 + 3 * chance.normal()) * kDaysAYear);
        Person* best = nullptr;
        Day best_gap = static_cast<Day>(kPartnerGapMax * kDaysAYear);
        for (const std::uint32_t i : men) {
            Person& man = people[i];
            const Day gap = std::abs(man.born() - wanted) + (man.foreign_background == woman.foreign_background ? 0 : 1500);
            if (man.partner == kNobody && gap < best_gap) {
                best = &man;
                best_gap = gap;
            }
        }
        if (!best) continue;
        woman.partner = best->number;
        best->partner = woman.number;
        const bool married = chance.percent(age < 30 ? 25 : 65);
        woman.marital = best->marital = married ? 'M' : 'U';
        if (married && chance.percent(75)) woman.family = best->family;
    }
    for (Person& person : people) {
        if (person.partner != kNobody) continue;
        const int age = age_at(person.born(), today_);
        Chance chance(seed_, person.number, kPartner);
        if (age > 75 && chance.percent(60)) person.marital = 'W';
        else if (age > 30 && chance.percent(25)) person.marital = 'D';
    }
}

void Population::find_guardians(std::vector<Person>& people) const {
    const std::uint64_t first = people.front().number;
    std::vector<std::uint8_t> children(people.size());
    for (Person& child : people) {
        Chance chance(seed_, child.number, kGuardian);
        const int age = age_at(child.born(), today_);
        if (child.stay == Stay::visitor || !child.alive() || child.partner != kNobody || age >= 21 || (age >= 18 && chance.percent(100 - kFoundWithTheYoung))) continue;
        const auto at_home = [&](const Person& parent) {
            child.household = parent.household;
            child.family = parent.family;
            child.foreign_background = parent.foreign_background;
        };
        Person* mother = nullptr;
        // Chance may pass by every woman twice; the third time the first whom it can be is the mother.
        for (int round = 0; round < 3 && !mother; ++round) {
            const std::uint32_t start = chance.below(static_cast<std::uint32_t>(people.size()));
            for (std::uint32_t i = 0; i < people.size() && !mother; ++i) {
                const std::uint32_t place = (start + i) % static_cast<std::uint32_t>(people.size());
                Person& woman = people[place];
                const double gap = years_between(woman.born(), child.born());
                if (!woman.woman() || !woman.alive() || woman.stay == Stay::visitor || gap < 18 || gap > 45) continue;
                if (!woman.births.leave_room_for(child.born()) || (child.stay == Stay::resident && woman.arrived > child.born())) continue;
                const bool usual = gap > 24 && gap < 38;
                const double taken = children[place] >= 3 ? 5 : children[place] == 1 ? 70 : 40;
                if (round < 2 && !chance.percent(taken * (usual ? 1 : 0.35) * (woman.partner != kNobody ? 1 : 0.5))) continue;
                mother = &woman;
                ++children[place];
            }
        }
        if (!mother) {
            // A father alone, or somebody appointed where nobody is.
            const auto man = std::ranges::find_if(people, [&](const Person& one) {
                return !one.woman() && one.alive() && one.stay != Stay::visitor && years_between(one.born(), child.born()) > 20 && one.partner == kNobody;
            });
            if (man == people.end()) continue;
            at_home(*man);
            if (age < 18) child.guardians[0] = man->number;
            continue;
        }
        mother->household = std::min(mother->household, mother->partner == kNobody ? mother->number : mother->partner);
        if (mother->partner != kNobody) people[mother->partner - first].household = mother->household;
        at_home(*mother);
        if (child.stay == Stay::resident) mother->births.add(child.born());
        if (age >= 18) continue;
        child.guardians[0] = mother->number;
        const bool partner_fits = mother->partner != kNobody && years_between(people[mother->partner - first].born(), child.born()) >= 18;
        if (partner_fits && chance.percent(88)) {
            child.guardians[1] = mother->partner;
        } else if (chance.percent(80)) {
            // The other parent lives elsewhere.
            const std::uint32_t start = chance.below(static_cast<std::uint32_t>(people.size()));
            for (std::uint32_t i = 0; i < people.size(); ++i) {
                const Person& man = people[(start + i) % people.size()];
                const double gap = years_between(man.born(), child.born());
                if (man.woman() || !man.alive() || man.stay == Stay::visitor || gap < 19 || gap > 50 || man.number == mother->partner) continue;
                child.guardians[1] = man.number;
                break;
            }
        }
    }
}

// Grown children who still live with a parent: after the younger ones, so that who these have as parents does not depend on it.
void Population::find_homes_of_grown(std::vector<Person>& people) const {
    const auto size = static_cast<std::uint32_t>(people.size());
    for (Person& child : people) {
        const int age = age_at(child.born(), today_);
        if (age < kHomeFrom || age >= kHomeFrom + static_cast<int>(kLivesAtHome.size())) continue;
        if (!child.alive() || child.stay == Stay::visitor || child.partner != kNobody || child.births.any()) continue;
        if (child.household != child.number) continue;
        // Of those who have no partner, who are asked here.
        const double wanted = kLivesAtHome[static_cast<std::size_t>(age - kHomeFrom)] / (1 - lives_with_partner(age) / 100);
        const double missing = age > kFoundWithTheYoungTo ? wanted : 100 * (wanted - kFoundWithTheYoung) / (100 - kFoundWithTheYoung);
        Chance chance(seed_, child.number, kGrown);
        if (!chance.percent(missing)) continue;
        const std::uint32_t start = chance.below(size);
        const auto parent = [&](bool alike) -> const Person* {
            for (std::uint32_t i = 0; i < size; ++i) {
                const Person& one = people[(start + i) % size];
                const double gap = years_between(one.born(), child.born());
                if (!one.alive() || one.stay == Stay::visitor || gap < 20 || gap > 42) continue;
                if (!alike || one.foreign_background == child.foreign_background) return &one;
            }
            return nullptr;
        };
        const Person* found = parent(true);
        if (!found) found = parent(false);
        if (!found) continue;
        child.household = found->household;
        child.family = found->family;
        child.foreign_background = found->foreign_background;
    }
}

// Two who would live alone, next to each other by age.
void Population::find_shared_homes(std::vector<Person>& people) const {
    const std::uint64_t first = people.front().number;
    std::vector<std::uint16_t> under_roof(people.size());
    for (const Person& person : people) ++under_roof[person.household - first];
    std::vector<Person*> sharing;
    for (Person& person : people) {
        if (!person.alive() || person.stay == Stay::visitor || person.partner != kNobody || age_at(person.born(), today_) < kHomeFrom) continue;
        if (person.household != person.number || under_roof[person.number - first] > 1) continue;
        if (Chance(seed_, person.number, kShared).percent(kSharesAHome)) sharing.push_back(&person);
    }
    std::ranges::sort(sharing, [](const Person* a, const Person* b) { return std::pair(a->born(), a->number) < std::pair(b->born(), b->number); });
    for (std::size_t i = 0; i + 1 < sharing.size(); i += 2)
        sharing[i]->household = sharing[i + 1]->household = std::min(sharing[i]->number, sharing[i + 1]->number);
}

void Population::find_expecting(std::vector<Person>& people) const {
    for (Person& woman : people) {
        if (!woman.woman() || !woman.alive() || woman.stay == Stay::visitor) continue;
        Chance chance(seed_, woman.number, kExpecting);
        const Day day = today_ + chance.between(1, kExpectedWithin);
        const double likely = births_a_year(age_at(woman.born(), today_)) / 1000 * kExpectedWithin / kDaysAYear;
        if (chance.unit() < likely && woman.births.leave_room_for(day)) woman.births.add(day);
    }
}

void Population::settle(Person& person, Chance& chance) const {
    person.municipality = geography_->draw(age_at(person.born(), today_), chance);
    person.former_municipality = person.municipality;
    const auto& postcodes = geography_->municipalities()[person.municipality].postcodes;
    person.postcode = static_cast<std::uint16_t>(chance.below(static_cast<std::uint32_t>(postcodes.size())));
    person.street = static_cast<std::uint16_t>(chance.below(static_cast<std::uint32_t>(street_names_.size())));
    person.house = static_cast<std::uint16_t>(1 + chance.below(60));
    if (chance.percent(kProtectedHouseholds)) person.protection = chance.percent(80) ? Protection::marked : Protection::hidden;
    if (chance.percent(kMoved)) {
        person.former_municipality = geography_->draw(25, chance);
        person.moved = today_ - chance.between(90, 3650);
    }
}

// One roof: the same place, protection and move for everybody of a household.
void Population::share_household(std::vector<Person>& people) const {
    const std::uint64_t first = people.front().number;
    for (Person& person : people) {
        if (person.partner == kNobody) continue;
        Person& partner = people[person.partner - first];
        person.household = partner.household = std::min({person.household, partner.household, person.number, partner.number});
    }
    // A mother's household may have been named before her partner's was known: follow to the end, which is never far.
    for (Person& person : people) {
        int steps = 0;
        while (people[person.household - first].household != person.household && ++steps < 16) person.household = people[person.household - first].household;
        if (steps == 16) person.household = person.number;
    }
    std::vector<std::uint16_t> size(people.size());
    for (const Person& person : people) ++size[person.household - first];
    for (Person& person : people) {
        if (person.household != person.number) continue;
        Chance chance(seed_, person.number, kPlace);
        settle(person, chance);
    }
    for (Person& person : people) {
        const Person& head = people[person.household - first];
        person.household_size = size[person.household - first];
        person.municipality = head.municipality;
        person.former_municipality = head.former_municipality;
        person.moved = head.moved;
        person.postcode = head.postcode;
        person.street = head.street;
        person.house = head.house;
        person.protection = person.stay == Stay::visitor ? Protection::none : head.protection;
    }
}

std::vector<Person> Population::parish(std::uint64_t parish) const {
    std::vector<Person> people;
    const std::uint64_t end = std::min(numbers_->people_max(), (parish + 1) * kParish);
    people.reserve(kParish);
    for (std::uint64_t number = parish * kParish; number < end; ++number) people.push_back(alone(number));
    if (people.empty()) return people;
    find_partners(people);
    find_guardians(people);
    find_homes_of_grown(people);
    find_shared_homes(people);
    find_expecting(people);
    share_household(people);
    return people;
}

}  // namespace idun::synth
