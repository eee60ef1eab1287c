// What lives are like: rates that are published, and that nothing depends on who else is made.
#include <doctest/doctest.h>

#include <map>
#include <set>

#include "fhir/category.h"
#include "json/document.h"
#include "synth/country.h"
#include "synth/output.h"

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
    std::array<double, 5> contacts{};  // in the last year, by ContactKind
    double resources = 0, pointers = 0, two_providers = 0, with_data = 0;
    std::map<std::string, double> sick;  // living people with an active lasting condition, by code
    std::map<ItemKind, double> kinds;
    double medicines_a_year = 0;  // dispenses in the last year
    double home_care = 0, home_care_old = 0;
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
            if (item.kind == ItemKind::encounter && item.day > today - 365) ++out.contacts[item.sub];
            if (item.kind == ItemKind::dispense && item.day > today - 365) ++out.medicines_a_year;
            if (item.kind == ItemKind::condition && item.sub == 0 && item.until == kNever) ++out.sick[sweden.codes().diagnoses[item.place].key];
            if (item.kind == ItemKind::encounter && sweden.providers().units()[item.unit].service == Service::home_care && item.day > today - 365) cared = true;
            if (item.kind == ItemKind::immunization && sweden.codes().vaccines[item.place].key == "mmr") measles = true;
        }
        out.home_care += cared;
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

TEST_CASE("pointers name people as each provider's Patient does: by the coordination number, by both numbers or by the personal number") {
    const auto sweden = country({.seed = 7, .people = 3'000});
    Worker worker(*sweden);
    std::size_t by_old_alone = 0, by_both = 0, by_new_alone = 0;
    const Status done = worker.each(0, 3'000, [&](const Person& person, std::span<const Person> parish, const Life& life) -> Status {
        if (person.stay != Stay::newcomer && person.number % 16 != 0) return {};
        std::set<std::string> from_records;
        const Lines& lines = worker.resources(person, parish, life);
        for (const std::uint16_t provider : lines.touched()) {
            std::vector<std::string> identifiers;
            std::string_view text = lines.text(provider);
            while (!text.empty()) {
                const auto line = text.substr(0, text.find('\n'));
                text.remove_prefix(line.size() + 1);
                const auto document = json::Document::parse(line);
                REQUIRE(document.has_value());
                const json::Value root = document->root();
                if (root["resourceType"].text() == "Patient") {
                    for (std::size_t i = 0; i < root["identifier"].size(); ++i)
                        identifiers.push_back(std::string(root["identifier"][i]["system"].text()) + "|" + std::string(root["identifier"][i]["value"].text()));
                    if (person.stay != Stay::newcomer) continue;
                    by_both += identifiers.size() == 2;
                    const bool old = identifiers.front().ends_with(person.numbers.coordination);
                    by_old_alone += identifiers.size() == 1 && old && person.personal_from != kNever;
                    by_new_alone += identifiers.size() == 1 && !old;
                    continue;
                }
                for (const std::string& identifier : identifiers)
                    from_records.insert(identifier + "\t" + sweden->providers().providers()[provider].id + "\t" +
                                        std::string(fhir::to_string(fhir::category_of(root))));
            }
        }
        std::string text;
        append_pointers(text, *sweden, person, life, worker.pointers(life));
        std::set<std::string> from_pointers;
        std::size_t count = 0;
        for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1, ++count)
            from_pointers.insert(text.substr(at, text.rfind('\t', text.find('\n', at)) - at));
        CHECK(count == from_pointers.size());
        CHECK(from_pointers == from_records);
        return {};
    });
    REQUIRE(done.has_value());
    CHECK(by_old_alone > 10);
    CHECK(by_both > 50);
    CHECK(by_new_alone == 0);
}

TEST_CASE("nothing precedes birth or a visitor's arrival, and nothing follows death or the day of the run") {
    std::size_t visitors = 0, babies = 0;
    for (const std::uint64_t people : {41'000u, 1'000'000u}) {
        const auto sweden = country({.seed = 3, .people = people});
        const Day today = sweden->population().today();
        Worker worker(*sweden);
        const Status done = worker.each(0, 20'000, [&](const Person& person, std::span<const Person>, const Life& life) -> Status {
            REQUIRE(person.arrived <= today);
            const bool visitor = person.stay == Stay::visitor;
            visitors += visitor;
            babies += visitor && age_at(person.born(), today) < 3;
            if (visitor) REQUIRE(person.arrived >= person.born());
            const Day first = visitor ? person.arrived : person.born();
            const Day last = person.alive() ? today : person.died;
            for (const Item& item : life.items) {
                if (item.unit == kNowhere) continue;
                CAPTURE(person.number);
                CAPTURE(static_cast<int>(item.kind));
                REQUIRE(item.day >= first);
                REQUIRE(item.day <= last);
            }
            return {};
        });
        REQUIRE(done.has_value());
    }
    CHECK(visitors > 100);
    CHECK(babies > 0);
}

TEST_CASE("how ill people are, how often they are seen and where, by public figures") {
    const auto sweden = country({.seed = 1, .people = 10'000'000});
    const Tally t = tally_of(*sweden, 12'000);
    const auto share_of_adults = [&](std::string_view code) { return 100 * t.sick.at(std::string(code)) / t.adults; };
    const auto a_year = [&](ContactKind kind) { return t.contacts[static_cast<std::size_t>(kind)] / t.living; };
    MESSAGE("a year: visits ", a_year(ContactKind::visit), ", calls ", a_year(ContactKind::call), ", at home ", a_year(ContactKind::home), ", emergency ",
            a_year(ContactKind::emergency), ", admissions ", a_year(ContactKind::inpatient), ", dispenses a year ", t.medicines_a_year / t.living, ", resources ", t.resources / t.living, ", pointers ",
            t.pointers / 12'000, ", two providers ", t.two_providers / t.living, ", hypertension ", share_of_adults("I109"), ", diabetes 2 ",
            share_of_adults("E119"), ", heart failure ", share_of_adults("I509"), ", asthma ", 100 * t.sick.at("J459") / t.living, ", depression ",
            share_of_adults("F329") + share_of_adults("F339") + share_of_adults("F419"), ", home care ", t.home_care / t.living, ", 85+ ", t.home_care_old / t.old, ", mmr ", t.mmr / t.two_to_five);
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
    // SKR, Statistik om hälso- och sjukvård samt regional utveckling 2022: 4 to 5 contacts with health care; Socialstyrelsen: half of us at a dentist.
    CHECK(a_year(ContactKind::visit) > 2.5);
    CHECK(a_year(ContactKind::visit) < 6);
    CHECK(a_year(ContactKind::call) > 0.15);  // own estimate
    CHECK(a_year(ContactKind::call) < 2);
    CHECK(a_year(ContactKind::home) > 0.2);   // Socialstyrelsen 2022: home care for 4 % of people; own estimate of its visits
    CHECK(a_year(ContactKind::home) < 1);
    CHECK(a_year(ContactKind::emergency) > 0.14);  // Socialstyrelsen 2023: 1,822,244 visits of 10.5 million people, 0.173
    CHECK(a_year(ContactKind::emergency) < 0.21);
    CHECK(a_year(ContactKind::inpatient) > 0.105);  // Socialstyrelsen 2022: 1,379,000 admissions of 10.5 million people, 0.131
    CHECK(a_year(ContactKind::inpatient) < 0.16);
    CHECK(t.medicines_a_year / t.living > 4);  // Läkemedelsregistret 2022: about 9 dispenses a year
    CHECK(t.medicines_a_year / t.living < 14);
    CHECK(t.with_data / t.living > 0.95);  // own estimate
    CHECK(t.two_providers / t.living > 0.75);  // own estimate, no source: everybody with a region and a pharmacy, dentist or municipality
    CHECK(t.home_care / t.living > 0.03);      // the same: about 4 % of everybody
    CHECK(t.home_care / t.living < 0.05);
    CHECK(t.home_care_old / t.old > 0.28);     // Socialstyrelsen 2022: 35 % of those over 85
    CHECK(t.home_care_old / t.old < 0.42);
    CHECK(t.mmr / t.two_to_five > 0.92);  // Folkhälsomyndigheten: 97 %
    CHECK(t.mmr / t.two_to_five < 0.995);
    CHECK(t.pointers / 12'000 > 6);
    CHECK(t.pointers / 12'000 < 16);
    // Every kind of record occurs.
    for (int kind = 0; kind <= static_cast<int>(ItemKind::guardian); ++kind) {
        CAPTURE(kind);
        CHECK(t.kinds.contains(static_cast<ItemKind>(kind)));
    }
}

TEST_CASE("a birth has a child and a child born here has a mother with a birth") {
    const auto sweden = country({.seed = 4, .people = 1'000'000});
    const Day today = sweden->population().today();
    const auto vaginal = *place_of(sweden->codes().diagnoses, "O800"), section = *place_of(sweden->codes().diagnoses, "O821");
    const auto pregnancy = *place_of(sweden->codes().diagnoses, "Z349");
    Worker worker(*sweden);
    std::size_t births = 0, children = 0, with_mother = 0, expecting = 0, women = 0;
    std::map<std::uint64_t, std::vector<Day>> born;  // by mother
    const Status done = worker.each(0, 20'000, [&](const Person& person, std::span<const Person> parish, const Life& life) -> Status {
        if (!person.woman() || person.stay != Stay::resident || !person.alive()) return {};
        const Day seen_from = sweden->lives().since();
        std::multiset<Day> in_record, in_family;
        for (const Item& item : life.items) {
            if (item.kind != ItemKind::condition || item.unit == kNowhere) continue;
            // The diagnosis is written at the discharge, a day to three after.
            if (item.place == vaginal || item.place == section) in_record.insert(life.items[static_cast<std::size_t>(item.encounter)].day);
            expecting += item.place == pregnancy && item.until == kNever;
        }
        for (const Person& child : parish)
            if (child.guardians[0] == person.number && child.stay == Stay::resident && child.born() >= seen_from) in_family.insert(child.born());
        for (const Day day : in_family) CHECK_MESSAGE(in_record.contains(day), person.number);
        // Children of the household who are 18 and more have no guardians, but the period is shorter.
        CHECK(in_record == in_family);
        births += in_record.size();
        const int age = age_at(person.born(), today);
        women += age >= 20 && age < 40;
        return {};
    });
    REQUIRE(done.has_value());
    for (std::uint64_t parish = 0; parish < 40; ++parish) {
        const auto people = sweden->population().parish(parish);
        for (const Person& child : people) {
            if (child.stay != Stay::resident || !child.alive() || age_at(child.born(), today) >= 9) continue;
            ++children;
            with_mother += child.guardians[0] != kNobody && people[child.guardians[0] - people.front().number].woman();
        }
    }
    CHECK(births > 500);
    CHECK(with_mother == children);
    // SCB 2023: 100,000 births a year and 1.35 million women of 20 to 39, three quarters of a year each: 5.5 %; less those not yet written in.
    CHECK(static_cast<double>(expecting) / static_cast<double>(women) > 0.025);
    CHECK(static_cast<double>(expecting) / static_cast<double>(women) < 0.07);
}

TEST_CASE("reports of images say what the diagnosis beside them says") {
    const auto sweden = country({.seed = 6, .people = 1'000'000});
    const auto& codes = sweden->codes();
    struct Row {
        std::string_view image, diagnosis, says;
        Day within;  // days between them; 0: in one contact
    };
    const std::vector<Row> table = {{"wrist-xray", "S525", "Distal radiusfraktur.", 0}, {"hip-xray", "S720", "Collumfraktur med felställning.", 12},
                                    {"hip-xray", "S721", "Pertrokantär fraktur.", 12}, {"ankle-xray", "S826", "Lateral malleolfraktur.", 0},
                                    {"ankle-xray", "S934", "Ingen fraktur.", 0}, {"knee-mri", "S832", "Meniskskada medialt.", 60},
                                    {"dental-xray", "K021", "Karies approximalt.", 0}, {"abdomen-ct", "K802", "Gallsten, inga tecken till inflammation.", 0}};
    std::vector<std::size_t> met(table.size());
    std::map<std::string, double> mammographies;
    double all_mammographies = 0;
    std::size_t controls = 0;
    Worker worker(*sweden);
    const Status done = worker.each(0, 20'000, [&](const Person& person, std::span<const Person>, const Life& life) -> Status {
        Day cancer = kNever, cured = kNever;
        for (const Item& item : life.items)
            if (item.kind == ItemKind::condition && item.unit != kNowhere && codes.diagnoses[item.place].key == "C509") {
                cancer = item.day;
                cured = item.until;
            }
        for (const Item& item : life.items) {
            if (item.kind != ItemKind::imaging_report) continue;
            const Image& image = codes.images[item.place];
            const std::string& says = image.findings.texts[item.text];
            if (image.key == "mammography") {
                ++all_mammographies;
                ++mammographies[says];
                if (item.day > cancer && item.day < cured) {
                    ++controls;
                    CHECK_MESSAGE(says == "Inga tecken till malignitet.", person.number);
                }
            }
            for (std::size_t row = 0; row < table.size(); ++row) {
                if (image.key != table[row].image) continue;
                for (const Item& other : life.items) {
                    if (other.kind != ItemKind::condition || other.unit == kNowhere || codes.diagnoses[other.place].key != table[row].diagnosis) continue;
                    const bool together = table[row].within == 0 ? item.encounter >= 0 && other.encounter == item.encounter
                                                                 : std::abs(other.day - item.day) <= table[row].within;
                    if (!together) continue;
                    ++met[row];
                    CHECK_MESSAGE(says == table[row].says, person.number, " ", table[row].diagnosis);
                }
            }
        }
        return {};
    });
    REQUIRE(done.has_value());
    for (std::size_t row = 0; row < table.size(); ++row) CHECK_MESSAGE(met[row] > 0, table[row].diagnosis);
    CHECK(controls > 20);
    // Socialstyrelsen, screening with mammography: about 3 % are called again, 0.5 to 0.9 % of them have cancer.
    const double suspect = mammographies["Misstänkt förändring, utredning rekommenderas."] / all_mammographies;
    CHECK(suspect > 0.015);
    CHECK(suspect < 0.05);
}

// Whom a diagnosis can meet: both sexes or one, from an age to an age. Every code that modules use is here.
struct Whom {
    std::string_view code;
    char sex;  // m, w, - for both
    int from, to;
};
constexpr Whom kWhom[] = {
    {"A099", '-', 0, 5},     {"A499", '-', 18, 110},  {"C189", '-', 50, 110},  {"C509", 'w', 40, 75},   {"C619", 'm', 50, 110},  {"D509", '-', 15, 91},
    {"D519", '-', 15, 91},   {"E039", '-', 20, 85},   {"E109", '-', 0, 61},    {"E112", '-', 30, 110},  {"E119", '-', 30, 85},   {"E780", '-', 30, 110},
    {"F009", '-', 65, 110},  {"F322", '-', 18, 45},   {"F329", '-', 12, 91},   {"F339", '-', 12, 91},   {"F419", '-', 12, 91},   {"F900", '-', 6, 41},
    {"G439", '-', 15, 46},   {"H259", '-', 65, 110},  {"H669", '-', 0, 12},    {"I109", '-', 30, 85},   {"I219", '-', 40, 110},  {"I251", '-', 45, 110},
    {"I252", '-', 40, 110},  {"I489", '-', 45, 95},   {"I509", '-', 50, 110},  {"I639", '-', 45, 110},  {"I693", '-', 45, 110},  {"J039", '-', 0, 110},
    {"J069", '-', 0, 110},   {"J159", '-', 75, 110},  {"J189", '-', 0, 110},   {"J219", '-', 0, 2},     {"J301", '-', 5, 36},    {"J350", '-', 3, 18},
    {"J441", '-', 45, 110},  {"J449", '-', 45, 91},   {"J459", '-', 0, 65},    {"J469", '-', 0, 110},   {"K021", '-', 3, 110},   {"K040", '-', 3, 110},
    {"K219", '-', 68, 110},  {"K309", '-', 12, 110},  {"K358", '-', 5, 65},    {"K529", '-', 0, 110},   {"K409", '-', 18, 110},  {"K802", '-', 20, 110},  {"K922", '-', 68, 110},
    {"L089", '-', 0, 110},   {"L309", '-', 0, 110},   {"M159", '-', 68, 110},  {"M169", '-', 45, 110},  {"M179", '-', 45, 110},  {"M511", '-', 18, 110},
    {"M545", '-', 12, 110},  {"M819", '-', 65, 110},  {"N239", '-', 18, 70},   {"N300", 'w', 12, 110},  {"N390", '-', 70, 110},  {"N409", 'm', 50, 85},
    {"O039", 'w', 16, 46},   {"O149", 'w', 17, 46},   {"O800", 'w', 17, 46},   {"O821", 'w', 17, 46},   {"R074", '-', 18, 110},  {"R104", '-', 6, 110},
    {"R429", '-', 18, 110},  {"R539", '-', 70, 110},  {"R559", '-', 18, 110},  {"R560", '-', 2, 5},     {"S060", '-', 0, 110},   {"S525", '-', 5, 110},
    {"S619", '-', 0, 110},   {"S720", '-', 65, 110},  {"S721", '-', 65, 110},  {"S826", '-', 6, 110},   {"S832", '-', 15, 45},   {"S934", '-', 6, 110},
    {"T784", '-', 6, 17},    {"U071", '-', 12, 110},  {"Z349", 'w', 17, 46},   {"R262", '-', 75, 110},
};

TEST_CASE("diagnoses meet people of a sex and an age that can have them") {
    std::map<std::string_view, Whom> whom;
    for (const Whom& row : kWhom) REQUIRE(whom.emplace(row.code, row).second);
    const auto sweden = country({.seed = 8, .people = 1'000'000});
    for (const Coded& code : sweden->codes().diagnoses) CHECK_MESSAGE(whom.contains(code.key), code.key);
    std::set<std::string_view> met;
    Worker worker(*sweden);
    const Status done = worker.each(0, 20'000, [&](const Person& person, std::span<const Person>, const Life& life) -> Status {
        for (const Item& item : life.items) {
            if (item.kind != ItemKind::condition || item.unit == kNowhere) continue;
            const std::string_view key = sweden->codes().diagnoses[item.place].key;
            const Whom& row = whom.at(key);
            const int age = age_at(person.born(), item.day);
            CHECK_MESSAGE((row.sex == '-' || (row.sex == 'w') == person.woman()), key);
            CHECK_MESSAGE((row.from <= age && age <= row.to), key, " at ", age);
            met.insert(key);
        }
        return {};
    });
    REQUIRE(done.has_value());
    for (const Whom& row : kWhom) CHECK_MESSAGE(met.contains(row.code), row.code);
}

TEST_CASE("laboratories measure different things under codes of their own: a code has one quantity") {
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
    CHECK(units.size() > 25);
    for (const auto& [code, written] : units) {
        CAPTURE(code);
        if (code == "NPU19661") CHECK(written == std::set<std::string>{"g/mol", "mg/mmol"});  // the same number
        else CHECK(written.size() == 1);
    }
    for (const char* code : {"NPU18016", "NPU04998", "NPU02192", "NPU02187", "NPU01443", "NPU04144"}) CHECK_MESSAGE(units.contains(code), code);
    CHECK(units["NPU27300"] == std::set<std::string>{"mmol/mol"});
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
