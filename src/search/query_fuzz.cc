// Search queries from outside: never a crash, and what is accepted parses the same again and can be asked.
// The input is "Type?name=value&name=value"; % and + are left as they are.
#include <cstdint>
#include <string_view>

#include "fhir/definitions.h"
#include "search/evaluate.h"
#include "search/query.h"

namespace {

std::vector<std::pair<std::string, std::string>> pairs(std::string_view text) {
    std::vector<std::pair<std::string, std::string>> out;
    while (!text.empty()) {
        const std::string_view one = text.substr(0, text.find('&'));
        text.remove_prefix(std::min(text.size(), one.size() + 1));
        const std::size_t equals = one.find('=');
        out.emplace_back(one.substr(0, equals), equals == one.npos ? std::string_view() : one.substr(equals + 1));
    }
    return out;
}

const idun::json::Document& observation() {
    static const auto made = std::move(*idun::json::Document::parse(
        R"({"resourceType":"Observation","id":"1","status":"final","code":{"coding":[{"system":"s","code":"a"}],"text":"t"},)"
        R"("subject":{"reference":"Patient/1"},"effectiveDateTime":"2020","valueQuantity":{"value":5,"system":"http://unitsofmeasure.org","code":"mg"}})"));
    return made;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace idun::search;
    const Registry& known = Registry::r4();
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const std::size_t mark = text.find('?');
    std::string type(mark == text.npos ? "Observation" : text.substr(0, mark));
    if (!known.definitions().is_resource(type)) type = "Observation";
    const auto parameters = pairs(mark == text.npos ? text : text.substr(mark + 1));
    const SearchLimits limits{.base_url = "http://here/fhir", .lenient = size % 2 == 1};
    const auto query = parse_search(known, {type}, parameters, limits);
    if (!query) {
        if (query.error().empty()) __builtin_trap();
        return 0;
    }
    const auto again = parse_search(known, {type}, parameters, limits);
    if (!again || again->clauses.size() != query->clauses.size()) __builtin_trap();
    for (const Clause& clause : query->clauses) {
        if (clause.kind == Clause::Kind::values) fits(clause, observation().root(), {.now = {0}, .base_url = "http://here/fhir"});
    }
    return 0;
}
