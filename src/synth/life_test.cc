// What lives are like: rates that are published, and that nothing depends on who else is made.
#include <doctest/doctest.h>

#include <map>
#include <set>

#include "fhir/category.h"
#include "json/document.h"
#include "synth/country.h"

using namespace idun;
using namespace idun::synth;

namespace {

std::unique_ptr<const Country> country(CountryOptions options) {
    auto out = Country::make(options);
    REQUIRE_MESSAGE(out.has_value(), (out ? "" : out.error().message));
    return std::move(*out);
}

using Records = std::map<std::uint64_t, std::map<std::uint16_t, std::string>>;  // by person and provider

Records records_of(const Country& sweden, std::uint64_t from, std::uint64_t to) {
    Records out;
    Worker worker(sweden);
    const Status done = worker.each(from, to, [&](const Person& person, std::span<const Person> parish, const Life& life) -> Status {
        const Lines& lines = worker.resources(person, parish, life);
        for (const std::uint16_t provider : lines.touched()) out[person.number][provider] = std::string(lines.text(provider));
        return {};
    });
    REQUIRE(done.has_value());
    return out;
}

struct Tally {
    double living = 0, adults = 0, old = 0;
    double visits = 0, resources = 0, pointers = 0, two_providers = 0, with_data = 0;
    std::map<std::string, double> sick;  // living people with an active lasting condition, by code
    std::map<ItemKind, double> kinds;
    double medicines_a_year = 0;  // dispenses in the last year
    double home_care_old = 0;
    double mmr = 0, two_to_five = 0;
};

Tally tally_of(const Country& sweden, std::uint64_t people) {
    Tally out;
    Worker worker(sweden);
    const Day today = sweden.population().today();
    const auto done = worker.each(0, people, [&](const Person& person, std::span<const Person>, const Life& life) -> Status {
        out.pointers += static_cast<double>(worker.pointers(life).size());
        if (!person.alive() || person.stay != Stay::resident) return {};
        const int age = age_at(person.born(), today);
        ++out.living;
        out.adults += age >= 18;
        out.old += age >= 85;
        std::set<std::uint16_t> providers;
        bool cared = false;
        bool measles = false;
        for (const Item& item : life.items) {
            if (item.unit == kNowhere) continue;
            ++out.kinds[item.kind];
            ++out.resources;
            providers.insert(sweden.providers().units()[item.unit].provider);
            if (item.kind == ItemKind::encounter && item.day > today - 365) ++out.visits;
            if (item.kind == ItemKind::dispense && item.day > today - 365) ++out.medicines_a_year;
            if (item.kind == ItemKind::condition && item.sub == 0 && item.until == kNever) ++out.sick[sweden.codes().diagnoses[item.place].key];
            if (item.kind == ItemKind::encounter && sweden.providers().units()[item.unit].service == Service::home_care && item.day > today - 365) cared = true;
            if (item.kind == ItemKind::immunization && sweden.codes().vaccines[item.place].key == "mmr") measles = true;
        }
        out.home_care_old += cared && age >= 85;
        if (age >= 2 && age <= 5) {
            ++out.two_to_five;
            out.mmr += measles;
        }
        out.with_data += !providers.empty();
        out.two_providers += providers.size() >= 2;
        return {};
    });
    REQUIRE(done.has_value());
    return out;
}

}  // namespace

TEST_CASE("a person is the same whoever else is made, in parts, in any order and in parallel") {
    const auto sweden = country({.seed = 42, .people = 2'000});
    const Records whole = records_of(*sweden, 0, 1'000);
    CHECK(whole.size() > 950);
    const auto again = country({.seed = 42, .people = 2'000});
    for (const auto& [from, to] : std::vector<std::pair<std::uint64_t, std::uint64_t>>{{700, 701}, {255, 258}, {0, 1}, {999, 1'000}, {512, 640}}) {
        Records part = records_of(*again, from, to);
        for (const auto& [person, records] : part) {
            REQUIRE(whole.contains(person));
            CHECK(whole.at(person) == records);
        }
        CHECK(part.size() <= to - from);
    }
    // A larger country has the same people, as long as their numbers are of the same kind.
    const auto larger = country({.seed = 42, .people = 30'000});
    CHECK(records_of(*larger, 300, 310) == records_of(*sweden, 300, 310));
    const auto other = country({.seed = 43, .people = 2'000});
    CHECK(records_of(*other, 300, 310) != records_of(*sweden, 300, 310));
}

TEST_CASE("pointers are what the records say: each person, provider, category and newest time") {
    const auto sweden = country({.seed = 3, .people = 300});
    Worker worker(*sweden);
    std::size_t compared = 0;
    const Status done = worker.each(0, 300, [&](const Person& person, std::span<const Person> parish, const Life& life) -> Status {
        std::map<std::pair<std::uint16_t, fhir::PriorityCategory>, int> from_records;
        const Lines& lines = worker.resources(person, parish, life);
        for (const std::uint16_t provider : lines.touched()) {
            std::string_view text = lines.text(provider);
            while (!text.empty()) {
                const auto line = text.substr(0, text.find('\n'));
                text.remove_prefix(line.size() + 1);
                const auto document = json::Document::parse(line);
                REQUIRE(document.has_value());
                if (document->root()["resourceType"].text() == "Patient") continue;
                ++from_records[{provider, fhir::category_of(document->root())}];
            }
        }
        std::map<std::pair<std::uint16_t, fhir::PriorityCategory>, int> from_life;
        for (const PointerSeen& one : worker.pointers(life)) {
            ++from_life[{one.provider, one.category}];
            CHECK(one.newest_ms <= ms_of(sweden->population().today(), 1439) + 10 * 86'400'000LL);
            CHECK(one.newest_ms >= ms_of(sweden->lives().since(), 0));
        }
        CHECK(from_life.size() == from_records.size());
        for (const auto& [key, count] : from_life) {
            CHECK(count == 1);
            CHECK(from_records.contains(key));
            ++compared;
        }
        return {};
    });
    REQUIRE(done.has_value());
    CHECK(compared > 1'000);
}

TEST_CASE("how ill people are, how often they are seen and where, by public figures") {
    const auto sweden = country({.seed = 1, .people = 10'000'000});
    const Tally t = tally_of(*sweden, 12'000);
    const auto share_of_adults = [&](std::string_view code) { return 100 * t.sick.at(std::string(code)) / t.adults; };
    MESSAGE("visits a year ", t.visits / t.living, ", dispenses a year ", t.medicines_a_year / t.living, ", resources ", t.resources / t.living, ", pointers ",
            t.pointers / 12'000, ", two providers ", t.two_providers / t.living, ", hypertension ", share_of_adults("I109"), ", diabetes 2 ",
            share_of_adults("E119"), ", heart failure ", share_of_adults("I509"), ", asthma ", 100 * t.sick.at("J459") / t.living, ", depression ",
            share_of_adults("F329") + share_of_adults("F339") + share_of_adults("F419"), ", home care 85+ ", t.home_care_old / t.old, ", mmr ", t.mmr / t.two_to_five);
    // The sources stand in the modules. Bounds are wide enough for 12,000 people and narrow enough to notice a wrong rate.
    CHECK(share_of_adults("I109") > 20);  // SBU: 27 % of adults
    CHECK(share_of_adults("I109") < 33);
    CHECK(share_of_adults("E119") > 4);  // NDR: about 5 % of adults
    CHECK(share_of_adults("E119") < 8);
    CHECK(share_of_adults("I509") > 1.2);  // RiksSvikt: about 2 % of the population
    CHECK(share_of_adults("I509") < 4);
    CHECK(100 * t.sick.at("J459") / t.living > 6);  // about 9 %
    CHECK(100 * t.sick.at("J459") / t.living < 13);
    CHECK(share_of_adults("F329") + share_of_adults("F339") + share_of_adults("F419") > 6);  // medicines to 11 % of adults
    CHECK(share_of_adults("F329") + share_of_adults("F339") + share_of_adults("F419") < 18);
    CHECK(t.visits / t.living > 3.0);  // SKR 2022: 4 to 5 contacts with health care, and one with dental care
    CHECK(t.visits / t.living < 9);
    CHECK(t.medicines_a_year / t.living > 4);  // Läkemedelsregistret 2022: about 9 dispenses a year
    CHECK(t.medicines_a_year / t.living < 14);
    CHECK(t.with_data / t.living > 0.95);
    CHECK(t.two_providers / t.living > 0.75);  // own estimate: everybody with a region and a pharmacy, dentist or municipality
    CHECK(t.home_care_old / t.old > 0.2);      // Socialstyrelsen 2022: 35 % of those over 85
    CHECK(t.home_care_old / t.old < 0.6);
    CHECK(t.mmr / t.two_to_five > 0.92);  // Folkhälsomyndigheten: 97 %
    CHECK(t.pointers / 12'000 > 6);
    CHECK(t.pointers / 12'000 < 16);
    // Every kind of record occurs.
    for (int kind = 0; kind <= static_cast<int>(ItemKind::guardian); ++kind) {
        CAPTURE(kind);
        CHECK(t.kinds.contains(static_cast<ItemKind>(kind)));
    }
}

TEST_CASE("laboratories answer in different units, and say so") {
    const auto sweden = country({.seed = 1, .people = 2'000});
    std::map<std::string, std::set<std::string>> units;
    for (const auto& [person, records] : records_of(*sweden, 0, 1'000))
        for (const auto& [provider, text] : records) {
            std::string_view rest = text;
            while (!rest.empty()) {
                const auto line = rest.substr(0, rest.find('\n'));
                rest.remove_prefix(line.size() + 1);
                if (line.find("laboratory") == std::string_view::npos) continue;
                const auto document = json::Document::parse(line);
                const json::Value quantity = document->root()["valueQuantity"];
                if (quantity) units[std::string(document->root()["code"]["coding"][0]["code"].text())].insert(std::string(quantity["code"].text()));
            }
        }
    CHECK(units["NPU27300"] == std::set<std::string>{"mmol/mol", "%"});
    CHECK(units["NPU18016"] == std::set<std::string>{"umol/L", "mg/dL"});
    CHECK(units["NPU02593"] == std::set<std::string>{"10*9/L"});
}

TEST_CASE("warfarin and diclofenac meet in somebody, prescribed by different providers") {
    const auto sweden = country({.seed = 1, .people = 10'000'000});
    Worker worker(*sweden);
    const auto warfarin = place_of(sweden->codes().medicines, "B01AA03");
    const auto diclofenac = place_of(sweden->codes().medicines, "M01AB05");
    std::size_t both = 0;
    const Status done = worker.each(0, 40'000, [&](const Person&, std::span<const Person>, const Life& life) -> Status {
        for (const Item& one : life.items) {
            if (one.kind != ItemKind::prescription || one.place != *warfarin) continue;
            for (const Item& other : life.items)
                both += other.kind == ItemKind::prescription && other.place == *diclofenac && other.day < one.until && one.day < other.until &&
                        sweden->providers().units()[other.unit].provider != sweden->providers().units()[one.unit].provider;
        }
        return {};
    });
    REQUIRE(done.has_value());
    CHECK(both > 0);
}

TEST_CASE("options that cannot be are refused") {
    CHECK_FALSE(Country::make({.years = 0}).has_value());
    CHECK_FALSE(Country::make({.today = day_of(1999, 1, 1)}).has_value());
    CHECK_FALSE(Country::make({.people = 12'000'001}).has_value());
    CHECK_FALSE(Country::make({.people = 41'001, .numbers = NumberKind::test}).has_value());
    CHECK_FALSE(Country::make({.folder = "/no/such/folder"}).has_value());
}

TEST_CASE("nobody is vaccinated before there is a vaccine, nor against influenza twice a winter") {
    const auto sweden = country({.seed = 3, .people = 600});
    Worker worker(*sweden);
    std::size_t vaccinations = 0;
    const auto done = worker.each(0, 600, [&](const Person&, std::span<const Person>, const Life& life) -> Status {
        Day influenza = -kNever;
        for (const Item& item : life.items) {
            if (item.kind != ItemKind::immunization) continue;
            ++vaccinations;
            const Coded& vaccine = sweden->codes().vaccines[item.place];
            CHECK_MESSAGE(year_of(item.day) >= vaccine.since, vaccine.key);
            if (vaccine.key != "influenza") continue;
            CHECK((influenza == -kNever || item.day - influenza > 200));
            influenza = item.day;
        }
        return {};
    });
    REQUIRE(done.has_value());
    CHECK(vaccinations > 1'000);
}

TEST_CASE("in a country of few municipalities with one company of each kind lives stay at few providers") {
    const auto few = country({.seed = 3, .people = 400, .municipalities = {2482, 2380}, .one_of_each = true});
    std::set<std::string> names;
    Worker worker(*few);
    const auto done = worker.each(0, 400, [&](const Person& person, std::span<const Person>, const Life& life) -> Status {
        const int code = few->geography().municipalities()[person.municipality].code;
        CHECK((code == 2482 || code == 2380));
        for (const Item& item : life.items)
            if (item.unit != kNowhere) names.insert(few->providers().providers()[few->providers().units()[item.unit].provider].name);
        return {};
    });
    REQUIRE(done.has_value());
    CHECK(names == std::set<std::string>{"Apotek Norrsken AB", "Nordhälsan Primärvård AB", "Region Jämtland Härjedalen", "Region Västerbotten",
                                         "Skellefteå kommun", "Tandvården Leendet AB", "Östersunds kommun"});
    const auto wrong = Country::make({.municipalities = {1}});
    REQUIRE(!wrong.has_value());
    CHECK(wrong.error().message == "no municipality has the code 1");
    // One county beside one municipality.
    const auto both = country({.seed = 3, .people = 300, .counties = {9}, .municipalities = {2482}});
    std::set<int> codes;
    for (const Person& person : both->population().parish(0)) codes.insert(both->geography().municipalities()[person.municipality].code);
    CHECK(codes == std::set<int>{980, 2482});
}
