// ConceptMap/$translate.
#include <algorithm>
#include <set>

#include "fhir/parameters.h"
#include "terms/internal/meant.h"
#include "terms/operations.h"

namespace idun::terms {
namespace {

constexpr std::size_t kMatchesMax = 1000;
constexpr int kOtherMapsMax = 8;            // maps that send on to other maps, one after the other
constexpr std::size_t kRunsMax = 10'000;    // maps that are looked into in all

struct Match {
    std::string equivalence;
    std::string system;
    std::string code;
    std::string display;
    std::vector<Product> products;
    std::string map;
};

struct Question {
    bool reverse = false;
    std::string_view target_system;
    // Elements with their codes, for mappings that depend on others.
    std::vector<std::pair<std::string, std::string>> dependencies;
};

class Translator {
public:
    Translator(const Terms& terms, const Question& question) : terms_(terms), question_(question) {}

    void run(const ConceptMap& map, const Meant& code, int depth = 0) {
        if (depth > kOtherMapsMax || ++runs_ > kRunsMax || !seen_.insert(map.url() + "|" + map.version()).second) return;
        for (const MapGroup& group : map.groups()) {
            const std::string& from = question_.reverse ? group.target : group.source;
            const std::string& to = question_.reverse ? group.source : group.target;
            if (!code.system.empty() && !from.empty() && from != code.system) continue;
            if (!question_.target_system.empty() && to != question_.target_system) continue;
            if (!mapped(map, group, code.code) && !question_.reverse) unmapped(map, group, code, depth);
        }
        seen_.erase(map.url() + "|" + map.version());
    }

    std::vector<Match> take() { return std::move(matches_); }

private:
    // All that a mapping depends on must be said, and be the same.
    bool fits(const Mapping& one) const {
        return std::all_of(one.depends_on.begin(), one.depends_on.end(), [&](const Product& needed) {
            return std::any_of(question_.dependencies.begin(), question_.dependencies.end(), [&](const auto& given) {
                return given.first == needed.property && given.second == needed.value;
            });
        });
    }

    // Does the group say anything of the code?
    bool mapped(const ConceptMap& map, const MapGroup& group, std::string_view code) {
        const auto& index = question_.reverse ? group.by_target : group.by_source;
        const auto [first, last] = index.equal_range(code);
        std::vector<const Mapping*> found;
        for (auto at = first; at != last; ++at) found.push_back(at->second);
        std::sort(found.begin(), found.end());  // in the order of the map: they lie in one list
        for (const Mapping* one : found) {
            if (!fits(*one)) continue;
            Match match{one->equivalence, group.target, one->target_code, one->target_display, one->products, map.url()};
            if (question_.reverse) match = {std::string(reversed(one->equivalence)), group.source, one->source_code, one->source_display, {}, map.url()};
            add(std::move(match));
        }
        return !found.empty();
    }

    void unmapped(const ConceptMap& map, const MapGroup& group, const Meant& code, int depth) {
        if (group.unmapped_mode == "provided")
            add({"equal", group.target, std::string(code.code), std::string(code.display), {}, map.url()});
        if (group.unmapped_mode == "fixed") add({"inexact", group.target, group.unmapped_code, group.unmapped_display, {}, map.url()});
        if (group.unmapped_mode != "other-map") return;
        if (const auto other = terms_.concept_map(group.unmapped_map)) run(**other, code, depth + 1);
    }

    void add(Match match) {
        if (matches_.size() < kMatchesMax) matches_.push_back(std::move(match));
    }

    const Terms& terms_;
    const Question& question_;
    std::set<std::string> seen_;
    std::size_t runs_ = 0;
    std::vector<Match> matches_;
};

bool is_match(const Match& one) { return one.equivalence != "unmatched" && one.equivalence != "disjoint"; }

void write(fhir::ParametersWriter& answer, const Match& match) {
    answer.open("match").text("equivalence", "valueCode", match.equivalence);
    if (!match.code.empty()) answer.coding("concept", match.system, {}, match.code, match.display);
    for (const Product& product : match.products) {
        answer.open("product").text("element", "valueUri", product.property);
        answer.coding("concept", product.system, {}, product.value, product.display).close();
    }
    answer.text("source", "valueUri", match.map).close();
}

Result<std::vector<std::shared_ptr<const ConceptMap>>> maps_of(const Terms& terms, const Inputs& inputs, const std::vector<Meant>& codes, bool reverse) {
    if (inputs.has("url") && inputs.has("conceptMap")) return fail(Category::invalid, "give url or conceptMap, not both");
    if (inputs.has("conceptMap")) {
        TRY_ASSIGN(auto given, ConceptMap::compile(inputs.value("conceptMap")));
        return std::vector{std::move(given)};
    }
    if (inputs.has("url")) {
        TRY_ASSIGN(auto named, terms.concept_map(canonical_of(inputs.text("url"), inputs.text("conceptMapVersion"))));
        return std::vector{std::move(named)};
    }
    std::string_view source = inputs.text("source").empty() ? codes.front().system : inputs.text("source");
    std::string_view target = inputs.text("target").empty() ? inputs.text("targetsystem") : inputs.text("target");
    if (source.empty() || target.empty()) return fail(Category::invalid, "name the map by url, or say system or source, and target or targetsystem");
    if (reverse) std::swap(source, target);
    return terms.maps_between(source, target);
}

}  // namespace

Result<std::string> translate(const Terms& terms, const Inputs& inputs) {
    TRY(inputs.only({"url", "conceptMap", "conceptMapVersion", "code", "system", "version", "source", "coding", "codeableConcept", "target",
                     "targetsystem", "reverse"}, {"dependency"}));
    TRY_ASSIGN(const auto codes, meant(inputs, "version"));
    TRY_ASSIGN(const auto reverse, inputs.flag("reverse"));
    Question question;
    question.reverse = reverse.value_or(false);
    question.target_system = inputs.text("targetsystem");
    for (const json::Value parts : inputs.parts("dependency")) {
        std::string element;
        for (const json::Value part : parts.elements()) {
            if (part["name"].text() == "element") element = part["valueUri"].text();
            if (part["name"].text() != "concept") continue;
            for (const json::Value coding : part["valueCodeableConcept"]["coding"].elements())
                question.dependencies.emplace_back(element, std::string(coding["code"].text()));
        }
    }
    TRY_ASSIGN(const auto maps, maps_of(terms, inputs, codes, question.reverse));
    if (maps.empty()) return fail(Category::not_found, "no concept map between these is at hand");

    Translator translator(terms, question);
    for (const auto& map : maps) {
        for (const Meant& code : codes) translator.run(*map, code);
    }
    const std::vector<Match> matches = translator.take();
    const bool result = std::any_of(matches.begin(), matches.end(), is_match);
    fhir::ParametersWriter answer;
    answer.flag("result", result);
    if (!result) answer.text("message", "valueString", matches.empty() ? "the map says nothing of the code" : "the map says that nothing corresponds");
    for (const Match& match : matches) write(answer, match);
    return answer.take();
}

}  // namespace idun::terms
