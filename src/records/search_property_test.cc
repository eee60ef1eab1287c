// Random resources and queries: search must find what a twin finds that reads every resource from its text.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>

#include "search/fields.h"
#include "search/query.h"
#include "search/values.h"
#include "records/internal/testing.h"

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

const std::vector<std::string> kTypes = {"Patient", "Observation", "Condition", "Appointment", "Encounter"};
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

std::string random_resource(Dice& dice, const std::string& type, const std::string& id) {
    std::string out = "{\"resourceType\":\"" + type + "\",\"id\":\"" + id + "\"" + identifiers(dice);
    if (type == "Observation") {
        out += ",\"status\":\"" + std::string(dice.chance(50) ? "final" : "amended") + "\",\"code\":" + concept_json(dice);
        if (dice.chance(40)) out += ",\"category\":[" + concept_json(dice) + "]";
        if (dice.chance(85)) out += ",\"subject\":" + reference(dice);
        if (dice.chance(40)) out += ",\"effectiveDateTime\":\"" + dice.pick(kDates) + "\"";
        else if (dice.chance(40)) out += ",\"effectivePeriod\":{\"start\":\"" + dice.pick(kDates) + "\"}";
        if (dice.chance(30)) out += ",\"encounter\":{\"reference\":\"Encounter/" + std::to_string(dice.below(4)) + "\"}";
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

std::string one_value(Dice& dice, const std::string& name) {
    static const std::vector<std::string> kPrefixes = {"", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"};
    if (name == "_id") return std::to_string(dice.below(12));
    if (name == "_lastUpdated") return dice.pick(kPrefixes) + "2026-01-01T00:00:0" + std::to_string(dice.below(10)) + "Z";
    if (name == "date" || name == "period") return dice.pick(kPrefixes) + dice.pick(kDates);
    if (name == "patient") return (dice.chance(50) ? "Patient/" : "") + std::to_string(1 + dice.below(4));
    if (name == "subject") return dice.chance(30) ? std::to_string(1 + dice.below(3)) : dice.pick(kSubjects);
    if (name == "encounter") return "Encounter/" + std::to_string(dice.below(4));
    if (name == "status") return dice.chance(50) ? "final" : "booked";
    return token(dice);
}

Parameters random_query(Dice& dice, const std::vector<std::string>& names) {
    Parameters out;
    const int clauses = dice.below(4);
    for (int i = 0; i < clauses; ++i) {
        const std::string& name = dice.pick(names);
        std::string value = one_value(dice, name);
        while (dice.chance(25)) value += "," + one_value(dice, name);
        out.emplace_back(name, value);
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

    std::vector<std::string> search(const search::Query& query, Instant now) const {
        std::vector<std::pair<std::int64_t, std::string>> found;
        for (const auto& [key, kept] : all_) {
            if (key.first != query.type) continue;
            const auto document = json::Document::parse(kept.text);
            REQUIRE(document);
            const bool all = std::ranges::all_of(query.clauses, [&](const search::Clause& clause) {
                return matches(clause, document->root(), key.second, kept.updated, now);
            });
            if (all) found.emplace_back(-kept.updated.ms, key.second);
        }
        std::ranges::sort(found);
        std::vector<std::string> out;
        for (auto& [order, id] : found) out.push_back(id);
        return out;
    }

private:
    struct Kept {
        std::string text;
        Instant updated;
    };

    bool matches(const search::Clause& clause, json::Value resource, const std::string& id, Instant updated, Instant now) const {
        using Kind = search::Clause::Kind;
        if (clause.kind == Kind::id) return std::ranges::find(clause.ids, id) != clause.ids.end();
        if (clause.kind == Kind::last_updated) return any_date(clause, {updated.ms, updated.ms + 1}, now);
        bool hit = false;
        clause.parameter->path.collect(resource, [&](json::Value element, std::string_view target) {
            if (clause.kind == Kind::token) {
                search::each_token(element, [&](search::TokenValue value) { hit = hit || any_token(clause, value); });
            } else if (clause.kind == Kind::date) {
                search::each_interval(element, [&](search::Interval value) { hit = hit || any_date(clause, value, now); });
            } else {
                search::each_reference(element, "http://localhost/fhir", [&](search::ReferenceValue value) {
                    const bool asked = target.empty() || target == value.type;
                    hit = hit || (asked && any_reference(clause, value));
                });
            }
        });
        return hit;
    }
    static bool any_date(const search::Clause& clause, search::Interval value, Instant now) {
        return std::ranges::any_of(clause.dates, [&](const auto& date) { return search::matches(date, value, now); });
    }
    static bool any_token(const search::Clause& clause, const search::TokenValue& value) {
        using Form = search::TokenCriterion::Form;
        return std::ranges::any_of(clause.tokens, [&](const search::TokenCriterion& token) {
            if (token.form == Form::any_system) return value.code == token.code;
            if (token.form == Form::any_code) return value.system == token.system;
            return value.code == token.code && value.system == token.system;
        });
    }
    bool any_reference(const search::Clause& clause, const search::ReferenceValue& value) const {
        using Form = search::ReferenceCriterion::Form;
        if (clause.kind == search::Clause::Kind::chained_identifier) {
            const auto patient = all_.find({"Patient", std::string(value.id)});
            if (value.type != "Patient" || patient == all_.end()) return false;
            const auto document = json::Document::parse(patient->second.text);
            bool hit = false;
            for (const json::Value identifier : document->root()["identifier"].elements()) {
                search::each_token(identifier, [&](search::TokenValue one) { hit = hit || any_token(clause, one); });
            }
            return hit;
        }
        return std::ranges::any_of(clause.references, [&](const search::ReferenceCriterion& wanted) {
            if (wanted.form == Form::any_type) return !value.type.empty() && value.id == wanted.id;
            return value.type == wanted.type && value.id == wanted.id;
        });
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
    const search::SearchFields fields(fhir::Definitions::r4());
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
            std::vector<std::string> names = {"_id", "_lastUpdated"};
            for (const search::SearchField& field : fields.of(type)) {
                names.emplace_back(field.name);
                if (field.name == "patient" || field.name == "subject") names.push_back(std::string(field.name) + ".identifier");
            }
            const Parameters parameters = random_query(dice, names);
            const auto query = search::parse_search(fields, type, parameters, {.base_url = "http://localhost/fhir"});
            std::string shown = type;
            for (const auto& [name, value] : parameters) shown += " " + name + "=" + value;
            CAPTURE(shown);
            if (!query) {
                CHECK(f.records->search(type, parameters, {}).status == 400);
                continue;
            }
            const std::vector<std::string> expected = twin.search(*query, f.clock.now());
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
    for (unsigned i = 0; i < 6; ++i) run(first + i);
    run(1);
}

}  // namespace
}  // namespace idun::records
