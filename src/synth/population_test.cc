// Who the people are: numbers, ages, places, families. Rates against the tables they come from, and their public sources.
#include <doctest/doctest.h>

#include <map>
#include <set>

#include "people/person_id.h"
#include "people/person_number.h"
#include "synth/country.h"

using namespace idun;
using namespace idun::synth;

namespace {

std::unique_ptr<const Country> country(CountryOptions options) {
    auto out = Country::make(options);
    REQUIRE_MESSAGE(out.has_value(), (out ? "" : out.error().message));
    return std::move(*out);
}

std::vector<Person> people_of(const Country& sweden, std::uint64_t count) {
    std::vector<Person> out;
    for (std::uint64_t parish = 0; parish * kParish < count; ++parish)
        for (Person& person : sweden.population().parish(parish))
            if (person.number < count) out.push_back(std::move(person));
    return out;
}

Instant instant_of(Day day) { return {ms_of(day, 12 * 60)}; }

}  // namespace

TEST_CASE("numbers are valid, never twice, and fit birth and sex; shifted ones are before 1890") {
    for (const bool shifted : {false, true}) {
        CAPTURE(shifted);
        const auto sweden = country({.seed = 7, .people = shifted ? 1'000'000u : 41'000u});
        CHECK(sweden->numbers() == (shifted ? NumberKind::shifted : NumberKind::test));
        std::set<std::string> seen;
        for (const Person& person : people_of(*sweden, 41'000)) {
            const std::string digits = person.numbers.digits;
            REQUIRE(seen.insert(digits).second);
            REQUIRE((digits[10] - '0') % 2 == (person.woman() ? 0 : 1));
            REQUIRE(person.born() <= sweden->population().today());
            const auto number = people::parse_person_number(digits, instant_of(sweden->population().today()));
            REQUIRE(number.has_value());
            REQUIRE(number->kind == people::NumberKind::personal);
            const auto coordination = people::parse_person_number(person.numbers.coordination, instant_of(sweden->population().today()));
            REQUIRE(coordination.has_value());
            REQUIRE(coordination->kind == people::NumberKind::coordination);
            const Day said = day_of(number->year(), number->month(), number->day());
            REQUIRE((shifted ? years_after(said, kShiftYears) : said) == person.born());
            if (shifted) REQUIRE(number->year() < 1890);
        }
    }
}

TEST_CASE("the twelve million shifted numbers are all different: every rank is met once") {
    const Files files = builtin();
    const auto ages = Ages::read(files);
    const auto numbers = Numbers::make(NumberKind::shifted, files, *ages, 3, day_of(2026, 10, 31));
    // Neighbours in the permutation, far ends, and a stride over all of it.
    std::set<std::string> seen;
    for (std::uint64_t person = 0; person < kShiftedPeopleMax; person += 241) REQUIRE(seen.insert((*numbers)->of(person).digits).second);
    CHECK(seen.size() > 49'000);
}

TEST_CASE("ages and sexes are as in the table, for a small country and for a part of a large one") {
    const Files files = builtin();
    const auto ages = Ages::read(files);
    double all = 0;
    std::array<double, 22> expected{};
    for (int age = 0; age <= kAgeMax; ++age)
        for (const bool woman : {false, true}) {
            expected[static_cast<std::size_t>(age / 5)] += ages->living(woman, age);
            all += ages->living(woman, age);
        }
    struct Size {
        std::uint64_t country, part;
        double tolerance;
    };
    for (const Size& size : {Size{1'000, 1'000, 0.028}, Size{10'000'000, 30'000, 0.006}}) {
        CAPTURE(size.country);
        const auto sweden = country({.seed = 11, .people = size.country});
        std::array<double, 22> found{};
        double living = 0;
        double women = 0;
        double dead = 0;
        for (const Person& person : people_of(*sweden, size.part)) {
            if (!person.alive()) {
                ++dead;
                CHECK(person.died < sweden->population().today());
                CHECK(person.died >= person.born());
                continue;
            }
            ++living;
            women += person.woman();
            ++found[static_cast<std::size_t>(age_at(person.born(), sweden->population().today()) / 5)];
        }
        for (std::size_t band = 0; band < found.size(); ++band) {
            CAPTURE(band * 5);
            CHECK(found[band] / living == doctest::Approx(expected[band] / all).epsilon(0.0001).scale(size.tolerance / 0.0001));
        }
        CHECK(women / living == doctest::Approx(0.497).epsilon(0.05).scale(0));
        // Five years of about 90,000 deaths (SCB 2022: 94,700) among 10.5 million.
        CHECK(dead / living > 0.030);
        CHECK(dead / living < 0.055);
    }
}

TEST_CASE("people live where the country lives, and only in the counties that were asked for") {
    const auto sweden = country({.seed = 5, .people = 1'000'000});
    std::map<int, double> by_county;
    const auto people = people_of(*sweden, 30'000);
    for (const Person& person : people) ++by_county[sweden->geography().municipalities()[person.municipality].code / 100];
    CHECK(by_county.size() == 21);
    // SCB 31 December 2023: Stockholm 23.3 %, Västra Götaland 16.8 %, Skåne 13.5 %, Gotland 0.6 %.
    const auto share = [&](int county) { return by_county[county] / static_cast<double>(people.size()); };
    CHECK(share(1) == doctest::Approx(0.233).epsilon(0.06).scale(0));
    CHECK(share(14) == doctest::Approx(0.168).epsilon(0.06).scale(0));
    CHECK(share(12) == doctest::Approx(0.135).epsilon(0.06).scale(0));
    CHECK(share(9) == doctest::Approx(0.006).epsilon(0.4).scale(0));

    const auto part = country({.seed = 5, .people = 1'000, .counties = {12, 23}});
    for (const Person& person : people_of(*part, 1'000)) {
        const int county = part->geography().municipalities()[person.municipality].code / 100;
        CHECK((county == 12 || county == 23));
    }
    CHECK_FALSE(Country::make({.counties = {2}}).has_value());
}

TEST_CASE("the old live more in old regions") {
    const auto sweden = country({.seed = 5, .people = 10'000'000});
    std::map<int, std::pair<double, double>> ages;
    for (const Person& person : people_of(*sweden, 40'000)) {
        if (!person.alive()) continue;
        auto& [sum, count] = ages[sweden->geography().municipalities()[person.municipality].code / 100];
        sum += (sweden->population().today() - person.born()) / kDaysAYear;
        ++count;
    }
    const auto mean = [&](int county) { return ages[county].first / ages[county].second; };
    CHECK(mean(1) < mean(8) - 2);  // Stockholm 39.8, Kalmar 44.6
    CHECK(mean(12) < mean(20) - 1);  // Skåne 41.0, Dalarna 44.3
}

TEST_CASE("families: guardians are grown-ups of the child's parish, parents live with most children, one roof has one address") {
    const auto sweden = country({.seed = 2, .people = 1'000'000});
    std::size_t children = 0, with_one = 0, with_two = 0, with_both_at_home = 0, households = 0, living = 0, alone = 0, grown = 0, of_20_to_24 = 0, of_25_to_29 = 0;
    std::size_t at_home_20_to_24 = 0, at_home_25_to_29 = 0;
    for (std::uint64_t parish = 0; parish < 60; ++parish) {
        const auto people = sweden->population().parish(parish);
        std::set<std::uint64_t> roofs;
        for (const Person& person : people) {
            const Person& head = people[person.household - people.front().number];
            CHECK(head.household == head.number);
            CHECK(person.municipality == head.municipality);
            CHECK(person.street == head.street);
            CHECK(person.moved == head.moved);
            if (person.partner != kNobody) {
                const Person& partner = people[person.partner - people.front().number];
                CHECK(partner.partner == person.number);
                CHECK(partner.household == person.household);
            }
            if (!person.alive() || person.stay == Stay::visitor) continue;
            ++living;
            roofs.insert(person.household);
            if (age_at(person.born(), sweden->population().today()) >= 18) {
                CHECK(person.guardians[0] == kNobody);
                ++grown;
                alone += person.household_size == 1;
                const int age = age_at(person.born(), sweden->population().today());
                const bool at_home = std::ranges::any_of(people, [&](const Person& other) {
                    return other.household == person.household && other.alive() && (person.born() - other.born()) / kDaysAYear > 17.9;
                }) && person.partner == kNobody;
                (age < 25 ? of_20_to_24 : of_25_to_29) += age >= 20 && age < 30;
                (age < 25 ? at_home_20_to_24 : at_home_25_to_29) += age >= 20 && age < 30 && at_home;
                continue;
            }
            ++children;
            if (person.guardians[0] == kNobody) continue;
            ++with_one;
            bool both = person.guardians[1] != kNobody;
            with_two += both;
            for (const std::uint64_t guardian : person.guardians) {
                if (guardian == kNobody) continue;
                const Person& parent = people[guardian - people.front().number];
                CHECK((person.born() - parent.born()) / kDaysAYear > 17.9);
                CHECK(parent.alive());
                both = both && parent.household == person.household;
            }
            with_both_at_home += both;
        }
        households += roofs.size();
    }
    const auto of = [](std::size_t part, std::size_t whole) { return static_cast<double>(part) / static_cast<double>(whole); };
    CHECK(with_one == children);
    CHECK(of(with_two, children) > 0.85);
    CHECK(of(with_both_at_home, children) > 0.55);  // SCB 2022: 73 % of children live with both parents
    CHECK(of(with_both_at_home, children) < 0.85);
    // MUCF, Ung i dag, after SCB's ULF/SILC 2018-2019: 39 % and 7 %.
    CHECK(of(at_home_20_to_24, of_20_to_24) > 0.34);
    CHECK(of(at_home_20_to_24, of_20_to_24) < 0.44);
    CHECK(of(at_home_25_to_29, of_25_to_29) > 0.04);
    CHECK(of(at_home_25_to_29, of_25_to_29) < 0.11);
    // SCB 2015: 9.85 million people in 4.33 million households, 1.65 million of them alone, a fifth of those grown up.
    MESSAGE("people a household ", of(living, households), ", alone ", of(alone, grown), ", at home 20 to 24 ", of(at_home_20_to_24, of_20_to_24), ", 25 to 29 ",
            of(at_home_25_to_29, of_25_to_29));
    CHECK(of(living, households) > 1.95);
    CHECK(of(living, households) < 2.4);
    CHECK(of(alone, grown) > 0.17);
    CHECK(of(alone, grown) < 0.26);
}

TEST_CASE("some have protected identity, some came with a coordination number, some only visit") {
    const auto sweden = country({.seed = 9, .people = 1'000'000});
    std::size_t is_protected = 0, newcomers = 0, not_yet = 0, visitors = 0;
    const auto people = people_of(*sweden, 60'000);
    const Day today = sweden->population().today();
    for (const Person& person : people) {
        is_protected += person.protection != Protection::none;
        if (person.stay == Stay::visitor) {
            ++visitors;
            CHECK(people::identify(person.system(today), person.value(today), instant_of(today)).has_value());
            CHECK(person.protection == Protection::none);
        }
        if (person.stay != Stay::newcomer) continue;
        ++newcomers;
        CHECK(person.value(person.arrived) == person.numbers.coordination);
        if (person.personal_from == kNever) ++not_yet;
        else CHECK(person.value(today) == person.numbers.digits);
    }
    const auto share = [&](std::size_t count) { return 100.0 * static_cast<double>(count) / static_cast<double>(people.size()); };
    CHECK(share(is_protected) == doctest::Approx(0.3).epsilon(0.5).scale(0));
    CHECK(share(newcomers) > 2);
    CHECK(share(newcomers) < 6);
    CHECK(share(visitors) == doctest::Approx(0.4).epsilon(0.4).scale(0));
    CHECK(not_yet > newcomers / 20);
}

TEST_CASE("foreign identifiers are ones that people/person_id.h knows, of many countries, never twice") {
    for (const bool large : {false, true}) {
        const auto sweden = country({.seed = 4, .people = large ? 1'000'000u : 41'000u});
        std::set<std::string_view> countries;
        std::set<std::string> seen;
        for (const Person& person : people_of(*sweden, large ? 100'000 : 41'000)) {
            if (person.stay != Stay::visitor) continue;
            countries.insert(person.country);
            CAPTURE(person.foreign_value);
            CHECK(people::identify(person.foreign_system, person.foreign_value, instant_of(sweden->population().today())).has_value());
            CHECK(seen.insert(std::string(person.country) + person.foreign_value).second);
        }
        CHECK(countries == std::set<std::string_view>{"DE", "DK", "FI", "IT", "NL", "NO"});
    }
}
