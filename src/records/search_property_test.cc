// Random resources and queries: search must find what a twin finds that reads every resource from its text.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "records/internal/testing.h"
#include "search/evaluate.h"
#include "search/parameters.h"
#include "search/query.h"

namespace idun::records {
namespace {

class Dice {
public:
    explicit Dice(unsigned seed) : engine_(seed) {}
    int below(int n) { return static_cast<int>(engine_() % static_cast<unsigned>(n)); }
    bool chance(int percent) { return below(100) < percent; }
    template <typename T>
    const T& pick(const std::vector<T>& all) {
        return all[static_cast<std::size_t>(below(static_cast<int>(all.size())))];
    }

private:
    std::mt19937 engine_;
};

const std::vector<std::string> kTypes = {"Patient", "Observation", "Condition", "Appointment", "Encounter", "Organization"};
const std::vector<std::string> kNames = {"Anna", "Ann", "Åsa", "Åse-Marie", "Bo", "Svensson", "SVENSKE", "Ek"};
const std::vector<std::string> kUnits = {"mg/dL", "g/L", "mmol/L"};
const std::vector<std::string> kNumbers = {"1", "1.0", "10", "100", "5.5", "0.1"};
const std::vector<std::string> kSystems = {"", "http://a", "http://b"};
const std::vector<std::string> kCodes = {"x", "y", "z"};
const std::vector<std::string> kDates = {"2025", "2025-03", "2025-03-04", "2025-03-04T05:06:07Z", "2026-01-01", "2026"};
const std::vector<std::string> kSubjects = {"Patient/1", "Patient/2", "Patient/3", "Group/1", "http://elsewhere/Patient/1",
                                            "http://localhost/fhir/Patient/2", "urn:uuid:00000000-0000-4000-8000-000000000000"};

const std::vector<std::string> kActors = {"Patient/1", "Patient/2", "Patient/3", "Practitioner/1", "http://elsewhere/Patient/1"};

std::string coding(Dice& dice) {
    const std::string& system = dice.pick(kSystems);
    return "{" + (system.empty() ? "" : "\"system\":\"" + system + "\",") + "\"code\":\"" + dice.pick(kCodes) + "\"}";
}
std::string concept_json(Dice& dice) {
    return R"({"coding":[)" + coding(dice) + (dice.chance(30) ? "," + coding(dice) : "") + "]}";
}
std::string identifiers(Dice& dice) {
    if (dice.chance(50)) return "";
    const std::string& system = dice.pick(kSystems);
    return std::string(R"(,"identifier":[{)") + (system.empty() ? "" : "\"system\":\"" + system + "\",") + "\"value\":\"" +
           dice.pick(kCodes) + "\"}]";
}
std::string reference(Dice& dice) { return "{\"reference\":\"" + dice.pick(kSubjects) + "\"}"; }

const std::vector<std::string> kBirths = {"1970", "1970-05", "1970-05-17", "1971-01-02"};
std::string quantity(Dice& dice) {
    return "{\"value\":" + dice.pick(kNumbers) + R"(,"system":"http://unitsofmeasure.org","code":")" + dice.pick(kUnits) + "\"}";
}

std::string random_resource(Dice& dice, const std::string& type, const std::string& id) {
    std::string out = "{\"resourceType\":\"" + type + "\",\"id\":\"" + id + "\"" + identifiers(dice);
    if (type == "Observation") {
        out += ",\"status\":\"" + std::string(dice.chance(50) ? "final" : "amended") + "\",\"code\":" + concept_json(dice);
        if (dice.chance(40)) out += ",\"category\":[" + concept_json(dice) + "]";
        if (dice.chance(85)) out += ",\"subject\":" + reference(dice);
        if (dice.chance(40)) out += ",\"effectiveDateTime\":\"" + dice.pick(kDates) + "\"";
        else if (dice.chance(40)) out += ",\"effectivePeriod\":{\"start\":\"" + dice.pick(kDates) + "\"}";
        if (dice.chance(30)) out += ",\"encounter\":{\"reference\":\"Encounter/" + std::to_string(dice.below(4)) + "\"}";
        if (dice.chance(40)) out += ",\"valueQuantity\":" + quantity(dice);
        else if (dice.chance(30)) out += ",\"valueCodeableConcept\":" + concept_json(dice);
        if (dice.chance(20)) out += ",\"component\":[{\"code\":" + concept_json(dice) + ",\"valueQuantity\":" + quantity(dice) + "}]";
    } else if (type == "Patient") {
        if (dice.chance(80)) out += R"(,"name":[{"family":")" + dice.pick(kNames) + R"(","given":[")" + dice.pick(kNames) + R"("]}])";
        if (dice.chance(60)) out += ",\"birthDate\":\"" + dice.pick(kBirths) + "\"";
        if (dice.chance(30)) out += R"(,"telecom":[{"system":"email","value":")" + dice.pick(kNames) + R"(@x"}])";
        if (dice.chance(40)) out += R"(,"managingOrganization":{"reference":"Organization/)" + std::to_string(dice.below(4)) + "\"}";
        if (dice.chance(30)) out += dice.chance(50) ? ",\"deceasedBoolean\":false" : ",\"deceasedDateTime\":\"2020\"";
    } else if (type == "Organization") {
        out += ",\"name\":\"" + dice.pick(kNames) + "\"";
        if (dice.chance(50)) out += R"(,"partOf":{"reference":"Organization/)" + std::to_string(dice.below(4)) + "\"}";
    } else if (type == "Condition") {
        out += ",\"subject\":" + reference(dice);
        if (dice.chance(70)) out += ",\"code\":" + concept_json(dice);
    } else if (type == "Appointment") {
        out += ",\"status\":\"booked\",\"start\":\"2025-03-04T05:06:07Z\",\"end\":\"2025-03-04T06:06:07Z\",\"participant\":[";
        const int count = 1 + dice.below(3);
        for (int i = 0; i < count; ++i) out += std::string(i == 0 ? "" : ",") + "{\"status\":\"accepted\",\"actor\":{\"reference\":\"" + dice.pick(kActors) + "\"}}";
        out += "]";
    } else if (type == "Encounter") {
        out += ",\"status\":\"finished\",\"class\":" + coding(dice);
        if (dice.chance(80)) out += ",\"subject\":" + reference(dice);
        if (dice.chance(50)) out += ",\"period\":{\"start\":\"2025-03-04\",\"end\":\"" + std::string(dice.chance(50) ? "2025-03-04" : "2026-01-01") + "\"}";
    }
    return out + "}";
}

std::string token(Dice& dice) {
    switch (dice.below(4)) {
        case 0: return dice.pick(kCodes);
        case 1: return dice.pick(kSystems) + "|" + dice.pick(kCodes);
        case 2: return "|" + dice.pick(kCodes);
        default: return kSystems[static_cast<std::size_t>(1 + dice.below(2))] + "|";
    }
}

std::string one_value(Dice& dice, const search::Parameter& parameter) {
    static const std::vector<std::string> kPrefixes = {"", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"};
    using fhir::SearchType;
    switch (parameter.type) {
        case SearchType::date: return dice.pick(kPrefixes) + dice.pick(parameter.name == "birthdate" ? kBirths : kDates);
        case SearchType::string: return dice.pick(kNames).substr(0, static_cast<std::size_t>(2 + dice.below(8)));
        case SearchType::quantity:
            return dice.pick(kPrefixes) + dice.pick(kNumbers) + (dice.chance(50) ? "|http://unitsofmeasure.org|" + dice.pick(kUnits) : "");
        case SearchType::number: return dice.pick(kPrefixes) + dice.pick(kNumbers);
        case SearchType::composite: {
            std::string out;
            for (const search::Parameter& part : parameter.components) out += (out.empty() ? "" : "$") + one_value(dice, part);
            return out;
        }
        case SearchType::reference: break;
        case SearchType::uri: return "http://a";
        case SearchType::special: return "1|2";
        case SearchType::token:
            if (parameter.name == "status") return dice.chance(50) ? "final" : "booked";
            if (parameter.name == "email") return dice.pick(kNames) + "@x";
            if (parameter.name == "deceased") return dice.chance(50) ? "true" : "false";
            return token(dice);
    }
    if (parameter.name == "patient") return (dice.chance(50) ? "Patient/" : "") + std::to_string(1 + dice.below(4));
    if (parameter.name == "subject") return dice.chance(30) ? std::to_string(1 + dice.below(3)) : dice.pick(kSubjects);
    if (parameter.name == "encounter") return "Encounter/" + std::to_string(dice.below(4));
    if (parameter.name == "organization" || parameter.name == "partof") return "Organization/" + std::to_string(dice.below(4));
    return std::to_string(dice.below(4));
}

// The parameters that the resources above have something for.
bool interesting(const search::Parameter& parameter) {
    static const std::set<std::string_view> kInteresting = {
        "identifier", "code", "category", "status", "date", "patient", "subject", "encounter", "value-quantity", "value-concept", "combo-code",
        "code-value-quantity", "combo-code-value-quantity", "component-code", "class", "actor", "name", "family", "given", "birthdate", "email",
        "telecom", "organization", "deceased", "partof", "combo-value-quantity"};
    return kInteresting.contains(parameter.name);
}

std::string modifier(Dice& dice, const search::Parameter& parameter) {
    if (dice.chance(70)) return "";
    if (dice.chance(40)) return ":missing";
    switch (parameter.type) {
        case fhir::SearchType::token: return dice.chance(70) ? ":not" : ":text";
        case fhir::SearchType::string: return dice.chance(50) ? ":exact" : ":contains";
        case fhir::SearchType::reference: return ":Patient";
        default: return "";
    }
}

std::pair<std::string, std::string> one_clause(Dice& dice, const search::Registry& known, const std::string& type, int depth) {
    std::vector<const search::Parameter*> all;
    for (const search::Parameter& parameter : known.of(type)) {
        if (interesting(parameter)) all.push_back(&parameter);
    }
    if (dice.chance(10)) return {"_id", std::to_string(dice.below(12))};
    if (dice.chance(5)) return {"_lastUpdated", "ge2026-01-01T00:00:0" + std::to_string(dice.below(10)) + "Z"};
    if (depth < 3 && dice.chance(12)) {
        static const std::vector<std::pair<std::string, std::string>> kBack = {
            {"Patient", "Observation:patient"}, {"Patient", "Condition:subject"}, {"Patient", "Encounter:patient"}, {"Encounter", "Observation:encounter"},
            {"Organization", "Patient:organization"}, {"Organization", "Organization:partof"}};
        for (const auto& [from, link] : kBack) {
            if (from != type || !dice.chance(60)) continue;
            auto inner = one_clause(dice, known, link.substr(0, link.find(':')), depth + 1);
            return {"_has:" + link + ":" + inner.first, inner.second};
        }
    }
    const search::Parameter& parameter = *dice.pick(all);
    const bool chains = parameter.type == fhir::SearchType::reference && depth < 3 && dice.chance(35);
    if (chains) {
        const std::string target = parameter.name == "encounter" ? "Encounter" : parameter.name == "organization" || parameter.name == "partof" ? "Organization" : "Patient";
        auto inner = one_clause(dice, known, target, depth + 1);
        return {std::string(parameter.name) + ":" + target + "." + inner.first, inner.second};
    }
    const std::string with = modifier(dice, parameter);
    if (with == ":missing") return {std::string(parameter.name) + with, dice.chance(50) ? "true" : "false"};
    std::string value = one_value(dice, parameter);
    while (dice.chance(25)) value += "," + one_value(dice, parameter);
    return {std::string(parameter.name) + with, value};
}

Parameters random_query(Dice& dice, const search::Registry& known, const std::string& type) {
    Parameters out;
    for (int left = dice.below(4); left > 0; --left) out.push_back(one_clause(dice, known, type, 0));
    if (dice.chance(30)) {
        static const std::vector<std::string> kSorts = {"_lastUpdated", "-_lastUpdated", "_id", "-_id", "identifier", "-identifier,_id"};
        out.emplace_back("_sort", dice.pick(kSorts));
    } else if (type == "Observation" && dice.chance(30)) {
        out.emplace_back("_sort", dice.chance(50) ? "date,-value-quantity,code" : "-date,subject");
    } else if (type == "Patient" && dice.chance(30)) {
        out.emplace_back("_sort", dice.chance(50) ? "family,-birthdate" : "-name,birthdate");
    }
    return out;
}

// The naive twin: texts, read again for every query.
class Twin {
public:
    void put(const std::string& type, const std::string& id, const std::string& text, Instant now) {
        all_.insert_or_assign({type, id}, Kept{text, now});
    }
    void remove(const std::string& type, const std::string& id) { all_.erase({type, id}); }

    std::vector<std::string> search(const search::Query& query, const search::Registry& known, Instant now) const {
        struct Found {
            std::vector<std::string> keys;
            std::string id;
        };
        std::vector<Found> found;
        for (const auto& [key, kept] : all_) {
            if (key.first != query.types[0] || !all_fit(query, key.second, kept, now)) continue;
            const auto document = json::Document::parse(kept.text);
            Found one{{}, key.second};
            for (const search::SortKey& sort : query.sort) {
                if (sort.name == "_id") one.keys.push_back(key.second);
                else if (sort.name == "_lastUpdated") one.keys.push_back(search::sort_text(kept.updated.ms));
                else one.keys.push_back(search::sort_text(*known.find(key.first, sort.name), document->root(), sort.descending, kBase));
            }
            if (query.sort.empty()) one.keys.push_back(search::sort_text(-kept.updated.ms));
            found.push_back(std::move(one));
        }
        std::ranges::sort(found, [&](const Found& a, const Found& b) {
            for (std::size_t i = 0; i < a.keys.size(); ++i) {
                if (a.keys[i] == b.keys[i]) continue;
                if (a.keys[i].empty() || b.keys[i].empty()) return b.keys[i].empty();  // missing last
                return (i < query.sort.size() && query.sort[i].descending) != (a.keys[i] < b.keys[i]);
            }
            return a.id < b.id;
        });
        std::vector<std::string> out;
        for (Found& one : found) out.push_back(std::move(one.id));
        return out;
    }

private:
    static constexpr const char* kBase = "http://localhost/fhir";
    struct Kept {
        std::string text;
        Instant updated;
    };

    bool all_fit(const search::Query& query, const std::string& id, const Kept& kept, Instant now) const {
        const auto document = json::Document::parse(kept.text);
        REQUIRE(document);
        return std::ranges::all_of(query.clauses, [&](const search::Clause& clause) { return fits(clause, document->root(), id, kept.updated, now); });
    }

    bool fits(const search::Clause& clause, json::Value resource, const std::string& id, Instant updated, Instant now) const {
        using Kind = search::Clause::Kind;
        if (clause.kind == Kind::ids) return std::ranges::find(clause.ids, id) != clause.ids.end();
        if (clause.kind == Kind::last_updated) {
            return std::ranges::any_of(clause.criteria, [&](const auto& c) { return search::matches({c.prefix, c.interval}, {updated.ms, updated.ms + 1}, now); });
        }
        bool hit = false;
        if (clause.kind == Kind::chain) {
            search::each_target(*clause.parameters[0], resource, kBase, [&](std::string_view type, std::string_view target) {
                const auto at = all_.find({std::string(type), std::string(target)});
                if (at == all_.end()) return;
                for (const auto& inner : clause.inner) hit = hit || (inner->types[0] == type && all_fit(*inner, at->first.second, at->second, now));
            });
            return hit;
        }
        if (clause.kind == Kind::has) {
            for (const auto& [key, kept] : all_) {
                if (key.first != clause.inner[0]->types[0] || !all_fit(*clause.inner[0], key.second, kept, now)) continue;
                const auto document = json::Document::parse(kept.text);
                search::each_target(*clause.parameters[0], document->root(), kBase, [&](std::string_view type, std::string_view target) {
                    hit = hit || (type == resource["resourceType"].text() && target == id);
                });
            }
            return hit;
        }
        return search::fits(clause, resource, {.now = now, .base_url = kBase});
    }

    std::map<std::pair<std::string, std::string>, Kept> all_;
};

// The ids of all pages, in order.
std::vector<std::string> all_pages(Fixture& f, const std::string& type, Parameters parameters) {
    parameters.emplace_back("_count", "3");
    std::vector<std::string> out;
    Outcome page = f.records->search(type, parameters, {});
    for (int pages = 0; pages < 100; ++pages) {
        REQUIRE(page.ok());
        for (const Touched& touched : page.touched) out.push_back(touched.id);
        const json::Document document = f.parsed(page);
        const std::string_view next = document.root()["link"][std::size_t{1}]["url"].text();
        if (next.empty()) return out;
        const std::size_t token = next.find("_page=");
        REQUIRE(token != std::string_view::npos);
        page = f.records->page(next.substr(token + 6), {});
    }
    FAIL("pages without end");
    return out;
}

void run(unsigned seed) {
    CAPTURE(seed);
    Dice dice(seed);
    Fixture f;
    Twin twin;
    const search::Registry& known = search::Registry::r4();
    for (int round = 0; round < 4; ++round) {
        for (int i = 0; i < 60; ++i) {
            const std::string& type = dice.pick(kTypes);
            const std::string id = std::to_string(dice.below(12));
            if (dice.chance(40)) f.clock.advance(std::chrono::milliseconds(100 * dice.below(10)));
            if (dice.chance(15)) {
                REQUIRE(f.records->remove(type, id, {}).status == 204);
                twin.remove(type, id);
                continue;
            }
            const std::string text = random_resource(dice, type, id);
            const Outcome out = f.update(type, id, text);
            CAPTURE(text);
            for (const auto& issue : out.issues) MESSAGE(issue.path << ": " << issue.text);
            REQUIRE(out.ok());
            twin.put(type, id, text, f.clock.now());
        }
        for (int i = 0; i < 120; ++i) {
            const std::string& type = dice.pick(kTypes);
            const Parameters parameters = random_query(dice, known, type);
            const auto query = search::parse_search(known, {type}, parameters, {.base_url = "http://localhost/fhir"});
            std::string shown = type;
            for (const auto& [name, value] : parameters) shown += " " + name + "=" + value;
            CAPTURE(shown);
            if (!query) {
                CHECK(f.records->search(type, parameters, {}).status == 400);
                continue;
            }
            const std::vector<std::string> expected = twin.search(*query, known, f.clock.now());
            CHECK(all_pages(f, type, parameters) == expected);
            Parameters counting = parameters;
            counting.emplace_back("_summary", "count");
            const json::Document count = f.parsed(f.records->search(type, counting, {}));
            CHECK(count.root()["total"].text() == std::to_string(expected.size()));
        }
        if (round == 1) f.reopen();
    }
}

TEST_CASE("search finds what a naive twin finds") {
    const unsigned first = std::random_device{}();
    for (unsigned i = 0; i < 2; ++i) run(first + i);
    run(1);
}

}  // namespace
}  // namespace idun::records
